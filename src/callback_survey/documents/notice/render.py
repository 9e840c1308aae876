"""The notice as one HTML page. The same data give the same bytes: no clock, no network, no random order."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from callback_survey import pages
from callback_survey.documents.notice import layout
from callback_survey.documents.notice.text import NoticeText

if TYPE_CHECKING:
    from jinja2 import Template

# as wide as a line to write on
_BLANK = "一二三四五六七八九十一二三四"


def render_html(text: NoticeText) -> str:
    """The notice as a self-contained HTML page (A4 when printed)."""
    heading = text.heading
    width, right = layout.signature_characters(heading.issuer or _BLANK, heading.texts.seal, heading.dated or _BLANK)
    page = _template().render(
        text=text,
        letterhead={
            "points": layout.letterhead_points(heading.issuer or _BLANK),
            "characters": layout.ems(heading.issuer or _BLANK),
        },
        # on paper: there a character of the body is set a little narrower than its size
        signature={"width": round(width * layout.SET_SHARE, 2), "right": round(right * layout.SET_SHARE, 2)},
    )
    return page + "\n"


@cache
def _template() -> Template:
    environment = pages.environment("callback_survey.documents.notice")
    environment.filters["breakable"] = _breakable
    return environment.get_template("notice.html.j2")


def _breakable(text: str) -> Markup:
    """A line may break before and after a quotation, which typesetters of other languages glue to its neighbours."""
    marked = re.sub("(?<=[\u4e00-\u9fff])“", "<wbr>“", str(escape(text)))
    return Markup(re.sub("”(?=[\u4e00-\u9fff])", "”<wbr>", marked))
