"""Answers that one interviewer brought are alike: the correlation, the design effect and what follows, against statsmodels and scipy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.proportion import proportion_confint

from homes import Home
from statistical_models import Statistics, statistics
from statistics_oracle import Counts, predictive
from thorough import examples

CLOSE = 1e-9
# the answers and successes of each interviewer of a department
Department = list[tuple[int, int]]


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


@st.composite
def interviewers(draw: st.DrawFn) -> tuple[int, int]:
    answers = draw(st.integers(1, 40))
    return answers, draw(st.one_of(st.integers(0, answers), st.integers(answers * 3 // 4, answers)))


DEPARTMENTS = st.lists(st.lists(interviewers(), min_size=1, max_size=8), min_size=1, max_size=8)


def fill(models: Statistics, departments: Sequence[Department], frame: int = 5000) -> None:
    measures, answers = [], []
    for place, department in enumerate(departments):
        code = f"d{place:03d}"
        counts = totals(department, frame)
        measures.append({**counts.row(code), "question": "satisfaction", "interviewed_count": counts.answers})
        for number, (size, successes) in enumerate(department, 1):
            for word, count in (("satisfied", successes), ("dissatisfied", size - successes)):
                keys = {
                    "region_code": "330109",
                    "quarter": "2018Q1",
                    "department_code": code,
                    "question": "satisfaction",
                }
                answers.append({**keys, "answer_code": word, "interviewer_number": number, "answer_count": count})
    places = [{**keys_of(row), "row_number": place} for place, row in enumerate(measures, 1)]
    told = [one for one in answers if one["answer_count"]]
    models.fill(int_department_measures=measures, int_annex_positions=places, int_answer_counts=told)


def keys_of(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("region_code", "quarter", "measure", "department_code")}


def totals(department: Department, frame: int) -> Counts:
    return Counts(frame, sum(size for size, _ in department), sum(successes for _, successes in department))


def ratio(department: Department) -> tuple[float, float] | None:
    """statsmodels' analysis of variance of single answers: ρ/(1 − ρ) by one department, and how much it can tell."""
    rows = [
        (number, int(place < successes)) for number, (size, successes) in enumerate(department) for place in range(size)
    ]
    if len(department) < 2 or len(rows) == len(department):
        return None
    frame = pd.DataFrame(rows, columns=["interviewer", "answer"])
    table = anova_lm(ols("answer ~ C(interviewer)", frame).fit())
    between, within = table["mean_sq"]
    if within < 1e-12:
        return None
    degrees = len(department) - 1
    size = (len(rows) - sum(size * size for size, _ in department) / len(rows)) / degrees
    # (F − 1) / size has the variance 2 / (degrees · size²) where nothing differs
    return (between / within - 1) / size, degrees * size * size


def correlation(departments: Sequence[Department]) -> float | None:
    known = [found for found in map(ratio, departments) if found is not None]
    if not known:
        return None
    pooled = float(np.average([value for value, _ in known], weights=[weight for _, weight in known]))
    return max(0.0, pooled / (1 + pooled))


def effect(department: Department, rho: float) -> float:
    """1 + (b − 1)·ρ, with b the size of the group that an answer is in, on average."""
    sizes = [size for size, _ in department for _ in range(size)]
    return float(1 + (np.mean(sizes) - 1) * rho)


@settings(max_examples=examples(25, 8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DEPARTMENTS)
def test_any_interviewers_have_the_effect_that_an_analysis_of_variance_finds(
    models: Statistics, departments: list[Department]
) -> None:
    fill(models, departments)
    rho = correlation(departments)
    rows = models.department_rates()
    (region,) = models.region_rates()
    if rho is None:
        assert region["intraclass_correlation"] is None
        assert {row["design_effect"] for row in rows} == {None}
        effects = [1.0] * len(departments)
    else:
        assert region["intraclass_correlation"] == pytest.approx(rho, rel=1e-7, abs=1e-9)
        effects = [effect(department, region["intraclass_correlation"]) for department in departments]
        assert [row["design_effect"] for row in rows] == pytest.approx(effects, rel=CLOSE)
    shares = [max(size for size, _ in department) / totals(department, 0).answers for department in departments]
    assert [row["largest_interviewer_share"] for row in rows] == pytest.approx(shares, rel=CLOSE)
    expected = predictive([totals(department, 5000) for department in departments], effects)
    for row, p_value, department, size in zip(rows, expected, departments, effects, strict=True):
        counts = totals(department, 5000)
        assert (row["p_value_superpopulation"] is None) == (p_value is None)
        if p_value is not None:
            assert row["p_value_superpopulation"] == pytest.approx(p_value, rel=1e-6, abs=1e-9)
        n = counts.answers / size
        low, high = proportion_confint(float(counts.rate) * n, n, alpha=0.05, method="wilson")
        assert (row["ci_low_superpopulation"], row["ci_high_superpopulation"]) == pytest.approx(
            (low, high), rel=1e-6, abs=1e-9
        )


def drawn(seed: int, rho: float, sizes: Sequence[int], rates: Sequence[float]) -> list[Department]:
    """Twelve interviewers who share each department's calls; their own rates differ by `rho`."""
    dice = np.random.default_rng(seed)
    departments = []
    for size, rate in zip(sizes, rates, strict=True):
        counts = dice.multinomial(size, [1 / 12] * 12)
        spread = (1 - rho) / rho if rho else None
        own = dice.beta(rate * spread, (1 - rate) * spread, 12) if spread else np.full(12, rate)
        departments.append([(int(n), int(dice.binomial(n, p))) for n, p in zip(counts, own, strict=True) if n])
    return departments


SIZES = (1000, 600, 200, 200, 100, 80, *(40,) * 20, *(20,) * 8)
RATES = (0.98, 0.9, 0.97, 0.92, 0.95, 0.83, *(0.95, 0.8) * 10, *(0.99, 0.7) * 4)


@pytest.mark.parametrize(("rho", "least", "most"), [(0.0, 0.0, 0.004), (0.1, 0.07, 0.13)])
def test_departments_that_differ_are_not_taken_for_interviewers_that_do(
    models: Statistics, rho: float, least: float, most: float
) -> None:
    """With all departments in one analysis of variance, the first case comes out near 0.05: small ones have the wider spread."""
    found = []
    for seed in range(20):
        fill(models, drawn(seed, rho, SIZES, RATES))
        found.append(models.region_rates()[0]["intraclass_correlation"])
    assert least <= np.mean(found) <= most


def test_a_delivery_without_interviewers_has_none_of_this(models: Statistics) -> None:
    rows = [{**Counts(100, 50, 40).row(code), "question": "satisfaction"} for code in ("d1", "d2")]
    places = [{**keys_of(row), "row_number": place} for place, row in enumerate(rows, 1)]
    keys = {"region_code": "330109", "quarter": "2018Q1", "question": "satisfaction", "answer_code": "satisfied"}
    answers = [{**keys, "department_code": code, "answer_count": 40} for code in ("d1", "d2")]
    models.fill(int_department_measures=rows, int_annex_positions=places, int_answer_counts=answers)
    assert [(row["design_effect"], row["largest_interviewer_share"]) for row in models.department_rates()] == [
        (None, None)
    ] * 2
    assert models.region_rates()[0]["intraclass_correlation"] is None
