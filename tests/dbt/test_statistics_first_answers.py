"""First answers against last ones, against scipy's binomial test and statsmodels' exact form of McNemar's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from homes import Home
from statistical_models import Statistics, statistics
from statistics_oracle import Counts, adjusted
from thorough import examples

CLOSE = 1e-9
Crossings = tuple[int, int, int]


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


# answers that became successes, that ceased to be, and that changed without crossing over
crossings = st.tuples(
    st.one_of(st.integers(0, 12), st.integers(0, 400)),
    st.one_of(st.integers(0, 12), st.integers(0, 400)),
    st.integers(0, 3),
)


def change(department_code: str, first: str, last: str, count: int) -> dict[str, object]:
    scope = {
        "region_code": "330109",
        "quarter": "2018Q1",
        "department_code": department_code,
        "question": "satisfaction",
    }
    return {**scope, "first_answer_code": first, "answer_code": last, "changed_count": count}


def fill(models: Statistics, departments: list[Crossings]) -> None:
    measures, changes = [], []
    for place, (gained, lost, other) in enumerate(departments):
        code = f"d{place:03d}"
        counts = Counts(5000, 1500, 1000)
        measures.append({**counts.row(code), "question": "satisfaction", "interviewed_count": 1800})
        split = gained // 2
        changes += [
            change(code, "fairly_satisfied", "satisfied", split),
            change(code, "dissatisfied", "satisfied", gained - split),
            change(code, "satisfied", "dissatisfied", lost),
            change(code, "dissatisfied", "fairly_satisfied", other),
            change(code, "satisfied", "satisfied", other),
        ]
    told = [one for one in changes if one["changed_count"]]
    models.fill(int_department_measures=measures, int_annex_positions=positions(measures), int_answer_changes=told)


def positions(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Their places in an annex, which region_rates asks for."""
    keys = ("region_code", "quarter", "measure", "department_code")
    return [{**{key: row[key] for key in keys}, "row_number": place} for place, row in enumerate(rows, 1)]


def close(found: object, expected: float | None) -> bool:
    return found == (None if expected is None else pytest.approx(expected, rel=CLOSE, abs=1e-15))


def sign_test(gained: int, lost: int) -> float | None:
    """Two-sided; two libraries that agree."""
    if gained + lost == 0:
        return None
    p_value = float(binomtest(gained, gained + lost, 0.5).pvalue)
    assert p_value == pytest.approx(float(mcnemar([[0, lost], [gained, 0]], exact=True).pvalue), rel=CLOSE)
    return p_value


@settings(max_examples=examples(30, 8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(crossings, min_size=1, max_size=12))
def test_answers_that_cross_over_are_tested_by_department_and_together(
    models: Statistics, departments: list[Crossings]
) -> None:
    fill(models, departments)
    rows = models.department_rates()
    p_values = [sign_test(gained, lost) for gained, lost, _ in departments]
    assert [(row["gained_success_count"], row["lost_success_count"]) for row in rows] == [
        one[:2] for one in departments
    ]
    first_rates = [(1000 - gained + lost) / 1500 for gained, lost, _ in departments]
    assert [row["first_answer_rate"] for row in rows] == first_rates
    for row, p_value, q_value in zip(rows, p_values, adjusted(p_values), strict=True):
        assert close(row["answer_change_p_value"], p_value)
        assert close(row["answer_change_q_value"], q_value)
    (region,) = models.region_rates()
    gained, lost = (sum(one[place] for one in departments) for place in (0, 1))
    assert (region["gained_success_count"], region["lost_success_count"]) == (gained, lost)
    assert close(region["answer_change_p_value"], sign_test(gained, lost))


def test_of_a_department_that_is_not_published_nothing_is_told_and_nothing_summed(models: Statistics) -> None:
    shown = {**Counts(100, 50, 40).row("d1"), "question": "satisfaction", "interviewed_count": 60}
    masked = {
        **shown,
        "department_code": "d2",
        "answered_count": 9,
        "success_count": None,
        "rate": None,
        "rate_pct": None,
    }
    changes = [change(code, "dissatisfied", "satisfied", 5) for code in ("d1", "d2")]
    rows = [shown, {**masked, "is_suppressed": True}]
    models.fill(int_department_measures=rows, int_annex_positions=positions(rows), int_answer_changes=changes)
    one, other = models.department_rates()
    assert (one["first_answer_rate"], one["item_response_rate"]) == (35 / 50, 50 / 60)
    names = ("first_answer_rate", "gained_success_count", "lost_success_count", "answer_change_p_value")
    assert [other[name] for name in names] == [None] * 4
    assert models.region_rates()[0]["gained_success_count"] == 5
