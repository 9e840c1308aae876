"""The companion as PDF: the same page, set on A4."""

from __future__ import annotations

import logging


def pdf_of(html: str) -> bytes:
    """`html` names nothing outside itself; a fetcher that refuses makes sure of that."""
    from weasyprint import HTML

    # it warns of what the page says to browsers only
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return bytes(HTML(string=html, url_fetcher=_refuse).write_pdf(pdf_variant="pdf/ua-1") or b"")


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a companion fetches nothing, and this one asks for {url}")
