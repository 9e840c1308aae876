"""The notice as an editable DOCX, from the template that scripts/notice_template.py makes. The same data give the same bytes."""

from __future__ import annotations

import io
import zipfile
from importlib import resources
from typing import TYPE_CHECKING, Any

from callback_survey.documents.notice import layout

if TYPE_CHECKING:
    from callback_survey.documents.notice.annex_text import AnnexText
    from callback_survey.documents.notice.long_form import ListedDepartment
    from callback_survey.documents.notice.text import NoticeText

TEMPLATE = "notice.docx"
# a character of the body in its line of 28
_BODY_POINTS = layout.BLOCK_POINTS / layout.CHARACTERS_A_LINE
# as wide as a line to write on
_BLANK = "＿" * 12
# What a zip file can say of a time begins here. A clock would make other bytes of the same notice.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
# Widths in twentieths of a point, of the text block: 156 mm.
ANNEX_WIDTH = 8845
_CHARACTER, _CELL_PADDING = 162, 150
_LEAST_WIDTH, _LEAST_SHARE_WIDTH, _LEAST_NAME_WIDTH, _MOST_NAME_WIDTH = 560, 880, 1820, 2700


def render_docx(text: NoticeText) -> bytes:
    """The notice as DOCX: real headings and styles, so that whoever issues it can go on writing."""
    from docxtpl import DocxTemplate
    from jinja2 import Environment, StrictUndefined

    template = DocxTemplate(io.BytesIO((resources.files(__package__) / "templates" / TEMPLATE).read_bytes()))
    context = {"text": text, "rows_of": _rows_of, "number_of": lambda place: text.measures[place].number}
    template.render(context, Environment(undefined=StrictUndefined, autoescape=True), autoescape=True)
    for table, annex in zip(template.docx.tables[-len(text.annexes) :], text.annexes, strict=True):
        _fit(table, annex)
    _set_head_and_signature(template.docx, text)
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
        place = 0
        for cell in row.tc_lst:
            cell.width = Twips(sum(widths[place : place + cell.grid_span]))
            place += cell.grid_span


def _set_head_and_signature(document: Any, text: NoticeText) -> None:
    """The letterhead on one line, and the lines of the signature centred above each other, at the right."""
    from docx.shared import Pt, RGBColor

    heading = text.heading
    width, right = layout.signature_characters(heading.issuer or _BLANK, heading.texts.seal, heading.dated or _BLANK)
    for paragraph in document.paragraphs:
        if paragraph.style.name == "Notice Issuer":
            for run in paragraph.runs:
                run.font.size = Pt(layout.letterhead_points(heading.issuer))
                run.font.color.rgb = RGBColor(0xD3, 0x17, 0x1D) if heading.texts.is_red else None
        elif paragraph.style.name == "Notice Signature":
            paragraph.paragraph_format.left_indent = Pt((layout.CHARACTERS_A_LINE - width - right) * _BODY_POINTS)
            paragraph.paragraph_format.right_indent = Pt(right * _BODY_POINTS)


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
