"""The one notion of a calendar quarter: how it is written, what days it covers, when its deliveries are due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from callback_survey.errors import UsageError

_PATTERN = re.compile("([0-9]{4})Q([1-4])")
# Beyond lie slips of the keyboard, and at last days that no calendar of the machine has
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter, written ``2018Q1``. Orders and compares by time."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """The quarter written as ``2018Q1``. Raises UsageError for anything else."""
        match = _PATTERN.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise UsageError(
                f"not a quarter: {text!r}",
                expected="a year and a quarter, such as 2018Q1 (Q1 to Q4)",
                next_step="callback-survey run --quarter 2018Q1",
            )
        if not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
            raise UsageError(
                f"no survey has such a quarter: {text.strip()}",
                expected=f"a quarter from {_FIRST_YEAR}Q1 to {_LAST_YEAR}Q4",
                next_step="callback-survey run --quarter 2018Q1",
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def is_written(cls, text: object) -> bool:
        """Whether a text of a file is a quarter, written ``2018Q1`` and without anything around it."""
        match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        return match is not None and _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR

    @classmethod
    def containing(cls, day: date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def parse_range(cls, text: str) -> list[Quarter]:
        """``2018Q1`` or ``2018Q1..2019Q1`` (both ends included), in order."""
        first_text, separator, last_text = text.partition("..")
        first = cls.parse(first_text)
        last = cls.parse(last_text) if separator else first
        if last < first:
            raise UsageError(
                f"the range {text} runs backwards",
                expected="the earlier quarter first",
                next_step=f"use {last}..{first}",
            )
        quarters = [first]
        while quarters[-1] < last:
            quarters.append(quarters[-1].next())
        return quarters

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        return self.next().first_day - timedelta(days=1)

    @property
    def due_on(self) -> date:
        """The day by which the survey company delivers: the 20th of the month after the quarter."""
        return self.next().first_day.replace(day=20)

    def next(self) -> Quarter:
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    def previous(self) -> Quarter:
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.number}"
