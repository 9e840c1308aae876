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
from statistics_oracle import Counts, adjusted, contrast, hundredths, mean, one_sided, variance

CLOSE = 1e-9
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
    answers = draw(st.one_of(st.integers(0, min(frame, 60)), st.just(frame), st.integers(0, min(frame, 1000))))
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
    for suffix, is_finite in (("", True), ("_superpopulation", False)):
        p_values = one_sided(family.departments, is_finite=is_finite)
        q_values = adjusted(list(p_values))
        assert family.column(f"p_value{suffix}") == pytest.approx(p_values, abs=CLOSE)
        assert family.column(f"q_value{suffix}") == pytest.approx(q_values, abs=CLOSE)
        below = [
            average - department.rate >= Fraction(1, 10**12) and q is not None and q < 0.05
            for department, q in zip(family.departments, q_values, strict=True)
        ]
        assert family.column(f"is_significantly_below{suffix}") == below
        assert region[f"significantly_below_count{suffix}"] == sum(below)
    differences, errors, two_sided = (list(column) for column in zip(*contrast(family.departments), strict=True))
    assert family.column("contrast_diff") == pytest.approx(differences, abs=CLOSE)
    for name, wanted in (
        ("contrast_se", errors),
        ("contrast_p_value", two_sided),
        ("contrast_q_value", adjusted(two_sided)),
    ):
        found = family.column(name)
        assert [value is None for value in found] == [value is None for value in wanted], name
        assert [v for v in found if v is not None] == pytest.approx([v for v in wanted if v is not None], abs=CLOSE), (
            name
        )
    assert_region(family, average)


def assert_region(family: Family, average: Fraction) -> None:
    variances = [variance(department, average) for department in family.departments]
    frames = [department.frame for department in family.departments]
    weighted = sum((frame**2 * v for frame, v in zip(frames, variances, strict=True)), Fraction(0))
    errors = (sqrt(sum(variances)) / len(frames), sqrt(weighted) / sum(frames))
    assert (family.region["mean_rate_se"], family.region["frame_weighted_se"]) == pytest.approx(errors, abs=CLOSE)
    printed = hundredths(sum((Fraction(row["rate_pct"]) for row in family.rows), Fraction(0)) / len(frames))
    assert {row["average_pct"] for row in family.rows} == {printed}
    assert family.column("is_below_average") == [row["rate_pct"] < printed for row in family.rows]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REGIONS)
def test_any_regions_give_the_libraries_tests(models: Statistics, regions: list[list[Counts]]) -> None:
    for family in families(models, *regions):
        assert_right(family)


def test_a_float_mean_of_equal_rates_flags_nobody(models: Statistics) -> None:
    """Sums of equal floats drift: the mean of ten times 0.1 lies above 0.1, and frames of a million make that 'significant'."""
    alike = [
        [Counts(2_000_000, 1_000_000, share)] * count
        for share in (100_000, 700_000, 333_333)
        for count in (3, 10, 34, 35)
    ]
    drifted = 0
    for family in families(models, *alike):
        drifted += any(row["rate"] < row["mean_rate"] for row in family.rows)
        assert not any(family.column("is_significantly_below") + family.column("is_below_average"))
        assert set(family.column("p_value")) == {0.5}
        assert set(family.column("contrast_diff")) == {0.0} and set(family.column("contrast_p_value")) == {1.0}
    assert drifted > 0, "no mean missed its rates: the example shows nothing"


def test_all_or_nothing_everywhere_leaves_nothing_to_test(models: Statistics) -> None:
    for share in (0, 1):
        family = only(models, Counts(50, 10, 10 * share), Counts(30, 1, share), Counts(5, 5, 5 * share))
        assert_right(family)
        assert family.column("p_value") == family.column("p_value_superpopulation") == [0.5] * 3
        assert family.column("contrast_se") == family.column("contrast_q_value") == [None] * 3
        assert family.region["significantly_below_count"] == 0


def test_one_department_is_its_own_mean(models: Statistics) -> None:
    family = only(models, Counts(50, 10, 6))
    assert_right(family)
    assert (family.column("p_value"), family.column("q_value"), family.column("contrast_se")) == ([0.5], [0.5], [None])


def test_a_single_answer_is_as_uncertain_as_the_average(models: Statistics) -> None:
    """Its own spread would be 0/0; left out of the sum, it would make the mean look surer than it is."""
    family = only(models, Counts(50, 1, 1), Counts(80, 40, 20))
    assert_right(family)
    average = Fraction(3, 4)
    alone = Fraction(49, 50) * average * (1 - average)
    other = Fraction(40, 80) * Fraction(1, 4) / 39
    assert family.region["mean_rate_se"] == pytest.approx(sqrt(alone + other) / 2, abs=1e-15)


def test_eight_answers_are_tested_although_they_are_not_rated(models: Statistics) -> None:
    family = only(models, Counts(11, 8, 2), *[Counts(400, 100, 90)] * 9)
    assert (family.rows[0]["reliability"], family.rows[0]["is_significantly_below"]) == ("not_rated", True)


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
