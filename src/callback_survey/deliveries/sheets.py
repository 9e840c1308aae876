"""Sheets as tables: of a workbook, of a web page, of whatever holds several tables under titles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from callback_survey.deliveries.headers import Dataset, HeaderNotRecognised, NoTable
from callback_survey.deliveries.kinds import is_about_data
from callback_survey.deliveries.table import Row, Table, Unreadable, find_table

# First line, last line and column (from 0) of a cell that is merged over several rows
Merged = tuple[int, int, int]


@dataclass(frozen=True)
class Sheet:
    """A titled table before anybody knows what it holds. The only one of a file needs no title."""

    title: str | None
    rows: Callable[[], Iterator[Row]]
    merged: Sequence[Merged] = ()


def tables_of(
    name: str, sheets: Sequence[Sheet], *, encoding: str, datasets: Sequence[Dataset]
) -> tuple[list[Table], list[str]]:
    """The tables in the sheets of a file, and remarks on sheets that hold none.

    A sheet whose header is nearly one is an error, not a remark: its rows would be missing from the delivery. Unless its
    title says that it only tells of the data, or it is a table by department that is no annex. Raises NoTable where
    there is nothing but remarks.
    """
    tables: list[Table] = []
    remarks: list[str] = []
    without: list[str] = []
    for sheet in sheets:
        place = f"sheet「{sheet.title}」: " if sheet.title else ""
        full_name = f"{name}#{sheet.title}" if sheet.title else name
        try:
            table = find_table(full_name, sheet.rows, encoding=encoding, datasets=datasets)
            tables.append(_unmerged(table, sheet.merged))
        except NoTable as error:
            remarks.append(_remark(name, sheet))
            without.append(f"{place}{error}")
        except HeaderNotRecognised as error:
            if not (error.is_other_table or is_about_data(sheet.title or "")):
                raise HeaderNotRecognised(f"{place}{error}") from error
            remarks.append(_remark(name, sheet, str(error)))
            without.append(f"{place}{error}")
        except Unreadable as error:
            raise Unreadable(f"{place}{error}") from error
    if not tables:
        raise NoTable("; ".join(without) or "no visible sheet has content")
    return tables, remarks


def _remark(name: str, sheet: Sheet, lacking: str = "") -> str:
    if not sheet.title:
        told = name
        return (
            f"{told}: was not read, it is a table of another kind: {lacking}"
            if lacking
            else f"{told}: was not read, it holds no known table"
        )
    if lacking:
        return f"{name}: sheet「{sheet.title}」was not read, it is a table of another kind: {lacking}"
    return f"{name}: sheet「{sheet.title}」was not read, it holds no known table"


def _unmerged(table: Table, merged: Sequence[Merged]) -> Table:
    """The table with what a merged cell below its header says in each of the rows it goes over."""
    below = [cells for cells in merged if cells[0] > table.header_line]
    return replace(table, rows=partial(_filled, table.rows, below), is_merged=True) if below else table


def _filled(rows: Callable[[], Iterator[Row]], merged: Sequence[Merged]) -> Iterator[Row]:
    starting: dict[int, list[Merged]] = {}
    for cells in merged:
        starting.setdefault(cells[0], []).append(cells)
    open_cells: dict[int, tuple[int, str]] = {}
    for line, texts in rows():
        for column, (last_line, text) in list(open_cells.items()):
            if line > last_line:
                del open_cells[column]
            elif column < len(texts) and not texts[column]:
                texts[column] = text
        for _, last_line, column in starting.get(line, ()):
            if column < len(texts):
                open_cells[column] = (last_line, texts[column])
        yield line, texts
