"""The notice as one HTML page. The same data give the same bytes: no clock, no network, no random order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from callback_survey import pages
from callback_survey.documents.notice.data import NoticeData
from callback_survey.documents.notice.heading import DRAFT, Heading
from callback_survey.documents.notice.text import NoticeText, Origin, compose

if TYPE_CHECKING:
    from jinja2 import Template


def render_notice(
    marts: NoticeData,
    *,
    revision: str | None = None,
    content_hash: str | None = None,
    data_note: str | None = None,
    accepted: Sequence[Mapping[str, str]] = (),
    heading: Heading = DRAFT,
) -> str:
    """The notice of one region and quarter as a self-contained HTML page (A4 when printed).

    `revision` and `content_hash` name the release the figures come from; a preview has neither. `data_note` and
    `accepted` are as in `Origin`. Without a heading it is a draft whose number, issuer and date stay blank.
    """
    return render_html(compose(marts, Origin(revision, content_hash, data_note, accepted), heading))


def render_html(text: NoticeText) -> str:
    return _template().render(text=text) + "\n"


@cache
def _template() -> Template:
    return pages.environment("callback_survey.documents.notice").get_template("notice.html.j2")
