"""What the time of has passed, and what stays all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import retained
from callback_survey.releases import journal
from callback_survey.retention.due import Due, look
from callback_survey.storage import files
from callback_survey.wording.translation import in_chinese
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame, write_delivery
from retained import DAY_BEFORE, DUE, SCOPE, settings_of


def due(folder: Path, kind: str, day: date = DUE, *, with_exports: bool = False) -> list[Due]:
    return [one for one in look(settings_of(folder), day, with_exports=with_exports) if one.kind == kind]


def held(folder: Path) -> list[str]:
    return [one.held for one in due(folder, "cases")]


def test_rows_go_on_the_day_so_many_months_after_their_quarter_and_not_before(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    assert due(tmp_path, "cases", DAY_BEFORE) == []
    (found,) = due(tmp_path, "cases")
    assert (found.scope, found.ended_on, found.held) == (SCOPE, date(2018, 3, 31), "")
    assert {path.parent.parent.parent.name for path in found.paths} == {"frame", "calls", "answers", "rejects"}


def test_without_the_setting_nothing_is_ever_due(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    assert look(settings_of(tmp_path, ""), date(2999, 1, 1), with_exports=True) == []


def test_a_kind_that_is_not_named_stays(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    assert {one.kind for one in look(settings_of(tmp_path, "restricted=12"), DUE)} == {"restricted"}


def test_single_cases_of_the_marts_stay_as_long_as_the_rows_they_are_made_of(tmp_path: Path) -> None:
    retained.release(tmp_path, retained.land(tmp_path), is_issued=False)
    (settings_of(tmp_path).restricted / "case_outcomes" / "region_code=330109" / "quarter=2018Q1").mkdir(parents=True)
    found = look(settings_of(tmp_path, "restricted=12"), DUE)
    assert [(one.kind, one.held) for one in found] == [("restricted", "the notice of r1 is not issued")]


def test_a_quarter_that_was_never_released_stays(tmp_path: Path) -> None:
    retained.land(tmp_path)
    assert held(tmp_path) == ["nothing of it was released"]


def test_a_quarter_whose_notice_is_not_issued_stays(tmp_path: Path) -> None:
    retained.release(tmp_path, retained.land(tmp_path), is_issued=False)
    assert held(tmp_path) == ["the notice of r1 is not issued"]


def test_a_quarter_whose_notice_was_withdrawn_stays_and_says_so(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    settings = settings_of(tmp_path)
    issued = journal.entries(settings.releases)[-1]
    journal.append(settings.releases, replace(issued, act="withdrawn", reason="待核实"))
    (reason,) = held(tmp_path)
    assert reason == "the notice of r1 was withdrawn, and none holds in its place"
    assert in_chinese(reason) == "第1版的通报已撤回，没有代替它的通报"


def test_a_revision_that_is_not_issued_yet_holds_the_rows_of_the_one_before(tmp_path: Path) -> None:
    report = retained.prepare(tmp_path)
    retained.release(tmp_path, report, 2, is_issued=False)
    assert held(tmp_path) == ["the notice of r2 is not issued"]


def test_a_corrected_delivery_that_was_landed_holds_them(tmp_path: Path) -> None:
    report = retained.prepare(tmp_path)
    lake = retained.lake_of(tmp_path)
    other = lake.deliver({"frame.csv": frame(ONE_CASE), "calls.csv": calls((*ONE_CALL[:3], "不满意", "一次"))})
    path = next(settings_of(tmp_path).lake.glob(f"ledger/*/*/{other.delivery_id}.json"))
    value = files.read_json(path)
    # later than the release, within the months
    files.write_json(path, {**value, "landed_at": "2099-01-01T00:00:00+00:00"})
    assert report.delivery_id != other.delivery_id
    assert held(tmp_path) == ["a delivery of 2099-01-01 is not what was released"]


def test_the_same_files_landed_again_under_other_rules_hold_nothing(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    lake = retained.lake_of(tmp_path)
    again = Lake(lake.folder, lake.exports, lake.seeds)
    report = again.deliver(retained.FILES, note="说明更正")
    path = next(lake.folder.glob(f"ledger/*/*/{report.delivery_id}.json"))
    files.write_json(path, {**files.read_json(path), "landed_at": "2099-01-01T00:00:00+00:00"})
    assert held(tmp_path) == [""]


def test_a_delivery_that_waits_in_the_exports_holds_them(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    write_delivery(
        tmp_path / "exports", {"frame.csv": frame(ONE_CASE, ("XS-2", *ONE_CASE[1:])), "calls.csv": calls(ONE_CALL)}
    )
    assert held(tmp_path) == ["another delivery waits to be landed"]


def test_a_damaged_release_holds_them(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    (settings_of(tmp_path).releases / "330109" / "2018Q1" / "r1" / "release.json").write_text("{")
    (reason,) = held(tmp_path)
    assert "cannot be read" in reason


def test_exports_are_looked_at_only_when_asked_and_only_what_was_landed_as_it_lies_there(tmp_path: Path) -> None:
    retained.prepare(tmp_path)
    assert due(tmp_path, "exports") == []
    (found,) = due(tmp_path, "exports", with_exports=True)
    assert (found.paths, found.held) == ((tmp_path / "exports" / "330109" / "2018Q1",), "")
    write_delivery(tmp_path / "exports", {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}, note="又改")
    (found,) = due(tmp_path, "exports", with_exports=True)
    assert found.held == "it was never landed as it lies there"


@pytest.mark.parametrize(
    ("path", "kind", "months"),
    [
        ("checks/run-1/marts-330109-2018Q1.json", "checks", 60),
        ("alerts/run-1-0123abcd/aa.json", "alerts", 12),
        ("logs/runs/run-1.log", "logs", 12),
    ],
)
def test_what_runs_left_counts_from_when_it_was_written(path: str, kind: str, months: int, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    retained.written(settings.home / path, date(2010, 5, 31), '{"state": "sent"}')
    year, month = divmod(2010 * 12 + 4 + months, 12)
    assert due(tmp_path, kind, date(year, month + 1, 30)) == []
    assert [one.ended_on for one in due(tmp_path, kind, date(year, month + 1, 31))] == [date(2010, 5, 31)]


def test_of_a_folder_the_youngest_file_counts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    retained.written(settings.checks / "run-1" / "a.json", date(2010, 1, 1))
    retained.written(settings.checks / "run-1" / "b.json", date(2019, 1, 1))
    assert due(tmp_path, "checks") == []


def test_an_alert_that_nobody_got_stays_and_what_is_open_is_no_run(tmp_path: Path) -> None:
    alerts = settings_of(tmp_path).alerts
    retained.written(alerts / "run-1-0123abcd" / "aa.json", date(2010, 1, 1), '{"state": "unsent"}')
    retained.written(alerts / "run-2-0123abcd" / "aa.json", date(2010, 1, 1), '{"state": "sent"}')
    retained.written(alerts / "open" / "330109-2018Q1.json", date(2010, 1, 1))
    found = {one.name: one.held for one in due(tmp_path, "alerts")}
    assert found == {"run-1-0123abcd": "it was not sent yet", "run-2-0123abcd": ""}


def test_a_version_counts_from_the_one_that_took_its_place(tmp_path: Path) -> None:
    serving = settings_of(tmp_path).serving
    retained.written(serving / "versions" / "old" / "served.json", date(2010, 1, 1))
    retained.written(serving / "versions" / "new" / "served.json", date(2020, 3, 15))
    (serving / "current").symlink_to("versions/new")
    assert due(tmp_path, "old-versions") == []
    assert [one.name for one in due(tmp_path, "old-versions", date(2020, 4, 15))] == ["old"]
