"""Gate 1: a clean delivery trips nothing, and each check trips on exactly the fault it exists for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import pytest
from lakes import CALLS_HEADER, ONE_CALL, SEEDS, Lake, as_csv, calls, frame

from callback_survey.checks import engine
from callback_survey.checks.gates import check_delivery
from callback_survey.checks.model import CheckResult, Rule, read_rules
from callback_survey.landing.ledger import FileRecord, LandingReport
from callback_survey.register import Register

engine.load_great_expectations()
from callback_survey.expectations import delivery as gate  # type: ignore[import-not-found]  # noqa: E402

RULES = read_rules(SEEDS)
REGISTER = Register(
    {"区档案局": "区档案局", "区教育局": "区教育局", "区市场监督局": "区市场监管局", "区市场监管局": "区市场监管局"}
)
TABLES = {
    "frame": "file text, line bigint, case_id text, department_name text",
    "calls": "file text, line bigint, case_id text, department_name text",
    "rejects": "dataset text, file text, line bigint, reason text, department_name text, row_text text",
    "published": "file text, line bigint, department_name text",
}


def cases(name: str, numbers: Iterable[int]) -> list[tuple[str, str]]:
    """Frame rows of a department: its case ids are its name and a number."""
    return [(f"{name}{number:04d}", name) for number in numbers]


def called(name: str, numbers: Iterable[int], sent: str | None = None) -> list[tuple[str, str | None]]:
    return [(f"{name}{number:04d}", sent) for number in numbers]


def rejected_calls(name: str, numbers: Iterable[int], reason: str = "unknown_visits") -> list[dict[str, Any]]:
    """Rejected calls as landing keeps them: the case is in the text of the row, the department was not sent."""
    return [{"dataset": "calls", "reason": reason, "case_id": f"{name}{number:04d}"} for number in numbers]


@dataclass(frozen=True)
class Landed:
    """A landed delivery in a few rows. `frame` and `calls` are (case_id, department as sent)."""

    frame: Sequence[tuple[str, str]] = field(
        default_factory=lambda: [*cases("区档案局", range(900)), *cases("区教育局", range(100))]
    )
    calls: Sequence[tuple[str, str | None]] = field(
        default_factory=lambda: [*called("区档案局", range(300)), *called("区教育局", range(10))]
    )
    rejects: Sequence[dict[str, Any]] = ()
    published: Sequence[str] = ("区 档案局", "区市场监督局")
    datasets: Sequence[str] = ("frame", "calls", "published")

    def tables(self, connection: duckdb.DuckDBPyConnection) -> None:
        for name, columns in TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        rows: dict[str, list[Sequence[Any]]] = {
            "frame": [("frame.csv", line, *row) for line, row in enumerate(self.frame, start=2)],
            "calls": [("calls.csv", line, *row) for line, row in enumerate(self.calls, start=2)],
            "published": [("published.csv", line, name) for line, name in enumerate(self.published, start=2)],
            "rejects": [
                (
                    row["dataset"],
                    f"{row['dataset']}.csv",
                    line,
                    row["reason"],
                    row.get("department_name"),
                    json.dumps({"case_id": row.get("case_id")}),
                )
                for line, row in enumerate(self.rejects, start=9_000)
            ],
        }
        for name, values in rows.items():
            if values:
                sent = pd.DataFrame(values)
                connection.register("sent", sent)
                connection.execute(f"insert into {name} from sent")

    def report(self) -> LandingReport:
        records = []
        for dataset in self.datasets:
            accepted = len(getattr(self, dataset))
            rejected = sum(row["dataset"] == dataset for row in self.rejects)
            name = f"{dataset}.csv"
            records.append(FileRecord(name, dataset, "", "utf-8-sig", 1, accepted + rejected, accepted, rejected, ()))
        names = dict.fromkeys((*self.datasets, "rejects"), "")
        return LandingReport("330109", "2018Q1", "id", "", "", "run-1", "key", tuple(records), names)


def judge(landed: Landed, rules: Mapping[str, Rule] = RULES) -> dict[str, CheckResult]:
    with duckdb.connect() as connection:
        landed.tables(connection)
        facts = gate.facts(connection, landed.report(), REGISTER)
    return {
        result.check_id: result
        for result in engine.run(gate.suite(rules, facts), facts, rules, gate="delivery", suite="delivery")
    }


def tripped(results: dict[str, CheckResult]) -> dict[str, tuple[str, ...]]:
    return {name: result.examples for name, result in results.items() if not result.is_passed}


CLEAN = Landed()


def test_every_rule_of_this_gate_has_a_check_and_every_check_a_rule() -> None:
    with (SEEDS / "check_rules.csv").open(encoding="utf-8", newline="") as file:
        ruled = [row["check_id"] for row in csv.DictReader(file) if row["gate"] == "delivery"]
    assert sorted(judge(CLEAN)) == sorted(ruled)


def test_a_clean_delivery_trips_nothing() -> None:
    results = judge(CLEAN)
    assert tripped(results) == {}
    nothing_to_look_at = {"unknown_departments", "rejected_calls"}
    assert {name for name, result in results.items() if result.outcome == "skipped"} == nothing_to_look_at


ONE_UNKNOWN = [*CLEAN.frame, *cases("区教育居", range(1))]
FAULTS: dict[str, tuple[Landed, dict[str, str]]] = {
    "more than one per cent of a dataset rejected": (
        replace(CLEAN, rejects=[{"dataset": "frame", "reason": "missing_date"}] * 11),
        {"reject_share": "frame: 11 of 1011 rows rejected (1.09 %)"},
    ),
    "a dataset without a single row": (
        replace(CLEAN, calls=[]),
        {"reject_share": "calls: 0 of 0 rows rejected (100.00 %)"},
    ),
    "a department whose calls are rejected in numbers": (
        replace(CLEAN, rejects=rejected_calls("区教育局", (20, 21))),
        {
            "reject_share_by_department": "区教育局: 2 call rows rejected (16.67 %), unknown_visits",
            "rejected_calls": "区教育局: 2 call rows rejected, unknown_visits, first on line 9000",
        },
    ),
    "a single rejected call": (
        replace(CLEAN, rejects=rejected_calls("区教育局", (20,))),
        {"rejected_calls": "区教育局: 1 call rows rejected, unknown_visits, first on line 9000"},
    ),
    "a rejected call that names no case": (
        replace(CLEAN, rejects=[{"dataset": "calls", "reason": "ragged_row"}]),
        {"rejected_calls": "（未注明部门）: 1 call rows rejected, ragged_row, first on line 9000"},
    ),
    "more called cases than frame rows": (
        replace(CLEAN, calls=[*CLEAN.calls, *called("区市场监管局", range(2), "区 市场监督局")]),
        {
            "sample_within_frame_rows": "区市场监管局: 抽样 2 > 样本框 0",
            "called_cases_in_frame": (
                "区市场监管局: 2 called cases have no frame row, such as 区市场监管局0000、区市场监管局0001"
            ),
        },
    ),
    "a called case without a frame row": (
        replace(CLEAN, calls=[*CLEAN.calls, ("XS-999", "区教育局")]),
        {"called_cases_in_frame": "区教育局: 1 called cases have no frame row, such as XS-999"},
    ),
    "a few frame rows of an unknown department": (
        replace(CLEAN, frame=ONE_UNKNOWN),
        {"unknown_departments": "区教育居: 1 frame rows; nearest known name: 区教育局"},
    ),
    "many frame rows of unknown departments": (
        replace(CLEAN, frame=[*CLEAN.frame, *cases("区教育居", range(3)), *cases("某办", range(3))]),
        {
            "unknown_departments": "区教育居: 3 frame rows; nearest known name: 区教育局",
            "unknown_department_share": "6 of 1006 frame rows (0.60 %)",
        },
    ),
    "a called case of an unknown department": (
        replace(CLEAN, frame=ONE_UNKNOWN, calls=[*CLEAN.calls, *called("区教育居", range(1))]),
        {
            "unknown_departments": "区教育居: 1 frame rows; nearest known name: 区教育局",
            "unknown_department_called": "区教育居: 1 called cases; nearest known name: 区教育局",
        },
    ),
    "a printed line of a department nobody knows": (
        replace(CLEAN, published=["区档案局", "区教育居"]),
        {"published_rows_known": "published.csv line 3: 区教育居; nearest known name: 区教育局"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_trips_the_checks_that_exist_for_it_and_no_other(fault: str) -> None:
    landed, expected = FAULTS[fault]
    found = tripped(judge(landed))
    assert set(found) == set(expected)
    for check_id, example in expected.items():
        assert example in found[check_id]


def test_every_check_has_a_fault_that_trips_it() -> None:
    assert {check_id for _, expected in FAULTS.values() for check_id in expected} == set(judge(CLEAN))


@pytest.mark.parametrize(
    "landed",
    [
        replace(CLEAN, rejects=[{"dataset": "frame", "reason": "missing_date"}] * 10),
        replace(CLEAN, frame=[*cases("区档案局", range(896)), *cases("区教育局", range(99)), *cases("某办", range(5))]),
    ],
    ids=["one per cent rejected", "half a per cent unknown"],
)
def test_a_limit_itself_is_allowed(landed: Landed) -> None:
    assert not set(tripped(judge(landed))) & {"reject_share", "unknown_department_share"}


def test_limits_and_severities_are_those_of_the_contract() -> None:
    ruled = {
        name: (rule.severity, rule.limit) for name, rule in RULES.items() if rule.gate == "delivery" and rule.limit
    }
    assert ruled == {
        "reject_share": ("fail", Decimal(1)),
        "reject_share_by_department": ("fail", Decimal(5)),
        "unknown_department_share": ("fail", Decimal("0.5")),
    }
    assert {name for name, rule in RULES.items() if rule.severity == "warn" and rule.gate == "delivery"} == {
        "rejected_calls",
        "unknown_departments",
    }
    results = judge(replace(CLEAN, frame=ONE_UNKNOWN))
    assert results["unknown_departments"].severity == "warn"
    assert results["unknown_department_share"].allowed == "at most 0.5 % of the frame"


def test_a_limit_follows_the_seed_without_a_change_of_code() -> None:
    rules = {**RULES, "reject_share": replace(RULES["reject_share"], limit=Decimal(0))}
    landed = replace(CLEAN, rejects=[{"dataset": "frame", "reason": "missing_date"}])
    assert "reject_share" in tripped(judge(landed, rules))
    with pytest.raises(ValueError, match="reject_share needs a limit_value"):
        judge(landed, {**RULES, "reject_share": replace(RULES["reject_share"], limit=None)})


def test_a_case_counts_once_and_for_the_department_of_its_first_frame_row() -> None:
    landed = replace(
        CLEAN, frame=[("XS-1", "区档案局"), ("XS-1", "某办"), *CLEAN.frame], calls=[*CLEAN.calls, ("XS-1", "某办")] * 2
    )
    assert set(tripped(judge(landed))) == {"unknown_departments"}


def test_a_called_case_that_names_no_department_and_has_no_frame_row_is_told() -> None:
    found = tripped(judge(replace(CLEAN, calls=[*CLEAN.calls, ("XS-9", None)])))
    assert "（未注明部门）: 1 called cases have no frame row, such as XS-9" in found["called_cases_in_frame"]


def test_annexes_alone_are_checked_as_far_as_they_go() -> None:
    results = judge(replace(CLEAN, datasets=("published",)))
    assert {name: result.outcome for name, result in results.items()} == {
        "reject_share": "pass",
        "published_rows_known": "pass",
    }


@pytest.mark.parametrize("case_id", ["330109201800000001", "XS2018Q1-000001"])
def test_a_landed_delivery_names_the_department_of_a_rejected_call_by_its_frame_row(lake: Lake, case_id: str) -> None:
    """Calls need not name a department, and case numbers of many digits are no phone numbers."""
    frame_rows = [(f"{case_id}{number:03d}", "区教育局", "2018-03-01", "15400000001", "", "") for number in range(30)]
    call_rows = [(f"{case_id}{number:03d}", *ONE_CALL[1:]) for number in range(10)]
    bad = [(f"{case_id}{number:03d}", *ONE_CALL[1:4], "多次") for number in (3, 4)]
    report = lake.deliver({"frame.csv": frame(*frame_rows), "calls.csv": calls(*call_rows, *bad)})
    checked = check_delivery(report, lake=lake.folder, seeds=SEEDS, memory_limit="1GB", run_id="run-1")
    found = {result.check_id: result.examples for result in checked.results if not result.is_passed}
    assert found["reject_share_by_department"] == ("区教育局: 2 call rows rejected (16.67 %), unknown_visits",)
    assert found["rejected_calls"] == ("区教育局: 2 call rows rejected, unknown_visits, first on line 12",)


def test_a_clean_landed_delivery_passes_the_gate_whole(lake: Lake) -> None:
    rows = [(f"XS-{number}", "区 教育局", "2018-03-01", "15400000001", "", "") for number in range(3)]
    call_rows = as_csv([*CALLS_HEADER, "部门"], [(f"XS-{number}", *ONE_CALL[1:], "区教育局") for number in range(3)])
    report = lake.deliver({"frame.csv": frame(*rows), "calls.csv": (call_rows, 3)})
    checked = check_delivery(report, lake=lake.folder, seeds=SEEDS, memory_limit="1GB", run_id="run-1")
    assert (checked.failures, checked.warnings) == ([], [])
    assert (checked.gate, checked.region_code, checked.quarter, checked.run_id) == (
        "delivery",
        "330109",
        "2018Q1",
        "run-1",
    )
