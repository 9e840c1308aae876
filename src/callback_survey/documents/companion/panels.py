"""What shows all departments of a measure besides the dot plot: three bands, answers as stacked bars, trends beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from callback_survey.documents.companion import charts, wording
from callback_survey.documents.companion.drawing import shades, sparkline, stacked
from callback_survey.documents.companion.history import History
from callback_survey.documents.companion.look import ALARM, INK, INTERVAL
from callback_survey.documents.companion.model import DepartmentRate, MeasureFigures
from callback_survey.documents.companion.strokes import svg, text

_WIDTH = 640
_BAR, _BAR_HEIGHT = 430, 11


@dataclass(frozen=True)
class Drawn:
    """A department with a small drawing of its own: a row of answers, or a trend. The page arranges them, on paper and on a phone."""

    found: DepartmentRate
    svg: str


def bands(figures: MeasureFigures) -> str:
    """How many departments are surely lower, neither, surely higher; empty where nothing was tested."""
    parts = [
        (len(figures.beyond_chance), "#f3d9c9", ALARM),
        (len(figures.undecided), "#ececec", INTERVAL),
        (len(figures.above_chance), "#d9e3ec", INK),
    ]
    total = sum(count for count, _, _ in parts)
    if figures.is_published_only or not total:
        return ""
    drawn, left = [], 0.0
    for count, fill, edge in parts:
        width = count / total * (_WIDTH - 2)
        if count:
            drawn.append(
                f'<rect x="{left + 1:.1f}" y="1" width="{width:.1f}" height="20" fill="{fill}" stroke="{edge}"/>'
            )
            drawn.append(text(round(left + 1 + width / 2, 1), 15, str(count), size=11, weight=700))
        left += width
    told = wording.bands(figures)
    return charts.described(svg(_WIDTH, 22, drawn), f"bands-{figures.measure}", f"{figures.measure_name}三档", told)


def answers(figures: MeasureFigures) -> list[Drawn]:
    """The answers of each department as a bar, in the order of the annex. Whoever has no share that may be shown is not among them."""
    found: list[Drawn] = []
    for department in figures.departments:
        given = figures.answers.get(department.department_code, ())
        if any(answer.pct for answer in given):
            bar = svg(_BAR, _BAR_HEIGHT, [stacked(given, 0, 0, _BAR, _BAR_HEIGHT)])
            name = f"answers-{figures.measure}-{len(found)}"
            told = wording.answers_in_words(given)
            found.append(Drawn(department, charts.described(bar, name, department.department_name, told)))
    return found


def answers_key(figures: MeasureFigures) -> list[tuple[str, str]]:
    """What the shades of the bars mean: each answer with its shade; empty where there are no bars."""
    given = next((given for given in figures.answers.values() if any(answer.pct for answer in given)), ())
    return [(answer.label, shade) for answer, shade in zip(given, shades(given), strict=True)]


def trends(figures: MeasureFigures, history: History) -> list[Drawn]:
    """The trend of each department that has more than one quarter, all on one axis."""
    every = [(found, history.of(figures.measure, found.department_code)) for found in figures.departments]
    shown = [(found, rates) for found, rates in every if sum(rate.rate_pct is not None for rate in rates) > 1]
    lows = [float(rate.rate_pct) for _, rates in shown for rate in rates if rate.rate_pct is not None]
    low = max(0.0, min(lows, default=0) // 10 * 10)
    averages = history.averages(figures.measure)
    found: list[Drawn] = []
    for department, rates in shown:
        drawn = svg(92, 38, [sparkline(rates, averages, history.quarters, low, 4, 3)])
        name = f"trends-{figures.measure}-{len(found)}"
        told = wording.series_in_words(rates)
        found.append(Drawn(department, charts.described(drawn, name, department.department_name, told)))
    return found
