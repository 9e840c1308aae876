"""Gate 2 beside the last four quarters as released: what jumped beyond chance and limit, and what is not compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from callback_survey.expectations.gates import check_marts

from callback_survey.checks.model import CheckResult
from callback_survey.releases.earlier import earlier_rates
from callback_survey.scope import Scope
from callback_survey.warehouse.build import BuiltScope
from lakes import SEEDS
from published import make_release
from small_marts import SOUND

CHECKS = {"department_drift", "region_drift", "frame_volume", "sample_volume"}
COLUMNS = "department_code, measure, valid_frame_count, sample_count, answered_count, success_count, measure_definition"
# Thirty departments now and before: 100 answers each, 90 of them good; frames of 200, samples of 120.
NOW = """
    delete from marts.department_rates where region_code = '330109';
    insert into marts.department_rates by name
    select '330109' as region_code, '2018Q1' as quarter, 'satisfaction' as measure, '满意率' as measure_name,
        'd' || i as department_code, '局' || i as department_name, 200 as valid_frame_count, 120 as sample_count,
        100 as answered_count, 90 as success_count, 0.9 as rate, 90.00 as rate_pct, 90.00 as average_pct, 1 as rate_rank,
        false as is_below_average, false as is_below_threshold
    from range(30) t(i)
"""
BEFORE = (
    "select 'd' || i as department_code, 'satisfaction' as measure, 200 as valid_frame_count, 120 as sample_count, "
)
BEFORE += "100 as answered_count, 90 as success_count, 'top_box' as measure_definition from range(30) t(i)"


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(SOUND + NOW)
        yield connection


def release(folder: Path, quarter: str, rows: str = BEFORE, revision: int = 1) -> None:
    """A released quarter with the given rates."""
    keys = f"'330109' as region_code, '{quarter}' as quarter"
    make_release(
        folder,
        quarter=quarter,
        revision=revision,
        tables={"department_rates": f"select {keys}, {COLUMNS} from ({rows})"},
    )


def judge(warehouse: duckdb.DuckDBPyConnection, releases: Path) -> dict[str, CheckResult]:
    scope = BuiltScope("330109", "2018Q1", "delivery-1")
    report = check_marts(warehouse, scope, seeds=SEEDS, earlier=earlier_rates(releases, scope), run_id="run-1")
    return {result.check_id: result for result in report.results if result.check_id in CHECKS}


def tripped(results: dict[str, CheckResult]) -> dict[str, str]:
    return {name: "\n".join(result.examples) for name, result in results.items() if not result.is_passed}


def with_counts(changes: str, where: str = "true") -> str:
    return f"update marts.department_rates set {changes} where region_code = '330109' and {where}"


FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "a department that fell far": (
        with_counts("success_count = 60", "department_code = 'd7'"),
        {
            "department_drift": "局7（满意率）: 60.00 (60/100), before 90.00 (360/400 in 2017Q1–2017Q4): -30.00 points",
        },
    ),
    "all departments fell a little": (
        with_counts("success_count = 85"),
        {"region_drift": "满意率: mean 85.00 of 30 departments, before 90.00: -5.00 points"},
    ),
    "a department whose frame all but disappeared": (
        with_counts("valid_frame_count = 90", "department_code = 'd7'"),
        {"frame_volume": "局7: 有效样本框 90, before 200, the mean of 4 of the last 4 quarters (-55 %)"},
    ),
    "a frame of twice the size": (
        with_counts("valid_frame_count = 400"),
        {"frame_volume": "全区: 有效样本框 12,000, before 6,000, the mean of 4 of the last 4 quarters (+100 %)"},
    ),
    "a department that was called far more often": (
        with_counts("sample_count = 190", "department_code = 'd7'"),
        {"sample_volume": "局7: 抽样 190, before 120, the mean of 4 of the last 4 quarters (+58 %)"},
    ),
}


@pytest.fixture
def four_quarters(tmp_path: Path) -> Path:
    for quarter in ("2017Q1", "2017Q2", "2017Q3", "2017Q4"):
        release(tmp_path, quarter)
    return tmp_path


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_trips_the_checks_that_exist_for_it_and_no_other(
    warehouse: duckdb.DuckDBPyConnection, four_quarters: Path, fault: str
) -> None:
    change, expected = FAULTS[fault]
    warehouse.execute(change)
    found = tripped(judge(warehouse, four_quarters))
    assert set(found) == set(expected)
    for check_id, words in expected.items():
        assert words in found[check_id]


def test_every_check_has_a_fault_that_trips_it_and_all_of_them_warn(
    warehouse: duckdb.DuckDBPyConnection, four_quarters: Path
) -> None:
    assert {check_id for _, expected in FAULTS.values() for check_id in expected} == CHECKS
    results = judge(warehouse, four_quarters)
    assert tripped(results) == {}
    assert {(result.outcome, result.severity) for result in results.values()} == {("pass", "warn")}


def test_without_a_quarter_before_the_checks_are_skipped_and_say_so(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(tmp_path, "2016Q4")  # five quarters back
    release(tmp_path, "2018Q2")  # the quarter after
    results = judge(warehouse, tmp_path)
    words = "none of the four quarters before is released with figures to compare"
    assert {(result.outcome, result.observed) for result in results.values()} == {("skipped", words)}


def test_a_jump_that_chance_explains_is_none(warehouse: duckdb.DuckDBPyConnection, four_quarters: Path) -> None:
    """Four of eight instead of nine of ten: 40 points, and p = 0.006, which among thirty departments is no news."""
    warehouse.execute(with_counts("answered_count = 8, success_count = 4", "department_code = 'd7'"))
    assert tripped(judge(warehouse, four_quarters)) == {}


def test_a_sure_change_within_the_limit_is_none(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    release(tmp_path, "2017Q4", BEFORE.replace("100 as answered_count, 90", "100000 as answered_count, 90000"))
    warehouse.execute(with_counts("answered_count = 100000, success_count = 81000", "department_code = 'd7'"))
    assert tripped(judge(warehouse, tmp_path)) == {}


def test_the_latest_revision_of_each_quarter_is_compared_with_and_a_gap_is_not_made_up_by_older_ones(
    tmp_path: Path,
) -> None:
    release(tmp_path, "2016Q4")
    release(tmp_path, "2017Q2")
    release(tmp_path, "2017Q4")
    release(tmp_path, "2017Q4", revision=2)
    found = [path.relative_to(tmp_path).parts[1:3] for path in earlier_rates(tmp_path, Scope("330109", "2018Q1"))]
    assert found == [("2017Q4", "r2"), ("2017Q2", "r1")]


def test_rates_of_another_definition_are_not_compared(
    warehouse: duckdb.DuckDBPyConnection, four_quarters: Path
) -> None:
    warehouse.execute(with_counts("success_count = 60, measure_definition = 'top_three_levels'"))
    results = judge(warehouse, four_quarters)
    assert (results["department_drift"].outcome, results["region_drift"].outcome) == ("skipped", "skipped")


def test_a_department_that_took_over_from_another_is_compared_from_then_on(
    warehouse: duckdb.DuckDBPyConnection, four_quarters: Path
) -> None:
    fell = with_counts("success_count = 60", "department_code = 'd7'")
    warehouse.execute(fell)
    warehouse.execute("insert into seeds.department_successions values ('dx', 'd7', '2018Q1')")
    assert "department_drift" not in tripped(judge(warehouse, four_quarters))
    warehouse.execute("update seeds.department_successions set valid_from = '2017Q3'")
    assert "before 90.00 (180/200 in 2017Q3–2017Q4)" in tripped(judge(warehouse, four_quarters))["department_drift"]


def test_a_quarter_of_which_only_the_annexes_survive_counts_for_sizes_and_not_for_rates(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(
        tmp_path,
        "2017Q4",
        BEFORE.replace("100 as answered_count, 90 as", "null::bigint as answered_count, null::bigint as"),
    )
    warehouse.execute(with_counts("valid_frame_count = 400"))
    results = judge(warehouse, tmp_path)
    assert {name: result.outcome for name, result in results.items()} == {
        "department_drift": "skipped",
        "region_drift": "skipped",
        "frame_volume": "fail",
        "sample_volume": "pass",
    }


def test_another_mixture_of_departments_is_no_drift_of_the_region(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Only the departments rated now and before are in the mean."""
    release(
        tmp_path,
        "2017Q4",
        f"select * replace (case when department_code = 'd0' then 50 else 90 end as success_count) from ({BEFORE})",
    )
    warehouse.execute(with_counts("answered_count = 0, success_count = 0", "department_code = 'd0'"))
    result = judge(warehouse, tmp_path)["region_drift"]
    assert (result.outcome, result.observed) == ("pass", "0 of 1 rows")


def test_small_departments_swing_in_size_without_being_told(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    small = "case when department_code = 'd0' then 20 else 200 end as valid_frame_count"
    release(tmp_path, "2017Q4", f"select * replace ({small}) from ({BEFORE})")
    warehouse.execute(with_counts("valid_frame_count = 99", "department_code = 'd0'"))
    assert tripped(judge(warehouse, tmp_path)) == {}
