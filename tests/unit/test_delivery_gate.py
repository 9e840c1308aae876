"""Gate 1: a clean delivery trips nothing, and each check trips on exactly the fault it exists for."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal

import pytest
from lakes import CALLS_HEADER, ONE_CALL, SEEDS, Lake, as_csv, calls, frame
from landed_rows import RULES, Landed, called, cases, judge, rejected_calls, tripped

from callback_survey.checks.gates import check_delivery
from callback_survey.landing.ledger import FileRecord

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
    "a delivery that came without its manifest": (
        replace(CLEAN, of_report={"has_manifest": False}),
        {"manifest_present": "330109 2018Q1: 3 tables, accepted because the run asked for it"},
    ),
    "two columns under each other's headers": (
        replace(CLEAN, of_files={"calls": {"swapped": ("「满意度」的内容像 visits", "「跑次」的内容像 satisfaction")}}),
        {"columns_in_place": "calls.csv: 「满意度」的内容像 visits；「跑次」的内容像 satisfaction"},
    ),
    "a header nobody knows": (
        replace(CLEAN, of_files={"frame": {"unknown_columns": ("受理渠道", "打15400000001")}}),
        {"columns_known": "frame.csv: 受理渠道、打[号码]"},
    ),
    "a part with fewer columns than another": (
        replace(
            CLEAN,
            of_files={"calls": {"columns": ("case_id", "called_at", "disposition", "comment")}},
            more_files=[FileRecord("calls-2.csv", "calls", "", "gb18030", 1, 5, 5, 0, ("case_id", "called_at"))],
        ),
        {"parts_alike": "calls-2.csv: without comment、disposition, which another part of calls has"},
    ),
    "a sheet that was not read": (
        replace(CLEAN, of_report={"remarks": ("book.xlsx: hidden sheet「旧」was not read", "another")}),
        {"everything_read": "book.xlsx: hidden sheet「旧」was not read；another"},
    ),
}


def test_two_annexes_with_figures_of_their_own_are_no_unlike_parts() -> None:
    second = FileRecord("published-2.csv", "published", "", "utf-8", 1, 2, 2, 0, ("department_name", "satisfied_pct"))
    first = {"published": {"columns": ("department_name", "within_one_visit_pct")}}
    assert tripped(judge(replace(CLEAN, of_files=first, more_files=[second]))) == {}


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
        "manifest_present",
        "columns_known",
        "parts_alike",
        "everything_read",
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
        "manifest_present": "pass",
        "columns_in_place": "pass",
        "columns_known": "pass",
        "parts_alike": "pass",
        "everything_read": "pass",
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
