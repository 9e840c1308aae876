"""Sample sizes for a wanted margin: as few calls as possible for the region's frame-weighted rate (Neyman 1934).

Neyman gives each department calls in proportion to N·S. Whole numbers that are best are found one call at a time, each
to the department where it lowers the variance most (Wright 2012, "The equivalence of Neyman optimum allocation for
sampling and equal proportions for apportioning the U.S. House"). No rounding is left to do, and no department gets more
calls than it has cases.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

# 95 %, two-sided
Z = NormalDist().inv_cdf(0.975)
# One answer says nothing about how much answers differ: from two on a variance can be estimated.
MINIMUM = 2


@dataclass(frozen=True)
class Stratum:
    """A department: its valid frame (at least one case), and the variance p(1 − p) of an answer, expected from earlier ones."""

    code: str
    frame_count: int
    variance: float

    @property
    def finite_variance(self) -> float:
        """S² = N/(N − 1)·p(1 − p), the variance over a frame of N people; one case alone is called or not, and has none."""
        return self.variance * self.frame_count / (self.frame_count - 1) if self.frame_count > 1 else 0.0


def expected_variance(answered_count: Fraction, success_count: Fraction) -> Fraction:
    """p(1 − p) with p = (x + ½) / (n + 1): never 0, since 11 of 11 do not prove that the twelfth is satisfied too.

    Of a department that nobody answered for it is ¼, the largest there is.
    """
    rate = (success_count + Fraction(1, 2)) / (answered_count + 1)
    return rate * (1 - rate)


def margin(strata: Sequence[Stratum], sizes: Mapping[str, float]) -> float | None:
    """Half the width of the 95 % interval of Σ N·p / ΣN in points, with the finite-population correction.

    `sizes` are answers by department, not necessarily whole. None where a department would have none: its part of the
    rate would be unknown.
    """
    if any(sizes[stratum.code] <= 0 for stratum in strata):
        return None
    return 100 * Z * math.sqrt(_variance(strata, sizes))


def neyman(strata: Sequence[Stratum], wanted_margin: float) -> dict[str, int]:
    """The fewest answers that reach the margin (points): at least two a department, or its one case, and at most its frame."""
    limit = (wanted_margin / 100 / Z) ** 2
    sizes = {stratum.code: min(MINIMUM, stratum.frame_count) for stratum in strata}
    weights = _weights(strata)
    candidates = [
        (-_gain(weight, sizes[stratum.code]), stratum.code, weight, stratum.frame_count)
        for stratum, weight in zip(strata, weights, strict=True)
        if sizes[stratum.code] < stratum.frame_count
    ]
    heapq.heapify(candidates)
    variance = _variance(strata, sizes)
    while variance > limit and candidates:
        gain, code, weight, frame_count = heapq.heappop(candidates)
        sizes[code] += 1
        if sizes[code] < frame_count:
            heapq.heappush(candidates, (-_gain(weight, sizes[code]), code, weight, frame_count))
        variance += gain
        if variance <= limit:  # a long sum of small steps drifts: the last word has the sum itself
            variance = _variance(strata, sizes)
    return sizes


def _weights(strata: Sequence[Stratum]) -> list[float]:
    """W²·S², with W the department's share of the frame."""
    total = sum(stratum.frame_count for stratum in strata)
    return [(stratum.frame_count / total) ** 2 * stratum.finite_variance for stratum in strata]


def _gain(weight: float, size: int) -> float:
    """What one more answer takes off the variance."""
    return weight / (size * (size + 1))


def _variance(strata: Sequence[Stratum], sizes: Mapping[str, float]) -> float:
    """Σ W²·S²·(1/n − 1/N); a department that is called as a whole adds nothing."""
    return math.fsum(
        weight * max(0.0, 1 / sizes[stratum.code] - 1 / stratum.frame_count)
        for stratum, weight in zip(strata, _weights(strata), strict=True)
    )
