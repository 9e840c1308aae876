"""Gate 2 where only the printed annexes of a quarter survive: the print is held against itself."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from callback_survey.expectations.gates import check_marts

from callback_survey.checks.model import CheckReport
from callback_survey.warehouse.build import BuiltScope
from lakes import SEEDS
from small_marts import PRINTED, SOUND

NEEDS_CASES = {
    "called_inside_valid_frame",
    "answered_within_sample",
    "success_within_answered",
    "shares_sum_to_100",
    "reconciliation_within_tolerance",
    "reconciliation_exact",
    # what is printed is known
    "masked_figures_hidden",
}
PRINTED_ONLY = {
    "printed_departments_complete",
    "printed_rows_readable",
    "printed_shares_plausible",
    "printed_shares_exact",
}
# nothing was released before: test_history_gate.py
BESIDE_EARLIER_QUARTERS = {"department_drift", "region_drift", "frame_volume", "sample_volume"}


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(SOUND + PRINTED)
        yield connection


def judge(warehouse: duckdb.DuckDBPyConnection, quarter: str = "2017Q4") -> CheckReport:
    return check_marts(warehouse, BuiltScope("330109", quarter, "delivery-1"), seeds=SEEDS, earlier=[], run_id="run-1")


def tripped(report: CheckReport) -> dict[str, tuple[str, ...]]:
    return {result.check_id: result.examples for result in report.results if not result.is_passed}


def test_sound_annexes_trip_nothing_and_what_needs_cases_is_skipped_not_passed(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    report = judge(warehouse)
    assert tripped(report) == {}
    assert {
        result.check_id for result in report.results if result.outcome == "skipped"
    } == NEEDS_CASES | BESIDE_EARLIER_QUARTERS


def test_a_quarter_with_cases_skips_what_looks_at_the_print_alone(warehouse: duckdb.DuckDBPyConnection) -> None:
    report = judge(warehouse, "2018Q1")
    assert tripped(report) == {}
    assert {
        result.check_id for result in report.results if result.outcome == "skipped"
    } == PRINTED_ONLY | BESIDE_EARLIER_QUARTERS


def test_a_measure_without_a_form_need_not_be_printed_but_then_of_every_department(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.execute("update intermediate.int_region_annex_columns set has_form = false where measure = 'realisation'")
    printed = "intermediate.int_published_measures where measure = 'realisation'"
    warehouse.execute(f"delete from {printed} and department_code = 'd3'")
    assert "printed_departments_complete" in tripped(judge(warehouse))
    warehouse.execute(f"delete from {printed}")
    assert "printed_departments_complete" not in tripped(judge(warehouse))


def line(assignment: str, department: str, measure: str = "satisfaction") -> str:
    where = f"department_code = '{department}' and measure = '{measure}' and quarter = '2017Q4'"
    return f"update intermediate.int_published_measures set {assignment} where {where}"


def mart(assignment: str, department: str, measure: str = "satisfaction") -> str:
    return line(assignment, department, measure).replace(
        "intermediate.int_published_measures", "marts.department_rates"
    )


FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "a department that an annex does not list": (
        "delete from intermediate.int_published_measures where department_code = 'd3' and measure = 'realisation'",
        {"printed_departments_complete": "区旅游局（实现率）: not printed"},
    ),
    "a department on two lines": (
        line("line_count = 2", "d2"),
        {"printed_rows_readable": "区教育局（满意率）: printed on 2 lines"},
    ),
    "a line without its frame": (
        line("valid_frame_count = null", "d1"),
        {"printed_rows_readable": "区档案局（满意率）: printed without a frame"},
    ),
    "a line without its sample": (
        line("sample_count = null", "d3"),
        {"printed_rows_readable": "区旅游局（满意率）: printed without a sample"},
    ),
    "shares that rounding does not explain": (
        line("total_pct = 100.03", "d2"),
        {"printed_shares_exact": "区教育局（满意率）: 100.03"},
    ),
    "a misread share": (
        line("total_pct = 101.01", "d2"),
        {
            "printed_shares_plausible": "区教育局（满意率）: 101.01",
            "printed_shares_exact": "区教育局（满意率）: 101.01",
        },
    ),
    "a sample larger than its frame": (
        mart("valid_frame_count = 4", "d2"),
        {"sample_within_frame": "区教育局（满意率）: 抽样 5 > 有效样本框 4"},
    ),
    "a department without its row": (
        "delete from marts.department_rates where department_code = 'd3' and measure = 'realisation' and quarter = '2017Q4'",
        {"departments_complete": "区旅游局, 实现率: missing"},
    ),
    "counts of answers that nobody printed": (
        mart("success_count = 5", "d2"),
        {"unsampled_are_null": "区教育局, 满意率: sample 5, printed 33.33"},
    ),
    "the printed 0.00 of an unsampled department taken for a rate": (
        mart("rate = 0, rate_pct = 0, rate_rank = 3, is_below_average = true", "d3"),
        {"unsampled_are_null": "区旅游局, 满意率: sample 0, printed 0.00, rate_pct 0.0"},
    ),
    "a rate other than the printed one": (
        mart("rate_pct = 75.01", "d2", "realisation"),
        {"unsampled_are_null": "区教育局, 实现率: sample 5, printed 75.00, rate_pct 75.01"},
    ),
    "an average that the printed rates do not have": (
        "update marts.department_rates set average_pct = 66.66 where measure = 'satisfaction' and quarter = '2017Q4'",
        {"average_recomputed": "满意率: 66.66, recomputed 66.67"},
    ),
    "a flag that the printed rates do not have": (
        mart("is_below_average = false", "d2"),
        {"flags_recomputed": "区教育局, 满意率: False, recomputed True"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_trips_the_checks_that_exist_for_it_and_no_other(
    warehouse: duckdb.DuckDBPyConnection, fault: str
) -> None:
    change, expected = FAULTS[fault]
    warehouse.execute(change)
    found = tripped(judge(warehouse))
    assert set(found) == set(expected)
    for check_id, words in expected.items():
        assert words in "\n".join(found[check_id])


def test_every_check_of_the_print_has_a_fault_that_trips_it() -> None:
    assert {check_id for _, expected in FAULTS.values() for check_id in expected} >= PRINTED_ONLY


def test_a_department_left_out_and_shares_off_by_a_little_warn_only(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(FAULTS["a department that an annex does not list"][0])
    warehouse.execute(FAULTS["shares that rounding does not explain"][0])
    report = judge(warehouse)
    assert report.failures == []
    assert {result.check_id for result in report.warnings} == {"printed_departments_complete", "printed_shares_exact"}
