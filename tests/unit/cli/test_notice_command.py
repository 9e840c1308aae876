"""The command `notice` writes drafts of what is released, and nothing else, and nowhere among what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.cli import main
from notice_marts import QUARTER, REGION, notice_marts
from published import make_release

ASKED = ["notice", "--region", REGION, "--quarter", QUARTER, "--format", "html"]
TABLES = (*("regions", "measures", "region_rates", "department_rates", "below_average", "reconciliation", "annexes"),)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two revisions; of the second, the region is called 新样区."""
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CALLBACK_SURVEY_PUBLIC", raising=False)
    copied = tmp_path / "marts"
    for revision, name in ((1, "样区"), (2, "新样区")):
        with notice_marts() as marts:
            marts.execute(f"update marts.regions set region_name = '{name}' where region_code = '{REGION}'")
            (copied / name).mkdir(parents=True)
            for table in TABLES:
                marts.execute(f"copy marts.{table} to '{copied / name / table}.parquet' (format parquet)")
        tables = {table: f"from '{copied / name / table}.parquet'" for table in TABLES}
        make_release(tmp_path / "home" / "releases", region=REGION, quarter=QUARTER, revision=revision, tables=tables)
    return tmp_path / "home"


def test_a_draft_of_the_served_revision_bears_what_is_given(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--issuer", "样区办公室", "--number", "样办〔2020〕1号", "--date", "2020-01-07"]
    assert main.main([*ASKED, *given, "--output", str(tmp_path / "drafts")]) == 0
    page = (tmp_path / "drafts" / "notice.html").read_text(encoding="utf-8")
    for part in ("征求意见稿 · 未签发", "样区办公室", "样办〔2020〕1号", "2020年1月7日", "新样区", "<dd>第2版</dd>"):
        assert part in page
    said = capsys.readouterr().out
    assert "not issued" in said and str(tmp_path / "drafts" / "notice.html") in said
    assert [path.name for path in (tmp_path / "drafts").iterdir()] == ["notice.html"]


def test_an_earlier_revision_is_drafted_from_its_own_marts(home: Path, tmp_path: Path) -> None:
    assert main.main([*ASKED, "--revision", "r1", "--output", str(tmp_path / "drafts")]) == 0
    page = (tmp_path / "drafts" / "notice.html").read_text(encoding="utf-8")
    assert "<dd>第1版</dd>" in page and "新样区" not in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--revision", "r3"], "expected: one of r1、r2"),
        (["--revision", "1"], "--revision is not valid: '1'"),
        (["--quarter", "2018Q2"], "990101 2018Q2 is not released"),
        (["--quarter", "2018Q5"], "not a quarter"),
        (["--date", "7.6.2018"], "expected: a date such as 2018-06-07"),
        (["--output", "home/releases/990101"], "frozen"),
        (["--output", "home/public/990101/2019Q4/r1"], "issued notices"),
    ],
)
def test_what_cannot_be_drafted_is_refused_and_nothing_is_written(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main.main([*ASKED, "--output", "drafts", *changed]) == 2
    assert said in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_release_is_not_drafted(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "releases" / REGION / QUARTER / "r2" / "marts" / "below_average.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    assert main.main([*ASKED, "--output", str(tmp_path / "drafts")]) == 1
    assert "damaged" in capsys.readouterr().err
    assert not (tmp_path / "drafts").exists()
