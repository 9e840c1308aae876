"""`status`: one screen of where everything stands, for a person or as JSON; it reads, and leaves everything as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callback_survey.alerts import open_problems, waiting
from callback_survey.alerts.waiting import Waiting
from callback_survey.cli import main
from callback_survey.quarter import Quarter
from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from callback_survey.setting_values import PREFIX
from callback_survey.storage import files
from callback_survey.warehouse.database import Warehouse
from homes import Home
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame, tree_of, write_delivery
from published import make_release
from receivers import ALERT
from shelves import make_home

ALERT_ABOUT_2018Q2 = replace(ALERT, concerns=("330109-2018Q2",))
FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """330109 2018Q1 with r2 served, 2018Q2 released and not served, 330110 2018Q1 served, of which the ledger knows nothing."""
    (tmp_path / "exports").mkdir()
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}EXPORTS", str(tmp_path / "exports"))
    return make_home(tmp_path / "home")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    main.main(["status", "--json", *arguments])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_each_quarter_says_how_far_it_came_and_what_readers_see(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_delivery(tmp_path / "exports", FILES)
    before = tree_of(tmp_path)
    found = {(one["region_code"], one["quarter"]): one for one in told(capsys)["quarters"]}
    assert {key: (one["served"], one["released"], one["notice"]) for key, one in found.items()} == {
        ("330109", "2018Q1"): ("r2", "r2", "rejected"),
        ("330109", "2018Q2"): (None, "r1", "draft"),
        ("330110", "2018Q1"): ("r1", "r1", "draft"),
    }
    assert found["330109", "2018Q1"]["delivery"] == "waiting"
    assert found["330110", "2018Q1"]["delivery"] is None
    assert tree_of(tmp_path) == before
    assert [one["quarter"] for one in told(capsys, "--quarter", "2018Q2")["quarters"]] == ["2018Q2"]


def test_what_waits_fails_or_is_late_is_told_with_the_next_step(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_problems.opened(home / "alerts", ALERT_ABOUT_2018Q2)
    request = Waiting("330110", "2018Q1", 1, "2018年第一季度通报", (), "2018-06-01T00:00:00+00:00", 72, "run-9")
    waiting.note(home / "alerts", request)
    write_delivery(tmp_path / "exports", FILES)
    assert main.main(["status"]) == 4
    said = capsys.readouterr().out
    assert "waits for a signature: 330110 2018Q1 r1, 2018年第一季度通报" in said
    assert f"{ALERT.title}" in said and "330109 2018Q2 failing since" in said
    assert "→ callback-survey run --region 330109 --quarter 2018Q1" in said
    main.main(["status", "--language", "zh"])
    chinese = capsys.readouterr().out
    assert "待签发：330110 2018Q1 第1版" in chinese and "已计算" in chinese


def test_one_region_or_quarter_hears_of_itself_alone(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_problems.opened(home / "alerts", ALERT_ABOUT_2018Q2)
    waiting.note(home / "alerts", Waiting("330110", "2018Q1", 1, "通报", (), "2018-06-01T00:00:00+00:00", 72, "run-9"))
    write_delivery(tmp_path / "exports", FILES)

    def heard(*arguments: str) -> list[str]:
        found = told(capsys, *arguments)
        asked = [f"{one['region_code']} waits" for one in found["waiting"]]
        failed = [f"{one['quarter']} fails" for one in found["failing"]]
        return [*asked, *failed, *(one["key"] for one in found["problems"] if one["key"].count("/") == 1)]

    both = {"330110 waits", "2018Q2 fails", "waiting/330109-2018Q1", "overdue/330109"}
    assert both <= {*heard()}
    assert both & {*heard("--region", "330110")} == {"330110 waits"}
    assert both & {*heard("--region", "330109")} == both - {"330110 waits"}
    # what is overdue now are the last four quarters
    assert both & {*heard("--quarter", "2018Q2")} == {"2018Q2 fails"}
    last = str(Quarter.containing(datetime.now(UTC).date()).previous().previous())
    assert both & {*heard("--quarter", last)} == {"overdue/330109"}


def test_a_revision_served_again_is_the_one_that_readers_see_whatever_later_one_has_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path))
    monkeypatch.setenv(f"{PREFIX}EXPORTS", str(tmp_path / "exports"))
    for revision, content in ((1, "a"), (2, "b"), (3, "a")):
        path = make_release(tmp_path / "releases", revision=revision).folder / "release.json"
        files.write_json(path, {**files.read_json(path), "content_hash": content})
    again = Decision("rolled_back", "330109", "2018Q1", 1, "值班长", "核实", details={"instead_of": "r3"})
    served = tmp_path / "serving" / "current" / "served.json"
    served.parent.mkdir(parents=True)
    served.write_text(json.dumps([["330109|2018Q1", "a"]]), encoding="utf-8")
    assert [one["served"] for one in told(capsys)["quarters"]] == ["r3"]
    journal.append(tmp_path / "releases", again)
    assert [one["served"] for one in told(capsys)["quarters"]] == ["r1"]


def test_a_run_under_way_is_named_and_what_it_may_mend_is_not_called_late(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_delivery(tmp_path / "exports", FILES)
    with Warehouse(home / "warehouse", "1GB", "run-of-now").lock():
        found = told(capsys)
    assert found["running"].startswith("run run-of-now (pid ")
    assert found["problems"] == []


def test_a_ledger_that_cannot_be_read_hides_no_other_quarter(
    home: Path, lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.folder = home / "lake"
    folder = home / "lake" / "ledger" / "region=330110" / "quarter=2018Q1"
    folder.mkdir(parents=True)
    (folder / "current.json").write_text("{", encoding="utf-8")
    found = {(one["region_code"], one["quarter"]): one["delivery"] for one in told(capsys)["quarters"]}
    assert found["330110", "2018Q1"] == "damaged"
    assert found["330109", "2018Q2"] is None


def test_a_delivery_that_came_again_after_its_correction_is_the_one_that_holds(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(home / "lake", tmp_path / "exports")
    first = lake.publish(lake.deliver(FILES, quarter="2018Q3"))
    lake.publish(lake.deliver({**FILES, "frame.csv": frame(ONE_CASE, ("XS-2", *ONE_CASE[1:]))}, quarter="2018Q3"))
    lake.deliver(FILES, quarter="2018Q3")
    lake.publish(first)
    (found,) = told(capsys, "--quarter", "2018Q3")["quarters"]
    assert (found["delivery"], found["delivered_at"]) == ("current", first.landed_at)


def test_a_released_quarter_is_landed_built_and_served(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")
    outcome = home.run_here("status", "--json", "--region", "330109")
    (one,) = json.loads(outcome.out)["quarters"]
    assert (one["delivery"], one["is_built"], one["served"]) == ("current", True, "r1"), outcome.err
