"""Removing: the proof is written first, rows are gone wherever they were, and every reader of the lake says so in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import retained
from callback_survey.checks.model import CheckReport
from callback_survey.cli import main
from callback_survey.errors import RowsRemoved, SurveyError
from callback_survey.landing import ledger, removed
from callback_survey.pipeline import following, steps
from callback_survey.pipeline.verdicts import GateReport
from callback_survey.releases import inventory
from callback_survey.retention import remove as removing
from callback_survey.run import Run
from callback_survey.watch.whole_home import look_over
from homes import contents
from lakes import SAMPLE_REGISTERS, SECRET, calls, frame
from retained import DUE, SCOPE, settings_of


def remove(folder: Path, *, with_exports: bool = False) -> removing.Removed:
    return removing.remove(Run(settings_of(folder), "retention-1"), DUE, with_exports=with_exports)


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """A command over the home, with its exit code and what it said."""
    settings = settings_of(tmp_path)
    for name, value in (("HOME", settings.home), ("EXPORTS", settings.exports), ("PRIVACY_KEY", SECRET.decode())):
        monkeypatch.setenv(f"CALLBACK_SURVEY_{name}", str(value))
    monkeypatch.setenv("CALLBACK_SURVEY_RETENTION", retained.MONTHS)

    def say(*arguments: str) -> tuple[int, str]:
        code = main.main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return say


def test_one_month_is_said_as_one(
    told: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALLBACK_SURVEY_RETENTION", "alerts=12 logs=1")
    code, said = told("retention")
    assert (code, said.splitlines()[:2]) == (0, ["alerts: removed after 12 months", "logs: removed after 1 month"])


def test_rows_are_gone_from_the_lake_the_warehouse_and_the_partitions_and_the_entry_stays(tmp_path: Path) -> None:
    report = retained.prepare(tmp_path)
    settings = settings_of(tmp_path)
    before = contents(settings.releases)
    kept = ledger.checked_path(settings.lake, report)
    kept.write_text("gate 1 said that XS-1 stands twice", encoding="utf-8")
    done = remove(tmp_path)
    assert not kept.exists(), "it names cases"
    kept.write_text("left by a removal that was killed", encoding="utf-8")
    remove(tmp_path)
    assert not kept.exists()
    assert {one.kind for one in done.done} == {"cases", "restricted"}
    assert list(settings.lake.rglob("*.parquet")) == []
    assert list(settings.restricted.rglob("*.parquet")) == []
    assert not (settings.warehouse / "warehouse.duckdb").exists()
    assert contents(settings.releases) == before
    (entry,) = ledger.entries(settings.lake)
    assert (entry.state, entry.report and entry.report.count("read_count")) == ("removed", 2)
    gone = removed.find(settings.lake, SCOPE, report.delivery_id)
    assert gone is not None
    assert {file.dataset: file.row_count for file in gone.files} == {"frame": 1, "calls": 1, "answers": 2, "rejects": 0}
    assert all(file.sha256 == Path(report.lake_files[file.dataset]).stem for file in gone.files)


def test_what_went_is_written_down_with_hashes_and_months(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    settings = settings_of(tmp_path)
    was_there = {
        f"lake/{name}": digest for name, digest in contents(settings.lake).items() if name.endswith(".parquet")
    }
    done = remove(tmp_path)
    assert done.record is not None
    record = json.loads(done.record.read_text(encoding="utf-8"))
    (cases,) = [one for one in record["removed"] if one["kind"] == "cases"]
    assert cases["files"] == was_there
    assert (record["months"]["cases"], record["run_id"], record["failed"]) == (24, "retention-1", [])
    assert record["finished_at"]


def test_done_again_there_is_nothing_to_do(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    before = contents(settings_of(tmp_path).home)
    again = remove(tmp_path)
    assert (again.done, again.record) == ((), None)
    assert contents(settings_of(tmp_path).home) == before


def test_a_file_that_two_deliveries_share_stays_as_long_as_one_needs_it(tmp_path: Path) -> None:
    """Empty rejects of two deliveries have the same bytes, and so the same name."""
    retained.prepare(tmp_path)
    remove(tmp_path)
    report = retained.land(
        tmp_path,
        {
            "frame.csv": frame(("XS-9", "区档案局", "2018-03-01", "15400000009", "查档", "样例申请人")),
            "calls.csv": calls(),
        },
    )
    lake = settings_of(tmp_path).lake
    assert removed.left_over(lake, SCOPE) == []
    for removal in removed.all_removed(lake, SCOPE):
        removed.finish(lake, removal)
    assert ledger.current(lake, SCOPE) is not None
    assert ledger.damaged_files(lake, report) == []


def test_what_is_held_is_told_and_stays(tmp_path: Path) -> None:
    retained.release(tmp_path, retained.land(tmp_path), is_issued=False)
    before = contents(settings_of(tmp_path).lake)
    done = remove(tmp_path)
    assert [one.held for one in done.held] == ["the notice of r1 is not issued"]
    assert {name: one for name, one in contents(settings_of(tmp_path).lake).items() if not name.endswith(".lock")} == {
        name: one for name, one in before.items() if not name.endswith(".lock")
    }


def test_exports_go_only_when_asked_and_what_a_killed_removal_left_goes_with_the_next(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    delivered = tmp_path / "exports" / "330109" / "2018Q1"
    assert delivered.is_dir()
    half = tmp_path / "exports" / "330109" / ".2018Q4-removed"
    half.mkdir()
    (half / "frame.csv").write_text("half of it")
    assert {one.kind for one in remove(tmp_path, with_exports=True).done} == {"exports"}
    assert not delivered.exists() and not half.exists()


def test_what_cannot_be_removed_is_named_and_the_others_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    retained.prepare(tmp_path)
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "case_outcomes.parquet":
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(SurveyError, match="1 things could not be removed") as caught:
        remove(tmp_path)
    assert "case_outcomes.parquet: Permission denied" in caught.value.alert_lines[0]
    assert list(settings_of(tmp_path).lake.rglob("*.parquet")) == []
    assert caught.value.exit_code == 1
    (first,) = removing.records(settings_of(tmp_path))
    proof = first.read_bytes()
    monkeypatch.setattr(Path, "unlink", unlink)
    remove(tmp_path)
    assert first.read_bytes() == proof, "a task that is tried again keeps what its first try proved"
    assert [path.name for path in removing.records(settings_of(tmp_path))] == ["retention-1-2.json", "retention-1.json"]


def test_a_folder_that_others_may_have_mounted_stays_when_it_is_empty(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    settings = settings_of(tmp_path, "checks=1")
    (settings.checks / "run-1").mkdir(parents=True)
    CheckReport("run-1", "marts", "330109", "2018Q1", ()).write(settings.checks / "run-1")
    removing.remove(Run(settings, "retention-1"), date(2999, 1, 1))
    assert list(settings.checks.iterdir()) == []


def test_the_same_delivery_is_not_landed_again_and_the_error_says_since_when(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    with pytest.raises(RowsRemoved) as caught:
        retained.land(tmp_path)
    assert "24 months after the quarter" in caught.value.what
    assert "damage" not in str(caught.value)


def test_a_build_that_was_cleared_in_airflow_says_so_too(tmp_path: Path) -> None:
    report = retained.prepare(tmp_path)
    remove(tmp_path)
    with pytest.raises(RowsRemoved):
        steps.build(Run(settings_of(tmp_path), "run-2"), [report])


def test_under_other_rules_it_is_the_same_delivery_too(tmp_path: Path) -> None:
    """The identity of a delivery holds the key and the rules; its content does not."""
    retained.prepare(tmp_path)
    remove(tmp_path)
    lake = retained.lake_of(tmp_path)
    ledger.change_key(lake.folder, "0")
    lake.secret = b"another key for tests only, of 32 characters"
    (lake.folder / "ledger" / "key.json").unlink()
    with pytest.raises(RowsRemoved):
        lake.deliver(retained.FILES)


def test_a_corrected_delivery_is_landed_as_any_other(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    report = retained.land(
        tmp_path, {**retained.FILES, "calls.csv": calls(("XS-1", "2018-04-10 09:30:00", "成功", "不满意", "一次"))}
    )
    assert ledger.current(settings_of(tmp_path).lake, SCOPE) is not None
    assert report.is_new


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("deliveries",), 0, "removed"),
        (("rejects", "--region", "330109", "--quarter", "2018Q1"), 3, "were removed on"),
        (("plan", "--region", "330109", "--quarter", "2018Q1"), 3, "were removed on"),
        (("run", "--quarter", "2018Q1", "--dry-run"), 0, "nothing would be landed"),
        (("run", "--quarter", "2018Q1"), 3, "were removed on"),
        (("status",), 4, "removed"),
        (("verify",), 4, "lake: 1 read, 0 faults"),  # nothing is served in this home
        (("backup", "--output", "survey.tar"), 0, "the rows of 1 deliveries were removed"),
        (("rotate-key", "--dry-run"), 0, "nothing was written"),
        (("--language", "zh", "deliveries"), 0, "明细已清除"),
        (("--language", "zh", "run", "--quarter", "2018Q1"), 3, "明细已按保存期限的设置于"),
    ],
)
def test_whoever_needs_the_rows_says_that_they_were_removed(
    arguments: tuple[str, ...],
    code: int,
    words: str,
    tmp_path: Path,
    told: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLBACK_SURVEY_REGISTERS", str(SAMPLE_REGISTERS))
    ended, said = told(*arguments)
    assert words in said
    assert ended == code, said
    assert "damage" not in said and "cannot be read" not in said


def test_a_quarter_after_a_corrected_one_keeps_its_changes_and_no_run_fails_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    settings = settings_of(tmp_path)
    outdated = inventory.take(settings.releases).every
    monkeypatch.setattr(following, "_outdated", lambda run, compared, failed: list(outdated))
    said: list[str] = []
    run = Run(settings, "run-2", lambda event: said.append(event.message))
    assert following.revise(run, GateReport((), ())).failed == ()
    assert "its changes from the quarter before stay as they are" in said[-1]


def test_another_key_leaves_them_out_with_the_reason(
    tmp_path: Path, told: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    retained.prepare(tmp_path)
    remove(tmp_path)
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY", "another key for tests only, of 32 characters")
    code, said = told("rotate-key")
    assert code == 0
    assert "nothing of it holds a token" in said


def test_a_removal_that_was_killed_is_told_by_verify_with_what_finishes_it(tmp_path: Path) -> None:
    report = retained.prepare(tmp_path)
    settings = settings_of(tmp_path)
    name = report.lake_files["calls"]
    rows = (settings.lake / name).read_bytes()
    remove(tmp_path)
    (settings.lake / name).parent.mkdir(parents=True, exist_ok=True)
    (settings.lake / name).write_bytes(rows)
    (fault,) = [fault for part in look_over(settings) if part.name == "lake" for fault in part.faults]
    assert (fault.path, fault.next_step.split(":")[0]) == (settings.lake / name, "callback-survey retention --remove")
    remove(tmp_path)
    assert [fault for part in look_over(settings) if part.name == "lake" for fault in part.faults] == []


def test_the_command_shows_first_and_removes_only_when_told_to(
    tmp_path: Path, told: Callable[..., tuple[int, str]]
) -> None:
    retained.prepare(tmp_path)
    before = contents(settings_of(tmp_path).home)
    code, said = told("retention")
    assert code == 0
    assert "cases" in said and "330109 2018Q1" in said and "nothing was removed" in said
    assert contents(settings_of(tmp_path).home) == before
    listed = json.loads(told("retention", "--json")[1])
    assert {one["kind"] for one in listed["due"]} == {"cases", "restricted"}
    code, said = told("retention", "--remove")
    assert code == 0
    assert "2 of these were removed" in said
    (row,) = [line.split() for line in said.splitlines() if line.startswith("cases ")]
    assert float(row[-1]) > 0, "what it held, not what is left of it"
    assert ledger.entries(settings_of(tmp_path).lake)[0].state == "removed"


def test_without_the_setting_the_command_says_that_nothing_ever_goes(
    tmp_path: Path, told: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    retained.prepare(tmp_path)
    monkeypatch.delenv("CALLBACK_SURVEY_RETENTION")
    assert told("retention") == (0, "nothing is ever removed: CALLBACK_SURVEY_RETENTION is not set\n")
    assert told("retention", "--remove")[0] == 0
    assert ledger.entries(settings_of(tmp_path).lake)[0].state == "current"
