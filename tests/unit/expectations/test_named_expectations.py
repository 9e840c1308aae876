"""The gates in Great Expectations' own terms: classes with a name of their own, suites with severities, and its own results."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from callback_survey.expectations import delivery, marts, of_deliveries, of_marts
from callback_survey.expectations.gates import check_marts

from callback_survey.checks import engine
from callback_survey.checks.model import Check, CheckReport, read_rules
from callback_survey.warehouse.build import BuiltScope
from homes import REPOSITORY
from lakes import SEEDS
from small_marts import SOUND

RULES = read_rules(SEEDS)


class _AllFacts(dict[str, pd.DataFrame]):
    def __contains__(self, name: object) -> bool:
        return True


SUITES: Mapping[str, list[Check]] = {"delivery": delivery.suite(RULES, _AllFacts()), "marts": marts.suite(RULES)}


@pytest.mark.parametrize(("gate", "classes"), [("delivery", of_deliveries), ("marts", of_marts)])
def test_every_check_is_an_expectation_with_a_name_of_its_own_and_none_is_left_over(gate: str, classes: Any) -> None:
    used = {type(check.expectation) for check in SUITES[gate]}
    assert {kind.__module__ for kind in used} == {classes.__name__}
    assert {kind.__name__ for kind in used} == {name for name in vars(classes) if name.startswith("Expect")}
    assert all(kind.__doc__ and kind.__doc__.endswith(".") for kind in used)


@pytest.mark.parametrize("gate", SUITES)
def test_a_suite_says_how_severe_each_expectation_is_and_where_to_read_what_to_do(gate: str) -> None:
    suite = engine.expectation_suite(engine.load_great_expectations(), SUITES[gate], RULES, gate)
    with (SEEDS / "check_rules.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            row["check_id"]: ({"fail": "critical", "warn": "warning"}[row["severity"]], row["description"])
            for row in csv.DictReader(file)
            if row["gate"] == gate
        }
    told = suite.to_json_dict()["expectations"]
    assert {one["meta"]["check_id"]: (one["severity"], one["description"]) for one in told} == expected
    for one in told:
        page, _, section = one["meta"]["runbook"].partition("#")
        assert re.search(rf"^### `{section}`$", (REPOSITORY / page).read_text(encoding="utf-8"), re.MULTILINE)


def _judged() -> CheckReport:
    with duckdb.connect() as connection:
        connection.execute(SOUND)
        connection.execute(
            "update marts.department_rates set sample_count = valid_frame_count + 1 where department_code = 'd2'"
        )
        return check_marts(
            connection, BuiltScope("330109", "2018Q1", "delivery-1"), seeds=SEEDS, earlier=[], run_id="run-1"
        )


def test_what_the_library_said_lies_beside_our_own_report_without_a_row(tmp_path: Path) -> None:
    report = _judged()
    assert not next(result for result in report.results if result.check_id == "sample_within_frame").is_passed
    path = report.write(tmp_path)
    assert CheckReport.read(path).results == report.results
    beside = tmp_path / "great_expectations" / path.name
    told = json.loads(beside.read_text(encoding="utf-8"))
    answers = {one["expectation_config"]["meta"]["check_id"]: one for part in told for one in part["results"]}
    asked = {result.check_id for result in report.results if result.outcome != "skipped"}
    assert set(answers) == asked
    failed = answers["sample_within_frame"]
    assert (failed["success"], failed["expectation_config"]["type"]) == (False, "expect_sample_within_valid_frame")
    assert failed["result"]["unexpected_count"] > 0
    for result in report.results:
        for example in result.examples:
            assert example.split("（")[0] not in beside.read_text(encoding="utf-8")


def test_a_kept_answer_keeps_it_too() -> None:
    report = _judged()
    assert report.validations
    again = CheckReport.from_json(json.loads(json.dumps(report.__dict__, default=lambda result: result.__dict__)))
    assert again.validations == report.validations
