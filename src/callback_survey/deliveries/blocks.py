"""Clean text in blocks: where each line is a row with as many cells as the header, Arrow takes a block of lines at once, and gives
the cells that Python's csv module gives. A block in which anything else may stand is left to that.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from callback_survey.deliveries import limits

# So small are the parts of a block in which a line is not clean: the others of its lines are read at once all the same
_PART_BYTES = 1 << 15
# Blocks are smaller, but for one line that is longer: it is refused, or too long for a cell
_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Block:
    """Rows of as many cells each, on lines of their own from `first_line` on; `columns` hold the cells (text, none null)."""

    first_line: int
    columns: tuple[pa.StringArray, ...]
    character_count: int

    @property
    def row_count(self) -> int:
        return len(self.columns[0])


class CleanLines:
    """Takes blocks of whole lines apart: of a table of `width` columns between `delimiter`, a character of ASCII."""

    def __init__(self, delimiter: str, width: int) -> None:
        self._space_before = (f"{delimiter} ".encode(), b"\n ")
        names = [*map(str, range(width))]
        self._read = pyarrow.csv.ReadOptions(use_threads=False, block_size=_MOST_BYTES, column_names=names)
        self._parse = pyarrow.csv.ParseOptions(
            delimiter=delimiter, quote_char=False, double_quote=False, ignore_empty_lines=False
        )
        self._convert = pyarrow.csv.ConvertOptions(
            check_utf8=False, strings_can_be_null=False, column_types=dict.fromkeys(names, pa.string())
        )

    def parse(self, block: bytes, first_line: int) -> Block | None:
        """The rows of a block of UTF-8, a line each; a line without any text is a row without any too. None where it is not clean."""
        if len(block) > _MOST_BYTES or block.startswith(codecs.BOM_UTF8):
            return None
        if b'"' in block or b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
            return None
        try:
            table = pyarrow.csv.read_csv(pa.BufferReader(block), self._read, self._parse, self._convert)
        except pa.ArrowInvalid:  # a line with more or fewer cells
            return None
        columns = tuple(column.combine_chunks() for column in table.columns)
        if block.startswith(b" ") or any(sign in block for sign in self._space_before):
            columns = tuple(pc.utf8_ltrim(column, " ") for column in columns)
        if table.num_rows == 0 or _longest_row(columns) > limits.TEXT_OF_A_ROW:
            return None
        return Block(first_line, columns, sum(pc.sum(pc.utf8_length(column)).as_py() for column in columns))


class Blocks(Iterator[bytes]):
    """Blocks of whole lines, one after the other; one of them may be given back in smaller parts."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._parts: Iterator[bytes] = iter(())
        self._is_part = False

    def __next__(self) -> bytes:
        part = next(self._parts, None)
        self._is_part = part is not None
        return next(self._blocks) if part is None else part

    def take_apart(self, block: bytes) -> bool:
        """Have the block that came last come again in parts; False where it is one itself."""
        if self._is_part or len(block) <= _PART_BYTES:
            return False
        self._parts = _parts(block)
        return True


def _parts(block: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + _PART_BYTES) + 1 or len(block)
        yield block[start:end]
        start = end


def begins_with(column: pa.StringArray, beginnings: pa.BinaryArray) -> pa.BooleanArray:
    """Whether the first byte of a cell is one of these; that of an empty cell is no byte."""
    return pc.is_in(pc.binary_slice(column.view(pa.binary()), 0, 1), beginnings)


def _longest_row(columns: tuple[pa.StringArray, ...]) -> int:
    """In bytes, which are no fewer than the characters."""
    lengths = reduce(pc.add, map(pc.binary_length, columns))
    return int(pc.max(lengths).as_py())
