"""Small charts, drawn as SVG without a chart library: hundreds of them cost less than one that goes through it.

Where a department stands among the others, what people answered, how its rate went on. Shapes and shades are those of the
large charts, and tell the same in black and white.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor

from callback_survey.documents.companion.answers import Answer
from callback_survey.documents.companion.history import QuarterRate, runs
from callback_survey.documents.companion.layout import axis
from callback_survey.documents.companion.look import HAIR, INK, INTERVAL, QUIET
from callback_survey.documents.companion.model import DepartmentRate, MeasureFigures
from callback_survey.documents.companion.strokes import PALE, above, has_room, joined, line, sign, svg, text, units
from callback_survey.documents.notice.words import benchmark
from callback_survey.quarter import Quarter

WIDTH = 400
_LEFT, _RIGHT = 8, 8  # room for half a label at either end
_GOOD, _BAD = ((0xD9, 0xE3, 0xEC), (0x9F, 0xB6, 0xCA)), ((0xF2, 0xCF, 0xAE), (0xC4, 0x6A, 0x32))
_QUARTERS = ("一季度", "二季度", "三季度", "四季度")


def standing(figures: MeasureFigures, department: DepartmentRate) -> str:
    """A department on the axis of its measure: its rate with the interval, the others as ticks, average and benchmark as lines."""
    low, ticks = axis(figures)

    def at(percent: Decimal | float) -> float:
        return round(_LEFT + (float(percent) - low) / (100 - low) * (WIDTH - _LEFT - _RIGHT), 1)

    others = "".join(f"M{at(found.rate_pct or 0)},29v14" for found in figures.rated if found is not department)
    drawn = [
        f'<path d="{others}" stroke="{PALE}" stroke-width="0.7" fill="none"/>' if others else "",
        f'<path d="M{_LEFT},48H{WIDTH - _RIGHT}" stroke="{INTERVAL}"/>',
        *(text(at(tick), 58, str(tick), size=9, colour=QUIET) for tick in ticks[:: -1 if len(ticks) < 6 else -2]),
    ]
    drawn += _limits(figures, low, at)
    if department.ci_display_low is not None and department.ci_display_high is not None:
        ends = f"M{at(department.ci_display_low * 100)},36H{at(department.ci_display_high * 100)}"
        dash = ' stroke-dasharray="3,2"' if department.mark else ""
        drawn.append(f'<path d="{ends}" stroke="{INK}" stroke-width="2.4"{dash}/>')
    drawn.append(sign(at(department.rate_pct or 0), 36, department.flag, 5.5))
    return svg(WIDTH, 62, drawn)


@dataclass(frozen=True)
class _Limit:
    """A line that rates are held against, with its label."""

    x: float
    said: str
    size: float
    weight: int
    colour: str
    width: float
    dash: str

    def drawn(self, top: float, label: str) -> list[str]:
        return [line(self.x, top, 48, width=self.width, dash=self.dash), label]

    def below(self, aside: float) -> list[str]:
        """The shorter line, its label beside it."""
        anchor = "start" if aside > 0 else "end"
        label = text(
            self.x + aside, 21, self.said, size=self.size, anchor=anchor, colour=self.colour, weight=self.weight
        )
        return self.drawn(23, label)

    def over(self, y: float, top: float) -> list[str]:
        return self.drawn(
            top, above(self.x, y, self.said, WIDTH, size=self.size, colour=self.colour, weight=self.weight)
        )


def _limits(figures: MeasureFigures, low: float, at: Callable[[Decimal], float]) -> list[str]:
    """Average and benchmark. No line crosses the label of the other one: one label stands beside its line, on the side away from the
    other; where there is room for neither, both stand above the lines."""
    average, reference = figures.average_pct, figures.benchmark_pct
    mean = None if average is None else _Limit(at(average), f"平均 {average:.2f}", 10, 700, INK, 1.3, "")
    if reference is None or reference < low:
        return [] if mean is None else mean.over(9, 12)
    other = _Limit(at(reference), f"{benchmark(figures)} {reference:.2f}", 9, 400, QUIET, 1.1, "3,2")
    if mean is None:
        return other.over(21, 23)
    aside = -3 if other.x < mean.x else 3
    if has_room(other.x, other.said, WIDTH, size=other.size, aside=aside):
        return [*other.below(aside), *mean.over(9, 12)]
    if has_room(mean.x, mean.said, WIDTH, size=mean.size, aside=-aside):
        return [*mean.below(-aside), *other.over(9, 12)]
    return [*other.over(21, 23), *mean.over(9, 23)]


def shades(answers: Sequence[Answer]) -> list[str]:
    """A colour for each answer, the best one first: those that count in greys of blue, the others in browns, each step darker."""
    found = []
    for is_success, (first, last) in ((True, _GOOD), (False, _BAD)):
        count = sum(answer.is_success == is_success for answer in answers)
        for place in range(count):
            part = place / (count - 1) if count > 1 else (0.0 if is_success else 0.5)
            mixed = (round(one + (other - one) * part) for one, other in zip(first, last, strict=True))
            found.append("#" + "".join(f"{value:02x}" for value in mixed))
    # a scale may have an answer that counts behind one that does not
    good, bad = (
        iter(found[: sum(answer.is_success for answer in answers)]),
        iter(found[sum(answer.is_success for answer in answers) :]),
    )
    return [next(good) if answer.is_success else next(bad) for answer in answers]


def stacked(answers: Sequence[Answer], x: float, y: float, width: float, height: float, *, least: float = 24) -> str:
    """The shares of the answers as one bar. A share that is `least` wide has its percentage in it."""
    drawn, left = [], float(x)
    for answer, colour in zip(answers, shades(answers), strict=True):
        own = float(answer.pct or 0) / 100 * width
        if own <= 0:
            continue
        drawn.append(
            f'<rect x="{left:.1f}" y="{y}" width="{own:.1f}" height="{height}" fill="{colour}" stroke="#fff" stroke-width="0.6"/>'
        )
        if own >= least:
            drawn.append(text(round(left + own / 2, 1), y + height / 2 + 3.2, f"{answer.pct:.1f}", size=9))
        left += own
    return "".join(drawn)


def shares(answers: Sequence[Answer]) -> str:
    """One department's answers as a bar, and what its shades mean, with how many people said it."""
    key, height = legend(answers, [_counted(answer) for answer in answers], WIDTH, 31)
    return svg(WIDTH, height, [stacked(answers, 0, 1, WIDTH, 17), key])


def legend(answers: Sequence[Answer], said: Sequence[str], width: float, y: float) -> tuple[str, float]:
    """What the shades mean, in lines from `y` on; and how high that makes the chart. What nobody said has no words."""
    drawn, x = [], 0.0
    for words, colour in zip(said, shades(answers), strict=True):
        if not words:
            continue
        own = 24 + units(words) * 10
        if x and x + own > width:
            x, y = 0.0, y + 15
        drawn.append(
            f'<rect x="{x:.0f}" y="{y - 8.5}" width="10" height="10" fill="{colour}" stroke="{INTERVAL}" stroke-width="0.5"/>'
        )
        drawn.append(text(x + 14, y, words, size=10, anchor="start"))
        x += own
    return "".join(drawn), y + 5


def _counted(answer: Answer) -> str:
    if answer.pct is None:
        return f"{answer.label} {'*' if answer.is_suppressed else '—'}"
    if not answer.pct:
        return ""
    people = "" if answer.answer_count is None else f" {answer.answer_count:,} 人，"
    return f"{answer.label}{people or ' '}{answer.pct:.2f}%"


def trend(rates: Sequence[QuarterRate], averages: Mapping[str, Decimal], quarters: Sequence[str]) -> str:
    """A department's rates over the quarters, with intervals, beside the average. Lines join what may be compared."""
    left, right, top, bottom = 26, 6, 12, 74
    low, ticks = _span(rates, averages)
    step = (WIDTH - left - right) / len(quarters)
    place = {quarter: round(left + step * (number + 0.5), 1) for number, quarter in enumerate(quarters)}

    def at(percent: Decimal | float) -> float:
        return round(bottom - (float(percent) - low) / (100 - low) * (bottom - top), 1)

    drawn = [
        f'<path d="M{left},{at(tick)}H{WIDTH - right}" stroke="{HAIR}" stroke-dasharray="1,2"/>'
        + text(left - 4, at(tick) + 3, str(tick), size=9, anchor="end", colour=QUIET)
        for tick in ticks
    ]
    drawn += _averages(averages, place, at)
    for rate in rates:
        if rate.ci_display_low is not None and rate.ci_display_high is not None and rate.rate_pct is not None:
            ends = f"M{place[rate.quarter]},{at(rate.ci_display_low * 100)}V{at(rate.ci_display_high * 100)}"
            drawn.append(f'<path d="{ends}" stroke="{INTERVAL}" stroke-width="1.6"/>')
    drawn += [joined(((place[one.quarter], at(one.rate_pct or 0)) for one in run), INK, 1.6) for run in runs(rates)]
    for rate in rates:
        x = place[rate.quarter]
        if rate.rate_pct is None:
            drawn.append(text(x, bottom - 3, "*" if rate.is_suppressed else "—", size=10, colour=QUIET))
            continue
        drawn.append(
            f'<circle cx="{x}" cy="{at(rate.rate_pct)}" r="3.2" fill="#fff" stroke="{INK}" stroke-width="1.5"/>'
        )
        # on the side of the average's line where there is room
        is_below = rate.rate_pct < averages.get(rate.quarter, rate.rate_pct)
        drawn.append(
            text(x + 5, at(rate.rate_pct) + (11 if is_below else -5), f"{rate.rate_pct:.2f}", size=9, anchor="start")
        )
    for quarter in quarters:
        found = Quarter.parse(quarter)
        drawn.append(text(place[quarter], bottom + 12, _QUARTERS[found.number - 1], size=9, colour=QUIET))
        if quarter == quarters[0] or found.number == 1:
            drawn.append(text(place[quarter], bottom + 22, f"{found.year}年", size=9, colour=QUIET))
    return svg(WIDTH, bottom + 25, drawn)


def sparkline(
    rates: Sequence[QuarterRate],
    averages: Mapping[str, Decimal],
    quarters: Sequence[str],
    low: float,
    x: float,
    y: float,
) -> str:
    """A trend as small as a word, for many beside each other: on one axis from `low` to 100."""
    width, height = 84, 30
    step = width / max(len(quarters) - 1, 1)
    place = {quarter: round(x + step * number, 1) for number, quarter in enumerate(quarters)}

    def at(percent: Decimal | float) -> float:
        return round(y + height - (max(float(percent), low) - low) / (100 - low) * height, 1)

    drawn = [f'<path d="M{x},{y + height + 2}h{width}" stroke="{HAIR}"/>']
    known = [quarter for quarter in quarters if quarter in averages]
    drawn.append(joined(((place[quarter], at(averages[quarter])) for quarter in known), PALE, 1.0, dash="2,1.5"))
    drawn += [joined(((place[one.quarter], at(one.rate_pct or 0)) for one in run), INK, 1.3) for run in runs(rates)]
    drawn += [
        f'<circle cx="{place[rate.quarter]}" cy="{at(rate.rate_pct)}" r="{2.6 if rate is rates[-1] else 1.5}" fill="{INK}"/>'
        for rate in rates
        if rate.rate_pct is not None
    ]
    return "".join(drawn)


def _averages(averages: Mapping[str, Decimal], place: Mapping[str, float], at: object) -> list[str]:
    assert callable(at)
    known = [quarter for quarter in place if quarter in averages]
    points = [(place[quarter], at(averages[quarter])) for quarter in known]
    drawn = [joined(points, PALE, 1.3, dash="4,2")]
    if points:
        drawn += [f'<circle cx="{x}" cy="{y}" r="1.8" fill="{PALE}"/>' for x, y in points]
    return drawn


def _span(rates: Sequence[QuarterRate], averages: Mapping[str, Decimal]) -> tuple[int, list[int]]:
    lows = [float(rate.rate_pct) for rate in rates if rate.rate_pct is not None]
    lows += [
        rate.ci_display_low * 100 for rate in rates if rate.ci_display_low is not None and rate.rate_pct is not None
    ]
    lows += [float(average) for average in averages.values()]
    span = 100 - min(lows, default=0)
    step = 5 if span <= 15 else 10 if span <= 35 else 20 if span <= 70 else 50
    low = max(0, floor((min(lows, default=0) - 0.5) / step) * step)
    return low, list(range(low, 101, step))
