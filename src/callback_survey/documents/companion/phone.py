"""The chart of a measure for a narrow screen: a row for each department, its name above its bar, its sign in place of a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from callback_survey.documents.companion.layout import axis
from callback_survey.documents.companion.model import DepartmentRate, Flag, MeasureFigures
from callback_survey.wording import signs

_SIGNS = {
    Flag.BELOW_SUPERPOPULATION: signs.FIRM_MARK,
    Flag.BELOW_BEYOND_CHANCE: signs.QUARTER_MARK,
    Flag.ABOVE_BEYOND_CHANCE: signs.ABOVE_MARK,
}


@dataclass(frozen=True)
class Row:
    """Places are percents of the width of the axis; None where there is no interval or average."""

    found: DepartmentRate
    sign: str
    place: float
    low: float | None
    width: float | None
    average: float | None


def rows(figures: MeasureFigures) -> list[Row]:
    """The rated departments, in the order of the annex."""
    start, _ = axis(figures)

    def at(percent: float) -> float:
        return round(max(percent - start, 0) / (100 - start) * 100, 1)

    average = None if figures.average_pct is None else at(float(figures.average_pct))
    found = []
    for one in figures.rated:
        low, high = one.ci_display_low, one.ci_display_high
        ends = None if low is None or high is None else (at(low * 100), at(high * 100))
        found.append(
            Row(
                one,
                sign(one.flag),
                at(float(one.rate_pct or 0)),
                ends and ends[0],
                ends and round(ends[1] - ends[0], 1),
                average,
            )
        )
    return found


def sign(flag: Flag) -> str:
    """What stands for a flag where there is no room for words; nothing where chance may explain it."""
    return _SIGNS.get(flag, "")
