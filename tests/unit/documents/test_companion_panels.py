"""What shows all departments beside the dot plot: the three bands, everybody's answers, everybody's trend."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from callback_survey.documents.companion import charts, page, panels, phone, wording
from callback_survey.documents.companion.answers import Answer
from callback_survey.documents.companion.history import FILE, History, QuarterRate
from callback_survey.releases import Release
from companion_data import DATA, DEPARTMENTS, PUBLISHED, SATISFACTION, department
from published import make_release

ANSWERS = (
    Answer("满意", 40, Decimal("83.33"), is_success=True),
    Answer("不满意", 8, Decimal("16.67"), is_success=False),
)
MASKED = (Answer("满意", None, None, is_success=True, is_suppressed=True),)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return make_release(tmp_path)


def companion(release: Release, history: History | None = None, **changed: object) -> str:
    data = replace(DATA, **changed)  # type: ignore[arg-type]
    return page.render_companion(data, {found.measure: () for found in data.measures}, release, history=history)


def test_the_three_bands_hold_each_tested_department_once() -> None:
    higher = replace(DEPARTMENTS[1], comparison_category="above")
    figures = replace(SATISFACTION, departments=(DEPARTMENTS[0], higher, *DEPARTMENTS[2:]))
    assert figures.beyond_chance == ("区教育局", "区民政局")
    assert figures.above_chance == ("区档案局",)
    assert figures.undecided == (DEPARTMENTS[0].department_name, "区商务局")
    drawn = panels.bands(figures)
    assert re.findall(r">(\d+)</text>", drawn) == ["2", "2", "1"]
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="20"', drawn)]
    assert widths == [pytest.approx(638 * part / 5, abs=0.1) for part in (2, 2, 1)]
    assert (
        "较低（低于平均，超出抽样误差）2 个，不能断定 2 个，较高（高于平均，超出抽样误差）1 个；另有 1 个"
        in wording.bands(figures)
    )


def test_where_nothing_was_tested_there_are_no_bands() -> None:
    assert panels.bands(PUBLISHED) == ""
    assert panels.bands(replace(SATISFACTION, departments=DEPARTMENTS[-1:])) == ""


def test_answers_are_drawn_of_everybody_whose_shares_may_be_shown(release: Release) -> None:
    given = {found.department_code: ANSWERS for found in DEPARTMENTS[:3]} | {DEPARTMENTS[3].department_code: MASKED}
    figures = replace(SATISFACTION, answers=given)
    drawn = panels.answers(figures)
    assert [one.found for one in drawn] == list(DEPARTMENTS[:3])
    assert "满意 83.33%；不满意 16.67%" in drawn[0].svg and "83.3</text>" in drawn[0].svg
    assert [label for label, _ in panels.answers_key(figures)] == ["满意", "不满意"]
    html = companion(release, measures=(figures,))
    assert html.count('class="bar"') == 3
    assert "回答的分布" not in companion(release)


def rates(name: str, *series: tuple[str, str | None]) -> list[QuarterRate]:
    return [
        QuarterRate(
            *(quarter, 1, "satisfaction", "满意率", "top_box", f"code-{name}", name, 400, 50, 48),
            *(Decimal(rate) if rate else None, Decimal("89.00"), None, None, rate is None),
        )
        for quarter, rate in series
    ]


def test_trends_are_drawn_of_everybody_with_two_quarters_and_join_what_may_be_compared(release: Release) -> None:
    history = History(
        (
            *rates("区档案局", ("2018Q3", "80.00"), ("2018Q4", "90.00"), ("2019Q1", "92.00")),
            *rates("区商务局", ("2018Q3", "80.00"), ("2018Q4", None), ("2019Q1", "88.50")),
            *rates("区教育局", ("2019Q1", "80.25")),
        )
    )
    drawn = {one.found.department_name: one.svg for one in panels.trends(SATISFACTION, history)}
    assert list(drawn) == ["区档案局", "区商务局"]
    lines = {name: re.findall(r'<path d="M([^"]*)" stroke="#1a1a1a"', svg) for name, svg in drawn.items()}
    assert [line.count("L") for line in lines["区档案局"]] == [2] and lines["区商务局"] == []
    assert "2018年第四季度没有公布的结果" in drawn["区商务局"]
    html = companion(release, history)
    assert "各季度走势" in html and "2018年第三季度起" in html and f'href="{FILE}"' in html
    # one quarter is no trend
    assert "各季度走势" not in companion(release, History(tuple(rates("区教育局", ("2019Q1", "80.25")))))
    # two quarters, and no department with two rates
    apart = (*rates("区教育局", ("2018Q4", "70.00")), *rates("区档案局", ("2019Q1", "98.00")))
    assert "没有一个部门有两个可以并列的季度" in companion(release, History(apart))
    assert "没有一个部门有两个可以并列的季度" not in html


def test_the_benchmark_is_a_line_with_its_year_and_the_reading_stands_beside_the_chart(release: Release) -> None:
    svg = charts.svg_of(charts.specification(SATISFACTION))
    assert "2017年全省平均满意率 94.70" in svg and "role-mark benchmark" in svg
    without = replace(SATISFACTION, benchmark_pct=None)
    assert "benchmark" not in charts.svg_of(charts.specification(without))
    below = replace(SATISFACTION, benchmark_pct=Decimal("10.00"))  # off the axis, which begins at 55
    assert "benchmark" not in charts.svg_of(charts.specification(below))
    html = companion(release)
    assert html.index('id="satisfaction"') < html.index("却没有标记的也有") < html.index('id="flags-satisfaction"')
    assert "却没有标记的也有" not in companion(release, measures=(PUBLISHED,))


def test_a_phone_shows_the_same_figures_in_rows() -> None:
    found = phone.rows(SATISFACTION)
    assert [row.found for row in found] == list(SATISFACTION.rated)
    assert [row.sign for row in found] == ["", "", "", "▽", "▼", ""]
    assert all(0 <= row.place <= 100 for row in found) and len({row.average for row in found}) == 1
    places = [row.place for row in found]
    assert places == sorted(places, reverse=True)
    assert [(row.low, row.width) for row in phone.rows(PUBLISHED)] == [(None, None)] * 6
    higher = replace(SATISFACTION, departments=(department("区档案局", "99.00", comparison_category="above"),))
    assert [row.sign for row in phone.rows(higher)] == ["△"]


def test_paper_has_nothing_that_only_a_screen_shows(release: Release) -> None:
    drawn = {"satisfaction": [page.Chart("<svg></svg>", "标题")]}
    screen, paper = (page.render_companion(DATA, drawn, release, is_paper=is_paper) for is_paper in (False, True))
    for part in ("<figcaption>", 'class="phone"', 'class="sign'):
        assert part in screen and part not in paper


def test_the_foot_says_which_revision_it_is_why_and_what_moved_and_whom_to_ask(release: Release) -> None:
    assert "第1版，2018-04-20 发布，首次发布。" in companion(release)
    moved = [
        {
            "department_name": "区教育局",
            "measure_name": "满意率",
            "rate_pct_before": "79.00",
            "rate_pct_after": "80.25",
        },
        {"department_name": "区旅游局", "measure_name": "满意率", "rate_pct_before": "50.00", "rate_pct_after": None},
    ]
    second = replace(release, revision=2, difference={"against": "330109 2018Q1 r1", "departments": moved})
    told = page.render_companion(DATA, {"satisfaction": ()}, second, contact="区跑改办<82000000>")
    assert "与第1版相比，比率有变：区教育局满意率 79.00%→80.25%、区旅游局满意率 50.00%→—。" in told
    assert "区跑改办&lt;82000000&gt;" in told
    same = replace(second, difference={"against": "330109 2018Q1 r1", "departments": []})
    assert "与第1版相比，各部门的比率没有变。" in wording.revisions(same)
