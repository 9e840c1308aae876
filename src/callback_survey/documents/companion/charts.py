"""The dot plot of a measure as a Vega-Lite specification: one for paper, for the files and for the page that answers.

A department is a row: its printed rate, the interval, the answers out of the frame. The average is a line. How a
department stands to it is told by shape *and* filling, so that a black and white copy says the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from callback_survey.documents.companion.layout import axis, name_width, row_step, wrapped
from callback_survey.documents.companion.look import CONFIG, FONT, HAIR, INK, INTERVAL, LEGEND, MARKS, QUIET, SCHEMA
from callback_survey.documents.companion.model import DepartmentRate, Flag, MeasureFigures
from callback_survey.documents.notice.words import benchmark

_WIDTH = 640  # CSS pixels: the width of the text on A4
_LINE = 14  # from line to line below a title
_RATE_COLUMN, _DIGIT = 50, 6  # beside the plot: room for a printed rate, and for each sign of the answers


def specification(
    figures: MeasureFigures,
    departments: Sequence[DepartmentRate] | None = None,
    *,
    is_interactive: bool = False,
) -> dict[str, Any]:
    """The chart of `departments` (all rated ones unless given), on the axis of the whole measure.

    With `is_interactive` a row answers to the pointer, and to a parameter `focused` that holds a department's code.
    """
    shown = figures.rated if departments is None else tuple(departments)
    values = [_row(found, figures) for found in shown]
    labels = [value["label"] for value in values]
    margin = name_width(labels)
    low, ticks = axis(figures)
    y = {
        "field": "label",
        "type": "ordinal",
        "sort": None,
        "scale": {"domain": labels, "paddingOuter": 0.2},
        "axis": {
            "title": None,
            "labelExpr": "split(datum.label, '\\n')",
            "labelLimit": 0,
            "labelPadding": 6,
            "ticks": False,
            "domain": False,
            "grid": True,
            "gridColor": HAIR,
            "gridDash": [1, 2],
        },
    }
    beside = _RATE_COLUMN + max([74, *(len(value["answers"]) * _DIGIT + 10 for value in values)])
    plot_width = _WIDTH - margin - beside
    layers = [
        *([_band(plot_width + beside)] if is_interactive else []),
        *([] if figures.is_published_only else [_intervals()]),
        *([] if figures.benchmark_pct is None or figures.benchmark_pct < low else _benchmark(figures, low)),
        *([] if figures.average_pct is None else _average(figures, low)),
        _points(figures),
        *_figures_beside(figures, plot_width, beside),
    ]
    return {
        "$schema": SCHEMA,
        "width": plot_width,
        "height": {"step": round(row_step(labels), 1)},
        "background": "white",
        "padding": {"left": 2, "right": 2, "top": 4, "bottom": 4},
        "autosize": {"type": "pad"},
        **({"params": [{"name": "focused", "value": ""}]} if is_interactive else {}),
        "data": {"name": "departments", "values": values},
        "encoding": {"y": y, "x": _x(figures, low, ticks)},
        "layer": layers,
        "config": CONFIG,
    }


def svg_of(spec: dict[str, Any]) -> str:
    """The chart as SVG, with a root that fills the width it is given."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def png_of(svg: str) -> bytes:
    """Twice the size on screen, enough for print; few colours, or every chart would weigh ten times as much."""
    import vl_convert
    from PIL import Image

    drawn = (
        Image.open(BytesIO(vl_convert.svg_to_png(svg, scale=2)))
        .convert("RGB")
        .quantize(64, method=Image.Quantize.FASTOCTREE)
    )
    small = BytesIO()
    drawn.save(small, "png")
    return small.getvalue()


def titled(svg: str, title: str, lines: Sequence[str]) -> str:
    """The chart with a title above it, and lines that say what it shows: for a file of its own. To draw it once more would cost
    as much as the first time."""
    from markupsafe import escape

    found = re.match(r'<svg([^>]*?) width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*">', svg)
    assert found is not None
    attributes, width, height = found[1], found[2], float(found[3])
    text = '<text x="2" y="{y}" font-family="{font}" font-size="{size}px" {style}>{line}</text>'
    head = [text.format(y=16, font=FONT, size=14, style=f'font-weight="700" fill="{INK}"', line=escape(title))]
    for number, line in enumerate(lines, 1):
        y = 20 + number * _LINE
        head.append(text.format(y=y, font=FONT, size=10.5, style=f'fill="{QUIET}"', line=escape(line)))
    top = 28 + len(lines) * _LINE
    size = f'width="{width}" height="{height + top:g}" viewBox="0 0 {width} {height + top:g}"'
    inner = svg[found.end() :].removesuffix("</svg>")
    background = f'<rect width="{width}" height="{top}" fill="white"/>'
    return f'<svg{attributes} {size}>{background}{"".join(head)}<g transform="translate(0,{top})">{inner}</g></svg>'


def described(svg: str, name: str, title: str, description: str) -> str:
    """The SVG with its title and description as a screen reader reads them; what is drawn is then one picture."""
    from markupsafe import escape

    attributes, _, drawn = svg.removeprefix("<svg").partition(">")
    return (
        f'<svg role="img" lang="zh-CN" aria-labelledby="{name}-title {name}-desc"{attributes}>'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>{drawn}'
    )


def _row(found: DepartmentRate, figures: MeasureFigures) -> dict[str, Any]:
    answered = "—" if found.answered_count is None else f"{found.answered_count:,}"
    return {
        "code": found.department_code,
        "name": found.department_name,
        "label": wrapped(found.department_name + found.mark),
        "rate": float(found.rate_pct or 0),
        "rate_text": f"{found.rate_pct:.2f}",
        "low": None if found.ci_display_low is None else round(found.ci_display_low * 100, 4),
        "high": None if found.ci_display_high is None else round(found.ci_display_high * 100, 4),
        "answers": f"{answered} / {found.valid_frame_count or 0:,}",
        "is_few": bool(found.mark),
        "flag": figures.flag_labels[found.flag],
    }


def _x(figures: MeasureFigures, low: int, ticks: list[int]) -> dict[str, Any]:
    return {
        "type": "quantitative",
        "scale": {"domain": [low, 100], "nice": False, "zero": False},
        "axis": {
            "values": ticks,
            "title": f"{figures.measure_name}（%）" + ("" if low == 0 else f"　横轴从 {low} 开始"),
            "grid": False,
            "tickColor": INTERVAL,
            "domainColor": INTERVAL,
        },
    }


def _band(width: int) -> dict[str, Any]:
    """A row's own area: it takes the pointer, and shows which row is meant."""
    return {
        "name": "rows",
        "mark": {"type": "rect", "cursor": "default", "tooltip": False},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": width},
            "color": {"value": "#ffe08a"},
            "opacity": {"condition": {"test": "datum.code === focused", "value": 0.55}, "value": 0.001},
        },
    }


def _intervals() -> dict[str, Any]:
    return {
        "name": "intervals",
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "rule", "strokeWidth": 1.8, "color": INTERVAL, "strokeCap": "butt"},
        "encoding": {
            "x": {"field": "low"},
            "x2": {"field": "high"},
            "strokeDash": {"condition": {"test": "datum.is_few", "value": [3, 2]}, "value": [1, 0]},
        },
    }


def _average(figures: MeasureFigures, low: int) -> list[dict[str, Any]]:
    average = float(figures.average_pct or 0)
    is_left = average < low + (100 - low) * 0.4
    text = f"平均 {figures.average_pct:.2f}"
    x = {"field": "average", "type": "quantitative"}
    place = {"align": "left", "dx": -4} if is_left else {"align": "right", "dx": 4}
    return [
        {
            "name": "average",
            "data": {"values": [{"average": average}]},
            "mark": {"type": "rule", "color": INK, "strokeWidth": 1.2},
            "encoding": {"x": x, "y": {"value": -4}, "y2": {"value": {"expr": "height"}}},
        },
        {
            "data": {"values": [{"average": average}]},
            "mark": {"type": "text", "baseline": "bottom", "fontWeight": 700, "fontSize": 11, "color": INK, **place},
            "encoding": {"x": x, "y": {"value": -6}, "text": {"value": text}},
        },
    ]


def _benchmark(figures: MeasureFigures, low: int) -> list[dict[str, Any]]:
    """What the average is measured by, with its year: a dashed line, named above the name of the average."""
    value = float(figures.benchmark_pct or 0)
    x = {"field": "benchmark", "type": "quantitative"}
    is_left = value < low + (100 - low) * 0.4
    place = {"align": "left", "dx": -4} if is_left else {"align": "right", "dx": 4}
    text = f"{benchmark(figures)} {figures.benchmark_pct:.2f}"
    return [
        {
            "name": "benchmark",
            "data": {"values": [{"benchmark": value}]},
            "mark": {"type": "rule", "color": QUIET, "strokeWidth": 1, "strokeDash": [4, 3]},
            "encoding": {"x": x, "y": {"value": 0}, "y2": {"value": {"expr": "height"}}},
        },
        {
            "data": {"values": [{"benchmark": value}]},
            "mark": {"type": "text", "baseline": "bottom", "fontSize": 10, "color": QUIET, **place},
            "encoding": {"x": x, "y": {"value": -20}, "text": {"value": text}},
        },
    ]


def _points(figures: MeasureFigures) -> dict[str, Any]:
    labels = figures.flag_labels
    untested = (Flag.TOO_FEW, Flag.ABOVE_BEYOND_CHANCE, Flag.BELOW_BEYOND_CHANCE, Flag.BELOW_SUPERPOPULATION)
    flags = [flag for flag in MARKS if not (figures.is_published_only and flag in untested)]
    domain = [labels[flag] for flag in flags]

    def scale(place: int) -> dict[str, Any]:
        return {"domain": domain, "range": [MARKS[flag][place] for flag in flags]}

    return {
        "name": "points",
        "mark": {"type": "point", "filled": True, "size": 52, "strokeWidth": 1.3, "opacity": 1},
        "encoding": {
            "x": {"field": "rate"},
            "shape": {"field": "flag", "type": "nominal", "scale": scale(0), "legend": LEGEND},
            "fill": {"field": "flag", "type": "nominal", "scale": scale(1), "legend": LEGEND},
            "stroke": {"field": "flag", "type": "nominal", "scale": scale(2), "legend": LEGEND},
        },
    }


def _figures_beside(figures: MeasureFigures, plot_width: int, beside: int) -> list[dict[str, Any]]:
    """The printed rate and the answers, in columns of their own, with a head each."""
    columns = (
        ("rate_text", figures.measure_name, plot_width + _RATE_COLUMN - 2),
        ("answers", "回答 / 样本框", plot_width + beside),
    )
    found: list[dict[str, Any]] = []
    for field, head, right in columns:
        text = {"type": "text", "align": "right", "fontSize": 10.5, "color": INK}
        place = {"value": right}
        found.append({"mark": text, "encoding": {"x": place, "text": {"field": field, "type": "nominal"}}})
        found.append(
            {
                "data": {"values": [{}]},
                "mark": {**text, "baseline": "bottom", "fontSize": 10, "color": QUIET},
                "encoding": {"x": place, "y": {"value": -6}, "text": {"value": head}},
            }
        )
    return found
