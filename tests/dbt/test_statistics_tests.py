"""Departments against the mean of their region: p and q values, contrast and standard errors, against scipy and statsmodels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import sqrt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homes import Home
from statistical_models import Statistics, statistics
from statistics_oracle import (
    Counts,
    adjusted,
    contrast,
    exact,
    exact_above,
    hundredths,
    mean,
    predictive,
    smoothed_variance,
    variance,
)
from thorough import examples

CLOSE = 1e-9
SAME = Fraction(1, 10**12)
Region = Sequence[Counts]


@dataclass(frozen=True)
class Family:
    """The departments of a region and measure with answers, their rows of department_rates, and the row of region_rates."""

    departments: list[Counts]
    rows: list[dict[str, Any]]
    region: dict[str, Any]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


@st.composite
def departments(draw: st.DrawFn) -> Counts:
    frame = draw(st.one_of(st.integers(1, 12), st.integers(13, 300), st.integers(301, 40_000)))
    everyone = st.just(frame if frame <= 300 else 300)
    answers = draw(st.one_of(st.integers(0, min(frame, 60)), everyone, st.integers(0, min(frame, 1000))))
    return Counts(frame, answers, draw(st.one_of(st.integers(0, answers), st.just(0), st.just(answers))))


@st.composite
def equal_departments(draw: st.DrawFn) -> list[Counts]:
    """One rate everywhere, from different sizes: 1/3, 2/6, 5/15."""
    size = draw(st.integers(1, 30))
    successes = draw(st.integers(0, size))
    times = draw(st.lists(st.integers(1, 40), min_size=1, max_size=40))
    return [Counts(time * size + draw(st.integers(0, 500)), time * size, time * successes) for time in times]


REGIONS = st.lists(
    st.one_of(
        st.lists(departments(), min_size=1, max_size=12),
        equal_departments(),
        # ties: every department twice
        st.lists(departments(), min_size=1, max_size=6).map(lambda found: [*found, *found]),
    ),
    min_size=1,
    max_size=12,
)


def families(models: Statistics, *regions: Region) -> list[Family]:
    """Each region in two measures; in the second, its first department has no answers: it was asked one question only."""
    rows = []
    for number, region in enumerate(regions):
        for place, department in enumerate(region):
            keys = {"region_code": f"r{number:03d}"}
            other = Counts(department.frame, 0, 0) if place == 0 else department
            rows.append(other.row(f"d{place:03d}", **keys, measure="realisation"))
            rows.append(department.row(f"d{place:03d}", **keys))
    keys = ("region_code", "quarter", "measure", "department_code")
    places = [{**{key: row[key] for key in keys}, "row_number": place} for place, row in enumerate(rows)]
    models.fill(int_department_measures=rows, int_annex_positions=places)
    rates = groupby(models.department_rates(), lambda row: (row["region_code"], row["quarter"], row["measure"]))
    found = []
    for (_, group), total in zip(rates, models.region_rates(), strict=True):
        answered = [row for row in group if row["answered_count"]]
        counts = [Counts(row["valid_frame_count"], row["answered_count"], row["success_count"]) for row in answered]
        found.append(Family(counts, answered, total))
    return found


def only(models: Statistics, *departments: Counts) -> Family:
    """The satisfaction of one region."""
    return families(models, departments)[1]


def assert_right(family: Family) -> None:
    region = family.region
    if not family.departments:
        assert (region["mean_rate_se"], region["frame_weighted_se"], region["significantly_below_count"]) == (None,) * 3
        return
    average = mean(family.departments)
    certain = [department.is_certainly_below(average) for department in family.departments]
    assert family.column("is_certainly_below") == certain
    below = significant(family, "", exact(family.departments), certain)
    above = exact_above(family.departments)
    certainly_above = [
        department.is_tested and department.successes > department.frame * average + SAME
        for department in family.departments
    ]
    wanted = [
        None if not department.is_tested else "below" if is_below else "above" if is_above else "as_expected"
        for department, is_below, is_above in zip(
            family.departments,
            below,
            [
                is_certain or (q is not None and q < 0.05 and department.rate - average >= SAME)
                for department, q, is_certain in zip(family.departments, adjusted(above), certainly_above, strict=True)
            ],
            strict=True,
        )
    ]
    assert family.column("comparison_category") == wanted
    assert family.column("test_method") == [
        None
        if not department.is_tested
        else "census"
        if department.is_census
        else "feasible_range"
        if is_certain
        else "hypergeometric"
        for department, is_certain in zip(family.departments, certain, strict=True)
    ]
    significant(family, "_superpopulation", predictive(family.departments))
    assert_contrast(family)
    assert_region(family, average)


def significant(
    family: Family, suffix: str, p_values: list[float | None], certain: Sequence[bool] = ()
) -> list[bool | None]:
    """Holds p, q, flag and count to what they must be, and returns the flags. What is not tested has none."""
    average = mean(family.departments)
    q_values = adjusted(p_values)
    assert_close(family, f"p_value{suffix}", p_values)
    assert_close(family, f"q_value{suffix}", q_values)
    facts = certain or [False] * len(p_values)
    is_tested = [
        department.is_tested if certain else p is not None
        for department, p in zip(family.departments, p_values, strict=True)
    ]
    flags = [
        (fact or (average - department.rate >= SAME and q is not None and q < 0.05)) if tested else None
        for department, q, fact, tested in zip(family.departments, q_values, facts, is_tested, strict=True)
    ]
    assert family.column(f"is_significantly_below{suffix}") == flags
    count = sum(map(bool, flags)) if any(is_tested) else None
    assert family.region[f"significantly_below_count{suffix}"] == count
    return flags


def assert_contrast(family: Family) -> None:
    differences, errors, two_sided = (list(column) for column in zip(*contrast(family.departments), strict=True))
    tested = [department.is_tested for department in family.departments]
    assert_close(family, "contrast_diff", _where(tested, differences))
    assert_close(family, "contrast_se", _where(tested, errors))
    assert_close(family, "contrast_p_value", _where(tested, two_sided))
    assert_close(family, "contrast_q_value", adjusted(_where(tested, two_sided)))


def _where(wanted: Sequence[bool], values: Sequence[float | None]) -> list[float | None]:
    return [value if is_wanted else None for is_wanted, value in zip(wanted, values, strict=True)]


def assert_close(family: Family, name: str, wanted: Sequence[float | None]) -> None:
    found = family.column(name)
    assert [value is None for value in found] == [value is None for value in wanted], name
    known = [value for value in wanted if value is not None]
    assert [value for value in found if value is not None] == pytest.approx(known, abs=CLOSE), name


def assert_region(family: Family, average: Fraction) -> None:
    variances = [variance(department, average) for department in family.departments]
    frames = [department.frame for department in family.departments]
    weighted = sum((frame**2 * v for frame, v in zip(frames, variances, strict=True)), Fraction(0))
    errors = (sqrt(sum(variances)) / len(frames), sqrt(weighted) / sum(frames))
    assert (family.region["mean_rate_se"], family.region["frame_weighted_se"]) == pytest.approx(errors, abs=CLOSE)
    printed = hundredths(sum((Fraction(row["rate_pct"]) for row in family.rows), Fraction(0)) / len(frames))
    assert {row["average_pct"] for row in family.rows} == {printed}
    assert family.column("is_below_average") == [row["rate_pct"] < printed for row in family.rows]


@settings(max_examples=examples(12, 5), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REGIONS)
def test_any_regions_give_the_libraries_tests(models: Statistics, regions: list[list[Counts]]) -> None:
    for family in families(models, *regions):
        assert_right(family)


def test_a_float_mean_of_equal_rates_flags_nobody(models: Statistics) -> None:
    """Sums of equal floats drift: the mean of ten times 0.1 lies above 0.1."""
    alike = [[Counts(20_000, 10_000, share)] * count for share in (1000, 7000, 3333) for count in (3, 10, 34, 35)]
    drifted = 0
    for family in families(models, *alike):
        drifted += any(row["rate"] < row["mean_rate"] for row in family.rows)
        assert not any(family.column("is_significantly_below") + family.column("is_below_average"))
        assert set(family.column("comparison_category")) == {"as_expected"}
        assert set(family.column("contrast_diff")) == {0.0} and set(family.column("contrast_p_value")) == {1.0}
    assert drifted > 0, "no mean missed its rates: the example shows nothing"


def test_all_or_nothing_everywhere_leaves_nothing_to_find(models: Statistics) -> None:
    for share in (0, 1):
        family = only(models, *[Counts(50, 10, 10 * share)] * 5, Counts(30, 1, share), Counts(12, 12, 12 * share))
        assert_right(family)
        assert family.column("is_significantly_below") == [*[False] * 5, None, False]
        assert family.region["significantly_below_count"] == 0


def test_one_dissatisfied_person_among_contented_ones_is_no_sign(models: Statistics) -> None:
    """That everybody else was satisfied does not prove that everybody always is: the mean of 1 has an error too."""
    family = only(models, Counts(400, 40, 39), *[Counts(400, 40, 40)] * 4)
    assert_right(family)
    assert family.rows[0]["is_significantly_below_superpopulation"] is False
    assert family.rows[0]["p_value_superpopulation"] > 0.02
    worse = only(models, Counts(400, 40, 20), *[Counts(400, 40, 40)] * 4)
    assert worse.rows[0]["is_significantly_below_superpopulation"] is True


def test_four_departments_are_too_few_to_compare_one_with_the_others(models: Statistics) -> None:
    low = Counts(400, 40, 2)
    four, five = (only(models, low, *[Counts(400, 40, 38)] * count) for count in (3, 4))
    assert (four.rows[0]["is_significantly_below"], four.rows[0]["is_significantly_below_superpopulation"]) == (
        True,
        None,
    )
    assert four.region["significantly_below_count_superpopulation"] is None
    assert five.rows[0]["is_significantly_below_superpopulation"] is True
    # one with too few answers is none of the five
    six = only(models, low, *[Counts(400, 40, 38)] * 3, Counts(400, 9, 9))
    assert six.rows[0]["is_significantly_below_superpopulation"] is None


def test_a_single_answer_is_as_uncertain_as_the_average(models: Statistics) -> None:
    """Its own spread would be 0/0; left out of the sum, it would make the mean look surer than it is."""
    family = only(models, Counts(50, 1, 1), Counts(80, 40, 20))
    assert_right(family)
    average = Fraction(3, 4)
    assert smoothed_variance(family.departments[0], average) == variance(family.departments[0], average)
    alone = Fraction(49, 50) * average * (1 - average)
    other = Fraction(40, 80) * Fraction(1, 4) / 39
    assert family.region["mean_rate_se"] == pytest.approx(sqrt(alone + other) / 2, abs=1e-15)


def test_nine_answers_are_neither_rated_nor_tested_and_a_fact_stays_one(models: Statistics) -> None:
    family = only(models, Counts(11, 9, 2), *[Counts(400, 100, 90)] * 9)
    low = family.rows[0]
    assert (low["reliability"], low["is_significantly_below"], low["comparison_category"]) == ("not_rated", None, None)
    assert low["is_certainly_below"] is True and low["is_below_average"] is True
    assert [row["q_value"] for row in family.rows[1:]] == pytest.approx(adjusted(exact(family.departments)[1:]))


def test_a_fact_does_not_lower_the_bar_for_the_others(models: Statistics) -> None:
    """Ten departments certainly below: had they a p of 0 in the family, an ordinary result would be significant beside them."""
    ordinary = Counts(4000, 50, 30)
    family = only(models, *[Counts(40, 40, 4)] * 10, *[Counts(4000, 50, 49)] * 19, ordinary)
    assert_right(family)
    assert family.column("is_significantly_below")[:10] == [True] * 10
    assert family.column("q_value")[:10] == [None] * 10
    p_values = exact(family.departments)
    assert family.rows[-1]["q_value"] == pytest.approx(adjusted(p_values)[-1])
    assert adjusted([p or 0.0 for p in p_values])[-1] < family.rows[-1]["q_value"]  # type: ignore[operator]


def test_a_mean_of_exactly_half_a_hundredth_is_rounded_up(models: Statistics) -> None:
    """94.80 and 94.73 have the mean 94.765: half to even and a cast of binary floats print 94.76."""
    family = only(models, Counts(9999, 5000, 4740), Counts(20_000, 10_000, 9473))
    assert [str(rate) for rate in family.column("rate_pct")] == ["94.80", "94.73"]
    assert {str(average) for average in family.column("average_pct")} == {"94.77"}


def test_where_floats_would_flip_a_flag_integers_do_not(models: Statistics) -> None:
    """The mean is exactly 89.605, printed 89.61, and 89.60 lies below it. A mean of floats is 89.60499…, printed 89.60."""
    family = only(models, *[Counts(99_999, 10_000, successes) for successes in (9425, 8912, 8545, 8960)])
    assert [str(rate) for rate in family.column("rate_pct")] == ["94.25", "89.12", "85.45", "89.60"]
    assert {str(average) for average in family.column("average_pct")} == {"89.61"}
    assert family.column("is_below_average") == [False, True, True, True]
    floats = "select round(avg(rate_pct::double), 2) from marts.department_rates where measure = 'satisfaction'"
    assert models.connection.execute(floats).fetchone() == (89.6,), "the example shows nothing"
