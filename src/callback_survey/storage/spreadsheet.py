"""CSV that people open in a spreadsheet: Chinese is shown, and no cell is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from callback_survey.storage.files import written_aside

# Excel reads a file as UTF-8 only when it begins with the mark.
BYTE_ORDER_MARK = "\ufeff"
# What makes a spreadsheet compute a cell instead of showing it (OWASP, "CSV injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_text(value: object) -> object:
    """Text that begins like a formula gets an apostrophe in front; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def plain_text(cell: str) -> str:
    """A text as it was before `safe_text`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell


def is_true(cell: str) -> bool:
    """Whether a cell of a register says yes: a spreadsheet writes TRUE where true stood."""
    return cell.strip().lower() == "true"


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write the rows, whole or not at all. Returns how many there were."""
    row_count = 0
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        file.write(BYTE_ORDER_MARK)
        # as RFC 4180 has it; with a line feed alone, csv would leave a carriage return in a cell unquoted, and what
        # follows it would begin a line of its own
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([safe_text(value) for value in row])
            row_count += 1
    return row_count
