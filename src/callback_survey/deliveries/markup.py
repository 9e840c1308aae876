"""Tables of web pages, of Excel's XML of 2003 and of its single-file web pages (MHTML): what systems export as .xls.

All are streamed: a row is held, never a file. MHTML alone is unpacked first, and is bounded.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.parsers import expat

from callback_survey.deliveries.encodings import detect_encoding, open_text_file
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.sheets import Merged, Sheet, tables_of
from callback_survey.deliveries.table import (
    MAXIMUM_CELL_CHARACTERS,
    MAXIMUM_COLUMNS,
    Row,
    Table,
    Unreadable,
    number_as_text,
    percent_as_text,
)

MAXIMUM_MHTML_BYTES = 64 << 20
MAXIMUM_TABLES = 200
# of a tag or a comment that does not end
_LONGEST_TAG = 1_000_000
_BLOCK_CHARACTERS = 1 << 16
_MOST_ROWS_OF_A_CELL = 1_000_000
_WHITE = re.compile(r"[ \t\r\n\f]+")


def open_html(path: Path, name: str, datasets: Sequence[Dataset]) -> tuple[list[Table], list[str]]:
    """The tables of a web page. Raises Unreadable or HeaderNotRecognised."""
    encoding = detect_encoding(path)
    sheets = _page_sheets(path, encoding, None)
    return tables_of(name, sheets, encoding=f"html, {encoding}", datasets=datasets)


def open_mhtml(path: Path, name: str, datasets: Sequence[Dataset], work: Path) -> tuple[list[Table], list[str]]:
    """The tables of a workbook saved as a single-file web page. Raises Unreadable or HeaderNotRecognised."""
    if path.stat().st_size > MAXIMUM_MHTML_BYTES:
        raise Unreadable(f"a web page of more than {MAXIMUM_MHTML_BYTES >> 20} MB; save it as .xlsx")
    folder = work / f"pages-{len(list(work.iterdir()))}"
    folder.mkdir()
    with path.open("rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.compat32)
    sheets: list[Sheet] = []
    for number, part in enumerate(message.walk()):
        content = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(content, bytes) and content.strip():
            page = folder / f"{number}.html"
            page.write_bytes(content)
            title = str(part.get("Content-Location") or number).replace("\\", "/").rpartition("/")[2]
            sheets += _page_sheets(page, detect_encoding(page), title.partition(".")[0])
    return tables_of(name, sheets, encoding="mhtml", datasets=datasets)


def open_xml_workbook(path: Path, name: str, datasets: Sequence[Dataset]) -> tuple[list[Table], list[str]]:
    """The tables of a workbook saved as XML of Excel 2003. Raises Unreadable or HeaderNotRecognised."""
    encoding = detect_encoding(path)
    found = _WorkbookParser(None)
    for _ in found.rows_of(path, encoding):
        pass
    sheets = [
        Sheet(title, partial(_xml_rows, path, encoding, number), found.merged.get(number, ()))
        for number, title in enumerate(found.titles)
        if number in found.filled and number not in found.hidden
    ]
    hidden = [f"{name}: hidden sheet「{found.titles[number]}」was not read" for number in sorted(found.hidden)]
    tables, remarks = tables_of(name, sheets, encoding=f"xml 2003, {encoding}", datasets=datasets)
    return tables, [*hidden, *remarks]


def _page_sheets(path: Path, encoding: str, title: str | None) -> list[Sheet]:
    """The tables of a page that hold a row with text, in their order."""
    merged: dict[int, list[Merged]] = {}
    filled: dict[int, None] = {}
    for number, _ in _page_rows(path, encoding, merged):
        filled[number] = None
        if len(filled) > MAXIMUM_TABLES:
            raise Unreadable(f"more than {MAXIMUM_TABLES} tables")
    titles = dict.fromkeys(filled, title)
    if len(filled) > 1:
        titles = {number: f"{title or '表'}{index}" for index, number in enumerate(filled, start=1)}
    return [
        Sheet(titles[number], partial(_rows_of_table, path, encoding, number), merged.get(number, ()))
        for number in filled
    ]


def _rows_of_table(path: Path, encoding: str, wanted: int) -> Iterator[Row]:
    return (row for number, row in _page_rows(path, encoding, {}) if number == wanted)


def _page_rows(path: Path, encoding: str, merged: dict[int, list[Merged]]) -> Iterator[tuple[int, Row]]:
    parser = _PageParser(merged)
    for block in _blocks(path, encoding):
        parser.feed(block)
        if len(parser.rawdata) > _LONGEST_TAG:
            raise Unreadable("a tag that does not end")
        yield from parser.taken()
    parser.close()
    parser.finish()
    yield from parser.taken()


def _blocks(path: Path, encoding: str) -> Iterator[str]:
    with open_text_file(path, encoding) as text:
        while block := text.read(_BLOCK_CHARACTERS):
            yield block


class _OpenTable:
    """A table that has begun: its row and cell so far, and the cells of earlier rows that reach into this one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.line = 0
        self.cells: list[str] | None = None
        self.text: list[str] | None = None
        self.characters = 0
        self.columns = 1
        self.reaching: dict[int, int] = {}


class _PageParser(HTMLParser):
    """Rows of all tables as they end: (number of the table, (line, cells)). A cell over several columns stands in its first."""

    def __init__(self, merged: dict[int, list[Merged]]) -> None:
        super().__init__(convert_charrefs=True)
        self._merged = merged
        self._open: list[_OpenTable] = []
        self._rows: list[tuple[int, Row]] = []
        self._count = 0
        self._is_code = False

    def taken(self) -> list[tuple[int, Row]]:
        rows, self._rows = self._rows, []
        return rows

    def finish(self) -> None:
        while self._open:
            self._end_table()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("script", "style")
        if tag == "table":
            self._open.append(_OpenTable(self._count))
            self._count += 1
        elif self._open:
            table = self._open[-1]
            if tag == "tr":
                self._end_row(table)
                self._begin_row(table)
            elif tag in ("td", "th"):
                self._begin_cell(table, dict(attrs))
            elif tag in ("br", "p", "div") and table.text:
                table.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False
        if not self._open:
            return
        if tag == "table":
            self._end_table()
        elif tag == "tr":
            self._end_row(self._open[-1])
        elif tag in ("td", "th"):
            _end_cell(self._open[-1])

    def handle_data(self, data: str) -> None:
        if self._open and not self._is_code:
            table = self._open[-1]
            # one character more than a cell may have: the row is then rejected as such
            if table.text is not None and table.characters <= MAXIMUM_CELL_CHARACTERS:
                table.text.append(_WHITE.sub(" ", data))
                table.characters += len(data)

    def _begin_row(self, table: _OpenTable) -> None:
        table.line += 1
        table.cells = []

    def _begin_cell(self, table: _OpenTable, attributes: dict[str, str | None]) -> None:
        if table.cells is None:
            self._begin_row(table)
        _end_cell(table)
        cells = table.cells
        assert cells is not None
        while table.reaching.get(len(cells), 0) >= table.line:
            cells.append("")
        if len(cells) > MAXIMUM_COLUMNS:
            raise Unreadable(f"more than {MAXIMUM_COLUMNS} columns")
        table.text, table.characters = [], 0
        table.columns = _span(attributes.get("colspan"), MAXIMUM_COLUMNS)
        rows = _span(attributes.get("rowspan"), _MOST_ROWS_OF_A_CELL)
        if rows > 1:
            last = table.line + rows - 1
            self._merged.setdefault(table.number, []).append((table.line, last, len(cells)))
            table.reaching.update(dict.fromkeys(range(len(cells), len(cells) + table.columns), last))

    def _end_row(self, table: _OpenTable) -> None:
        _end_cell(table)
        cells, table.cells = table.cells, None
        if cells is not None:
            while table.reaching.get(len(cells), 0) >= table.line:
                cells.append("")
            if any(cells):
                self._rows.append((table.number, (table.line, cells)))

    def _end_table(self) -> None:
        self._end_row(self._open[-1])
        self._open.pop()


def _end_cell(table: _OpenTable) -> None:
    if table.text is not None and table.cells is not None:
        lines = "".join(table.text).split("\n")
        table.cells.append("\n".join(line for line in (line.strip() for line in lines) if line))
        table.cells += [""] * (table.columns - 1)
    table.text = None


def _span(value: str | None, limit: int) -> int:
    return min(max(int(value), 1), limit) if value and value.strip().isdecimal() and len(value) < 10 else 1


def _xml_rows(path: Path, encoding: str, number: int) -> Iterator[Row]:
    return _WorkbookParser(number).rows_of(path, encoding)


class _WorkbookParser:
    """The rows of one sheet (of all, where none is `wanted`), and what is learnt of the sheets on the way."""

    def __init__(self, wanted: int | None) -> None:
        self._wanted = wanted
        self.titles: list[str] = []
        self.hidden: set[int] = set()
        self.filled: set[int] = set()
        self.merged: dict[int, list[Merged]] = {}
        self._percent_styles: set[str] = set()
        self._style = ""
        self._rows: list[Row] = []
        self._line = 0
        self._cells: list[str] = []
        self._across = 0
        self._is_percent = False
        self._kind = ""
        self._text: list[str] | None = None
        self._is_comment = False

    def rows_of(self, path: Path, encoding: str) -> Iterator[Row]:
        # the declaration of the file may name an encoding that the parser does not know: it is told UTF-8, and gets it
        parser = expat.ParserCreate("utf-8", " ")
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.buffer_text = True
        try:
            for block in _blocks(path, encoding):
                parser.Parse(block.encode("utf-8", "replace"), False)
                rows, self._rows = self._rows, []
                yield from rows
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Unreadable(f"line {error.lineno}: the XML is cut off or damaged") from error
        yield from self._rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        told = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "Worksheet":
            self.titles.append(told.get("Name", f"表{len(self.titles) + 1}"))
            self._line = 0
        elif tag == "Style":
            self._style = told.get("ID", "")
        elif tag == "NumberFormat" and _is_percent(told.get("Format", "")):
            self._percent_styles.add(self._style)
        elif tag == "Row":
            self._line = _index(told, self._line + 1)
            self._cells = []
        elif tag == "Cell":
            self._begin_cell(told)
        elif tag == "Comment":  # somebody's note on a cell, whose text is called Data as well
            self._is_comment = True
        elif tag in ("Data", "Visible") and not self._is_comment:
            self._kind, self._text = told.get("Type", tag), []

    def _begin_cell(self, told: dict[str, str]) -> None:
        column = _index(told, len(self._cells) + 1) - 1
        if column >= MAXIMUM_COLUMNS:
            raise Unreadable(f"more than {MAXIMUM_COLUMNS} columns")
        self._cells += [""] * (column + 1 - len(self._cells))
        self._across = (
            _span(told.get("MergeAcross", "0"), MAXIMUM_COLUMNS) if told.get("MergeAcross", "0") != "0" else 0
        )
        self._is_percent = told.get("StyleID") in self._percent_styles
        down = told.get("MergeDown", "0")
        if down != "0":
            last = self._line + _span(down, _MOST_ROWS_OF_A_CELL)
            self.merged.setdefault(len(self.titles) - 1, []).append((self._line, last, column))

    def _data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("Data", "Visible") and self._text is not None:
            text, self._text = "".join(self._text), None
            if tag == "Visible":
                if text.strip() != "SheetVisible":
                    self.hidden.add(len(self.titles) - 1)
            elif self._cells:
                self._cells[-1] = _typed(text, self._kind, is_percent=self._is_percent)
        elif tag == "Comment":
            self._is_comment = False
        elif tag == "Cell":
            self._cells += [""] * self._across
        elif tag == "Row" and any(self._cells):
            sheet = len(self.titles) - 1
            self.filled.add(sheet)
            if self._wanted == sheet:
                self._rows.append((self._line, self._cells))


def _typed(text: str, kind: str, *, is_percent: bool) -> str:
    if kind == "Number":
        try:
            return percent_as_text(float(text)) if is_percent else number_as_text(float(text))
        except ValueError:
            return text.strip()
    if kind == "DateTime":
        return re.sub(r"[.]0+$", "", text.strip().replace("T", " "))
    return text.strip()


def _is_percent(number_format: str) -> bool:
    return number_format == "Percent" or "%" in re.sub(r'"[^"]*"|\\.', "", number_format)


def _index(told: dict[str, Any], following: int) -> int:
    value = told.get("Index", "")
    return int(value) if value.isdecimal() and len(value) < 10 and int(value) >= following else following


def _refuse_doctype(*_: Any) -> None:
    raise Unreadable("the XML defines a document type, which no workbook does")
