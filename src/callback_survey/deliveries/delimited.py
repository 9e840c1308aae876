"""CSV and its relatives: bytes to text to rows. Python's csv module tokenises: it gives exact line numbers and keeps a
row with a missing or an extra field apart, where faster readers drop or repair it.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from callback_survey.deliveries.blocks import Block, Blocks, CleanLines
from callback_survey.deliveries.encodings import DAMAGED, detect_encoding, open_text_file, whole_lines
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.table import HEADER_SEARCH_ROWS, MAXIMUM_COLUMNS, Row, Table, Unreadable, find_table

MAXIMUM_LINE_CHARACTERS = 1_000_000
# Gigabytes of line ends fit into a small compressed file and would take hours to go through.
MAXIMUM_BLANK_LINES = 1_000_000
# Spaces: two or more part columns that are lined up; a single one parts columns where none is blank. Two come first.
_ALIGNED = "  "
SEPARATORS = {
    ",": "commas",
    "\t": "tabs",
    ";": "semicolons",
    "|": "bars",
    _ALIGNED: "two spaces or more",
    " ": "single spaces",
}
DELIMITERS = tuple(SEPARATORS)
# Looked for only where none of these shows a header: what databases write, and what is typed with a Chinese keyboard
_RARE = {
    "，": "full-width commas",
    "；": "full-width semicolons",
    "｜": "full-width bars",
    "^": "carets",
    "~": "tildes",
} | {
    "¦": "broken bars",
    "\x01": "control characters (0x01)",
    "\x1f": "control characters (0x1F)",
}
SEPARATORS |= _RARE
# Those between which a line without a quote says nothing beside its cells
_OF_CLEAN_LINES = (",", "\t", ";")
# Titles and the header cost their block the reading at once: the first one is small
_FIRST_BYTES = 1 << 14
_FEWEST_HEADERS = 3
_CELLS_OF_A_TABLE = 4
_ALIGNED_GAP = re.compile(r"\s{2,}")
_SPACE_IN_A_MOMENT = re.compile(r"(?<=[0-9日]) (?=[0-9]{1,2}[:时点])")
_OF_A_QUOTE = re.compile("unexpected end|field limit|expected after")
# what old programs put behind the last line of a text, up to a full block
_END_SIGNS = "\x1a\0\ufeff"
# the line that printed tables draw below their header
_RULE = re.compile(r"[-+=|: ]*")


def open_text(path: Path, name: str, datasets: Sequence[Dataset]) -> Table:
    """The table in a text (its cells apart by one of DELIMITERS; `.gz` too). Raises Unreadable or HeaderNotRecognised."""
    encoding = detect_encoding(path)
    delimiter = _delimiter_of(path, encoding, datasets)
    table = find_table(name, partial(read_rows, path, encoding, delimiter), encoding=encoding, datasets=datasets)
    # between spaces a blank cell cannot be seen: a short row may lack any of its cells
    fills_short_rows = not delimiter.isspace() or delimiter == "\t"
    parts = partial(read_parts, path, encoding, delimiter, table.width) if delimiter in _OF_CLEAN_LINES else None
    return replace(table, parts=parts, fills_short_rows=fills_short_rows, separator=SEPARATORS[delimiter])


def _delimiter_of(path: Path, encoding: str, datasets: Sequence[Dataset]) -> str:
    """The separator by which most headers of a row are known; the first of equals."""
    scores: dict[str, int] = {}
    for candidate in DELIMITERS:
        scores[candidate] = _header_score(path, encoding, candidate, datasets, max(scores.values(), default=0))
    if max(scores.values()) < _FEWEST_HEADERS:
        scores |= {candidate: _header_score(path, encoding, candidate, datasets, 0) for candidate in _RARE}
    return max(scores, key=lambda candidate: scores[candidate])


def _header_score(path: Path, encoding: str, delimiter: str, datasets: Sequence[Dataset], best: int) -> int:
    """The most headers in a row, where they are more than `best`."""
    score = 0
    try:
        for _, cells in itertools.islice(read_rows(path, encoding, delimiter), HEADER_SEARCH_ROWS):
            if len(cells) > MAXIMUM_COLUMNS:  # no table has so many: what follows is not looked at
                return 0
            if len(cells) > max(score, best):
                score = max(score, *(dataset.count_recognised(cells) for dataset in datasets))
    except Unreadable:  # another delimiter may read it; if none does, the first one's error is told
        return 0
    return score


def read_rows(path: Path, encoding: str, delimiter: str, *, quoting: bool = True) -> Iterator[Row]:
    """Each record with the line it starts on; blank lines are no records. Without `quoting` a quote is a character."""
    with open_text_file(path, encoding) as text:
        yield from _Records(path, encoding, delimiter, quoting=quoting).of(_lines(text))


def read_parts(
    path: Path, encoding: str, delimiter: str, width: int, are_records: Callable[[Block], bool]
) -> Iterator[Row | Block]:
    """The same, with a block in place of many records where all its lines are clean and `are_records` says that they are no more."""
    clean = CleanLines(delimiter, width)
    records = _Records(path, encoding, delimiter)
    blocks = Blocks(whole_lines(path, encoding, _FIRST_BYTES))
    try:
        for text in blocks:
            block = clean.parse(text, records.next_line)
            if block is not None and are_records(block):
                records.pass_over(block.row_count)
                yield block
            elif not blocks.take_apart(text):
                lines = _LinesOfBlocks(text, blocks)
                yield from records.of(lines, begin=lines.begin_record)
    except DAMAGED as error:
        raise Unreadable(f"the compressed file is cut off or damaged after line {records.next_line - 1}") from error


class _Records:
    """Reads records from lines, of the whole file or of one stretch after the other. `next_line` is the number of the line behind."""

    def __init__(self, path: Path, encoding: str, delimiter: str, *, quoting: bool = True) -> None:
        self.next_line = 1
        self._blank_lines = 0
        self._path, self._encoding, self._delimiter = path, encoding, delimiter
        self._quoting = quoting

    def pass_over(self, line_count: int) -> None:
        """So many lines, each a record, were read by somebody else."""
        self.next_line += line_count
        self._blank_lines = 0

    def of(self, lines: Iterator[str], *, begin: Callable[[], None] = lambda: None) -> Iterator[Row]:
        """The records of these lines; `begin` is called before each."""
        csv.field_size_limit(MAXIMUM_LINE_CHARACTERS)
        delimiter, before = self._delimiter, self.next_line - 1
        # `strict`: a quote left open is an error, not a cell that swallows the rest of the file
        style: Literal[0, 3] = csv.QUOTE_MINIMAL if self._quoting else csv.QUOTE_NONE
        # a space before a quote is no part of the cell; between spaces each one counts
        skips = delimiter.strip(" ") != ""
        lines = lines if skips else _spaced(lines, delimiter)
        reader = csv.reader(lines, strict=True, delimiter=delimiter[0], quoting=style, skipinitialspace=skips)
        while True:
            begin()
            line = before + reader.line_num
            try:
                cells = next(reader, None)
            except csv.Error as error:
                ends_on = before + reader.line_num
                raise _fault_of(error, self._path, self._encoding, delimiter, line + 1, ends_on) from error
            except DAMAGED as error:
                told = f"the compressed file is cut off or damaged after line {before + reader.line_num}"
                raise Unreadable(told) from error
            self.next_line = before + reader.line_num + 1
            if cells is None:
                return
            is_rule = delimiter == "|" and _RULE.fullmatch("".join(cells)) is not None
            if not is_rule and any(cell.strip().strip(_END_SIGNS) for cell in cells):
                self._blank_lines = 0
                yield line + 1, cells
            elif self._is_beyond_blank_lines():
                raise Unreadable(f"line {self.next_line - 1}: more than {MAXIMUM_BLANK_LINES} blank lines in a row")

    def _is_beyond_blank_lines(self) -> bool:
        self._blank_lines += 1
        return self._blank_lines > MAXIMUM_BLANK_LINES


class _LinesOfBlocks(Iterator[str]):
    """The lines of a block, and of the blocks behind it as far as a record goes on there."""

    def __init__(self, block: bytes, behind: Iterator[bytes]) -> None:
        self._lines, self._behind = _lines_of(block), behind
        self._is_within_record = False

    def begin_record(self) -> None:
        self._is_within_record = False

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None and self._is_within_record:
            self._lines = _lines_of(next(self._behind, b""))
            line = next(self._lines, None)
        if line is None:
            raise StopIteration
        self._is_within_record = True
        return line


def _lines_of(block: bytes) -> Iterator[str]:
    # only a line that is refused for its length is cut, and perhaps within a character
    return _lines(io.StringIO(block.decode(errors="replace"), newline=""))


def _fault_of(error: csv.Error, path: Path, encoding: str, delimiter: str, starts_on: int, line: int) -> Unreadable:
    """What is wrong with a record, on the line where it can be mended: where the quote opens that ends wrongly."""
    told = str(error)
    opens_on = _quote_opens_on(path, encoding, delimiter, starts_on) if _OF_A_QUOTE.search(told) else None
    if opens_on is not None and "limit" in told.split():
        return Unreadable(
            f"line {opens_on}: the cell whose quote opens here is longer than {MAXIMUM_LINE_CHARACTERS} characters; is it closed?"
        )
    if opens_on is not None and "expected" in told.split():
        return Unreadable(f"line {opens_on}: text follows the quote that closes a cell which opens here")
    if opens_on is not None:
        return Unreadable(f"line {opens_on}: the quote that opens here is never closed")
    return Unreadable(f"line {line}: {told}")


def _quote_opens_on(path: Path, encoding: str, delimiter: str, starts_on: int) -> int | None:
    """The line of the quote that opens last before the record goes wrong."""
    opens_on: int | None = None
    is_quoted, is_closed, is_start, left = False, False, True, 2 * MAXIMUM_LINE_CHARACTERS
    with open_text_file(path, encoding) as text:
        for number, line in enumerate(text, start=1):
            if number < starts_on:
                continue
            for character in line.removeprefix("\ufeff"):
                if is_quoted:
                    is_quoted, is_closed = character != '"', character == '"'
                elif is_closed and character not in (delimiter, "\r", "\n"):
                    if character != '"':
                        return opens_on
                    is_quoted, is_closed = True, False
                elif character == '"' and is_start:
                    is_quoted, opens_on = True, number
                else:
                    is_closed, is_start = False, character in (delimiter, "\r", "\n")
            left -= len(line)
            if left < 0:
                break
    return opens_on if is_quoted else None


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Lines of a bounded length: a file without line ends must not become one string."""
    while line := text.readline(MAXIMUM_LINE_CHARACTERS):
        if len(line) == MAXIMUM_LINE_CHARACTERS:
            raise csv.Error(f"longer than {MAXIMUM_LINE_CHARACTERS} characters")
        yield line


def _spaced(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    """Lines in which one space parts two cells, and none stands between a day and its time."""
    for line in lines:
        line = _SPACE_IN_A_MOMENT.sub("\u00a0", line)
        if delimiter == _ALIGNED:
            cells = _ALIGNED_GAP.split(line.strip())
            line = " ".join(cell.replace(" ", "\u00a0") for cell in cells) + "\n"
        yield line


def looks_tabular(path: Path) -> bool:
    """Whether most of a text's first lines have one and the same number of cells, four or more: a table, header or not."""
    encoding = detect_encoding(path)
    for delimiter in DELIMITERS[:4]:
        try:
            widths = [
                len(cells) for _, cells in itertools.islice(read_rows(path, encoding, delimiter), HEADER_SEARCH_ROWS)
            ]
        except Unreadable:
            return True
        most = max(set(widths), key=widths.count, default=0)
        if most >= _CELLS_OF_A_TABLE and widths.count(most) > max(1, len(widths) // 2):
            return True
    return False
