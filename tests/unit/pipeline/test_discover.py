"""The first step of a run: what there is to land, and nothing that an earlier landing left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callback_survey import alerts
from callback_survey.alerts import open_problems
from callback_survey.errors import DeliveryMisplaced, NothingDelivered, RegisterError
from callback_survey.landing import ledger
from callback_survey.pipeline import local, steps
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.settings import load_settings
from callback_survey.storage.files import write_text
from lakes import ONE_CALL, ONE_CASE, SAMPLE_REGISTERS, calls, frame, write_delivery


def test_a_run_that_lands_nothing_removes_what_a_killed_landing_left(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    given = {"CALLBACK_SURVEY_HOME": str(tmp_path / "home"), "CALLBACK_SURVEY_EXPORTS": str(tmp_path / "exports")}
    settings = load_settings(given)
    left = settings.lake / ".landing-d1-killed" / "work"
    left.mkdir(parents=True)
    (left / "frame.csv").write_text("15400000001", encoding="utf-8")
    with pytest.raises(NothingDelivered):
        steps.discover(Run(settings, "run-1"), Quarter(2018, 1))
    assert list(settings.lake.iterdir()) == []


FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}


def commands(exports: Path) -> list[str]:
    return [
        "1. without registers of your own: callback-survey init FOLDER --region 331009",
        f"2. without a manifest.json: callback-survey manifest {exports / '331009' / '2018Q1'}",
        "3. draft its register for a person to review: callback-survey register propose --region 331009 --quarter 2018Q1",
        f"4. once the rows are in {SAMPLE_REGISTERS}: callback-survey register check",
        "5. callback-survey run --region 331009 --quarter 2018Q1",
    ]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    given = {
        "CALLBACK_SURVEY_HOME": str(tmp_path / "home"),
        "CALLBACK_SURVEY_EXPORTS": str(tmp_path / "exports"),
        "CALLBACK_SURVEY_PRIVACY_KEY": "a key for tests only, 32 characters or more",
    }
    return Run(load_settings(given), "run-1")


def test_a_region_without_a_register_is_refused_before_anything_lands_with_the_commands(run: Run) -> None:
    write_delivery(run.settings.exports, FILES, region="331009")
    with pytest.raises(RegisterError) as refused:
        steps.discover(run, Quarter(2018, 1))
    assert refused.value.what == "region 331009 is not in regions.csv; nearest: 330109"
    assert refused.value.alert_lines == commands(run.settings.exports)
    assert refused.value.exit_code == 2


def test_a_quarter_before_the_register_begins_is_told_as_that(run: Run) -> None:
    write_delivery(run.settings.exports, FILES, quarter="2016Q1")
    with pytest.raises(RegisterError, match=r"departments\.csv has no department of region 330109 in 2016Q1"):
        steps.discover(run, Quarter(2016, 1))


def test_beside_registered_regions_it_is_refused_alone_and_the_others_go_on(run: Run) -> None:
    write_delivery(run.settings.exports, FILES)
    unknown = write_delivery(run.settings.exports, FILES, region="331009")
    found = steps.discover(run, Quarter(2018, 1))
    assert [delivery.region_code for delivery in found] == ["330109", "331009"]
    with pytest.raises(DeliveryMisplaced) as refused:
        steps.land(run, unknown)
    assert (refused.value.exit_code, refused.value.alert_lines) == (3, commands(run.settings.exports))
    assert [plan.is_refused for plan in local.plan(run, Quarter(2018, 1), None)] == [False, True]


def test_what_failed_of_a_folder_that_is_gone_is_over(run: Run) -> None:
    folder = write_delivery(run.settings.exports, FILES, region="331009").folder
    write_delivery(run.settings.exports, FILES)
    for code in ("331009", "330109"):
        error = DeliveryMisplaced("no register", region_code=code, quarter="2018Q1")
        alerts.tell_failure(run.settings, error, alerts.Place("r1", "land"), checks_of="r1")

    def still_open() -> list[str]:
        steps.discover(run, Quarter(2018, 1))
        return [one["region_code"] for one in open_problems.all_open(run.settings.alerts)]

    assert set(still_open()) == {"331009", "330109"}
    shutil.rmtree(folder.parent)
    assert still_open() == ["330109"]


def test_a_damaged_entry_of_a_region_that_is_gone_holds_no_run_up_and_closes_nothing(run: Run) -> None:
    write_delivery(run.settings.exports, FILES)
    error = DeliveryMisplaced("no register", region_code="331009", quarter="2018Q1")
    alerts.tell_failure(run.settings, error, alerts.Place("r1", "land"), checks_of="r1")
    entry = ledger.folder(run.settings.lake, Scope("331009", "2018Q1")) / "0123456789abcdef.json"
    write_text(entry, "{")
    assert [delivery.region_code for delivery in steps.discover(run, Quarter(2018, 1))] == ["330109"]
    assert [one["region_code"] for one in open_problems.all_open(run.settings.alerts)] == ["331009"]


def test_a_misnamed_folder_is_refused_where_it_would_land_and_in_a_rehearsal(run: Run) -> None:
    write_delivery(run.settings.exports, FILES, quarter="2018年一季度")
    [delivery] = steps.discover(run, Quarter(2018, 1))
    assert delivery.scope == Scope("330109", "2018Q1")
    with pytest.raises(DeliveryMisplaced, match="does not have the name of its region and quarter"):
        steps.land(run, delivery)
    [planned] = local.plan(run, Quarter(2018, 1), None)
    assert planned.details == ("330109/2018年一季度 is not read; expected the name 330109/2018Q1",)


def test_where_nothing_came_what_lies_there_is_told(run: Run) -> None:
    (run.settings.exports / "330109" / "一季度").mkdir(parents=True)
    with pytest.raises(NothingDelivered) as nothing:
        steps.discover(run, Quarter(2018, 1))
    assert nothing.value.alert_lines == [
        "330109/一季度: not the name of a quarter's folder; expected one such as 2018Q1"
    ]
