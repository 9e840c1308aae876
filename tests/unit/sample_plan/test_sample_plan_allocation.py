"""The allocation for a margin, against brute force in exact fractions, scipy's optimiser and textbook formulas."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from callback_survey.sample_plan.allocation import Stratum, expected_variance, margin, neyman

variances = st.fractions(min_value=Fraction(1, 100), max_value=Fraction(1, 4), max_denominator=400)


def strata_of(departments: list[tuple[int, Fraction]]) -> list[Stratum]:
    return [Stratum(f"d{number}", frame, float(variance)) for number, (frame, variance) in enumerate(departments)]


def finite(frame: int, variance: Fraction) -> Fraction:
    """S² of a frame, whose mean square deviation is p(1 − p): with N − 1 below the sum instead of N."""
    return variance * Fraction(frame, frame - 1) if frame > 1 else Fraction(0)


def exact_variance(departments: list[tuple[int, Fraction]], sizes: tuple[int, ...]) -> Fraction:
    total = sum(frame for frame, _ in departments)
    return sum(
        (
            Fraction(frame, total) ** 2 * finite(frame, variance) * (Fraction(1, size) - Fraction(1, frame))
            for (frame, variance), size in zip(departments, sizes, strict=True)
        ),
        Fraction(0),
    )


@given(
    st.lists(st.tuples(st.integers(min_value=1, max_value=9), variances), min_size=1, max_size=4),
    st.sampled_from([1, 3, 5, 8, 12, 20]),
)
def test_no_smaller_and_no_better_sample_reaches_the_margin(
    departments: list[tuple[int, Fraction]], points: int
) -> None:
    """Every sample there could be is tried, in exact fractions."""
    found = tuple(neyman(strata_of(departments), points).values())
    limit = (Fraction(points, 100) / Fraction(scipy.stats.norm.ppf(0.975))) ** 2
    ranges = [range(min(2, frame), frame + 1) for frame, _ in departments]
    assert all(size in allowed for size, allowed in zip(found, ranges, strict=True))
    assert exact_variance(departments, found) <= limit
    every = {sizes: exact_variance(departments, sizes) for sizes in itertools.product(*ranges)}
    assert not [sizes for sizes, variance in every.items() if variance <= limit and sum(sizes) < sum(found)]
    best = min(variance for sizes, variance in every.items() if sum(sizes) == sum(found))
    assert float(exact_variance(departments, found)) == pytest.approx(float(best), abs=1e-15)


@given(
    st.lists(st.tuples(st.integers(min_value=3, max_value=40_000), variances), min_size=2, max_size=12),
    st.sampled_from([0.5, 1.0, 2.0, 3.0]),
)
def test_the_total_is_that_of_the_best_fractional_sample_rounded_up(
    departments: list[tuple[int, Fraction]], points: float
) -> None:
    """Neyman's formula with caps and minimums: sizes λ·N·S within [2, N], λ found by scipy. Whole numbers need at most
    one call a department more."""
    frames = np.array([frame for frame, _ in departments], dtype=float)
    spread = np.array([math.sqrt(finite(frame, variance)) for frame, variance in departments])
    weights = frames / frames.sum()
    limit = (points / 100 / scipy.stats.norm.ppf(0.975)) ** 2

    def sizes(log_factor: float) -> np.ndarray:
        return np.clip(np.exp(log_factor) * frames * spread, 2, frames)

    def excess(log_factor: float) -> float:
        return float(np.sum(weights**2 * spread**2 * (1 / sizes(log_factor) - 1 / frames))) - limit

    low, high = math.log(1e-9), math.log(1e6)
    fractional = sizes(low if excess(low) <= 0 else scipy.optimize.brentq(excess, low, high, xtol=1e-14))
    found = np.array(list(neyman(strata_of(departments), points).values()))
    assert math.floor(fractional.sum() + 1e-6) <= found.sum() <= fractional.sum() + len(departments)
    assert np.all(np.abs(found - fractional) <= np.maximum(2, fractional * 0.02 + 2))


def test_equal_departments_share_the_calls_of_a_simple_random_sample() -> None:
    """Two halves of 5,000 with p = ½: Cochran's n₀ / (1 + n₀ / N) for 3 points, with S² = N/(N − 1)·¼ in each half."""
    wanted = scipy.stats.norm.ppf(0.975) ** 2 * 0.25 * 5_000 / 4_999 / 0.03**2
    whole = wanted / (1 + wanted / 10_000)
    found = neyman([Stratum("a", 5_000, 0.25), Stratum("b", 5_000, 0.25)], 3)
    assert sum(found.values()) == math.ceil(whole)
    assert abs(found["a"] - found["b"]) <= 1


def test_the_larger_and_the_more_divided_department_gets_more_calls() -> None:
    """Nine to one in N, and 0.5 to 0.3 in S."""
    found = neyman([Stratum("a", 90_000, 0.25), Stratum("b", 10_000, 0.25), Stratum("c", 90_000, 0.09)], 2)
    assert found["a"] / found["b"] == pytest.approx(9, rel=0.02)
    assert found["a"] / found["c"] == pytest.approx(5 / 3, rel=0.02)


def test_a_department_is_never_asked_for_more_than_it_has_and_the_others_make_up_for_it() -> None:
    strata = [Stratum("a", 5, 0.25), Stratum("b", 1, 0.25), Stratum("c", 30, 0.25)]
    found = neyman(strata, 0.001)
    assert found == {"a": 5, "b": 1, "c": 30}
    assert margin(strata, found) == 0
    assert neyman(strata, 70) == {"a": 2, "b": 1, "c": 2}


def test_the_margin_equals_an_independent_derivation() -> None:
    getcontext().prec = 40
    strata = [Stratum("a", 169, 0.19), Stratum("b", 1363, 0.14), Stratum("c", 35909, 0.02)]
    sizes = {"a": 43.5, "b": 75.0, "c": 790.0}
    total = Decimal(169 + 1363 + 35909)
    variance = sum(
        (Decimal(stratum.frame_count) / total) ** 2
        * Decimal(stratum.variance)
        * Decimal(stratum.frame_count)
        / (stratum.frame_count - 1)
        / Decimal(sizes[stratum.code])
        * (1 - Decimal(sizes[stratum.code]) / Decimal(stratum.frame_count))
        for stratum in strata
    )
    expected = 100 * Decimal(scipy.stats.norm.ppf(0.975)) * variance.sqrt()
    assert margin(strata, sizes) == pytest.approx(float(expected), abs=1e-12)


def test_a_department_without_calls_leaves_the_margin_unknown() -> None:
    assert margin([Stratum("a", 10, 0.25), Stratum("b", 10, 0.25)], {"a": 5, "b": 0}) is None


@pytest.mark.parametrize(
    ("answered", "success", "variance"),
    [(0, 0, Fraction(1, 4)), (11, 11, Fraction(23, 24) / 24), (43, 32, Fraction(65, 88) * Fraction(23, 88))],
)
def test_the_expected_variance_is_never_zero(answered: int, success: int, variance: Fraction) -> None:
    assert expected_variance(Fraction(answered), Fraction(success)) == variance
