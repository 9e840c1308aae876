"""The annex tables of a notice, straight out of its text (cells apart by tabs, bars or spaces) or its DOCX.

A notice is prose with tables in it; what is prose is left alone. A table begins at a header of the published figures and
goes on over page breaks to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from callback_survey.deliveries import delimited, documents, headers
from callback_survey.deliveries.encodings import detect_encoding
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.table import MAXIMUM_COLUMNS, Row, Table, Unreadable, find_table

MAXIMUM_TEXT_BYTES = 5 << 20
_HEADERS_OF_AN_ANNEX = 4
_CELLS_OF_A_ROW = 4
_CELLS_OF_A_LINE = 2
_FIGURES_OF_A_ROW = 3
_GAP = re.compile(r"\s{2,}")
# the line that is drawn below a header
_RULE = re.compile(r"[\s|:=+_—─-]*")
_FIGURE = re.compile(r"[0-9][0-9,.]*[%％]?|[-—–/]+")


def open_notice_text(path: Path, name: str, known: Dataset) -> list[Table]:
    """The annexes of a notice saved as text, by the headers of `known`. Raises Unreadable where there is none."""
    if path.stat().st_size > MAXIMUM_TEXT_BYTES:
        raise Unreadable(f"a notice of more than {MAXIMUM_TEXT_BYTES >> 20} MB")
    encoding = detect_encoding(path)
    rows, separators = _parted(delimited.read_rows(path, encoding, "\t", quoting=False), known)
    tables = _tables(name, rows, encoding, known)
    return [replace(table, separator=separators.get(table.header_line, "tabs")) for table in tables]


def open_docx(path: Path, name: str, known: Dataset) -> list[Table]:
    """The annexes of a notice saved by a word processor. Raises Unreadable where there is none."""
    try:
        found = documents.rows_of(path)
    except Unreadable:
        raise
    except Exception as error:  # the parsers answer damage with whatever their insides trip over
        raise Unreadable("the document is cut off, damaged, or protected by a password") from error
    in_text, separators = _parted(((number, paragraph.split("\t")) for number, [paragraph] in found.paragraphs), known)
    written = _starts(in_text, known)
    if not _starts(_lines_of(found.rows), known) and written:
        found_in_text = _tables(name, in_text, "docx", known)
        return [replace(table, separator=separators.get(table.header_line, "tabs")) for table in found_in_text]
    tables = _tables(name, found.rows, "docx", known)
    if written:
        raise Unreadable(
            f"paragraph {in_text[written[0]][0]}: an annex in plain text beside annexes in tables; make it a table too"
        )
    for table in tables:
        faults = [found.faults[line] for line, _ in table.rows() if line in found.faults]
        if faults:
            raise Unreadable(
                f"what is shown in a cell cannot be read: {faults[0]}; accept the changes, or type it as text"
            )
    return tables


def _tables(name: str, rows: Sequence[Row], encoding: str, known: Dataset) -> list[Table]:
    """One table per annex header. A header that comes again (a new page) does not begin another table."""
    lines = _lines_of(rows)
    starts = _starts(lines, known)
    if not starts:
        raise headers.NoTable(
            "the document holds no annex table; expected headers such as 部门名称、有效样本框、抽样数、满意率(%)"
        )
    ends = [*starts[1:], len(lines)]
    found = [
        find_table(
            f"{name}#附件{number}",
            _Rows(_table_part(lines[start:end])),
            encoding=encoding,
            datasets=[known],
        )
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
    # a page may break a row in two, so a short one is no row
    return [replace(table, fills_short_rows=False) for table in found]


def _lines_of(rows: Sequence[Row]) -> list[Row]:
    return [(line, _flat(cells)) for line, cells in rows if _CELLS_OF_A_LINE <= len(cells) <= MAXIMUM_COLUMNS]


def _parted(rows: Iterable[Row], known: Dataset) -> tuple[list[Row], dict[int, str]]:
    """Lines of tabs as they are; below a header whose cells stand apart by bars or spaces, the lines parted so too. And what parts each
    such header, by its line.

    Two spaces or more part cells; where that does not give the header's width, each space does. A name may hold a space itself: what
    is no figure in such a line is one name, because a line of an annex has no other words.
    """
    parted: list[Row] = []
    separators: dict[int, str] = {}
    width = 0
    for line, cells in rows:
        if len(cells) == 1 and _RULE.fullmatch(cells[0]):
            continue
        if len(cells) > 1:
            width = 0 if known.count_recognised(cells) >= _HEADERS_OF_AN_ANNEX else width
            parted.append((line, cells))
            continue
        ways = _ways_of_parting(cells[0].strip())
        best = max(ways, key=known.count_recognised)
        if known.count_recognised(best) >= _HEADERS_OF_AN_ANNEX:
            width = len(best)
            separators[line] = _separator_of(ways, best)
            parted.append((line, best))
        elif width:
            *others, by_each_space = ways
            fitting = next((way for way in others if len(way) == width), None)
            parted.append((line, fitting or _with_one_name(by_each_space)))
        else:
            parted.append((line, cells))
    return parted, separators


def _separator_of(ways: Sequence[list[str]], best: list[str]) -> str:
    names = [delimited.SEPARATORS[sign] for sign in ("|", "  ", " ")]
    return names[ways.index(best) + len(names) - len(ways)]


def _ways_of_parting(text: str) -> list[list[str]]:
    by_bars = [[cell.strip() for cell in text.strip("|").split("|")]] if text.count("|") > 1 else []
    return [*by_bars, _GAP.split(text), text.split()]


def _with_one_name(cells: Sequence[str]) -> list[str]:
    """What stands between the first and the last word that is no figure, in one cell."""
    words = [index for index, cell in enumerate(cells) if not _FIGURE.fullmatch(cell)]
    if not words or len(cells) - len(words) < _FIGURES_OF_A_ROW:
        return list(cells)
    first, last = words[0], words[-1]
    return [*cells[:first], " ".join(cells[first : last + 1]), *cells[last + 1 :]]


def _starts(lines: Sequence[Row], known: Dataset) -> list[int]:
    """Where an annex begins: at a header that is not the last one again and not its lower half under merged cells."""
    starts: list[int] = []
    seen: list[list[str]] = []
    last = -2
    for index, (_, cells) in enumerate(lines):
        if known.count_recognised(cells) < _HEADERS_OF_AN_ANNEX:
            continue
        folded = [headers.fold(cell) for cell in cells]
        if index == last + 1:
            seen.append(folded)
        elif folded not in seen:
            starts.append(index)
            seen = [folded]
        last = index
    return starts


def _table_part(lines: Sequence[Row]) -> list[Row]:
    """Without the short lines below the table. A short line inside it is a broken row, and told as one."""
    whole = [
        index for index, (_, cells) in enumerate(lines) if len(cells) >= _CELLS_OF_A_ROW or cells[0].strip().isdigit()
    ]
    return list(lines[: whole[-1] + 1])


class _Rows:
    """Rows that can be gone through again; a notice is small."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self) -> Iterator[Row]:
        return iter(self._rows)


def _flat(cells: Sequence[str]) -> list[str]:
    """A cell broken over lines reads as one text."""
    return ["".join(part.strip() for part in cell.splitlines()) for cell in cells]
