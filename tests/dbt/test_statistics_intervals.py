"""Intervals of the rates, against statsmodels and against the roots of the test's equation in Decimal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homes import Home
from statistical_models import Statistics, statistics
from statistics_oracle import EXACT_Z, Counts, Z, library_wilson, wilson
from thorough import examples

CLOSE = 1e-9
# No answers, one, all but one, all; no success, one, all but one, all; a frame of one; nobody in it; more answers than frame.
EDGES = [
    Counts(frame, answers, successes)
    for frame in (1, 2, 3, 11, 50, 35909)
    for answers in sorted({0, 1, 2, frame - 1, frame} & set(range(frame + 1)))
    for successes in sorted({0, 1, answers // 2, answers - 1, answers} & set(range(answers + 1)))
] + [Counts(0, 0, 0), Counts(0, 3, 2), Counts(4, 5, 3)]


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    frame = draw(st.one_of(st.integers(1, 60), st.integers(61, 40_000)))
    answers = draw(st.one_of(st.integers(1, min(frame, 60)), st.just(frame), st.integers(1, frame)))
    return Counts(frame, answers, draw(st.one_of(st.integers(0, answers), st.just(0), st.just(answers))))


def of(models: Statistics, departments: list[Counts]) -> list[dict[str, Any]]:
    models.fill(int_department_measures=[d.row(f"d{place:04d}") for place, d in enumerate(departments)])
    return models.rows("select * from marts.department_rates order by department_code")


def assert_right(department: Counts, row: dict[str, Any]) -> None:
    if department.answers == 0:
        assert [value for name, value in row.items() if name.startswith("ci_")] == [None] * 6
        return
    for suffix, is_finite in (("", True), ("_superpopulation", False)):
        found = (row[f"ci_low{suffix}"], row[f"ci_high{suffix}"])
        assert found == pytest.approx(wilson(department, is_finite=is_finite), abs=CLOSE), (department, suffix)
        if not (is_finite and department.is_census):
            assert found == pytest.approx(library_wilson(department, is_finite=is_finite), abs=CLOSE), department
        assert 0 <= found[0] <= row["rate"] <= found[1] <= 1
    if department.answers <= department.frame:
        least = department.successes / department.frame
        most = (department.successes + department.frame - department.answers) / department.frame
        low, high = wilson(department, is_finite=True)
        shown = (max(low, least), min(high, most))
        assert (row["ci_display_low"], row["ci_display_high"]) == pytest.approx(shown, abs=CLOSE), department


def test_the_edges_are_right(models: Statistics) -> None:
    for department, row in zip(EDGES, of(models, EDGES), strict=True):
        assert_right(department, row)


@settings(max_examples=examples(20, 8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(counts(), min_size=1, max_size=80))
def test_any_counts_give_the_libraries_intervals(models: Statistics, departments: list[Counts]) -> None:
    for department, row in zip(departments, of(models, departments), strict=True):
        assert_right(department, row)


def test_no_success_and_nothing_but_success_reach_the_ends_exactly(models: Statistics) -> None:
    sizes = range(1, 400)
    none = of(models, [Counts(1000, n, 0) for n in sizes])
    assert {row["ci_low"] for row in none} == {row["ci_low_superpopulation"] for row in none} == {0.0}
    every = of(models, [Counts(1000, n, n) for n in sizes])
    assert {row["ci_high"] for row in every} == {row["ci_high_superpopulation"] for row in every} == {1.0}


def test_where_everyone_answered_the_interval_is_the_rate_and_the_departments_own_is_not(models: Statistics) -> None:
    [row] = of(models, [Counts(11, 11, 6)])
    limits = ("ci_low", "ci_high", "ci_display_low", "ci_display_high")
    assert {row[name] for name in limits} == {row["rate"]} == {6 / 11}
    assert row["ci_low_superpopulation"] < 0.29 and row["ci_high_superpopulation"] > 0.78
    assert row["footnote_codes"].split(", ") == ["small_sample", "census"]


def test_the_oracles_quantile_is_scipys() -> None:
    assert abs(float(EXACT_Z) - Z) < 1e-15


def test_printed_rates_have_no_intervals_tests_or_reliability(models: Statistics) -> None:
    printed = {"source_grain": "published", "answered_count": None, "success_count": None}
    models.fill(
        int_department_measures=[
            {**Counts(50, 40, 30).row("d1"), **printed},
            {**Counts(50, 40, 39).row("d2"), **printed},
        ]
    )
    low, high = models.department_rates()
    assert (str(low["average_pct"]), low["is_below_average"], high["is_below_average"]) == ("86.25", True, False)
    untold = [name for name in low if name.startswith(("ci_", "p_value", "q_value", "contrast_", "is_significant"))]
    assert len(untold) == 17 and {low[name] for name in (*untold, "reliability")} == {None}
    assert low["footnote_codes"] == "printed_only"
    [region] = models.rows("select * from intermediate.int_region_averages")
    assert region["rated_department_count"] == 2
