"""What leaves for a browser, and what the browser is told it may do with it.

The pages run no script. A document gets no part of Airflow's session: the browser is told to treat it as of no origin, so that
not even a script in it could call Airflow as the visitor. No answer may fetch anything from outside, or be framed elsewhere.
"""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fastapi import Response

from callback_survey import pages
from callback_survey.airflow.pages import words
from callback_survey.local_time import to_the_second
from callback_survey.wording import signs, terms
from callback_survey.wording.translation import in_chinese

if TYPE_CHECKING:
    from jinja2 import Environment

    from callback_survey.airflow.pages.files_offered import Kind

_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_POLICIES: dict[Kind, str] = {
    "page": f"{_NOTHING}; sandbox; style-src 'unsafe-inline'; img-src data:; font-src data:",
    # the chart's script stands in the page; Vega's interpreter needs no eval
    "live": f"{_NOTHING}; sandbox allow-scripts allow-downloads; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:",
    "picture": f"{_NOTHING}; sandbox; style-src 'unsafe-inline'; img-src data:; font-src data:",
    "file": f"{_NOTHING}; sandbox",
}


def page(template: str, *, root: str, status_code: int = 200, **values: Any) -> Response:
    """One of our own pages. `root` is the address below which they all stand."""
    style, style_hash = _style()
    text = _templates().get_template(f"{template}.html.j2").render(root=root, style=style, **values)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; frame-src 'self'; "
        f"img-src 'self'; style-src '{style_hash}'"
    )
    return Response(text, status_code, _headers(policy), media_type=_TYPES[".html"])


def document(content: bytes, name: str, kind: Kind, saved_as: str) -> Response:
    """A file by its name. What no page shows is handed over to be saved, as `saved_as`."""
    headers = _headers(_POLICIES[kind])
    if kind == "file":
        headers["Content-Disposition"] = f'attachment; filename="{saved_as}"'
    return Response(content, 200, headers, media_type=_TYPES[PurePosixPath(name).suffix])


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-store",
    }


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and its hash as a policy names it."""
    text, _, _ = _templates().loader.get_source(_templates(), "plugin.css")  # type: ignore[union-attr]
    return text, "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()


@cache
def _templates() -> Environment:
    environment = pages.environment("callback_survey.airflow.pages")
    environment.filters |= {
        "local_time": to_the_second,
        "reason": in_chinese,
        "period": terms.period,
        "revision": terms.revision,
    }
    environment.globals |= {
        "acts": terms.ACTS,
        "datasets": terms.DATASETS,
        "details": words.DETAILS,
        "firm": signs.FIRM,
        "flags": words.FLAGS,
        "no_decision": words.NO_DECISION,
        "waiting": words.WAITING,
    }
    return environment
