"""The sample exports through the real pipeline give the figures of the notice 萧跑改办〔2018〕5号, read from the served file."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest

from deliveries import read_table
from homes import QUARTER, REGION, SAMPLE_EXPORTS, Served
from printed_lists import BELOW_AVERAGE

PRINTED = SAMPLE_EXPORTS / REGION / QUARTER
TOLERANCE = Decimal("0.02")
UNSAMPLED = "区旅游局"
FIGURES = {
    "satisfaction": {
        "满意率(%)": "satisfied_pct",
        "比较满意率(%)": "fairly_satisfied_pct",
        "基本满意率(%)": "basically_satisfied_pct",
        "不太满意率(%)": "rather_dissatisfied_pct",
        "不满意率(%)": "dissatisfied_pct",
    },
    "realisation": {
        "实现率(%)(零上门/一次)": "within_one_visit_pct",
        "未实现率(%)(两次及以上)": "two_or_more_visits_pct",
    },
}
# Rows whose printed figures no rounding of whole counts gives: somebody adjusted them by hand
ADJUSTED = {
    ("区卫计局", "realisation"),
    ("区环保局", "realisation"),
    ("区交通局", "realisation"),
    ("区交通局", "satisfaction"),
    ("区财政地税局", "satisfaction"),
    ("区民政局", "satisfaction"),
}
both_measures = pytest.mark.parametrize("measure", ["satisfaction", "realisation"])


def canonical(printed: str) -> str:
    """A printed name as the register has it: the printers' spaces out, brackets in full width, one office under one name."""
    name = "".join(unicodedata.normalize("NFKC", printed).split()).replace("(", "（").replace(")", "）")
    return {"区市场监督局": "区市场监管局"}.get(name, name)


def printed_rows(measure: str) -> list[dict[str, str]]:
    rows = list(read_table(PRINTED / f"published-{measure}.csv"))
    assert len(rows) == 35
    return rows


@both_measures
def test_the_average_is_the_published_one_beside_the_province_s(served: Served, measure: str) -> None:
    expected = {"satisfaction": ("94.77", "94.70", 34, 35), "realisation": ("92.53", "87.90", 34, 35)}
    found = served.home.query(
        "select average_pct::text, benchmark_pct::text, rated_department_count, department_count "
        f"from region_rates where measure = '{measure}'"
    )
    assert found == [expected[measure]]


@both_measures
def test_the_departments_below_average_are_those_of_the_notice_in_its_order(served: Served, measure: str) -> None:
    found = served.home.query(
        f"select department_name from below_average where measure = '{measure}' order by list_position"
    )
    assert "、".join(name for (name,) in found) == BELOW_AVERAGE[measure]
    assert len(found) == {"satisfaction": 14, "realisation": 13}[measure]
    flagged = served.home.query(
        f"select department_name from department_rates where measure = '{measure}' and is_below_average order by all"
    )
    assert flagged == sorted(found)


@both_measures
def test_the_lowest_department_is_the_one_the_notice_names(served: Served, measure: str) -> None:
    expected = {"satisfaction": "区民政局", "realisation": "区教育局"}[measure]
    assert served.home.query(f"select lowest_department_name from region_rates where measure = '{measure}'") == [
        (expected,)
    ]
    assert served.home.query(
        f"select department_name from department_rates where measure = '{measure}' order by rate_rank desc limit 1"
    ) == [(expected,)]


@both_measures
def test_the_unsampled_department_has_no_rate_no_rank_and_no_flag(served: Served, measure: str) -> None:
    found = served.home.query(
        "select valid_frame_count, sample_count, answered_count, success_count, rate, rate_pct, rate_rank, "
        "is_below_average, is_below_threshold from department_rates "
        f"where measure = '{measure}' and department_name = '{UNSAMPLED}'"
    )
    assert found == [(1, 0, 0, 0, None, None, None, None, None)]
    shares = ", ".join(FIGURES[measure].values())
    last = served.home.query(f"select department_name, {shares} from annex_{measure} order by row_number desc limit 1")
    assert last == [(UNSAMPLED, *[None] * len(FIGURES[measure]))]


@both_measures
def test_every_other_department_has_a_rate_and_a_flag(served: Served, measure: str) -> None:
    complete = served.home.query(
        f"select count(*) from department_rates where measure = '{measure}' and rate is not null "
        "and rate_pct is not null and rate_rank is not null and is_below_average is not null"
    )
    assert complete == [(34,)]


@both_measures
def test_the_annex_has_the_printed_order_frames_and_samples(served: Served, measure: str) -> None:
    printed = [
        (int(row["序号"]), canonical(row["部门名称"]), int(row["有效样本框"]), int(row["抽样数"]))
        for row in printed_rows(measure)
    ]
    computed = served.home.query(
        f"select row_number, department_name, valid_frame_count, sample_count from annex_{measure} order by row_number"
    )
    assert computed == printed


def test_the_rates_carry_the_frames_and_samples_of_the_annex(served: Served) -> None:
    printed = {
        canonical(row["部门名称"]): (int(row["有效样本框"]), int(row["抽样数"])) for row in printed_rows("satisfaction")
    }
    for measure in FIGURES:
        computed = served.home.query(
            f"select department_name, valid_frame_count, sample_count from department_rates where measure = '{measure}'"
        )
        assert {name: counts for name, *counts in computed} == {name: list(pair) for name, pair in printed.items()}


def differing_rows(served: Served) -> dict[tuple[str, str], Decimal]:
    """Rated rows of both annexes that are not printed as computed, with their largest difference in points."""
    differing = {}
    for measure, figures in FIGURES.items():
        computed = {
            name: values
            for name, *values in served.home.query(
                f"select department_name, {', '.join(figures.values())} from annex_{measure}"
            )
        }
        rated = [row for row in printed_rows(measure) if canonical(row["部门名称"]) != UNSAMPLED]
        assert len(rated) == 34
        for row in rated:
            name = canonical(row["部门名称"])
            differences = [abs(own - Decimal(row[header])) for own, header in zip(computed[name], figures, strict=True)]
            if any(differences):
                differing[name, measure] = max(differences)
    return differing


def test_computed_and_printed_percentages_differ_by_at_most_two_hundredths_in_at_most_six_rows(served: Served) -> None:
    differing = differing_rows(served)
    assert 68 - len(differing) >= 62
    assert max(differing.values()) <= TOLERANCE


def test_reconciliation_names_exactly_the_six_rows_adjusted_by_hand(served: Served) -> None:
    adjusted = served.home.query(
        "select distinct department_name, measure from reconciliation where status = 'adjusted'"
    )
    assert set(adjusted) == ADJUSTED
    assert set(differing_rows(served)) == ADJUSTED
    assert served.home.query("select count(*) from reconciliation where status = 'different'") == [(0,)]


def test_the_warning_about_adjusted_rows_names_them_with_both_figures(served: Served) -> None:
    [(severity, outcome, examples)] = served.home.query(
        "select severity, outcome, examples from check_results where check_id = 'reconciliation_exact'"
    )
    assert (severity, outcome) == ("warn", "warn")
    names = {"satisfaction": "满意率", "realisation": "实现率"}
    expected = {(department, names[measure]) for department, measure in ADJUSTED}
    assert {tuple(example.partition("）")[0].split("（")) for example in examples.split("；")} == expected
    assert "satisfied_pct computed 74.42, printed 74.43" in examples


def test_shares_of_every_rated_row_sum_to_one_hundred(served: Served) -> None:
    sums = served.home.query(
        "select measure, department_code, sum(answer_pct)::text as total from department_answers "
        "where answer_pct is not null group by all"
    )
    assert len(sums) == 68
    assert {total for _, _, total in sums} == {"100.00"}
