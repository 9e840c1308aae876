"""What chance explains: exact tests on counts, so that small departments and rare answers are judged right.

Nothing here is an approximation that needs large counts. Sources: Fisher (1935) for two groups; for several strata the
same conditional test, whose distribution is the convolution of the strata's hypergeometric ones (Mehta, Patel & Gray
1985); Benjamini & Hochberg (1995) for many comparisons at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# equal probabilities may differ in their last digits; fisher.test and scipy allow the same
_TOLERANCE = 1 + 1e-7


@dataclass(frozen=True)
class Stratum:
    """One department: `group_count` of all `count` answers belong to the group looked at, `hit_count` are the answer."""

    group_count: int
    hit_count: int
    count: int

    @property
    def expected(self) -> float:
        """The group's hits if it had the department's share."""
        return self.group_count * self.hit_count / self.count


def exact_p(strata: Sequence[Stratum], observed: int) -> float:
    """Two-sided p-value of the group's number of hits over all strata, given every stratum's totals."""
    distribution, lowest = np.ones(1), 0
    for stratum in strata:
        pmf, first = _hypergeometric(stratum)
        distribution, lowest = np.convolve(distribution, pmf), lowest + first
    own = distribution[observed - lowest]
    return float(min(1.0, distribution[distribution <= own * _TOLERANCE].sum()))


def benjamini_hochberg(p_values: Sequence[float], compared_count: int | None = None) -> list[float]:
    """q-values in the given order. `compared_count` is larger where further comparisons were made, whose p counts as 1."""
    count = compared_count or len(p_values)
    order = sorted(range(len(p_values)), key=lambda index: p_values[index], reverse=True)
    q_values, smallest = [1.0] * len(p_values), 1.0
    for position, index in enumerate(order):
        smallest = min(smallest, p_values[index] * count / (len(p_values) - position))
        q_values[index] = smallest
    return q_values


def normal_p(difference: float, standard_error: float) -> float:
    """Two-sided p-value of a difference with a known standard error; of no difference it is 1."""
    if difference == 0:
        return 1.0
    return math.erfc(abs(difference) / standard_error / math.sqrt(2)) if standard_error else 0.0


def _hypergeometric(stratum: Stratum) -> tuple[np.ndarray, int]:
    """Probabilities of each possible number of hits within the group, and the lowest possible number."""
    drawn, hits, count = stratum.group_count, stratum.hit_count, stratum.count
    lowest, highest = max(0, drawn + hits - count), min(drawn, hits)
    logs = [
        _log_choose(hits, number) + _log_choose(count - hits, drawn - number) for number in range(lowest, highest + 1)
    ]
    return np.exp(np.array(logs) - _log_choose(count, drawn)), lowest


def _log_choose(count: int, chosen: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)
