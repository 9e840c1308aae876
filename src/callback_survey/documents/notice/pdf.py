"""The notice as PDF: the page as it prints, with its font inside, tagged for screen readers. The same page gives the same bytes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from callback_survey.documents.notice.justified import justify
from callback_survey.documents.notice.render import render_html
from callback_survey.errors import UsageError

if TYPE_CHECKING:
    from callback_survey.documents.notice.text import NoticeText

logger = logging.getLogger(__name__)

# What a browser cannot be told in the page itself: which release a single printed page of a draft belongs to, and that it is one.
_PRINTED = """
@page {{ @bottom-center {{ content: "{foot}"; font: 8pt "Noto Sans CJK SC", sans-serif; color: #444; }} }}
"""


def render_pdf(text: NoticeText) -> bytes:
    """The notice on A4, as PDF/UA-1. Nothing is fetched while it is made.

    Raises UsageError where this machine lacks Pango or a font with the characters of the notice: boxes instead of names
    would be frozen with the release.
    """
    _load()
    made, missing = _set(text)
    if not missing:
        return made
    # a sign that the sender or a signer used and no font has is no reason to print nothing
    made, still_missing = _set(text.without(missing))
    if still_missing:
        raise _lacking(f"no font of this machine has {' '.join(sorted(missing)[:10])}")
    logger.warning("notice.pdf: no font of this machine has %s; printed as 〓", " ".join(sorted(missing)[:10]))
    return made


def require_machine() -> None:
    """Raises UsageError where this machine lacks what `render_pdf` needs, by the words that every notice has."""
    _load()
    from weasyprint import HTML

    laid_out = HTML(string="<p>满意率实现率平均部门", url_fetcher=_refuse).render()
    laid_out.write_pdf()
    if missing := _without_type(laid_out):
        raise _lacking(f"no font of this machine has {' '.join(sorted(missing)[:10])}")


def _load() -> None:
    try:
        import weasyprint  # noqa: F401 - it loads Pango
    except OSError as error:
        raise _lacking(f"a library that makes PDF files cannot be loaded: {error}") from None
    # it warns of what the page says to browsers only
    logging.getLogger("weasyprint").setLevel(logging.ERROR)


def _without_type(laid_out: Any) -> set[str]:
    return {chr(character) for font in laid_out.fonts.values() for character in font.missing}


def _set(text: NoticeText) -> tuple[bytes, set[str]]:
    """The PDF, and the characters that no font has."""
    from weasyprint import CSS, HTML

    foot = "　".join(said for said in (text.running_foot, text.status) if said)
    printed = _PRINTED.format(foot=_quoted(foot))
    page = HTML(string=render_html(text), url_fetcher=_refuse)
    laid_out = page.render(stylesheets=[CSS(string=printed)], pdf_variant="pdf/ua-1")
    justify(laid_out)
    made: bytes = laid_out.write_pdf(pdf_variant="pdf/ua-1")
    return made, _without_type(laid_out)


def _lacking(what: str) -> UsageError:
    return UsageError(
        f"the notice cannot be written as PDF: {what}",
        expected="Pango and a Chinese font, such as Noto Serif CJK",
        next_step="scripts/system_packages run; or leave PDF out: CALLBACK_SURVEY_DOCUMENTS=html",
    )


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a notice needs nothing from elsewhere, and asked for {url}")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
