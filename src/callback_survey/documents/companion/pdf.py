"""The companion as PDF: the same page, set on A4."""

from __future__ import annotations

import logging

from callback_survey.documents.notice.text import MISSING_TYPE


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


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a companion fetches nothing, and this one asks for {url}")
