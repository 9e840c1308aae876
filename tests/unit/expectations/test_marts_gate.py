"""Gate 2: sound marts trip nothing, and each check trips on exactly the fault it exists for."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import pytest
from callback_survey.expectations.gates import check_marts

from callback_survey.checks.model import CheckReport
from callback_survey.warehouse.build import BuiltScope
from lakes import SEEDS
from small_marts import SOUND

SCOPE = BuiltScope("330109", "2018Q1", "delivery-1")
# these look at quarters without cases: test_printed_gate.py
PRINTED_ONLY = {
    "printed_departments_complete",
    "printed_rows_readable",
    "printed_shares_plausible",
    "printed_shares_exact",
}
# these look at the quarters before: test_history_gate.py
BESIDE_EARLIER_QUARTERS = {"department_drift", "region_drift", "frame_volume", "sample_volume"}
SKIPPED = PRINTED_ONLY | BESIDE_EARLIER_QUARTERS


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(SOUND)
        yield connection


def judge(warehouse: duckdb.DuckDBPyConnection) -> CheckReport:
    return check_marts(warehouse, SCOPE, seeds=SEEDS, earlier=[], run_id="run-1")


def tripped(report: CheckReport) -> dict[str, tuple[str, ...]]:
    return {result.check_id: result.examples for result in report.results if not result.is_passed}


def test_every_rule_of_this_gate_has_a_check_and_every_check_a_rule(warehouse: duckdb.DuckDBPyConnection) -> None:
    with (SEEDS / "check_rules.csv").open(encoding="utf-8", newline="") as file:
        rules = [(row["check_id"], row["severity"]) for row in csv.DictReader(file) if row["gate"] == "marts"]
    assert sorted((result.check_id, result.severity) for result in judge(warehouse).results) == sorted(rules)


def test_sound_marts_trip_nothing_whatever_another_region_holds(warehouse: duckdb.DuckDBPyConnection) -> None:
    report = judge(warehouse)
    assert tripped(report) == {}
    assert {result.check_id for result in report.results if result.outcome == "skipped"} == SKIPPED
    assert (report.gate, report.region_code, report.quarter, report.run_id) == ("marts", "330109", "2018Q1", "run-1")


def update(assignment: str, department: str, measure: str = "satisfaction") -> str:
    return (
        f"update marts.department_rates set {assignment} "
        f"where department_code = '{department}' and measure = '{measure}' and region_code = '330109'"
    )


def masked(assignment: str = "rate_rank = null") -> str:
    """Mask a department, and leave the region's figures and lists as they were."""
    return (
        update(
            "success_count = null, rate = null, rate_pct = null, is_below_average = null, is_below_threshold = null, "
            f"is_suppressed = true, suppression_reason = 'few_answers', {assignment}",
            "d2",
        )
        + "; update marts.department_answers set answer_pct = null, answer_count = null, is_suppressed = true "
        "where department_code = 'd2' and measure = 'satisfaction'"
    )


# d1 was asked once how often it had to come: nine say once at most, eight of them not at all
SAME_QUESTION = (
    "delete from marts.department_answers where measure = 'realisation' and department_code = 'd1';"
    "insert into marts.department_answers by name select * from (values "
    "('330109', '2018Q1', 'realisation', 'd1', 'zero', 80, 8, true), ('330109', '2018Q1', 'realisation', 'd1', 'one', 10, 1, true), "
    "('330109', '2018Q1', 'realisation', 'd1', 'two', 10, 1, false), "
    "('330109', '2018Q1', 'no_visit', 'd1', 'zero', 80, 8, true), ('330109', '2018Q1', 'no_visit', 'd1', 'one', 10, 1, false), "
    "('330109', '2018Q1', 'no_visit', 'd1', 'two', 10, 1, false)"
    ") t (region_code, quarter, measure, department_code, answer_code, answer_pct, answer_count, is_success);"
    "insert into marts.department_rates by name select * replace ('no_visit' as measure, '零上门率' as measure_name, "
    "8 as success_count, 0.8 as rate, 80 as rate_pct, 80 as average_pct, 1 as rate_rank, false as is_below_average) "
    "from marts.department_rates where measure = 'realisation' and department_code = 'd1';"
    "insert into marts.region_rates by name select * replace ('no_visit' as measure, 1 as department_count, "
    "1 as rated_department_count, 80 as average_pct, 0 as below_average_count, null as lowest_department_name) "
    "from marts.region_rates where measure = 'realisation'"
)
# the measure is of one department alone here
OF_ONE_DEPARTMENT = {"departments_complete": "", "figures_consistent": ""}
TWO_OTHERS = (
    "update marts.department_answers set answer_pct = 33.33, answer_count = 1 where department_code = 'd2' and answer_code = 'x';"
    "insert into marts.department_answers values "
    "('330109', '2018Q1', 'satisfaction', 'd2', 'y', 33.34, 1, false, false)"
)
REST_OF_AVERAGE = {"average_recomputed": "满意率: 66.67, recomputed 100.00", "figures_consistent": ""}
MASKED_IN_AVERAGE = {
    "masked_figures_hidden": "region_rates（满意率）: an average of 2 departments, of which 1 are published",
    **REST_OF_AVERAGE,
}

FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "a sample larger than its frame": (
        update("valid_frame_count = 9", "d1"),
        {"sample_within_frame": "区档案局（满意率）: 抽样 10 > 有效样本框 9"},
    ),
    "a frame count that is missing": (update("valid_frame_count = null", "d1"), {"sample_within_frame": ""}),
    "called cases outside the valid frame": (
        "insert into intermediate.int_called_outside_frame values "
        "('330109', '2018Q1', 'd2', '区教育局', 2, 'invalid_phone', 'XS-7, XS-8')",
        {
            "called_inside_valid_frame": "区教育局: 2 called cases outside the valid frame, invalid_phone; such as XS-7, XS-8"
        },
    ),
    "a called case of no department": (
        "insert into intermediate.int_called_outside_frame values ('330109', '2018Q1', null, null, 1, null, 'XS-9')",
        {"called_inside_valid_frame": "（未注明部门）: 1 called cases outside the valid frame"},
    ),
    "more answers than sampled cases": (
        update("sample_count = 7", "d1"),
        {"answered_within_sample": "区档案局（满意率）: 有效回答 8 > 抽样 7"},
    ),
    "more successes than answers": (
        update("success_count = 9", "d1"),
        {
            "success_within_answered": "区档案局（满意率）: 满意或实现 9 > 有效回答 8",
            "average_recomputed": "满意率: 66.67, recomputed 72.92",
            "figures_consistent": "区档案局（满意率）: rate_pct 100.00, expected 112.50",
        },
    ),
    "a register department without its row": (
        "delete from marts.department_rates where department_code = 'd3' and measure = 'satisfaction'",
        {"departments_complete": "区旅游局, 满意率: missing"},
    ),
    "a department that is not in the register": (
        "insert into marts.department_rates select * replace ('dx' as department_code, '某办' as department_name) "
        "from marts.department_rates where department_code = 'd3' and measure = 'realisation'",
        {"departments_complete": "某办, 实现率: not in the register"},
    ),
    "a rate where nobody answered": (
        update("rate = 0, rate_pct = 0", "d3"),
        {"unsampled_are_null": "区旅游局, 满意率: 0 answers, rate_pct 0.0"},
    ),
    "a flag where nobody answered": (
        update("is_below_threshold = true", "d3"),
        {"unsampled_are_null": "区旅游局, 满意率: 0 answers"},
    ),
    "no rank where somebody answered": (
        update("rate_rank = null", "d1"),
        {"unsampled_are_null": "区档案局, 满意率: 8 answers, rate_pct 100.0"},
    ),
    "answer shares that do not add up": (
        "update marts.department_answers set answer_pct = 66.66 where answer_pct = 66.67",
        {"shares_sum_to_100": "区教育局（满意率）: 99.99"},
    ),
    "a rated department without its shares": (
        "delete from marts.department_answers where department_code = 'd2' and measure = 'realisation'",
        {"shares_sum_to_100": "区教育局（实现率）: 0.00"},
    ),
    "a rate on fewer answers than the rule allows": (
        "update intermediate.int_disclosure_rules set fewest_answers_count = 4",
        {"masked_figures_hidden": "区教育局（满意率）: published on 3 answers from a frame of 9"},
    ),
    "a rate of a frame smaller than the rule allows": (
        "update intermediate.int_disclosure_rules set smallest_frame_count = 10",
        {"masked_figures_hidden": "区教育局（满意率）: published on 3 answers from a frame of 9"},
    ),
    "a masked row of which the list below average tells": (
        masked("rate_rank = 2"),
        {
            "masked_figures_hidden": "区教育局（满意率）: masked, and shown in rate_rank",
            "unsampled_are_null": "",
            **REST_OF_AVERAGE,
        },
    ),
    "a masked department in the region's average": (masked(), MASKED_IN_AVERAGE),
    "an answer that fewer people gave than the rule allows": (
        f"{TWO_OTHERS}; update intermediate.int_disclosure_rules set smallest_cell_count = 3",
        {"masked_figures_hidden": "区教育局（满意率）: an answer of too few people is shown"},
    ),
    "a single masked answer, which can be subtracted": (
        f"{TWO_OTHERS}; update marts.department_answers set answer_pct = null, answer_count = null, is_suppressed = true "
        "where answer_code = 'y'",
        {"masked_figures_hidden": "区教育局（满意率）: a single answer is masked: the others and the rate give it"},
    ),
    "an answer that one measure masks and another of its question shows": (
        f"{SAME_QUESTION}; update marts.department_answers set answer_pct = null, answer_count = null, is_suppressed = true "
        "where measure = 'no_visit' and not is_success",
        {
            **OF_ONE_DEPARTMENT,
            "masked_figures_hidden": "区档案局（零上门率）: an answer is masked, and shown of 实现率, which is of the same question",
        },
    ),
    "two rates of one question that give a small answer": (
        f"{SAME_QUESTION}; update intermediate.int_disclosure_rules set smallest_cell_count = 2; "
        "update marts.department_answers set answer_pct = null, answer_count = null, is_suppressed = true "
        "where department_code = 'd1' and answer_code in ('zero', 'one', 'two')",
        {
            **OF_ONE_DEPARTMENT,
            "masked_figures_hidden": "区档案局（实现率）: with 零上门率, which is of the same question, the rates give an answer of "
            "too few people",
        },
    ),
    "a masked answer with its share": (
        "update marts.department_answers set is_suppressed = true where department_code = 'd1' and measure = 'satisfaction'",
        {"masked_figures_hidden": "区档案局（满意率）: an answer is masked, and its figure is shown"},
    ),
    "an average rounded half to even": (
        "update marts.department_rates set average_pct = 66.66 where measure = 'satisfaction' and region_code = '330109'",
        {"average_recomputed": "满意率: 66.66, recomputed 66.67"},
    ),
    "an average that differs between departments": (
        update("average_pct = 66.68", "d2"),
        {"average_recomputed": "满意率: 66.68, recomputed 66.67"},
    ),
    "an average that is missing": (
        "update marts.department_rates set average_pct = null where measure = 'realisation'",
        {"average_recomputed": "实现率: NaN, recomputed 82.50"},
    ),
    "a department flagged though it is not below": (
        update("is_below_average = true", "d1"),
        {"flags_recomputed": "区档案局, 满意率: True, recomputed False"},
    ),
    "a department below the average and not flagged": (
        update("is_below_average = false", "d2", "realisation"),
        {"flags_recomputed": "区教育局, 实现率: False, recomputed True"},
    ),
    "a rate that its counts do not give": (
        update("rate_pct = 33.34", "d2"),
        {"figures_consistent": "区教育局（满意率）: rate_pct 33.34, expected 33.33"},
    ),
    "an unrounded rate that its counts do not give": (
        update("rate = 0.3333", "d2"),
        {"figures_consistent": "区教育局（满意率）: rate 0.3333, expected 0.3333333333333333"},
    ),
    "a rank that the rates do not give": (
        update("rate_rank = 1", "d2"),
        {"figures_consistent": "区教育局（满意率）: rate_rank 1, expected 2"},
    ),
    "a region's count that its departments do not give": (
        "update marts.region_rates set below_average_count = 2 where measure = 'realisation' and region_code = '330109'",
        {"figures_consistent": "region_rates（实现率）: below_average_count 2, expected 1"},
    ),
    "another department named as the lowest": (
        "update marts.region_rates set lowest_department_name = '区档案局' where measure = 'realisation'",
        {"figures_consistent": "region_rates（实现率）: lowest_department_name 区档案局, expected 区教育局"},
    ),
    "a region without its row": (
        "delete from marts.region_rates where measure = 'realisation'",
        {"figures_consistent": "region_rates（实现率）: row missing, expected present"},
    ),
    "a department left out of the list below average": (
        "delete from marts.below_average where measure = 'satisfaction'",
        {"figures_consistent": "区教育局（满意率）: below_average.gap_pct —, expected -33.34"},
    ),
    "a department on the list that is not below average": (
        "insert into marts.below_average values ('330109', '2018Q1', 'satisfaction', 2, '区档案局', 33.33)",
        {"figures_consistent": "区档案局（满意率）: below_average.gap_pct 33.33, expected —"},
    ),
    "a printed figure that differs": (
        "update marts.reconciliation set published_pct = 97, status = 'different' where computed_pct = 100",
        {"reconciliation_within_tolerance": "区档案局, satisfied_pct: computed 100.00, printed 97.00"},
    ),
    "a printed count that differs": (
        "update marts.reconciliation set published_count = 11, status = 'different' where computed_count = 10",
        {"reconciliation_within_tolerance": "区档案局, sample_count: computed 10, printed 11"},
    ),
    "a figure that differs within the tolerance": (
        "update marts.reconciliation set published_pct = 99.99, status = 'adjusted' where computed_pct = 100",
        {"reconciliation_exact": "区档案局（满意率）: satisfied_pct computed 100.00, printed 99.99"},
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


NOBODY_ANSWERED = """
    update marts.department_rates set answered_count = 0, success_count = 0, rate = null, rate_pct = null, average_pct = null,
        rate_rank = null, is_below_average = null
    where measure = 'realisation' and region_code = '330109';
    update marts.region_rates
    set rated_department_count = 0, average_pct = null, below_average_count = null, lowest_department_name = null
    where measure = 'realisation' and region_code = '330109';
    delete from marts.below_average where measure = 'realisation';
    delete from marts.department_answers where measure = 'realisation';
"""


def test_a_question_that_nobody_answered_has_no_figures_and_is_no_fault(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(NOBODY_ANSWERED)
    assert tripped(judge(warehouse)) == {}
    # none are below an average that is not there, and none are not
    warehouse.execute("update marts.region_rates set below_average_count = 0 where measure = 'realisation'")
    assert tripped(judge(warehouse)) == {
        "figures_consistent": ("region_rates（实现率）: below_average_count 0, expected —",)
    }


def test_what_is_not_rated_is_not_the_lowest(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update marts.department_rates set reliability = 'not_rated' where department_code = 'd2'")
    found = tripped(judge(warehouse))
    assert set(found) == {"figures_consistent"} and len(found["figures_consistent"]) == 2
    warehouse.execute("update marts.region_rates set lowest_department_name = '区档案局' where region_code = '330109'")
    assert tripped(judge(warehouse)) == {}


def test_every_check_has_a_fault_that_trips_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    tripping = {check_id for _, expected in FAULTS.values() for check_id in expected}
    assert tripping | SKIPPED == {result.check_id for result in judge(warehouse).results}


def test_adjusted_figures_warn_and_everything_else_stops(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(FAULTS["a figure that differs within the tolerance"][0])
    report = judge(warehouse)
    assert ([result.check_id for result in report.warnings], report.failures) == (["reconciliation_exact"], [])


def test_a_quarter_without_printed_annexes_is_not_a_failure(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from marts.reconciliation where region_code = '330109'")
    outcomes = {result.check_id: result.outcome for result in judge(warehouse).results}
    assert tripped(judge(warehouse)) == {}
    assert {name for name, outcome in outcomes.items() if outcome == "skipped"} == SKIPPED | {
        "reconciliation_within_tolerance",
        "reconciliation_exact",
    }


def test_marts_without_rows_are_not_released(warehouse: duckdb.DuckDBPyConnection) -> None:
    """An expectation over no rows is true of anything: a quarter that lost its rows must not pass for that."""
    for table in ("department_rates", "department_answers", "reconciliation"):
        warehouse.execute(f"delete from marts.{table} where region_code = '330109'")
    report = judge(warehouse)
    assert {result.check_id: result.outcome for result in report.failures} == {
        "departments_complete": "fail",
        "sample_within_frame": "no_rows",
        "unsampled_are_null": "no_rows",
        "figures_consistent": "no_rows",
    }
