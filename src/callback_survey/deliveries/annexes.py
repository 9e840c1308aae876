"""The annex tables of a notice, straight out of its text (cells apart by tabs) or its DOCX.

A notice is prose with tables in it; what is prose is left alone. A table begins at a header of the published figures and
goes on over page breaks to the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from callback_survey.deliveries import delimited, documents, headers
from callback_survey.deliveries.encodings import detect_encoding
from callback_survey.deliveries.table import MAXIMUM_COLUMNS, Row, Table, Unreadable, find_table

DATASET = "published"
MAXIMUM_TEXT_BYTES = 5 << 20
_HEADERS_OF_AN_ANNEX = 4
_CELLS_OF_A_ROW = 4
_CELLS_OF_A_LINE = 2


def open_notice_text(path: Path, name: str) -> list[Table]:
    """The annexes of a notice saved as text. Raises Unreadable where there is none."""
    if path.stat().st_size > MAXIMUM_TEXT_BYTES:
        raise Unreadable(f"a notice of more than {MAXIMUM_TEXT_BYTES >> 20} MB")
    encoding = detect_encoding(path)
    return _tables(name, list(delimited.read_rows(path, encoding, "\t", quoting=False)), encoding)


def open_docx(path: Path, name: str) -> list[Table]:
    """The annexes of a notice saved by a word processor. Raises Unreadable where there is none."""
    try:
        found = documents.rows_of(path)
    except Unreadable:
        raise
    except Exception as error:  # the parsers answer damage with whatever their insides trip over
        raise Unreadable("the document is cut off, damaged, or protected by a password") from error
    tables = _tables(name, found.rows, "docx")
    for table in tables:
        faults = [found.faults[line] for line, _ in table.rows() if line in found.faults]
        if faults:
            raise Unreadable(
                f"what is shown in a cell cannot be read: {faults[0]}; accept the changes, or type it as text"
            )
    return tables


def _tables(name: str, rows: Sequence[Row], encoding: str) -> list[Table]:
    """One table per annex header. A header that comes again (a new page) does not begin another table."""
    lines = [(line, _flat(cells)) for line, cells in rows if _CELLS_OF_A_LINE <= len(cells) <= MAXIMUM_COLUMNS]
    starts = _starts(lines)
    if not starts:
        raise headers.NoTable(
            "the document holds no annex table; expected headers such as 部门名称、有效样本框、抽样数、满意率(%)"
        )
    ends = [*starts[1:], len(lines)]
    found = [
        find_table(f"{name}#附件{number}", _Rows(_table_part(lines[start:end])), encoding=encoding, datasets=[DATASET])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
    # a page may break a row in two, so a short one is no row
    return [replace(table, fills_short_rows=False) for table in found]


def _starts(lines: Sequence[Row]) -> list[int]:
    """Where an annex begins: at a header that is not the last one again and not its lower half under merged cells."""
    starts: list[int] = []
    seen: list[list[str]] = []
    last = -2
    for index, (_, cells) in enumerate(lines):
        if headers.count_recognised(DATASET, cells) < _HEADERS_OF_AN_ANNEX:
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
