"""How much room a chart takes: rows to a page, the height of a row, names in lines, where the axis begins."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from unicodedata import east_asian_width

from callback_survey.documents.companion.model import DepartmentRate, MeasureFigures

_NAME_UNITS = 16  # full-width characters of a name in one line
_EM = 11
_STEP, _SMALL_STEP = 15, 13.2
_ROOMY = 30  # departments up to here get the roomier step
# of a chart on paper: what leaves room for the rest of a measure's page, and what fills a page where one is not enough
_HEIGHT, _WHOLE_HEIGHT = 482, 660


def pages_of(figures: MeasureFigures) -> list[tuple[DepartmentRate, ...]]:
    """The rated departments in as few charts that fit on a page as will do, and these about equally long."""
    rated = figures.rated
    if not rated:
        return []
    step = row_step([wrapped(found.department_name + found.mark) for found in rated])
    if len(rated) <= _HEIGHT // step:
        return [rated]
    count = -(-len(rated) // int(_WHOLE_HEIGHT // step))
    size = -(-len(rated) // count)
    return [rated[start : start + size] for start in range(0, len(rated), size)]


def axis(figures: MeasureFigures) -> tuple[int, list[int]]:
    """Where the axis of percents begins, and its ticks: at 0 only if the figures reach down there."""
    lows = [float(found.rate_pct or 0) for found in figures.rated]
    lows += [found.ci_display_low * 100 for found in figures.rated if found.ci_display_low is not None]
    lows += [float(figures.average_pct)] if figures.average_pct is not None else []
    span = 100 - min(lows, default=0)
    step = 5 if span <= 40 else 10 if span <= 75 else 20
    # a mark exactly on the edge would be cut in half
    low = max(0, floor((min(lows, default=0) - 0.5) / step) * step)
    return low, list(range(low, 101, step))


def wrapped(name: str, units: int = _NAME_UNITS) -> str:
    """A long name in lines of at most `units` full-width characters; no name is cut."""
    lines, width = [""], 0.0
    for character in name:
        own = 1.0 if east_asian_width(character) in "WFA" else 0.5
        if width + own > units and character not in "）)、，†‡":
            kept = lines[-1].rstrip("（(")
            lines[-1:] = [kept, lines[-1][len(kept) :]]  # no line ends with an opening bracket
            width = float(len(lines[-1]))
        lines[-1] += character
        width += own
    return "\n".join(lines)


def row_step(labels: Sequence[str]) -> float:
    """The height of a row: of many rows less, of names in two lines more."""
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    return (_STEP if len(labels) <= _ROOMY else _SMALL_STEP) + (lines - 1) * 12


def name_width(labels: Sequence[str]) -> int:
    lines = [line for label in labels for line in label.split("\n")]
    units = max((sum(1 if east_asian_width(c) in "WFA" else 0.5 for c in line) for line in lines), default=4)
    return round(max(units, 5) * _EM + 10)
