"""The notice as one HTML page. The same data give the same bytes: no clock, no network, no random order."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from callback_survey import pages
from callback_survey.documents.notice.text import NoticeText

if TYPE_CHECKING:
    from jinja2 import Template


def render_html(text: NoticeText) -> str:
    """The notice as a self-contained HTML page (A4 when printed)."""
    return _template().render(text=text) + "\n"


@cache
def _template() -> Template:
    return pages.environment("callback_survey.documents.notice").get_template("notice.html.j2")
