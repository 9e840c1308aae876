"""What a number of answers can show: the smallest fall of a department's rate, and the answers that a wanted one needs.

By the arcsine transformation (Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, chapter 6): 2·asin √p has a
variance of 1/n whatever p is. One-sided at 5 %, against the rate that the department had.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

# one-sided: a plan asks whether a department falls
_Z_TEST = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True)
class Wanted:
    """A fall in points that is to be noticed, with the probability that it is."""

    points: float
    power: float


@dataclass(frozen=True)
class Detection:
    """Of one department. `answers` are those that the rule's calls will bring; `smallest_fall` is in points, None where not even
    a fall to nothing would be noticed. `calls_needed` is at most the frame; then `is_whole_frame`."""

    department_code: str
    department_name: str
    answers: float
    smallest_fall: float | None
    calls_needed: int
    is_whole_frame: bool


def smallest_fall(rate: float, answers: float, power: float) -> float | None:
    """In points, from a rate between 0 and 1."""
    if answers <= 0:
        return None
    angle = math.asin(math.sqrt(rate)) - _distance(power) / (2 * math.sqrt(answers))
    return 100 * (rate - math.sin(angle) ** 2) if angle > 0 else None


def answers_needed(rate: float, wanted: Wanted) -> int:
    """The fewest answers that show the fall; of a rate that has no such fall left, those that show the fall to nothing."""
    fallen = max(0.0, rate - wanted.points / 100)
    effect = 2 * (math.asin(math.sqrt(rate)) - math.asin(math.sqrt(fallen)))
    return math.ceil((_distance(wanted.power) / effect) ** 2 - 1e-9)


def detection(
    code: str, name: str, *, frame_count: int, calls: int, share: float, rate: float, wanted: Wanted
) -> Detection:
    """`share` is the department's own share of called people who answer, above 0; `rate` what it had, between 0 and 1."""
    answers = calls * share
    calls_needed = math.ceil(answers_needed(rate, wanted) / share - 1e-9)
    return Detection(
        code,
        name,
        answers,
        smallest_fall(rate, answers, wanted.power),
        min(calls_needed, frame_count),
        calls_needed >= frame_count,
    )


def _distance(power: float) -> float:
    return _Z_TEST + NormalDist().inv_cdf(power)
