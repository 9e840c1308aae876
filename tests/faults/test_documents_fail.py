"""Documents that cannot be made: the tables are served, the run ends as failed and says why, and the next one makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey import releases
from callback_survey.documents import write
from callback_survey.errors import DocumentsFailed
from callback_survey.releases import Release
from homes import QUARTER, REGION, Home, contents
from receivers import Receiver


def fail(release: Release, folder: Path, **options: object) -> None:
    (folder / "notice.html").write_text("half a notice", encoding="utf-8")
    raise DocumentsFailed(
        f"notice.pdf of {release.name} could not be made: no font",
        next_step="install one",
        region_code=release.region_code,
        quarter=release.quarter,
    )


def test_it_fails_the_run_alone_and_the_next_run_makes_them(
    small: Home, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"ALERT_URLS": receiver.url, "ALERT_URLS_RELEASED": receiver.url}
    home = small.copy(tmp_path / "home").with_settings(**own)
    sums = home.revisions / "r1" / "SHA256SUMS"
    of_tables = [line for line in sums.read_text(encoding="utf-8").splitlines() if "  notice/" not in line]
    sums.write_text("\n".join([*of_tables, ""]), encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(write, "write_apart", fail)
        failed = home.run_quarter_here()
    assert failed.code == 1
    assert f"notice.pdf of {REGION} {QUARTER} r1 could not be made: no font" in failed.err
    assert "满意率  平均 75.00" in failed.out and "not made yet: run the quarter again" in failed.out
    assert contents(home.serving) == contents(small.serving)
    (alert,) = receiver.messages
    assert "文件没有生成" in alert["title"] and "结果表已经提供，不受影响" in alert["message"]
    assert "documents-are-missing" in alert["message"]
    (lacking,) = releases.take(home.path / "releases").served
    assert not releases.has_documents(lacking) and list(home.revisions.glob(".*")) == []
    mended = home.run_quarter_here()
    assert mended.code == 0, mended.err
    assert releases.has_documents(lacking) and releases.verify(lacking).is_whole
    assert contents(home.revisions / "r1") == contents(small.revisions / "r1"), "the same documents, and the same proof"
    titles = [message["title"] for message in receiver.messages[1:]]
    assert sum("已发布" in title for title in titles) == 1 and sum("恢复" in title for title in titles) == 1
