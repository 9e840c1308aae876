"""Writing the notice of a release in the forms that are wanted: notice.html, notice.pdf, notice.docx."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callback_survey.documents.notice.heading import DRAFT, Heading
from callback_survey.documents.notice.queries import read_notice_data
from callback_survey.documents.notice.render import render_html
from callback_survey.documents.notice.text import NoticeText, Origin, compose
from callback_survey.storage import files
from callback_survey.wording import terms

if TYPE_CHECKING:
    import duckdb

    from callback_survey.releases import Release
    from callback_survey.setting_values import Format

NAME = "notice"
# "departments" is of the companion alone
FORMS: tuple[Format, ...] = ("html", "pdf", "docx")


def write(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    folder: Path,
    *,
    schema: str,
    formats: Sequence[Format],
    heading: Heading = DRAFT,
    begin: Callable[[str], None] = lambda part: None,
) -> list[Path]:
    """Write the notice of a release into `folder` in those of the `formats` that it has, and return its files. All are made of one text.

    `begin` is told the name of each file before it is made.
    """
    begin(NAME)
    data = read_notice_data(connection, release.scope, schema=schema)
    origin = Origin(terms.revision(release.revision), release.content_hash, release.data_note, release.accepted)
    text = compose(data, origin, heading)
    return [_write(text, folder / f"{NAME}.{form}", form, begin) for form in formats if form in FORMS]


def _write(text: NoticeText, path: Path, form: Format, begin: Callable[[str], None]) -> Path:
    begin(path.name)
    with files.written_aside(path) as aside:
        aside.write_bytes(_bytes(text, form))
    return path


def _bytes(text: NoticeText, form: Format) -> bytes:
    if form == "pdf":
        from callback_survey.documents.notice.pdf import render_pdf

        return render_pdf(text)
    if form == "docx":
        from callback_survey.documents.notice.docx import render_docx

        return render_docx(text)
    return render_html(text).encode("utf-8")
