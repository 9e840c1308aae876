"""The funnel plot of a measure: the rate against the answers it rests on, with limits that narrow as these grow.

The limits say where a department lies that is like the others, nineteen times of twenty or 499 of 500. They are a drawing
aid: what is beyond chance among many departments is told by the tests, and drawn as the sign of a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, exp, lgamma, log, sqrt
from typing import Any

from callback_survey.documents.companion.look import CONFIG, HAIR, INK, LEGEND, MARKS, QUIET, SCHEMA
from callback_survey.documents.companion.model import DepartmentRate, MeasureFigures

# as the tests: with fewer departments the mean is too uncertain to compare with (inference_settings.csv)
LEAST_DEPARTMENTS = 5
LEVELS = {"95%": 0.95, "99.8%": 0.998}
_WIDTH, _HEIGHT = 560, 270
_STEPS = 48
_ROUND = tuple(digit * 10**power for power in range(6) for digit in (1, 2, 5))
_FEWEST_TICKS = 3


@dataclass(frozen=True)
class Funnel:
    """The departments in the plot, the mean of their rates, and as how many answers of one department it counts."""

    departments: tuple[DepartmentRate, ...]
    mean: float
    answers_of_mean: float


def funnel_of(figures: MeasureFigures) -> Funnel | None:
    """None where a comparison of departments says too little. What is masked or not rated is not in it."""
    shown = tuple(found for found in figures.rated if found.answered_count and not found.has_few)
    if len(shown) < LEAST_DEPARTMENTS:
        return None
    rates = [float(found.rate_pct or 0) / 100 for found in shown]
    spread = sum(1 / (found.answered_count or 1) for found in shown)
    size = len(shown) ** 2 / spread
    mean = sum(rates) / len(rates)
    edge = 1 / (size + 1)
    return Funnel(shown, max(edge, min(1 - edge, mean)), size)


@cache
def limits(answers: int, mean: float, answers_of_mean: float, level: float) -> tuple[float, float]:
    """The rates between which `level` of departments with so many answers lie, if their mean is as sure as `answers_of_mean`.

    The count is beta-binomial. Between two whole numbers the limit is interpolated by probability, or it would jump.
    """
    alpha, beta = mean * (answers_of_mean - 1), (1 - mean) * (answers_of_mean - 1)
    tail = (1 - level) / 2
    low = _quantile(answers, alpha, beta, tail)
    # from above, the other answers are the successes
    return low, 1 - _quantile(answers, beta, alpha, tail)


def _quantile(answers: int, alpha: float, beta: float, tail: float) -> float:
    whole = lgamma(answers + 1) - lgamma(alpha + beta + answers) + lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)
    # a large department has many counts, and those twenty standard deviations down add nothing that a plot could show
    mean = alpha / (alpha + beta)
    deviation = sqrt(answers * mean * (1 - mean) * (1 + (answers - 1) / (alpha + beta + 1)))
    below = 0.0
    for count in range(max(0, int(answers * mean - 20 * deviation)), answers + 1):
        chosen = whole - lgamma(count + 1) - lgamma(answers - count + 1)
        own = exp(chosen + lgamma(count + alpha) + lgamma(answers - count + beta))
        if below + own >= tail:
            return max(0.0, count - (below + own - tail) / own) / answers
        below += own
    return 1.0


def outside(funnel: Funnel, level: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the departments below the limits and above them."""
    below, above = [], []
    for found in funnel.departments:
        low, high = limits(found.answered_count or 0, funnel.mean, funnel.answers_of_mean, level)
        rate = float(found.rate_pct or 0) / 100
        if rate < low:
            below.append(found.department_name)
        elif rate > high:
            above.append(found.department_name)
    return tuple(below), tuple(above)


def specification(figures: MeasureFigures, funnel: Funnel, *, is_interactive: bool = False) -> dict[str, Any]:
    """The plot. With `is_interactive` a mark answers to the pointer, and to a parameter `focused` that holds its code."""
    sizes = [found.answered_count or 0 for found in funnel.departments]
    first, last = min(sizes) / 1.15, max(sizes) * 1.15
    curves: list[dict[str, Any]] = [
        {"answers": n, "level": level, "low": low * 100, "high": high * 100}
        for level, share in LEVELS.items()
        for n in _grid(min(sizes), max(sizes))
        for low, high in [limits(n, funnel.mean, funnel.answers_of_mean, share)]
    ]
    lowest = min([*(curve["low"] for curve in curves), *(float(found.rate_pct or 0) for found in funnel.departments)])
    x = {
        "field": "answers",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [first, last], "nice": False},
        "axis": {
            "title": "有效回答数（对数刻度）",
            "values": ticks(first, last),
            "grid": False,
            "format": ",d",
        },
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [max(0, lowest - 2), 103], "nice": False, "zero": False},
        "axis": {
            "title": f"{figures.measure_name}（%）",
            "values": list(range(0, 101, 10)),
            "gridColor": HAIR,
            "gridDash": [1, 2],
        },
    }
    return {
        "$schema": SCHEMA,
        "width": _WIDTH,
        "height": _HEIGHT,
        "background": "white",
        "padding": {"left": 2, "right": 8, "top": 4, "bottom": 4},
        "autosize": {"type": "pad"},
        **({"params": [{"name": "focused", "value": ""}]} if is_interactive else {}),
        "layer": [
            *(_curve(curves, x, y, bound) for bound in ("low", "high")),
            {
                "data": {"values": [{"mean": funnel.mean * 100}]},
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1.2},
                "encoding": {"y": {**y, "field": "mean"}},
            },
            _marks(figures, funnel, x, y, is_interactive=is_interactive),
            *_names(figures, funnel, x, y),
        ],
        "config": CONFIG,
    }


def ticks(first: float, last: float) -> list[int]:
    """Round numbers of the axis: 1, 2 and 5 of each decade, or, where the range is too narrow for some of them, the multiples of the
    largest round step that has some."""
    decades = [number for number in _ROUND if first <= number <= last]
    if len(decades) >= _FEWEST_TICKS:
        return decades
    multiples = (list(range(ceil(first / step) * step, int(last) + 1, step)) for step in reversed(_ROUND))
    return next((found for found in multiples if len(found) >= _FEWEST_TICKS), [*range(ceil(first), int(last) + 1)])


def _grid(least: int, most: int) -> list[int]:
    """Sizes at equal steps of the logarithm, each once."""
    if least == most:
        return [least]
    step = (log(most) - log(least)) / _STEPS
    return sorted({round(exp(log(least) + step * place)) for place in range(_STEPS + 1)} | {least, most})


def _curve(curves: Sequence[dict[str, Any]], x: dict[str, Any], y: dict[str, Any], bound: str) -> dict[str, Any]:
    return {
        "data": {"values": list(curves)},
        "mark": {"type": "line", "color": QUIET, "strokeWidth": 1.1},
        "encoding": {
            "x": x,
            "y": {**y, "field": bound},
            "strokeDash": {
                "field": "level",
                "type": "nominal",
                "scale": {"domain": list(LEVELS), "range": [[4, 3], [1, 0]]},
                "legend": {"title": None, "orient": "top", "symbolType": "stroke", "symbolSize": 300, "offset": 2},
            },
        },
    }


def _marks(
    figures: MeasureFigures, funnel: Funnel, x: dict[str, Any], y: dict[str, Any], *, is_interactive: bool
) -> dict[str, Any]:
    labels = figures.flag_labels
    present = {found.flag for found in funnel.departments}
    flags = [flag for flag in MARKS if flag in present]

    def scale(place: int) -> dict[str, Any]:
        return {"domain": [labels[flag] for flag in flags], "range": [MARKS[flag][place] for flag in flags]}

    focus = {"size": {"condition": {"test": "datum.code === focused", "value": 190}, "value": 52}}
    return {
        "name": "funnel",
        "data": {"values": [_mark(found, figures) for found in funnel.departments]},
        "mark": {"type": "point", "filled": True, "size": 52, "strokeWidth": 1.3, "opacity": 1, "tooltip": False},
        "encoding": {
            "x": x,
            "y": {**y, "field": "rate"},
            "shape": {"field": "flag", "type": "nominal", "scale": scale(0), "legend": LEGEND},
            "fill": {"field": "flag", "type": "nominal", "scale": scale(1), "legend": LEGEND},
            "stroke": {"field": "flag", "type": "nominal", "scale": scale(2), "legend": LEGEND},
            **(focus if is_interactive else {}),
        },
    }


def _names(figures: MeasureFigures, funnel: Funnel, x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """Who lies outside is named in the plot, on a white ground; the others are in the table."""
    layers = []
    # those below have room on the right, those above only over the mark, and at the right edge to the left
    places = ({"align": "left", "dx": 7}, {"align": "right", "dx": 8, "dy": -7, "baseline": "bottom"})
    for names, place in zip(outside(funnel, LEVELS["95%"]), places, strict=True):
        values = [_mark(found, figures) for found in funnel.departments if found.department_name in names]
        for ground in ({"stroke": "white", "strokeWidth": 4}, {}):
            layers.append(
                {
                    "data": {"values": values},
                    "mark": {"type": "text", "fontSize": 10.5, "color": QUIET, **place, **ground},
                    "encoding": {"x": x, "y": {**y, "field": "rate"}, "text": {"field": "name", "type": "nominal"}},
                }
            )
    return layers


def _mark(found: DepartmentRate, figures: MeasureFigures) -> dict[str, Any]:
    return {
        "code": found.department_code,
        "name": found.department_name,
        "answers": found.answered_count,
        "rate": float(found.rate_pct or 0),
        "flag": figures.flag_labels[found.flag],
    }
