"""The change on the quarter before: its interval against statsmodels, and when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from homes import Home
from statistical_models import Statistics, statistics
from statistics_oracle import Counts, adjusted, newcombe
from thorough import examples

CLOSE = 1e-9
CHANGES = ("change", "change_ci_low", "change_ci_high", "change_p_value", "change_q_value", "is_significant_change")


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    answers = draw(st.one_of(st.integers(1, 20), st.integers(1, 2000)))
    successes = draw(st.one_of(st.integers(0, answers), st.just(0), st.just(answers)))
    return Counts(answers + draw(st.integers(0, 500)), answers, successes)


def before(counts: Counts, department_code: str, **changes: Any) -> dict[str, Any]:
    """The row of int_previous_rates for the quarter after."""
    names = ("region_code", "measure", "measure_definition", "source_grain", "answered_count", "success_count", "rate")
    row = counts.row(department_code)
    kept = {name: row[name] for name in names}
    keys = {
        "quarter": "2018Q1",
        "previous_quarter": "2017Q4",
        "previous_revision": 2,
        "department_code": department_code,
    }
    return {**kept, **keys, **changes}


def changed(models: Statistics, *pairs: tuple[Counts, Counts]) -> list[dict[str, Any]]:
    models.fill(
        int_department_measures=[later.row(f"d{place:03d}") for place, (_, later) in enumerate(pairs)],
        int_previous_rates=[before(earlier, f"d{place:03d}") for place, (earlier, _) in enumerate(pairs)],
    )
    return models.department_rates()


def assert_right(earlier: Counts, later: Counts, row: dict[str, Any]) -> None:
    low, high = newcombe(earlier, later)
    assert (row["change_status"], row["previous_revision"]) == ("compared", 2)
    assert row["change"] == pytest.approx(float(later.rate - earlier.rate), abs=CLOSE)
    assert (row["change_ci_low"], row["change_ci_high"]) == pytest.approx((low, high), abs=CLOSE), (earlier, later)
    table = [[side.successes, side.answers - side.successes] for side in (earlier, later)]
    assert row["change_p_value"] == pytest.approx(float(fisher_exact(table).pvalue), rel=1e-6, abs=1e-9), (
        earlier,
        later,
    )
    assert row["is_significant_change"] == (row["change_q_value"] < 0.05)


def test_the_edges_are_right(models: Statistics) -> None:
    sides = [Counts(n, n, x) for n in (1, 2, 11, 400) for x in sorted({0, 1, n - 1, n})]
    pairs = [(earlier, later) for earlier in sides for later in sides]
    for (earlier, later), row in zip(pairs, changed(models, *pairs), strict=True):
        assert_right(earlier, later, row)


@settings(max_examples=examples(20, 8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(counts(), counts()), min_size=1, max_size=80))
def test_any_two_quarters_give_the_librarys_interval(models: Statistics, pairs: list[tuple[Counts, Counts]]) -> None:
    rows = changed(models, *pairs)
    for (earlier, later), row in zip(pairs, rows, strict=True):
        assert_right(earlier, later, row)
    expected = adjusted([row["change_p_value"] for row in rows])
    assert [row["change_q_value"] for row in rows] == [pytest.approx(value, rel=1e-9, abs=1e-12) for value in expected]


def test_among_many_departments_a_lucky_change_is_none(models: Statistics) -> None:
    """Alone, 31 of 40 after 38 of 40 is significant; beside 33 departments of which nothing changed it is not."""
    lucky, still = (Counts(400, 40, 38), Counts(400, 40, 31)), (Counts(400, 40, 38), Counts(400, 40, 38))
    [alone] = changed(models, lucky)
    among = changed(models, lucky, *[still] * 33)
    assert alone["is_significant_change"] is True
    assert [row["is_significant_change"] for row in among] == [False] * 34
    assert among[0]["change_ci_high"] < 0


def test_one_unhappy_person_among_eleven_is_no_fall_although_everyone_was_asked(models: Statistics) -> None:
    """With the finite-population correction both intervals would shrink to the rate, and any change would be 'significant'."""
    [row] = changed(models, (Counts(11, 11, 11), Counts(11, 11, 10)))
    assert row["ci_low"] == row["ci_high"] == row["rate"]
    assert row["change"] == pytest.approx(-1 / 11) and row["is_significant_change"] is False
    assert row["change_ci_low"] < -0.37 and row["change_ci_high"] > 0.17


def test_a_real_fall_and_a_real_rise_are_significant(models: Statistics) -> None:
    fall, rise = changed(
        models, (Counts(900, 400, 380), Counts(900, 400, 300)), (Counts(900, 400, 300), Counts(900, 400, 380))
    )
    assert fall["change_ci_high"] < 0 < rise["change_ci_low"]
    assert fall["is_significant_change"] and rise["is_significant_change"]


@pytest.mark.parametrize(
    ("status", "now", "then", "breaks"),
    [
        ("no_previous", {}, None, False),
        ("no_previous", {}, {"rate": None, "answered_count": 0, "success_count": 0}, False),
        ("no_previous", {"rate": None, "rate_pct": None, "answered_count": 0, "success_count": 0}, None, False),
        ("no_current", {"rate": None, "rate_pct": None, "answered_count": 0, "success_count": 0}, {}, False),
        ("break_in_series", {}, {}, True),
        ("break_in_series", {}, None, True),
        ("break_in_series", {"measure_definition": "top_three_levels"}, {}, False),
        ("counts_unknown", {}, {"answered_count": None, "success_count": None, "source_grain": "published"}, False),
        ("counts_unknown", {"answered_count": None, "success_count": None, "source_grain": "published"}, {}, False),
    ],
)
def test_where_there_is_nothing_to_compare_the_status_says_why(
    models: Statistics, status: str, now: dict[str, Any], then: dict[str, Any] | None, breaks: bool
) -> None:
    counts = Counts(50, 40, 30)
    broken = {"region_code": "330109", "quarter": "2018Q1", "department_code": "d1", "break_reason": "merge"}
    models.fill(
        int_department_measures=[{**counts.row("d1"), **now}],
        int_previous_rates=[] if then is None else [before(counts, "d1", **then)],
        int_series_breaks=[broken] if breaks else [],
    )
    [row] = models.department_rates()
    assert row["change_status"] == status
    assert [row[name] for name in CHANGES] == [None] * len(CHANGES)
    previous = None if then is None else then.get("rate", 0.75)
    assert (row["previous_rate"], row["previous_revision"]) == (previous, None if then is None else 2)
    assert ("break_in_series" in (row["footnote_codes"] or "")) == (status == "break_in_series")
