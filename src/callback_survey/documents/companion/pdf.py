"""The companion as PDF: the same page, set on A4; and what of a text cannot be printed."""

from __future__ import annotations

import logging
from html import escape

from callback_survey.documents.notice.text import MISSING_TYPE

logger = logging.getLogger(__name__)


def pdf_of(html: str) -> bytes:
    """`html` names nothing outside itself; a fetcher that refuses makes sure of that.

    A character that no font has, such as a sign in the sender's note, is printed as 〓: names of departments that no font has
    were told with the notice.
    """
    from weasyprint import HTML

    # it warns of what the page says to browsers only
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    laid_out = HTML(string=html, url_fetcher=_refuse).render(pdf_variant="pdf/ua-1")
    made = laid_out.write_pdf(pdf_variant="pdf/ua-1")
    if missing := {character for font in laid_out.fonts.values() for character in font.missing}:
        marked = html.translate(dict.fromkeys(missing, MISSING_TYPE))
        made = HTML(string=marked, url_fetcher=_refuse).write_pdf(pdf_variant="pdf/ua-1")
    return bytes(made or b"")


def with_types(text: str) -> str:
    """The text with 〓 for every character that no font of this machine has: a picture would show boxes, and say nothing."""
    from weasyprint import HTML

    laid_out = HTML(string=f"<p>{escape(text)}", url_fetcher=_refuse).render()
    laid_out.write_pdf()
    missing = {character for font in laid_out.fonts.values() for character in font.missing}
    if missing:
        shown = " ".join(sorted(map(chr, missing))[:10])
        logger.warning("charts: no font of this machine has %s; drawn as 〓", shown)
    return text.translate(dict.fromkeys(missing, MISSING_TYPE))


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a companion fetches nothing, and this one asks for {url}")
