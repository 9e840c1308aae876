"""Documents of one region that cannot be made hold that region back, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.documents import write as documents
from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import DocumentsFailed, GateFailed
from callback_survey.pipeline import freezing, steps
from callback_survey.pipeline.verdicts import GateReport
from callback_survey.releases import Release
from callback_survey.run import Run
from callback_survey.settings import Format, Settings
from callback_survey.warehouse import build
from callback_survey.warehouse.build import BuildReport, BuiltScope
from homes import REPOSITORY
from published import make_release


def test_the_others_are_released_and_the_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "home", tmp_path, REPOSITORY / "dbt_project", "1GB", (), None, None)
    bad, good = BuiltScope("330108", "2018Q1", "d1"), BuiltScope("330109", "2018Q1", "d2")

    def prepare(run: Run, connection: object, scope: BuiltScope) -> Release:
        return make_release(tmp_path / run.run_id, region=scope.region_code)

    def write(release: Release, folder: Path, *, formats: Sequence[Format], heading: Heading) -> None:
        if release.region_code == bad.region_code:
            raise DocumentsFailed("notice.pdf of 330108 2018Q1 r1 could not be made: …", next_step="read the log")

    settings.warehouse.mkdir(parents=True)
    duckdb.connect(str(settings.warehouse / "warehouse.duckdb")).close()
    monkeypatch.setattr(build, "verify_stamp", lambda *_: None)
    monkeypatch.setattr(freezing, "_prepare", prepare)
    monkeypatch.setattr(documents, "write_apart", write)
    monkeypatch.setattr(releases, "seal", lambda new: make_release(settings.releases))
    built = BuildReport("any", (bad, good))
    with pytest.raises(GateFailed, match=r"notice\.pdf of 330108 2018Q1 r1"):
        steps.release(
            Run(settings, "run-0"), BuildReport("any", (bad,)), GateReport((bad,), ())
        )  # nothing to serve yet
    released = steps.release(Run(settings, "run-1"), built, GateReport((bad, good), ()))
    assert [one.region_code for one in released.new] == ["330109"]
    assert [scope.region_code for scope in released.verdicts.passed] == ["330109"]
    (failed,) = released.verdicts.failed
    assert failed["region_code"] == "330108" and "notice.pdf of 330108 2018Q1 r1" in failed["what"]
