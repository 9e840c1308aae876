"""How charts look: colours, the signs of the flags, type."""

from __future__ import annotations

from typing import Any

from callback_survey.documents.companion.model import Flag

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"
INK, QUIET, INTERVAL, HAIR = "#1a1a1a", "#4d4d4d", "#767676", "#d0d0d0"
# Vermilion dark enough to stand out from grey for every kind of colour vision, and in grey itself
ALARM = "#a63600"
# A circle of curves: WeasyPrint draws the arcs of Vega's own one as a hexagon
_K = 0.5523
_CIRCLE = f"M1,0C1,{_K},{_K},1,0,1C-{_K},1,-1,{_K},-1,0C-1,-{_K},-{_K},-1,0,-1C{_K},-1,1,-{_K},1,0Z"
# Vega's names of shapes; what fills them; their outline. Shape and filling tell the flag; the triangles are the notice's own
# signs, ▽ for this quarter's cases and ▼ where it also holds for the department; △ is their counterpart above the average.
MARKS: dict[Flag, tuple[str, str, str]] = {
    Flag.NOT_BELOW: (_CIRCLE, "#ffffff", QUIET),
    Flag.ABOVE_BEYOND_CHANCE: ("triangle-up", "#ffffff", INK),
    Flag.TOO_FEW: ("cross", "#ffffff", INTERVAL),
    Flag.BELOW: ("square", "#ffffff", INK),
    Flag.BELOW_BEYOND_CHANCE: ("triangle-down", "#ffffff", ALARM),
    Flag.BELOW_SUPERPOPULATION: ("triangle-down", ALARM, ALARM),
}
# What the signs mean, below the picture
LEGEND = {
    "orient": "bottom",
    "direction": "vertical",
    "columns": 2,
    "title": None,
    "labelLimit": 0,
    "symbolSize": 64,
    "columnPadding": 14,
    "rowPadding": 3,
    "offset": 4,
}
CONFIG: dict[str, Any] = {
    "font": FONT,
    # the picture is described as a whole, by its title and description
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 10.5,
        "titleFontWeight": 400,
        "labelColor": INK,
        "titleColor": QUIET,
    },
    "axisX": {"labelFontSize": 10},
    "legend": {"labelFontSize": 10.5, "labelColor": INK},
}
