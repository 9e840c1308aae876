"""Files in parts: which number of a series is not there. Nobody would miss the rows of a part that was never sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Numbers that do not begin at one, or run to thousands, are dates or codes and no parts
_LATEST_FIRST_PART = 3
_MOST_PARTS = 1000
_NUMERALS = "一二三四五六七八九十"
_NAME = re.compile(
    rf"(?P<before>.*?)(?P<number>[0-9]{{1,9}}|[{_NUMERALS}])(?P<of>\s*(?:of|共)\s*(?P<total>[0-9]{{1,3}}))?"
    r"(?P<after>\s*[)\]】}]?\s*(?P<unit>部分|部|批次|批|卷|册|分册|片|份|月份|月)?\s*)(?P<suffix>(?:\.[0-9a-z]+)*)",
    re.IGNORECASE,
)
# what stands before a number and is no part of the name that the parts share
_COUNTING = re.compile(r"[\s_.\-(\[【{]*(?:第|part|no|编号)?[\s_.\-(\[【{]*$", re.IGNORECASE)
_MONTHS = ("月", "月份")


@dataclass(frozen=True)
class _Part:
    """One file of a series, by its number; `total` is how many there are, where the name says so."""

    name: re.Match[str]
    number: int
    total: int

    def renamed(self, number: int, width: int) -> str:
        """The name that another part has."""
        written = self.name["number"]
        other = _NUMERALS[number - 1] if written in _NUMERALS and number <= len(_NUMERALS) else f"{number:0{width}d}"
        return self.name.string[: self.name.start("number")] + other + self.name.string[self.name.end("number") :]


def missing_parts(names: Iterable[str]) -> list[str]:
    """The names of the parts that are missing: calls-002.csv where calls-001.csv and calls-003.csv are there, 办件 (2).csv
    between (1) and (3), 3of3 where the others say how many there are."""
    shown = sorted(unicodedata.normalize("NFKC", name) for name in names)
    unnumbered = {name.lower() for name in shown}
    series: dict[tuple[str, ...], list[_Part]] = {}
    for name in shown:
        if match := _NAME.fullmatch(name):
            written = match["number"]
            number = _NUMERALS.index(written) + 1 if written in _NUMERALS else int(written)
            key = (match["before"].lower(), match["after"].lower(), match["suffix"].lower())
            series.setdefault(key, []).append(_Part(match, number, int(match["total"] or 0)))
    return [name for key, parts in sorted(series.items()) for name in _missing_of(parts, _base(key) in unnumbered)]


def _base(key: tuple[str, ...]) -> str:
    """The name of a first part that has no number: 办件.csv beside 办件 (2).csv."""
    before, _, suffix = key
    return _COUNTING.sub("", before) + suffix


def _missing_of(parts: list[_Part], has_base: bool) -> Iterator[str]:
    numbers = {part.number for part in parts}
    total = max(part.total for part in parts)
    if parts[0].name["unit"] in _MONTHS:
        expected = range(min(numbers), max(numbers))
    elif total:
        expected = range(1, total + 1)
    elif len(numbers) + has_base < 2 or min(numbers) > _LATEST_FIRST_PART or max(numbers) >= _MOST_PARTS:
        return
    else:
        expected = range(2 if has_base else 1, max(numbers))
    width = min(len(part.name["number"]) for part in parts)
    for number in expected:
        if number not in numbers:
            yield parts[0].renamed(number, width)
