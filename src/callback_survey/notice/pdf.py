"""The notice as PDF: the page as it prints, with its font inside, tagged for screen readers. The same page gives the same bytes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from callback_survey.notice.render import render_html

if TYPE_CHECKING:
    from callback_survey.notice.text import NoticeText

# What a browser cannot be told in the page itself: which release a single printed page belongs to, and that it is a draft.
_MARGINS = """
@page {{
  @bottom-left {{ content: "{foot}"; font: 8pt "Noto Sans CJK SC", sans-serif; color: #444; }}
  @bottom-right {{ content: "{status}"; font: 8pt "Noto Sans CJK SC", sans-serif; color: #444; }}
}}
"""


def render_pdf(text: NoticeText) -> bytes:
    """The notice on A4, as PDF/UA-1. Nothing is fetched while it is made."""
    from weasyprint import CSS, HTML

    # it warns of what the page says to browsers only
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    margins = _MARGINS.format(foot=_quoted(text.running_foot), status=_quoted(text.status))
    page = HTML(string=render_html(text), url_fetcher=_refuse)
    made: bytes = page.write_pdf(stylesheets=[CSS(string=margins)], pdf_variant="pdf/ua-1")
    return made


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a notice needs nothing from elsewhere, and asked for {url}")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
