"""The chart as a page that answers to pointer and keyboard. One file with its own runtime: it opens from an archive, offline."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from callback_survey.documents.companion import charts, department_words, funnel, page, phone, wording
from callback_survey.documents.companion.model import CompanionData, MeasureFigures
from callback_survey.wording import terms

if TYPE_CHECKING:
    from callback_survey.releases import Release

RUNTIME = "vega.js.gz"
TITLE = "电话回访结果互动图"


def render_explore(marts: CompanionData, release: Release) -> str:
    """The interactive page of a region and quarter. Charts are evaluated by Vega's interpreter, so no script is made of text."""
    measures = [_measure(figures) for figures in marts.measures]
    rendered = (
        page.environment()
        .get_template("explore.html.j2")
        .render(
            data=marts,
            title=TITLE,
            period=terms.period(marts.quarter),
            release=release,
            measures=measures,
            embedded=embedded({found["measure"]: found for found in measures}),
            runtime=runtime(),
        )
    )
    return rendered + "\n"


def embedded(value: Any) -> str:
    """JSON that may stand inside a script element: no name in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def runtime() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script (scripts/vega_runtime makes it)."""
    packed = resources.files("callback_survey.documents.companion").joinpath(RUNTIME).read_bytes()
    return gzip.decompress(packed).decode()


def _measure(figures: MeasureFigures) -> dict[str, Any]:
    found = funnel.funnel_of(figures)
    return {
        "measure": figures.measure,
        "name": figures.measure_name,
        "specification": charts.specification(figures, is_interactive=True) if figures.rated else None,
        "alternative": wording.alternative(figures),
        "funnel": funnel.specification(figures, found, is_interactive=True) if found else None,
        "funnel_alternative": wording.funnel_alternative(figures, found) if found else "",
        "funnel_key": wording.funnel_key(found, figures.cases) if found else "",
        "key": "".join(wording.key_lines(figures)),
        "average": f"{figures.average_pct}",
        "departments": [_department(row, figures) for row in phone.rows(figures)],
    }


def _department(row: phone.Row, figures: MeasureFigures) -> dict[str, Any]:
    """What tooltip and panel show, in words; and its row on a narrow screen."""
    found = row.found
    return {
        "row": {
            "sign": row.sign,
            "is_below": bool(found.is_below_average),
            "place": row.place,
            "low": row.low,
            "width": row.width,
            "average": row.average,
        },
        "rate": f"{found.rate_pct}",
        "mark": found.mark,
        "code": found.department_code,
        "name": found.department_name,
        "details": department_words.details(found, figures),
    }
