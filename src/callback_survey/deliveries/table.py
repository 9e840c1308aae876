"""A table in a file: rows with line numbers in, a recognised header and Arrow batches out.

Formats bring rows; what is a title, a header, a record or a footer is decided here, once for all of them.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from callback_survey.deliveries import headers, limits
from callback_survey.deliveries.blocks import Block
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.records import FEWEST_OF_A_HEADER, RecordRules
from callback_survey.privacy import scrub

Row = tuple[int, list[str]]
# The rows, with blocks of those that are records by the rule that is handed in
Parts = Callable[[Callable[[Block], bool]], Iterator[Row | Block]]
BATCH_ROWS = 20_000
BATCH_CHARACTERS = 32 << 20
HEADER_SEARCH_ROWS = 30
MAXIMUM_COLUMNS = 1_000
MAXIMUM_CELL_CHARACTERS = 100_000
MAXIMUM_FOOTER_ROWS = 10


class Unreadable(ValueError):
    """The file cannot be read as what its name says. The text says why, without any cell's content."""


@dataclass
class Table:
    """A table found in a file. `name` is the file's, with the sheet's after `#`; `rows` starts at the first row anew.

    `fills_short_rows`: fields that are missing at the end of a row are blank, as spreadsheets leave them out; not where a
    short row is one that a page or a missing cell broke. `separator` is what stood between the cells of a text, in words.
    `parts` bring the same rows, those of clean text in blocks.
    `footer_lines`, `repeated_header_lines`, `short_lines` and `in_bulk_count` (records that came in blocks) are known once
    `batches` has been read to its end.
    """

    name: str
    known: Dataset
    encoding: str
    header_line: int
    header: tuple[str, ...]
    header_rows: tuple[list[str], ...]
    match: headers.HeaderMatch
    rows: Callable[[], Iterator[Row]]
    parts: Parts | None = None
    fills_short_rows: bool = True
    is_merged: bool = False
    separator: str = ""
    footer_lines: list[int] = field(default_factory=list)
    repeated_header_lines: list[int] = field(default_factory=list)
    short_lines: list[int] = field(default_factory=list)
    in_bulk_count: int = 0

    @property
    def dataset(self) -> str:
        return self.known.name

    @property
    def width(self) -> int:
        return len(self.header)

    @property
    def notes(self) -> list[str]:
        """By which rules the table was read, beyond the plain ones. Known once `batches` has been read to its end."""
        told = []
        if self.match.options:
            told.append(
                f"answers read from marks, a column each: {'、'.join(scrub(option.header) for option in self.match.options)}"
            )
        if self.match.decorated:
            told.append(f"headers read by their bare names: {'、'.join(map(scrub, self.match.decorated))}")
        for name in self.match.twins:
            told.append(f"columns of one meaning, which agree: {'、'.join(self._twin_headers(name))}")
        if self.is_merged:
            told.append("a cell merged over several rows holds for each of them")
        if self.short_lines:
            told.append(
                f"{len(self.short_lines)} rows end early, from line {self.short_lines[0]}; their last fields are blank"
            )
        return told

    def schema(self, columns: Sequence[str]) -> pa.Schema:
        text_fields = [pa.field(name, pa.string()) for name in ["fault", *columns]]
        return pa.schema([pa.field("line", pa.int64()), *text_fields])

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Batches of `line` (int64), `fault` (why a record is no row, else null) and `columns` (text, null if not sent)."""
        ready: list[pa.RecordBatch] = []
        row_count, characters = 0, 0
        for batch, held in self._batches(columns):
            ready.append(batch)
            row_count, characters = row_count + batch.num_rows, characters + held
            while row_count >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
                whole = pa.concat_batches(ready)
                yield whole.slice(0, BATCH_ROWS)
                ready = [whole.slice(BATCH_ROWS)]
                row_count, characters = ready[0].num_rows, 0
        if row_count:
            yield pa.concat_batches(ready)

    def _batches(self, columns: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, int]]:
        """The same, one for each block and for the rows between two blocks, each with the characters of its rows."""
        chunk: list[Row] = []
        characters = 0
        self.short_lines, self.in_bulk_count = [], 0
        row_count, text_count = 0, 0
        for part in self._records():
            if isinstance(part, Block):
                if chunk:
                    yield self._batch(chunk, columns), characters
                    chunk, characters = [], 0
                # none of its rows holds more text than each row may: what was within the limit stays so
                row_count, text_count = row_count + part.row_count, text_count + part.character_count
                self.in_bulk_count += part.row_count
                yield self._batch_of(part, columns), part.character_count
                continue
            length = sum(map(len, part[1]))
            chunk.append(part)
            characters += length
            row_count, text_count = row_count + 1, text_count + length
            if text_count > limits.most_text(row_count):
                raise Unreadable(f"line {part[0]}: the rows up to here hold too much text for a survey")
            if len(chunk) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
                yield self._batch(chunk, columns), characters
                chunk, characters = [], 0
        if chunk:
            yield self._batch(chunk, columns), characters

    def _records(self) -> Iterator[Row | Block]:
        """The rows below the header. What may be a footer is held back until a later row shows that it was none."""
        held: list[Row] = []
        self.repeated_header_lines = []
        rules = RecordRules(self.known, self.header_rows, self.match)
        for part in self._parts(rules):
            if isinstance(part, Block):
                yield from held
                held.clear()
                yield part
                continue
            line, cells = part
            if line <= self.header_line:
                continue
            if rules.may_be_header(cells) and self._is_header_again(rules, line, cells):
                self.repeated_header_lines.append(line)
            elif rules.may_be_footer(cells) and len(held) < MAXIMUM_FOOTER_ROWS:
                held.append(part)
            else:
                yield from held
                held.clear()
                yield part
        self.footer_lines = [line for line, _ in held]

    def _parts(self, rules: RecordRules) -> Iterator[Row | Block]:
        # whether columns of one meaning agree is seen row by row
        if self.parts is None or self.match.twins:
            return self.rows()
        return self.parts(lambda block: block.first_line > self.header_line and rules.are_records(block))

    def _is_header_again(self, rules: RecordRules, line: int, cells: list[str]) -> bool:
        if rules.is_header_again(cells):
            return True
        if rules.is_other_header(cells):
            raise Unreadable(f"line {line}: the table has a second header with other columns")
        return False

    def _batch(self, chunk: list[Row], columns: Sequence[str]) -> pa.RecordBatch:
        rows = [cells if len(cells) == self.width else self._fitted(line, cells) for line, cells in chunk]
        faults = [_fault(cells, self.width) for cells in rows]
        blank = [""] * self.width
        fitting = [blank if fault else cells for fault, cells in zip(faults, rows, strict=True)]
        by_position = list(zip(*fitting, strict=True))
        for name in self.match.twins:
            by_position[self.match.positions[name]] = self._agreed(name, by_position, [line for line, _ in chunk])
        arrays = [pa.array([line for line, _ in chunk], pa.int64()), pa.array(faults, pa.string())]
        for name in columns:
            position = self.match.positions.get(name)
            missing = pa.nulls(len(chunk), pa.string())
            arrays.append(missing if position is None else pa.array(by_position[position], pa.string()))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema(columns))

    def _batch_of(self, block: Block, columns: Sequence[str]) -> pa.RecordBatch:
        lines = pa.array(range(block.first_line, block.first_line + block.row_count), pa.int64())
        missing = pa.nulls(block.row_count, pa.string())
        places = [self.match.positions.get(name) for name in columns]
        arrays = [missing if place is None else block.columns[place] for place in places]
        return pa.RecordBatch.from_arrays([lines, missing, *arrays], schema=self.schema(columns))

    def _fitted(self, line: int, cells: list[str]) -> list[str]:
        """A row of another length than the header's: blank fields beyond the header go, blanks left out at the end come."""
        if len(cells) > self.width and not any(cell.strip() for cell in cells[self.width :]):
            return cells[: self.width]
        if len(cells) < self.width and self.fills_short_rows:
            self.short_lines.append(line)
            return [*cells, *[""] * (self.width - len(cells))]
        return cells

    def _agreed(self, name: str, by_position: Sequence[Sequence[str]], lines: Sequence[int]) -> tuple[str, ...]:
        """The one column that several of one meaning are. Raises Unreadable where two of them say different things."""
        agreed = []
        columns = [by_position[position] for position in (self.match.positions[name], *self.match.twins[name])]
        for line, *cells in zip(lines, *columns, strict=True):
            filled = [cell for cell in cells if cell.strip()]
            if len(set(filled)) > 1 and len({headers.fold(cell) for cell in filled}) > 1:
                told = "、".join(self._twin_headers(name))
                raise Unreadable(f"line {line}: columns of one meaning ({name}) that differ: {told}")
            agreed.append(filled[0] if filled else "")
        return tuple(agreed)

    def _twin_headers(self, name: str) -> list[str]:
        positions = (self.match.positions[name], *self.match.twins[name])
        return [f"「{scrub(self.header[position].strip())}」" for position in positions]


def find_table(name: str, rows: Callable[[], Iterator[Row]], *, encoding: str, datasets: Sequence[Dataset]) -> Table:
    """The table whose header one of `datasets` recognises. Raises Unreadable or HeaderNotRecognised.

    The header is the first row that holds some known headers, alone or with its neighbour under merged cells. A later
    row with more of them is not preferred: what stands between the two would be lost as a title.
    """
    first = list(itertools.islice(rows(), HEADER_SEARCH_ROWS))
    if not first:
        raise Unreadable("the file holds no text")
    if max(len(cells) for _, cells in first) > MAXIMUM_COLUMNS:
        raise Unreadable(f"more than {MAXIMUM_COLUMNS} columns")
    found = _header_of(first, datasets)
    try:
        match = found.known.recognise(found.cells)
    except headers.HeaderNotRecognised as error:
        raise (headers.NoTable(str(error)) if found.count <= 1 else error) from None
    header_rows = (list(found.cells), *(cells for _, cells in found.rows))
    return Table(name, found.known, encoding, found.rows[-1][0], tuple(found.cells), header_rows, match, rows)


def as_text(value: Any) -> str:
    """A stored value as the text a person would have typed: whole numbers without a point, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return number_as_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value).strip()


def number_as_text(value: float) -> str:
    """A whole number without a point. From sixteen digits on a spreadsheet has rounded it, and it stays in its short form."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def percent_as_text(value: float) -> str:
    """What a cell in a percent format stands for: 0.7443 is 74.43%, whatever number of digits the format shows."""
    return f"{round(value * 100, 10):.10f}".rstrip("0").rstrip(".") + "%"


def dataset_named(file_name: str, datasets: Sequence[Dataset]) -> Sequence[Dataset]:
    """The datasets a file may hold: the one its name begins with, else any; then the header tells."""
    base = Path(file_name).name.lower()
    return [dataset for dataset in datasets if base.startswith(dataset.name)] or datasets


@dataclass(frozen=True)
class _Candidate:
    """One row, or two neighbours read as one, that may be the header of a dataset."""

    known: Dataset
    rows: tuple[Row, ...]
    cells: list[str]
    count: int


def _header_of(rows: Sequence[Row], datasets: Sequence[Dataset]) -> _Candidate:
    candidates: list[_Candidate] = []
    line: int | None = None  # where the first row ends that is likely one; what does not touch it is none
    for stack, cells in _stacks(rows):
        if line is not None and stack[0][0] > line:
            break
        found = [_Candidate(known, stack, cells, known.count_recognised(cells)) for known in datasets]
        likely = [candidate for candidate in found if candidate.count >= FEWEST_OF_A_HEADER]
        if line is None and likely:
            line, candidates = stack[-1][0], []
        candidates += found if line is None else likely
    # the first of equals: one row before two, and the datasets in their order
    return max(candidates, key=lambda candidate: (candidate.count, -len(candidate.rows), -candidate.rows[-1][0]))


def _stacks(rows: Sequence[Row]) -> Iterator[tuple[tuple[Row, ...], list[str]]]:
    """Each pair of neighbours with the lower cell where there is one, else the upper, and then the lower row alone."""
    above: Row | None = None
    for row in rows:
        if above is not None and len(above[1]) == len(row[1]):
            yield (above, row), [low if low.strip() else up for up, low in zip(above[1], row[1], strict=True)]
        yield (row,), row[1]
        above = row


def _fault(cells: Sequence[str], width: int) -> str | None:
    if len(cells) != width:
        return f"{len(cells)} fields, expected {width}"
    text = "".join(cells)
    if "\0" in text:
        return "a NUL character"
    if len(text) > MAXIMUM_CELL_CHARACTERS and max(map(len, cells)) > MAXIMUM_CELL_CHARACTERS:
        return f"a cell of more than {MAXIMUM_CELL_CHARACTERS} characters"
    return None
