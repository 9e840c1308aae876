"""The results of the benchmarks as one page, with pictures."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.measure import Cost

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}"
)


def write(results: Path) -> Path:
    """Write `index.html` beside the results; returns its path."""
    runs = sorted(
        (json.loads(path.read_text(encoding="utf-8")) for path in results.glob("districts-*.json")),
        key=lambda run: int(run["districts"]),
    )
    growth = results / "growth.json"
    parts = [part for run in runs for part in _run(run)]
    if len(runs) > 1:
        parts += ["<h2>By districts</h2>", _lines(_by_districts(runs), "districts", "CPU seconds")]
    if growth.is_file():
        parts += _growth(json.loads(growth.read_text(encoding="utf-8")))
    target = results / "index.html"
    body = "\n".join(parts)
    target.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmarks</title><style>{_STYLE}</style>'
        f"<h1>What runs cost</h1><p>Invented districts; whole processes with all that they start.</p>\n{body}\n</html>\n",
        encoding="utf-8",
    )
    return target


def _run(run: Mapping[str, Any]) -> Iterable[str]:
    versions = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    yield f"<h2>{run['districts']} districts, {run['bytes'] / 1e6:,.0f} MB of CSV</h2>"
    yield f"<p>{html.escape(run['machine'])}, {run['cores']} cores; {html.escape(versions)}; documents: {html.escape(run['formats'])}</p>"
    base = measure.base([Cost(**cost) for cost in run["costs"]])
    yield _table(
        ("", "CPU seconds", "wall seconds", "most memory, MB", "times the script"),
        [
            (
                cost["what"],
                cost["cpu_seconds"],
                cost["wall_seconds"],
                cost["tree_mb"],
                f"{cost['cpu_seconds'] / base:.1f}" if base else "",
            )
            for cost in run["costs"]
        ],
    )
    steps = [
        {"run": cost["what"], "step": step, "seconds": seconds}
        for cost in run["costs"]
        for step, seconds in (cost["steps"] or {}).items()
    ]
    yield _bars(steps)


def _growth(found: Mapping[str, Any]) -> list[str]:
    values = [
        {"series": cost["what"], "x": int(count), "y": cost["cpu_seconds"]}
        for count, costs in found["releases"].items()
        for cost in costs
    ]
    return ["<h2>By releases that are there already</h2>", _lines(values, "releases", "CPU seconds")]


def _by_districts(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"series": cost["what"], "x": run["districts"], "y": cost["cpu_seconds"]}
        for run in runs
        for cost in run["costs"]
    ]


def _lines(values: Sequence[Mapping[str, Any]], x_title: str, y_title: str) -> str:
    def axis(field: str, title: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "title": title}

    encoding = {
        "x": axis("x", x_title),
        "y": axis("y", y_title),
        "color": {"field": "series", "type": "nominal", "title": None},
    }
    return _svg({"width": 560, "height": 260, "mark": {"type": "line", "point": True}, "encoding": encoding}, values)


def _bars(steps: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(step["step"] for step in steps))
    encoding = {
        "y": {"field": "run", "type": "nominal", "title": None, "sort": None},
        "x": {"field": "seconds", "type": "quantitative", "title": "wall seconds"},
        "color": {"field": "step", "type": "nominal", "title": None, "sort": names},
    }
    return _svg({"width": 560, "mark": "bar", "encoding": encoding}, steps)


def _svg(chart: Mapping[str, Any], values: Sequence[Mapping[str, Any]]) -> str:
    import vl_convert

    return str(
        vl_convert.vegalite_to_svg(
            {"$schema": _SCHEMA, "data": {"values": list(values)}, **chart}, allowed_base_urls=[]
        )
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def line(cells: Sequence[object], kind: str) -> str:
        return f"<tr>{''.join(f'<{kind}>{html.escape(str(cell))}</{kind}>' for cell in cells)}</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"
