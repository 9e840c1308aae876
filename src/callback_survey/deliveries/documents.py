"""The tables of a DOCX as a word processor shows them: with insertions, without deletions, whatever they are wrapped in.

What is shown and cannot be read as a cell (a picture, an equation, a text box) is a fault of its row, named by its place.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callback_survey.deliveries.table import MAXIMUM_COLUMNS, Row, Unreadable

# Pictures may be large; what is parsed into a tree may not.
MAXIMUM_UNPACKED_BYTES = 200 << 20
MAXIMUM_XML_BYTES = 12 << 20
# An annex of a thousand departments has twenty thousand.
MAXIMUM_CELLS = 100_000
_MOST_SPANNED = 1_000_000
# What a reader of the document does not see
_HIDDEN = {
    "del",
    "moveFrom",
    "instrText",
    "delInstrText",
    "delText",
    "Fallback",
    "pPr",
    "rPr",
    "sdtPr",
    "sdtEndPr",
    "tcPr",
    "trPr",
    "tblPr",
}
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-", "sym": "□"}
_NOTE_MARKS = {
    "footnoteReference",
    "endnoteReference",
    "footnoteRef",
    "endnoteRef",
    "annotationRef",
    "commentReference",
}
_NO_TEXT = {"drawing": "a picture", "pict": "a picture", "object": "an embedded object", "oMath": "an equation"}
_FALSE = {"0", "false", "off", "none"}


@dataclass
class Rows:
    """All rows of a document's tables, one after the other, what is wrong with some of them (by line), and the paragraphs outside
    of tables, each a row of one cell by its number."""

    rows: list[Row]
    faults: dict[int, str]
    paragraphs: list[Row]


def rows_of(path: Path) -> Rows:
    """Rows of all tables in the document's order; a merged cell stands in each place it covers.

    Raises Unreadable; damage comes out as whatever the parsers raise.
    """
    with zipfile.ZipFile(path) as package:
        members = package.infolist()
        if sum(member.file_size for member in members) > MAXIMUM_UNPACKED_BYTES:
            raise Unreadable(f"the document unpacks to more than {MAXIMUM_UNPACKED_BYTES >> 20} MB")
        if (
            sum(member.file_size for member in members if member.filename.lower().endswith((".xml", ".rels")))
            > MAXIMUM_XML_BYTES
        ):
            raise Unreadable(f"the document's text unpacks to more than {MAXIMUM_XML_BYTES >> 20} MB")
        main = _main_part(package)
        body = _tree(package, main)
        styles = posixpath.join(posixpath.dirname(main), "styles.xml")
        raised = _raised_styles(_tree(package, styles)) if styles in package.namelist() else set()
    _verify_spans(body)
    reader = _Reader(raised)
    for number, table in enumerate(_tables(body), start=1):
        reader.read(table, number)
    texts = [(number, [reader.text_of(one)]) for number, one in enumerate(_paragraphs(body), start=1)]
    return Rows(reader.rows, reader.faults, texts)


def _main_part(package: zipfile.ZipFile) -> str:
    for relation in _tree(package, "_rels/.rels"):
        if str(relation.get("Type", "")).endswith("/officeDocument"):
            return str(relation.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _tree(package: zipfile.ZipFile, name: str) -> Any:
    from docx.oxml.parser import parse_xml  # knows no entities, and asks nobody for any

    return parse_xml(package.read(name))


def _tag(element: Any) -> str:
    """The name without its namespace, which differs between the two kinds of DOCX (transitional and strict)."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Any, name: str = "val") -> str | None:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def _child(element: Any | None, *names: str) -> Any | None:
    """The descendant along the names, each a direct child: a tracked change of properties holds the old ones deeper down."""
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if _tag(child) == name), None)
    return element


def _goes_on(merge: Any | None) -> bool:
    """Whether a cell only continues the merged one above or before it; what it holds itself is not shown."""
    return merge is not None and (_value(merge) or "continue") == "continue"


def _is_on(element: Any | None) -> bool:
    return element is not None and (_value(element) or "1").lower() not in _FALSE


def _number(element: Any | None, default: int) -> int:
    value = _value(element) if element is not None else None
    return int(value) if value is not None else default


def _raised_styles(styles: Any) -> set[str]:
    """Character styles that set their text above the line, as marks of notes are."""
    placed = [(style, _child(style, "rPr", "vertAlign")) for style in styles if _tag(style) == "style"]
    return {
        str(_value(style, "styleId")) for style, place in placed if place is not None and _value(place) == "superscript"
    }


def _verify_spans(body: Any) -> None:
    """A cell says over how many columns it goes, and is then repeated as often."""
    spans = [
        int(_value(element) or 1) for element in body.iter() if _tag(element) in ("gridSpan", "gridBefore", "gridAfter")
    ]
    if sum(1 for element in body.iter() if _tag(element) == "tc") > MAXIMUM_CELLS:
        raise Unreadable(f"the document's tables have more than {MAXIMUM_CELLS} cells")
    if any(span > MAXIMUM_COLUMNS for span in spans) or sum(spans) > _MOST_SPANNED:
        raise Unreadable(f"a table cell spans more than {MAXIMUM_COLUMNS} columns, or too many cells span several")


def _shown(element: Any) -> Iterator[Any]:
    """The children that are shown, through whatever only wraps them (content controls, insertions, links, fields)."""
    for child in element:
        tag = _tag(child)
        if tag and tag not in _HIDDEN:
            yield child


def _tables(element: Any) -> Iterator[Any]:
    """Every table that is shown, also in text boxes and in cells of other tables, in the document's order."""
    for child in _shown(element):
        if _tag(child) == "tbl":
            yield child
        yield from _tables(child)


def _paragraphs(element: Any) -> Iterator[Any]:
    """Every paragraph that is shown and in no table."""
    for child in _shown(element):
        if _tag(child) == "p":
            yield child
        elif _tag(child) != "tbl":
            yield from _paragraphs(child)


def _within(element: Any, wanted: str) -> Iterator[Any]:
    """The shown rows of a table, or cells of a row; those of a table inside a cell are not among them."""
    for child in _shown(element):
        if _tag(child) == wanted:
            yield child
        elif _tag(child) not in ("tbl", "tr", "tc", "p"):
            yield from _within(child, wanted)


@dataclass
class _Cell:
    texts: list[str]
    fault: str | None = None
    has_table: bool = False

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()


class _Reader:
    def __init__(self, raised_styles: set[str]) -> None:
        self.rows: list[Row] = []
        self.faults: dict[int, str] = {}
        self._raised_styles = raised_styles
        # of each open field: whether its instruction is still going on, which is not shown
        self._fields: list[bool] = []

    def read(self, table: Any, number: int) -> None:
        above: dict[int, str] = {}
        for row_number, row in enumerate(_within(table, "tr"), start=1):
            properties = _child(row, "trPr")
            if _child(properties, "del") is not None or _is_on(_child(properties, "hidden")):
                continue
            cells, fault = self._row(row, above)
            self.rows.append((len(self.rows) + 1, cells))
            if fault:
                self.faults[len(self.rows)] = f"table {number}, row {row_number}, {fault}"

    def _row(self, row: Any, above: dict[int, str]) -> tuple[list[str], str | None]:
        """The cells of a row, and what is wrong with the first that cannot be read; `above` are the texts of the row before."""
        cells = [""] * _number(_child(row, "trPr", "gridBefore"), 0)
        faults = []
        has_table = False
        for element in _within(row, "tc"):
            properties = _child(element, "tcPr")
            if _child(properties, "cellDel") is not None:
                continue
            cell = self._cell(element)
            text, fault = cell.text, cell.fault
            if _child(properties, "cellMerge") is not None:
                fault = "a merge of cells that is not accepted yet"
            if _goes_on(_child(properties, "vMerge")):
                text, fault = above.get(len(cells), ""), None
            elif _goes_on(_child(properties, "hMerge")) and cells:
                text, fault = cells[-1], None
            has_table = has_table or cell.has_table
            if fault:
                faults.append(f"column {len(cells) + 1}: {fault}")
            span = max(_number(_child(properties, "gridSpan"), 1), 1)
            above.update(dict.fromkeys(range(len(cells), len(cells) + span), text))
            cells += [text] * span
        cells += [""] * _number(_child(row, "trPr", "gridAfter"), 0)
        if has_table and sum(map(bool, cells)) > 1:
            faults.append("a table in a cell beside other cells")
        return cells, faults[0] if faults else None

    def text_of(self, paragraph: Any) -> str:
        return self._cell(paragraph).text

    def _cell(self, element: Any) -> _Cell:
        cell = _Cell([])
        self._fields = []
        self._collect(element, cell)
        return cell

    def _collect(self, element: Any, cell: _Cell) -> None:
        for child in _shown(element):
            tag = _tag(child)
            if tag == "tbl":
                cell.has_table = True
            elif tag in _NO_TEXT:
                cell.fault = "a text box" if _holds_text_box(child) else _NO_TEXT[tag]
            elif tag == "sdt" and _child(child, "sdtPr", "showingPlcHdr") is not None:
                continue  # what to type here, not what was typed
            elif tag == "r":
                self._run(child, cell)
            else:
                self._collect(child, cell)
                if tag == "p":
                    cell.texts.append("\n")

    def _run(self, run: Any, cell: _Cell) -> None:
        properties = _child(run, "rPr")
        if properties is not None and self._is_unread(properties):
            return
        tags = [_tag(child) for child in run]
        if any(tag in _NOTE_MARKS for tag in tags):
            return  # the mark of a note, and a sign of the author's own for it
        for child in _shown(run):
            tag = _tag(child)
            if tag == "fldChar":
                self._field(_value(child, "fldCharType") or "")
            elif any(self._fields):
                continue
            elif tag == "t":
                cell.texts.append(child.text or "")
            elif tag in _BREAKS:
                cell.texts.append(_BREAKS[tag])
            elif tag in _NO_TEXT or tag == "AlternateContent":
                cell.fault = "a text box" if _holds_text_box(child) else _NO_TEXT.get(tag, "a picture")

    def _is_unread(self, properties: Any) -> bool:
        """Hidden text, and what stands above the line: the mark of a note beside a figure is no digit of it."""
        if _is_on(_child(properties, "vanish")) or _child(properties, "del") is not None:
            return True
        place, style = _child(properties, "vertAlign"), _child(properties, "rStyle")
        if place is not None:
            return _value(place) == "superscript"
        return style is not None and _value(style) in self._raised_styles

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(True)
        elif kind == "separate" and self._fields:
            self._fields[-1] = False
        elif kind == "end" and self._fields:
            self._fields.pop()


def _holds_text_box(element: Any) -> bool:
    return any(_tag(child) == "txbxContent" for child in element.iter())
