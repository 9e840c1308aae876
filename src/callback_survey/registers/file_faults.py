"""What a spreadsheet does to a register when it saves it: found by file and line, before a changed cell can change a figure.

A byte order mark, quotes and TRUE are read as they were. What would be read as something else, or by dbt not at all, is a fault.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from callback_survey import register_layers
from callback_survey.cell_text import visible
from callback_survey.quarter import Quarter
from callback_survey.registers.faults import Fault

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QUARTERS = ("quarter", "valid_from", "valid_to")
_ROUNDED = re.compile(r"[0-9](?:[.][0-9]+)?[eE][+][0-9]+")


def forms(seeds: Path) -> Iterator[Fault]:
    """Of every register in `seeds`: other encodings than UTF-8, rows of another length than the header's, yes and no in other
    words, dates and quarters in another form, and numbers that were rounded. A file with several faults tells the first."""
    found = register_layers.origins(seeds)
    for folder in (found.own, found.shipped) if found else (seeds,):
        prefix = f"{folder.name}/" if found else ""
        for path in sorted(folder.glob("*.csv")):
            yield from list(_faults(path, prefix + path.name))[:1]


def _faults(path: Path, name: str) -> Iterator[Fault]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield _fault(name, line, "it is not UTF-8", "save the file as CSV UTF-8, not in the encoding of Windows")
        return
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if any(not column.strip() for column in header):
        yield _fault(
            name, 1, "the header has a column without a name", "remove the empty columns; no line ends in a comma"
        )
        return
    for row in reader:
        if row and len(row) != len(header):
            told = f"{len(row)} fields, the header has {len(header)}"
            yield _fault(
                name, reader.line_num, told, "write a field for each column, and put a text with a comma in quotes"
            )
        yield from _cell_faults(name, reader.line_num, header, row)


def _cell_faults(name: str, line: int, header: Sequence[str], row: Sequence[str]) -> Iterator[Fault]:
    for column, cell in zip(header, row, strict=False):
        if unseen := sorted({*cell} - {*visible(cell)}):
            # landing takes them out of what is delivered, so that the two would never meet
            told = f"{column} holds a character that nobody sees: U+{ord(unseen[0]):04X}"
            yield _fault(
                name, line, told, "type the cell anew: such characters come along with text that is copied from a page"
            )
        elif column.startswith("is_") and cell.lower() not in ("true", "false"):
            yield _cell_fault(name, line, column, cell, "write true or false")
        elif (column == "day" or column.endswith("_on")) and cell and not _DAY.fullmatch(cell):
            yield _cell_fault(
                name, line, column, cell, "write a day such as 2018-01-31: a spreadsheet has changed its form"
            )
        elif column in _QUARTERS and cell and not Quarter.is_written(cell):
            yield _cell_fault(name, line, column, cell, "write a quarter such as 2018Q1, or nothing")
        elif column.endswith("_code") and _ROUNDED.fullmatch(cell):
            yield _cell_fault(name, line, column, cell, "write all digits: a spreadsheet has rounded the number")


def _cell_fault(name: str, line: int, column: str, cell: str, next_step: str) -> Fault:
    return _fault(name, line, f"{column} is 「{cell}」", next_step)


def _fault(name: str, line: int, what: str, next_step: str) -> Fault:
    return Fault(f"{name} line {line}: {what}", (name,), next_step)
