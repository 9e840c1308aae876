"""What a row below a header is: a record, the header once more as on each printed page, or what may be a footer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from callback_survey.deliveries import headers
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
