"""The pages of departments: what a companion says of one of them, on a page of its own, for its own use.

One template makes the page of a department and the document of all of them, a sheet each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from callback_survey.documents.companion import charts, department_words, drawing, page, wording
from callback_survey.documents.companion.answers import Answer, Points
from callback_survey.documents.companion.history import History
from callback_survey.documents.companion.model import CompanionData, DepartmentRate, MeasureFigures
from callback_survey.wording import terms

if TYPE_CHECKING:
    from callback_survey.releases import Release

FOLDER = "departments"
ALL = "departments.pdf"


@dataclass(frozen=True)
class MeasurePart:
    """A measure on a department's page. A chart is empty where there is nothing to draw."""

    figures: MeasureFigures
    found: DepartmentRate
    details: list[tuple[str, str]]
    standing: str
    shares: str
    is_masked: bool
    trend: str


@dataclass(frozen=True)
class Sheet:
    """A department's page."""

    code: str
    name: str
    sentences: list[str]
    parts: list[MeasurePart]
    series_notes: list[str]
    points: Points | None

    @property
    def first_missed(self) -> MeasurePart | None:
        """The first measure on which calls found somebody who was not content. Of printed annexes no call is known."""
        missed = (
            part
            for part in self.parts
            if part.found.rate_pct is not None and part.found.rate_pct < 100 and not part.figures.is_published_only
        )
        return next(missed, None)


def file_name(department_code: str) -> str:
    """A register may write anything as a code."""
    return f"{FOLDER}/{quote(department_code, safe='')}.html"


def sheets_of(marts: CompanionData, history: History) -> list[Sheet]:
    """The page of each department, in the order of their codes."""
    names = {
        found.department_code: found.department_name for figures in marts.measures for found in figures.departments
    }
    return [_sheet(marts, history, code, names[code]) for code in sorted(names)]


def render(marts: CompanionData, sheets: Sequence[Sheet], release: Release, contact: str = "") -> str:
    """The pages of some departments as one HTML page; with one of them it is that department's own."""
    template = page.environment().get_template("department.html.j2")
    rendered = template.render(
        data=marts,
        period=terms.period(marts.quarter),
        sheets=sheets,
        how_to_read=department_words.how_to_read(marts.cases, marts.is_published_only),
        reasons=department_words.reasons(marts.cases),
        points_notes=department_words.points_notes,
        release=release,
        contact=contact,
    )
    return rendered + "\n"


def _sheet(marts: CompanionData, history: History, code: str, name: str) -> Sheet:
    parts = [
        _part(figures, found, history)
        for figures in marts.measures
        for found in figures.departments
        if found.department_code == code
    ]
    sentences = [department_words.main_point(part.found, part.figures) for part in parts]
    rates = [history.of(part.figures.measure, code) for part in parts]
    notes = [
        department_words.series_notes(series, part.found, history, marts.predecessors.get(code, ()))
        for series, part in zip(rates, parts, strict=True)
    ]
    return Sheet(code, name, sentences, parts, list(dict.fromkeys(chain(*notes))), marts.points.get(code))


def _part(figures: MeasureFigures, found: DepartmentRate, history: History) -> MeasurePart:
    answers = figures.answers.get(found.department_code, ())
    rates = history.of(figures.measure, found.department_code)
    is_masked = any(answer.is_suppressed for answer in answers)
    has_trend = sum(rate.rate_pct is not None for rate in rates) > 1
    quarters = [quarter for quarter in history.quarters if rates and quarter >= rates[0].quarter]
    averages = {quarter: rate for quarter, rate in history.averages(figures.measure).items() if quarter in quarters}
    name = f"{found.department_name}{figures.measure_name}"
    key = f"{figures.measure}-{quote(found.department_code, safe='')}"
    said = f"{name}在各部门中的位置"
    return MeasurePart(
        figures,
        found,
        [told for place, told in enumerate(department_words.details(found, figures)) if not place or told[1] != "—"],
        charts.described(
            drawing.standing(figures, found), f"standing-{key}", said, department_words.main_point(found, figures)
        )
        if found.is_rated
        else "",
        _shares(answers, key, name),
        is_masked,
        charts.described(
            drawing.trend(rates, averages, quarters),
            f"trend-{key}",
            f"{name}各季度",
            wording.series_in_words(rates),
        )
        if has_trend
        else "",
    )


def _shares(answers: Sequence[Answer], key: str, name: str) -> str:
    if not any(answer.pct for answer in answers):
        return ""
    told = wording.answers_in_words(answers)
    return charts.described(drawing.shares(answers), f"shares-{key}", f"{name}的回答分布", told)
