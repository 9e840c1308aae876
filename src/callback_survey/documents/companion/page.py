"""The companion as one HTML page. The same marts give the same bytes: no clock, no network, no random order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from callback_survey import pages as templates
from callback_survey.documents.companion import charts, department_words, funnel, layout, panels, phone, wording
from callback_survey.documents.companion import points as main_points
from callback_survey.documents.companion.history import History
from callback_survey.documents.companion.model import CompanionData, MeasureFigures
from callback_survey.documents.notice.words import acceptance_sentence, benchmark, reconciliation_sentence
from callback_survey.quarter import Quarter
from callback_survey.wording import terms
from callback_survey.wording.figures import count, percent, points

if TYPE_CHECKING:
    from jinja2 import Environment

    from callback_survey.releases import Release

TITLE = "电话回访结果统计附页"


@dataclass(frozen=True)
class Chart:
    """A drawn part of a measure's departments: the SVG, with its description in it."""

    svg: str
    caption: str


@dataclass(frozen=True)
class DepartmentChart(Chart):
    """Departments with their rates; also as it was drawn, without a description."""

    drawn: str


def render_companion(
    marts: CompanionData,
    drawn: Mapping[str, Sequence[Chart]],
    release: Release,
    *,
    history: History | None = None,
    correction: str = "",
    contact: str = "",
    is_paper: bool = False,
) -> str:
    """The companion of a region and quarter: a page (A4) per measure, its charts inlined, and the figures as tables.

    `drawn` holds the charts of each measure, by its code; `history` the quarters before. `correction` is what the notice says of the
    one that it replaces, `contact` whom to ask. With `is_paper` it leaves out what only a screen shows.
    """
    template = environment().get_template("companion.html.j2")
    page = template.render(
        data=marts,
        title=TITLE,
        period=terms.period(marts.quarter),
        previous=terms.period(str(Quarter.parse(marts.quarter).previous())),
        main_points=main_points.points,
        how_to_read=main_points.how_to_read(marts.cases, marts.is_published_only),
        reconciliation=reconciliation_sentence(marts.reconciliation_counts),
        drawn=drawn,
        funnels=[found for found in map(partial(draw_funnel, marts), marts.measures) if found is not None],
        release=release,
        correction=correction,
        contact=contact,
        revisions=wording.revisions(release),
        has_table=history is not None,
        panels=panels,
        history=history or History(()),
        rows=phone.rows,
        is_paper=is_paper,
        accepted=[acceptance_sentence(check) for check in release.accepted],
    )
    return page + "\n"


def draw(marts: CompanionData, figures: MeasureFigures) -> list[DepartmentChart]:
    """The charts of a measure for the page: one, or several where the departments do not fit on a page."""
    pages = layout.pages_of(figures)
    found = []
    for number, departments in enumerate(pages, 1):
        part = f"（{number} / {len(pages)}）" if len(pages) > 1 else ""
        caption = f"{marts.region}{terms.period(marts.quarter)}各部门{figures.measure_name}{part}"
        svg = charts.svg_of(charts.specification(figures, departments))
        name = f"chart-{figures.measure}-{number}"
        found.append(DepartmentChart(charts.described(svg, name, caption, wording.alternative(figures)), caption, svg))
    return found


@dataclass(frozen=True)
class FunnelChart(Chart):
    """A funnel plot, with what it shows."""

    key: str


def draw_funnel(marts: CompanionData, figures: MeasureFigures) -> FunnelChart | None:
    """The funnel plot of a measure; None where too few departments have enough answers."""
    found = funnel.funnel_of(figures)
    if found is None:
        return None
    caption = f"{marts.region}{terms.period(marts.quarter)}{figures.measure_name}漏斗图"
    svg = charts.svg_of(funnel.specification(figures, found))
    told = charts.described(svg, f"funnel-{figures.measure}", caption, wording.funnel_alternative(figures, found))
    return FunnelChart(told, caption, wording.funnel_key(found, figures.cases))


def chart_file(
    marts: CompanionData,
    figures: MeasureFigures,
    drawn: Sequence[DepartmentChart],
    release: Release,
    data_note: str | None,
) -> str:
    """The chart of all departments as a file of its own: with its title, what its signs mean, and the sender's note. Where `drawn`,
    the page's charts, is one chart, it is that one."""
    title = f"{marts.region}{terms.period(marts.quarter)}各部门{figures.measure_name}"
    key = [
        *wording.key_lines(figures),
        *([f"数据说明：{data_note}"] if data_note else []),
        release.name,
    ]
    whole = drawn[0].drawn if len(drawn) == 1 else charts.svg_of(charts.specification(figures))
    svg = charts.titled(whole, title, key)
    return charts.described(svg, f"chart-{figures.measure}", title, wording.alternative(figures))


@cache
def environment() -> Environment:
    found = templates.environment("callback_survey.documents.companion")
    found.filters.update(
        percent=percent,
        points=points,
        benchmark=benchmark,
        count=count,
        revision=terms.revision,
        period=terms.period,
        score=department_words.score,
        margin=department_words.margin,
        sign=phone.sign,
    )
    found.globals["say"] = wording
    return found
