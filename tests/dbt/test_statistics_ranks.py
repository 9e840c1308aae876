"""Places with limits, against intervals and counts of another make; the quantile behind them, against the standard library."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from homes import Home
from statistical_models import Statistics, statistics
from statistics_oracle import Counts
from thorough import examples


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


@st.composite
def answered(draw: st.DrawFn) -> Counts:
    answers = draw(st.one_of(st.integers(1, 30), st.integers(31, 3000)))
    return Counts(answers + 10, answers, draw(st.one_of(st.integers(0, answers), st.just(answers))))


def places(departments: list[Counts]) -> list[tuple[int, int]]:
    """The joint Wilson limits of statsmodels, and how many others lie wholly above or below."""
    level = 0.95 ** (1 / len(departments))
    limits = [proportion_confint(one.successes, one.answers, alpha=1 - level, method="wilson") for one in departments]
    return [
        (1 + sum(other > high for other, _ in limits), len(limits) - sum(other < low for _, other in limits))
        for low, high in limits
    ]


@settings(max_examples=examples(40, 10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(answered(), min_size=1, max_size=40))
def test_any_departments_have_the_places_that_their_joint_limits_leave(
    models: Statistics, departments: list[Counts]
) -> None:
    models.fill(int_department_measures=[one.row(f"d{place:03d}") for place, one in enumerate(departments)])
    rows = models.department_rates()
    assert [(row["rank_low"], row["rank_high"]) for row in rows] == places(departments)
    for row in rows:
        assert row["rank_low"] <= row["rate_rank"] <= row["rank_high"]
        assert row["is_lowest_certain"] == (len(rows) > 1 and row["rank_low"] == len(rows))


@pytest.mark.parametrize("department_count", [1, 2, 34, 1000, 100_000])
def test_the_quantile_is_that_of_the_standard_library(models: Statistics, department_count: int) -> None:
    tail = (1 - 0.95 ** (1 / department_count)) / 2
    assert quantile_of(models, tail) == pytest.approx(-NormalDist().inv_cdf(tail), rel=1e-12)


def quantile_of(models: Statistics, tail: float) -> float:
    """The macro as dbt compiled it, over one tail."""
    (definition,) = models.connection.execute(
        "select sql from duckdb_views() where schema_name = 'intermediate' and view_name = 'int_rank_limits'"
    ).fetchall()
    text = definition[0]
    start = text.index("scored AS")
    body = text[text.index("SELECT", start) : text.index(" AS joint_z", start)]
    value = body.split("*,", 1)[1]
    ((found,),) = models.connection.execute(f"select {value} from (select ?::double as tail)", [tail]).fetchall()
    return float(found)
