"""What a row below a header is: a record, the header once more as on each printed page, or what may be a footer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce

import pyarrow as pa
import pyarrow.compute as pc

from callback_survey.deliveries import headers
from callback_survey.deliveries.blocks import Block, begins_with
from callback_survey.deliveries.headers import Dataset, HeaderMatch

# How the lines below a table begin: notes, sums, who made the sheet and when.
_FOOTER = re.compile(
    "注|备注|说明|合计|总计|小计|共|制表|填表|填报|审核|统计|打印|导出|单位负责人|联系人[:：]|日期[:：]"
)
_SUM = re.compile("(合计|总计|小计|共计)[:：]?")
# Every dataset requires three columns or more: a row with fewer of its headers is no header, with fewer filled no record.
FEWEST_OF_A_HEADER = 3
_FEWEST_OF_A_RECORD = 3
_CHINESE = re.compile("[\u4e00-\u9fff]")
# The first bytes of what is seen: ASCII without the space and control characters, and the characters U+4000 to U+9FFF
_ASCII_SEEN = tuple(range(0x21, 0x7F))
_SEEN = (*_ASCII_SEEN, *range(0xE4, 0xEA))


@dataclass(frozen=True)
class RecordRules:
    """The rules of one table, by its dataset, the rows that are its header, and where its columns stand."""

    known: Dataset
    header_rows: tuple[list[str], ...]
    match: HeaderMatch

    def may_be_header(self, cells: list[str]) -> bool:
        """Whether a row is worth a closer look: the header as it was, or with the headers of one."""
        return cells in self.header_rows or len(self._telling.intersection(cells)) >= FEWEST_OF_A_HEADER

    def is_header_again(self, cells: list[str]) -> bool:
        """The header once more, as on each printed page."""
        if cells in self.header_rows:
            return True
        folded = [headers.fold(cell) for cell in cells if cell.strip()]
        return any(folded == [headers.fold(cell) for cell in row if cell.strip()] for row in self.header_rows)

    def is_other_header(self, cells: Sequence[str]) -> bool:
        """Another header, which would give the rows below it other columns."""
        return self.known.count_recognised(cells) >= FEWEST_OF_A_HEADER

    def may_be_footer(self, cells: Sequence[str]) -> bool:
        """One cell of Chinese text and nothing else, or a line that begins like a note or a sum and is no record.

        A record may begin so too, with a department such as 共青团区委: its required columns are filled.
        """
        first = next((cell.strip() for cell in cells if cell.strip()), "")
        if not _CHINESE.search(first):
            return False
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) == 1 or _SUM.fullmatch(first) or all(_FOOTER.match(cell) for cell in filled):
            return True
        return _FOOTER.match(first) is not None and self._filled_required(cells) < _FEWEST_OF_A_RECORD

    def are_records(self, block: Block) -> bool:
        """Whether each row of a block is a record for certain, by the rules above: none is blank, the header, or a footer.

        False where that would take a look at each row.
        """
        seen = [begins_with(block.columns[place], _bytes(_SEEN)) for place in self._required]
        if len(seen) < _FEWEST_OF_A_RECORD or pc.min(_count(seen)).as_py() < _FEWEST_OF_A_RECORD:
            return False
        return self._has_no_header(block) and self._has_no_footer(block)

    def _has_no_header(self, block: Block) -> bool:
        beginnings = pa.array({cell.encode()[:1] for cell in self._telling}, pa.binary())
        likely = [column for column in block.columns if pc.any(begins_with(column, beginnings)).as_py()]
        if len(likely) < FEWEST_OF_A_HEADER:
            return True
        telling = pa.array(self._telling, pa.string())
        return bool(pc.max(_count([pc.is_in(column, telling) for column in likely])).as_py() < FEWEST_OF_A_HEADER)

    def _has_no_footer(self, block: Block) -> bool:
        """Of rows whose required columns are filled."""
        first, *others = block.columns
        if pc.all(begins_with(first, _bytes(_ASCII_SEEN))).as_py():
            return True
        if not pc.all(begins_with(first, _bytes(_SEEN))).as_py():
            return False
        like_footers = [cell for cell in pc.unique(first).to_pylist() if _FOOTER.match(cell)]
        # such as 统计局: the cells of a note are all like it, and a date or a number is not
        return not any(_SUM.fullmatch(cell.strip()) for cell in like_footers) and (
            not like_footers or any(pc.all(begins_with(column, _bytes(_ASCII_SEEN))).as_py() for column in others)
        )

    @cached_property
    def _telling(self) -> frozenset[str]:
        """Cells of which a record holds few and a header many."""
        return self.known.known_headers.union(cell for row in self.header_rows for cell in row if cell.strip())

    @cached_property
    def _required(self) -> tuple[int, ...]:
        """Where the required columns stand; a question may have columns of its answers instead."""
        names = [column.name for column in self.known.columns if column.is_required]
        return tuple(self.match.positions[name] for name in names if name in self.match.positions)

    def _filled_required(self, cells: Sequence[str]) -> int:
        return sum(position < len(cells) and cells[position].strip() != "" for position in self._required)


@cache
def _bytes(codes: tuple[int, ...]) -> pa.BinaryArray:
    # not made on import: Arrow imports pandas to make its first array
    return pa.array([bytes([code]) for code in codes], pa.binary())


def _count(columns: Sequence[pa.BooleanArray]) -> pa.Array:
    """In how many of the columns each row is true."""
    return reduce(pc.add, [column.cast(pa.int32()) for column in columns])
