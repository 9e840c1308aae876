"""The funnel plot: limits by scipy's beta-binomial, and nobody in it who is masked or not rated."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom

from callback_survey.documents.companion import charts, explore, page, wording
from callback_survey.documents.companion.funnel import Funnel, funnel_of, limits, outside, specification, ticks
from callback_survey.releases import Release
from companion_data import DATA, DEPARTMENTS, NASTY, PUBLISHED, SATISFACTION, department
from published import make_release


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return make_release(tmp_path)


def funnel() -> Funnel:
    found = funnel_of(SATISFACTION)
    assert found is not None
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.integers(1, 30), st.integers(31, 5000)),
    st.floats(0.02, 0.98),
    st.floats(30, 5000),
    st.sampled_from([0.95, 0.998]),
)
def test_limits_are_quantiles_of_the_beta_binomial(
    answers: int, mean: float, answers_of_mean: float, level: float
) -> None:
    tail = (1 - level) / 2
    shape = (answers, mean * (answers_of_mean - 1), (1 - mean) * (answers_of_mean - 1))
    mirrored = (answers, shape[2], shape[1])
    low, high = limits(answers, mean, answers_of_mean, level)
    for limit, (size, alpha, beta) in ((low, shape), (1 - high, mirrored)):
        count = ceil(limit * size - 1e-9)
        # between two counts, by probability; below the first there is nothing
        reached = betabinom.cdf(count, size, alpha, beta)
        before = betabinom.cdf(count - 1, size, alpha, beta) if count else 0.0
        assert before <= tail * (1 + 1e-6)
        if limit > 0:
            share = 1 - (count - limit * size)
            assert before + share * (reached - before) == pytest.approx(tail, rel=1e-6, abs=1e-9)
        else:
            assert betabinom.cdf(0, size, alpha, beta) >= tail - 1e-9


def test_a_large_department_takes_no_longer_and_limits_narrow() -> None:
    widths = [high - low for low, high in (limits(n, 0.9, 10_000.0, 0.95) for n in (50, 5000, 200_000))]
    assert widths == sorted(widths, reverse=True)


def test_who_is_masked_or_not_rated_is_not_in_the_plot() -> None:
    masked = department("区司法局", None, below=None, is_suppressed=True, answered_count=11)
    figures = replace(SATISFACTION, departments=(*DEPARTMENTS, masked))
    found = funnel_of(figures)
    assert found is not None
    assert {one.department_name for one in found.departments}.isdisjoint({"区安监局", "区旅游局", "区司法局"})
    drawn = json.dumps(specification(figures, found), ensure_ascii=False)
    assert "区民政局" in drawn and not re.search("区司法局|区安监局|区旅游局", drawn)
    # whatever those said who are masked: every byte is the same
    assert found == funnel_of(SATISFACTION)


def test_too_few_departments_and_printed_rates_have_no_plot(release: Release) -> None:
    assert funnel_of(replace(SATISFACTION, departments=DEPARTMENTS[1:])) is None
    assert funnel_of(PUBLISHED) is None
    data = replace(DATA, measures=(PUBLISHED,))
    assert page.draw_funnel(data, PUBLISHED) is None
    html = page.render_companion(data, {"satisfaction": page.draw(data, PUBLISHED)}, release)
    assert "漏斗图" not in html
    assert '"funnel":null' in explore.render_explore(data, release)


def test_the_plot_is_told_in_words() -> None:
    found = funnel()
    below, above = outside(found, 0.95)
    assert (below, above) == (("区民政局",), (NASTY,))
    told = wording.funnel_alternative(SATISFACTION, found)
    assert (
        told.startswith("5 个部门的满意率与有效回答数的漏斗图，平均 85.75%。")
        and "低于 95% 界限的有区民政局（1 个）" in told
    )
    assert "5 个部门的平均（85.75%）" in wording.funnel_key(found)
    alike = replace(SATISFACTION, departments=tuple(department(f"区{n}局", "90.00") for n in range(5)))
    level = funnel_of(alike)
    assert level is not None and "没有部门在 95% 界限之外" in wording.funnel_alternative(alike, level)


def test_companion_and_interactive_page_show_it(release: Release) -> None:
    html = page.render_companion(DATA, {"satisfaction": page.draw(DATA, SATISFACTION)}, release)
    assert 'aria-labelledby="funnel-satisfaction-title funnel-satisfaction-desc"' in html
    assert wording.funnel_key(funnel()) in html
    embedded = re.search(r'id="measures">(.*?)</script>', explore.render_explore(DATA, release), re.DOTALL)
    assert embedded
    measure = json.loads(embedded[1])["satisfaction"]
    assert measure["funnel"]["params"] == [{"name": "focused", "value": ""}]
    assert measure["funnel_alternative"] == wording.funnel_alternative(SATISFACTION, funnel())


def test_marks_stand_where_the_figures_are() -> None:
    spec = specification(SATISFACTION, funnel())
    (marks,) = (layer for layer in spec["layer"] if layer.get("name") == "funnel")
    found = [(one["answers"], one["rate"]) for one in marks["data"]["values"]]
    assert found == [(one.answered_count, float(one.rate_pct or 0)) for one in funnel().departments]
    assert "区民政局</text>" in charts.svg_of(spec)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (17, 1200, [20, 50, 100, 200, 500, 1000]),
        (28 / 1.15, 53 * 1.15, [30, 40, 50, 60]),
        (11.9, 13.8, [12, 13]),
        (0.87, 1.15, [1]),
    ],
)
def test_a_narrow_axis_has_round_numbers_too(first: float, last: float, expected: list[int]) -> None:
    assert ticks(first, last) == expected
