"""What chance explains, against scipy, statsmodels, and counting every possible outcome with exact fractions."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from math import comb

import pytest
from callback_survey.expectations.chance import Stratum, benjamini_hochberg, exact_p, normal_p
from scipy import stats
from statsmodels.stats.multitest import multipletests


def counted(strata: list[Stratum], observed: int) -> Fraction:
    """The two-sided p-value by going through every way in which the hits can fall."""
    ranges = [
        range(
            max(0, stratum.group_count + stratum.hit_count - stratum.count),
            min(stratum.group_count, stratum.hit_count) + 1,
        )
        for stratum in strata
    ]
    chances: dict[int, Fraction] = {}
    for hits in itertools.product(*ranges):
        chance = Fraction(1)
        for stratum, hit in zip(strata, hits, strict=True):
            rest = stratum.count - stratum.hit_count
            chance *= Fraction(
                comb(stratum.hit_count, hit) * comb(rest, stratum.group_count - hit),
                comb(stratum.count, stratum.group_count),
            )
        chances[sum(hits)] = chances.get(sum(hits), Fraction(0)) + chance
    return sum((chance for chance in chances.values() if chance <= chances[observed]), Fraction(0))


def some_stratum(dice: random.Random, largest: int) -> Stratum:
    count = dice.randint(1, largest)
    return Stratum(dice.randint(0, count), dice.randint(0, count), count)


@pytest.mark.parametrize("seed", range(40))
def test_one_department_is_fishers_exact_test(seed: int) -> None:
    dice = random.Random(seed)
    stratum = some_stratum(dice, 400)
    lowest = max(0, stratum.group_count + stratum.hit_count - stratum.count)
    observed = dice.randint(lowest, min(stratum.group_count, stratum.hit_count))
    others = stratum.count - stratum.group_count
    table = [
        [observed, stratum.group_count - observed],
        [stratum.hit_count - observed, others - stratum.hit_count + observed],
    ]
    assert exact_p([stratum], observed) == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_several_departments_are_every_outcome_counted(seed: int) -> None:
    dice = random.Random(1000 + seed)
    strata = [some_stratum(dice, 9) for _ in range(dice.randint(2, 4))]
    lowest = sum(max(0, part.group_count + part.hit_count - part.count) for part in strata)
    highest = sum(min(part.group_count, part.hit_count) for part in strata)
    observed = dice.randint(lowest, highest)
    assert exact_p(strata, observed) == pytest.approx(float(counted(strata, observed)), rel=1e-9)


def test_a_group_that_nobody_else_can_be_compared_with_is_no_news() -> None:
    assert exact_p([Stratum(30, 12, 30)], 12) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_q_values_are_those_of_statsmodels(seed: int) -> None:
    dice = random.Random(seed)
    p_values = [dice.choice([dice.random(), dice.random() ** 4, 0.5]) for _ in range(dice.randint(1, 40))]
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values) == pytest.approx(list(expected), abs=1e-12)
    # comparisons that were screened out count with p = 1
    more = dice.randint(0, 60)
    expected = multipletests([*p_values, *[1.0] * more], method="fdr_bh")[1][: len(p_values)]
    assert benjamini_hochberg(p_values, len(p_values) + more) == pytest.approx(list(expected), abs=1e-12)


def test_nothing_to_compare_has_no_q_values() -> None:
    assert benjamini_hochberg([]) == []


@pytest.mark.parametrize("z", [-8.0, -1.96, 0.5, 3.0])
def test_the_normal_p_value_is_that_of_scipy(z: float) -> None:
    assert normal_p(2 * z, 2.0) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)


def test_no_difference_has_p_1_and_a_certain_one_0() -> None:
    assert (normal_p(0.0, 0.0), normal_p(1.0, 0.0)) == (1.0, 0.0)
