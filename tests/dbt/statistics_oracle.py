"""What the statistics must be, by libraries and by derivations of another kind than the formulas in SQL.

Intervals are roots of the test's equation in Decimal, not centre and half-width; the contrast is a sum over weights in
exact fractions, not the shortcut; p, q and Newcombe's limits are scipy's and statsmodels'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import sqrt

from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

Z = norm.ppf(0.975)
# Φ⁻¹(0.975) to fifty digits
EXACT_Z = Decimal("1.9599639845400542355245944305205515279555004")
SAME = Fraction(1, 10**12)


@dataclass(frozen=True)
class Counts:
    """A department's valid frame, answers and successes."""

    frame: int
    answers: int
    successes: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.successes, self.answers)

    @property
    def is_census(self) -> bool:
        return self.answers >= self.frame

    @property
    def effective(self) -> float:
        return float(Fraction(self.answers * (self.frame - 1), self.frame - self.answers))

    def row(self, department_code: str, **keys: str) -> dict[str, object]:
        """The row of int_department_measures; the rate is rounded half up in exact arithmetic."""
        rate = self.rate if self.answers else None
        return {
            "region_code": "330109",
            "quarter": "2018Q1",
            "measure": "satisfaction",
            "measure_definition": "top_box",
            "source_grain": "cases",
            "department_code": department_code,
            "valid_frame_count": self.frame,
            "sample_count": self.answers,
            "answered_count": self.answers,
            "success_count": self.successes,
            "rate": None if rate is None else self.successes / self.answers,
            "rate_pct": None if rate is None else hundredths(rate * 100),
            **keys,
        }


def hundredths(value: Fraction) -> Decimal:
    """Rounded half up to two decimals."""
    return Decimal((value * 100 + Fraction(1, 2)).__floor__()) / 100


def wilson(counts: Counts, *, is_finite: bool) -> tuple[float, float]:
    """The rates p0 that (p − p0)² = z²·p0(1 − p0)·c just does not refute, c = (N − n)/(n(N − 1)) or 1/n."""
    if is_finite and counts.is_census:
        return float(counts.rate), float(counts.rate)
    with localcontext() as context:
        context.prec = 60
        share = (
            Fraction(counts.frame - counts.answers, counts.answers * (counts.frame - 1))
            if is_finite
            else Fraction(1, counts.answers)
        )
        c = EXACT_Z * EXACT_Z * share.numerator / share.denominator
        p = Decimal(counts.successes) / counts.answers
        # (1 + c)·p0² − (2p + c)·p0 + p² = 0
        root = ((2 * p + c) ** 2 - 4 * (1 + c) * p * p).sqrt()
        return float((2 * p + c - root) / (2 + 2 * c)), float((2 * p + c + root) / (2 + 2 * c))


def library_wilson(counts: Counts, *, is_finite: bool) -> tuple[float, float]:
    """statsmodels' interval, with the effective number of answers for the finite one."""
    size = counts.effective if is_finite else float(counts.answers)
    low, high = proportion_confint(float(counts.rate) * size, size, alpha=0.05, method="wilson")
    return float(low), float(high)


def mean(departments: Sequence[Counts]) -> Fraction:
    return sum((d.rate for d in departments), Fraction(0)) / len(departments)


def variance(counts: Counts, average: Fraction) -> Fraction:
    if counts.is_census:
        return Fraction(0)
    if counts.answers == 1:
        return (1 - Fraction(1, counts.frame)) * average * (1 - average)
    left_out = 1 - Fraction(counts.answers, counts.frame)
    return left_out * counts.rate * (1 - counts.rate) / (counts.answers - 1)


def one_sided(departments: Sequence[Counts], *, is_finite: bool) -> list[float]:
    average = mean(departments)
    found = []
    for department in departments:
        difference = department.rate - average
        if abs(difference) < SAME:
            found.append(0.5)
        elif is_finite and department.is_census:
            found.append(0.0 if difference < 0 else 1.0)
        else:
            size = department.effective if is_finite else department.answers
            found.append(float(norm.cdf(float(difference) / sqrt(float(average * (1 - average)) / size))))
    return found


def contrast(departments: Sequence[Counts]) -> list[tuple[float, float | None, float | None]]:
    """Difference, standard error and two-sided p of each rate against the mean that holds it: Σ w²v over all weights."""
    average, count = mean(departments), len(departments)
    variances = [variance(department, average) for department in departments]
    found: list[tuple[float, float | None, float | None]] = []
    for place, department in enumerate(departments):
        difference = department.rate - average
        if abs(difference) < SAME:
            difference = Fraction(0)
        weights = [Fraction(int(place == other)) - Fraction(1, count) for other in range(count)]
        total = sum((weight * weight * v for weight, v in zip(weights, variances, strict=True)), Fraction(0))
        if total == 0:
            found.append((float(difference), None, None))
        else:
            error = sqrt(total)
            found.append((float(difference), error, float(2 * norm.sf(abs(float(difference)) / error))))
    return found


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Benjamini and Hochberg over those that are there."""
    known = [p for p in p_values if p is not None]
    q_values = iter(multipletests(known, method="fdr_bh")[1]) if known else iter(())
    return [None if p is None else float(next(q_values)) for p in p_values]


def newcombe(earlier: Counts, later: Counts) -> tuple[float, float]:
    low, high = confint_proportions_2indep(
        later.successes, later.answers, earlier.successes, earlier.answers, method="newcomb", compare="diff", alpha=0.05
    )
    return float(low), float(high)
