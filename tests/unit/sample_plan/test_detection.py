"""What a number of answers can show, against statsmodels' power of a test of one proportion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from callback_survey.sample_plan.detection import Wanted, answers_needed, detection, smallest_fall

RATES, POWERS = st.floats(0.2, 0.995), st.floats(0.5, 0.99)


def power_of(rate: float, fallen: float, answers: float) -> float:
    """Of one sample against a known rate: ratio 0."""
    effect = proportion_effectsize(rate, fallen)
    return float(NormalIndPower(ddof=0).power(effect, answers, 0.05, ratio=0, alternative="larger"))


@given(RATES, st.floats(1, 19), POWERS)
def test_the_answers_needed_are_the_fewest_that_have_the_power(rate: float, points: float, power: float) -> None:
    needed = answers_needed(rate, Wanted(points, power))
    assert power_of(rate, rate - points / 100, needed) >= power - 1e-6
    assert needed == 1 or power_of(rate, rate - points / 100, needed - 1) < power + 1e-6


@given(RATES, st.integers(5, 3000), POWERS)
def test_the_smallest_fall_is_the_one_that_has_the_power(rate: float, answers: int, power: float) -> None:
    found = smallest_fall(rate, answers, power)
    if found is not None:
        assert power_of(rate, max(0.0, rate - found / 100), answers) == pytest.approx(power, abs=1e-6)


def test_no_answers_and_too_few_show_nothing() -> None:
    assert smallest_fall(0.9, 0, 0.8) is None
    assert smallest_fall(0.3, 2, 0.8) is None


def test_calls_are_answers_by_the_departments_own_share_and_no_more_than_its_frame() -> None:
    wanted = Wanted(5, 0.8)
    needed = answers_needed(0.95, wanted)
    half = detection("d1", "区教育局", frame_count=5000, calls=100, share=0.5, rate=0.95, wanted=wanted)
    assert (half.answers, half.calls_needed, half.is_whole_frame) == (50, 2 * needed, False)
    small = detection("d2", "区司法局", frame_count=11, calls=11, share=1.0, rate=0.95, wanted=wanted)
    assert (small.calls_needed, small.is_whole_frame) == (11, True)
