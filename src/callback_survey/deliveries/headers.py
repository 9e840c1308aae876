"""The one place where a header is recognised. The table of accepted headers is data: `headers.toml`."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

from callback_survey.cell_text import visible
from callback_survey.deliveries import options
from callback_survey.deliveries.options import Option
from callback_survey.privacy import scrub


@dataclass(frozen=True)
class Column:
    """A canonical column of a dataset and the headers that mean it (folded); `patterns` of those that are whole sentences.

    `scales` are the words of the answers to a question with their codes, for each scale on which it may be asked.
    """

    name: str
    headers: tuple[str, ...]
    is_required: bool = False
    is_personal: bool = False
    is_dropped: bool = False
    is_free_text: bool = False
    one_of: str | None = None
    patterns: tuple[re.Pattern[str], ...] = ()
    scales: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class HeaderMatch:
    """Where each canonical column stands in a file; `unknown` are the headers nobody knows.

    `twins` are further columns of one meaning, which must agree in every row; `decorated` are the headers that were
    read without what a form wrote around them. `options` are the columns of single answers, in place of one of the question.
    """

    positions: dict[str, int]
    unknown: tuple[str, ...]
    twins: dict[str, tuple[int, ...]] = field(default_factory=dict)
    decorated: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


class HeaderNotRecognised(ValueError):
    """The header lacks a required column. The text says which and what was close.

    `is_other_table`: it is one by department that lacks columns of an annex, and none comes close to these.
    """

    def __init__(self, text: str, *, is_other_table: bool = False) -> None:
        super().__init__(text)
        self.is_other_table = is_other_table


class NoTable(HeaderNotRecognised):
    """No row looks like a header at all: a cover sheet, a legend, notes."""


# Full-width ASCII (！ to ～) and the ideographic space; the same table stands in dbt's macro `half_width`.
_HALF_WIDTH = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}


def name_key(name: str) -> str:
    """The key two spellings of one department name share: equals dbt's macro `name_key`, or the gates and the marts
    would know different departments. Not NFKC: it also folds what the macro leaves alone, such as ① to 1."""
    return "".join(name.translate(_HALF_WIDTH).split()).lower()


def fold(text: str) -> str:
    """Full-width to half-width, no white space, nothing invisible, lower case: the form in which headers and words are compared."""
    return "".join(unicodedata.normalize("NFKC", visible(text)).split()).lower()


# Where a header is registered, as people find it in the repository
REGISTER = "src/callback_survey/deliveries/headers.toml"
# Folding takes quadratic time over a long run of combining marks, and no header is this long.
_LONGEST_HEADER = 200


@dataclass(frozen=True)
class Dataset:
    """`frame`, `calls` or `published`: its canonical columns in the order of the data contract, and the headers that mean them.

    `elsewhere` are columns that only deliveries of other regions or quarters have: a table with one is refused by its name.
    """

    name: str
    columns: tuple[Column, ...]
    elsewhere: tuple[Column, ...] = ()

    @cached_property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @cached_property
    def known_headers(self) -> frozenset[str]:
        """Every header of the dataset, folded."""
        return frozenset(self._by_header)

    @cached_property
    def _by_header(self) -> dict[str, str]:
        return {header: column.name for column in self.columns for header in column.headers}

    @cached_property
    def _others(self) -> Dataset:
        return Dataset(self.name, self.elsewhere)

    def count_recognised(self, cells: Sequence[str]) -> int:
        """How many cells of a row are headers of the dataset: the header row is the one with the most."""
        options = self._options(cells)
        return sum(
            index in options or (self._column_of(cell) or self._stranger(cell)) is not None
            for index, cell in enumerate(cells)
        )

    def recognise(self, cells: Sequence[str]) -> HeaderMatch:
        """Match a header row. Raises HeaderNotRecognised for a missing required column, and for one of elsewhere."""
        dropped = {column.name for column in self.columns if column.is_dropped}
        positions: dict[str, int] = {}
        twins: dict[str, tuple[int, ...]] = {}
        unknown: list[str] = []
        decorated: list[str] = []
        options = self._options(cells)
        for index, cell in enumerate(cells):
            if option := options.get(index):
                if positions.setdefault(option.name, index) != index:
                    twins[option.name] = (*twins.get(option.name, ()), index)
                if not option.is_known:
                    unknown.append(cell.strip())
                continue
            name = self._column_of(cell)
            if name is None:
                if stranger := self._stranger(cell):
                    raise HeaderNotRecognised(
                        f"「{scrub(cell.strip())}」 belongs to the annex of {stranger}, which this region and quarter do not have"
                    )
                unknown.append(cell.strip())
                continue
            if fold(cell) not in self.known_headers:
                decorated.append(cell.strip())
            if positions.setdefault(name, index) != index and name not in dropped:
                twins[name] = (*twins.get(name, ()), index)
        by_option = {option.question: option for option in options.values()}
        missing = self._missing({*positions, *by_option})
        if missing:
            # where no cell is a header the row may be a record, and a record is not shown
            shown = unknown if positions else []
            near = [_nearest(column, shown) for column in missing]
            raise HeaderNotRecognised(
                "；".join(map(_explain, missing, near)), is_other_table=self.name == "published" and not any(near)
            )
        for column in self.columns:
            if column.name in by_option:
                _verify_options(
                    column, [option for option in options.values() if option.question == column.name], cells, positions
                )
        named = {option.name: option for option in options.values()}
        return HeaderMatch(
            positions, tuple(header for header in unknown if header), twins, tuple(decorated), tuple(named.values())
        )

    def _options(self, cells: Sequence[str]) -> dict[int, Option]:
        """The columns of single answers by their place: of the questions of which one answer at least is known by its word."""
        split = [
            option
            for index, cell in enumerate(cells)
            if (option := self._option_of(index, cell)) is not None and self._column_of(cell) is None
        ]
        asked = {option.question for _, option in split if option.is_known}
        return {index: option for index, option in split if option.question in asked}

    def _option_of(self, index: int, cell: str) -> tuple[int, Option] | None:
        if not cell or len(cell) > _LONGEST_HEADER or not any(column.scales for column in self.columns):
            return None
        scales_of = {column.name: column.scales for column in self.columns if column.scales}
        found = [
            Option(question, word, cell.strip(), is_known=any(word in answers for answers in scales_of[question]))
            for left, word in options.splits(fold(cell))
            if (question := self._column_of(left)) in scales_of
        ]
        best = min(found, key=lambda option: not option.is_known, default=None)
        return None if best is None else (index, best)

    def _column_of(self, cell: str) -> str | None:
        """The column that a header means: as it is listed, else without what a form writes around it."""
        if not cell or len(cell) > _LONGEST_HEADER:
            return None
        folded = fold(cell)
        if folded in self._by_header:
            return self._by_header[folded]
        for bare in _undecorated(folded.translate(_simplified())):
            if bare in self._by_header:
                return self._by_header[bare]
            for column in self.columns:
                if any(pattern.fullmatch(bare) for pattern in column.patterns):
                    return column.name
        return None

    def _stranger(self, cell: str) -> str | None:
        return self._others._column_of(cell) if self.elsewhere else None

    def _missing(self, present: Collection[str]) -> list[Column]:
        missing = [column for column in self.columns if column.is_required and column.name not in present]
        groups = {column.one_of for column in self.columns if column.one_of}
        found = {column.one_of for column in self.columns if column.name in present}
        missing += [column for column in self.columns if column.one_of in groups - found]
        return missing


def _verify_options(
    column: Column, found: Sequence[Option], cells: Sequence[str], positions: Mapping[str, int]
) -> None:
    """Raises HeaderNotRecognised where an answer has no column, or the question has one of its own beside those of its answers."""
    if column.name in positions:
        own = cells[positions[column.name]].strip()
        raise HeaderNotRecognised(
            f"「{scrub(own)}」 and 「{scrub(found[0].header)}」 both bring the answer to {column.name}; "
            "expected one column, or a column for each answer"
        )
    words = {option.word for option in found}
    if missing := options.lacking(column.scales, words):
        shown = "、".join(f"「{scrub(option.header)}」" for option in found if option.is_known)
        raise HeaderNotRecognised(
            f"{shown}: no column for these answers of {column.name}: {'、'.join(missing)}; a mark there would be lost"
        )


def datasets(answers: Sequence[Column], printed: Dataset) -> tuple[Dataset, ...]:
    """What a delivery may hold: `answers` are the columns of the questions that are asked, `printed` is what annexes print."""
    calls = dataset("calls")
    place = calls.column_names.index("disposition") + 1
    asked = (*calls.columns[:place], *answers, *calls.columns[place:])
    return dataset("frame"), Dataset("calls", asked), printed


def published(figures: Sequence[Column], elsewhere: Sequence[Column] = ()) -> Dataset:
    """A printed annex with the columns of `figures`."""
    return Dataset("published", (*dataset("published").columns, *figures), tuple(elsewhere))


@cache
def dataset(name: str) -> Dataset:
    """`frame`, `calls` without any question, or `published` without any percentage."""
    listed = _listed()[name]
    return Dataset(name, tuple(map(_column, listed, listed.values())))


def _column(name: str, entry: dict[str, Any]) -> Column:
    return Column(
        name=name,
        headers=tuple(dict.fromkeys(fold(header) for header in [name, *entry["headers"]])),
        is_required=entry.get("required", False),
        is_personal=entry.get("personal", False),
        is_dropped=entry.get("dropped", False),
        is_free_text=entry.get("free_text", False),
        one_of=entry.get("one_of"),
    )


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("headers.toml").read_text(encoding="utf-8"))


def _undecorated(folded: str) -> Iterator[str]:
    """The header, and what is left of it each time a layer of decoration is taken off."""
    before, after = _decoration()
    yield folded
    while match := before.match(folded) or after.search(folded):
        folded = folded[match.end() :] if match.start() == 0 else folded[: match.start()]
        yield folded


@cache
def _decoration() -> tuple[re.Pattern[str], re.Pattern[str]]:
    listed = _listed()["decoration"]
    notes = rf"[(\[【〔{{<《](?:{'|'.join(listed['notes'])})[)\]】〕}}>》]"
    return re.compile("|".join(listed["before"])), re.compile(f"(?<=.)(?:{'|'.join([*listed['after'], notes])})$")


@cache
def _simplified() -> dict[int, str]:
    characters = _listed()["traditional"]["characters"]
    return {ord(traditional): simple for traditional, simple in zip(characters[::2], characters[1::2], strict=True)}


def _nearest(column: Column, unknown: Sequence[str]) -> list[str]:
    """The unknown headers that may be the column by another name, made fit to be shown."""
    folded = {fold(header): scrub(header) for header in unknown if 0 < len(header) <= _LONGEST_HEADER}
    near = [
        folded[match]
        for header in column.headers
        for match in [
            *[found for found in folded if header in found],
            *difflib.get_close_matches(header, folded, n=1, cutoff=0.5),
        ]
    ]
    return list(dict.fromkeys(near))


def _explain(column: Column, near: Sequence[str]) -> str:
    """`没有找到 case_id（办件编号、办件号、业务流水号）；最接近的列: 办件编码`"""
    hint = f"；最接近的列: {'、'.join(near)}" if near else ""
    return f"没有找到 {column.name}（{'、'.join(column.headers[1:])}）{hint}"
