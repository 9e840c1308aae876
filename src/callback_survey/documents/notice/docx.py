"""The notice as an editable DOCX, from the template that scripts/notice_template.py makes. The same data give the same bytes."""

from __future__ import annotations

import io
import zipfile
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callback_survey.documents.notice.annex_text import AnnexText
    from callback_survey.documents.notice.long_form import ListedDepartment
    from callback_survey.documents.notice.text import NoticeText

TEMPLATE = "notice.docx"
# What a zip file can say of a time begins here. A clock would make other bytes of the same notice.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
# Widths in twentieths of a point. An annex has narrower margins than the body (its section in the template).
ANNEX_WIDTH = 9638
_CHARACTER, _CELL_PADDING = 170, 160
_LEAST_WIDTH, _LEAST_SHARE_WIDTH, _LEAST_NAME_WIDTH, _MOST_NAME_WIDTH = 640, 800, 2000, 3000


def render_docx(text: NoticeText) -> bytes:
    """The notice as DOCX: real headings and styles, so that whoever issues it can go on writing."""
    from docxtpl import DocxTemplate
    from jinja2 import Environment, StrictUndefined

    template = DocxTemplate(io.BytesIO((resources.files(__package__) / "templates" / TEMPLATE).read_bytes()))
    context = {"text": text, "rows_of": _rows_of, "number_of": lambda place: text.measures[place].number}
    template.render(context, Environment(undefined=StrictUndefined, autoescape=True), autoescape=True)
    for table, annex in zip(template.docx.tables[-len(text.annexes) :], text.annexes, strict=True):
        _fit(table, annex)
    template.docx.core_properties.title = text.title
    saved = io.BytesIO()
    template.save(saved)
    return packed(saved.getvalue())


def packed(document: bytes) -> bytes:
    """A DOCX without the time it was saved at: parts in order, content types first as readers expect."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as given, zipfile.ZipFile(target, "w") as made:
        for name in sorted(given.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = zipfile.ZipInfo(name, _NO_TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o644 << 16
            made.writestr(part, given.read(name))
    return target.getvalue()


def _rows_of(departments: tuple[ListedDepartment, ...]) -> list[tuple[ListedDepartment | None, ...]]:
    """The list in two columns: a row for two departments, the last one filled up."""
    filled = [*departments, None] if len(departments) % 2 else list(departments)
    return list(zip(filled[::2], filled[1::2], strict=True))


def _fit(table: Any, annex: AnnexText) -> None:
    """Give each column the width of its heading, and what is left to the name. Word follows cells, other readers the grid."""
    from docx.oxml.ns import qn
    from docx.shared import Twips

    widths = _widths([max(_length(part) for part in heading) for heading in annex.headings])
    for column, width in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(width))
    for row in table._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, widths, strict=True):
            cell.width = Twips(width)


def _widths(lengths: list[int]) -> list[int]:
    """Widths of an annex's columns, for headings of so many characters. Shares share what a name does not need."""
    wanted = [max(length * _CHARACTER + _CELL_PADDING, _LEAST_WIDTH) for length in lengths]
    wanted[4:] = [max(width, _LEAST_SHARE_WIDTH) for width in wanted[4:]]
    number, _, *others = wanted
    left = ANNEX_WIDTH - number - sum(others)
    name = min(max(left, _LEAST_NAME_WIDTH), _MOST_NAME_WIDTH)
    counts, shares = others[:2], others[2:]
    # more answers than fit are set narrower; fewer, wider
    stretch = (ANNEX_WIDTH - number - name - sum(counts)) / sum(shares)
    return [number, name, *counts, *[int(width * stretch) for width in shares]]


def _length(heading: str) -> int:
    # a long unit stands in two lines
    return len(heading) if len(heading) < 6 else (len(heading) + 1) // 2
