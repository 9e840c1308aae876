"""The one place where a header is recognised. The table of accepted headers is data: `headers.toml`."""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from callback_survey.privacy import scrub


@dataclass(frozen=True)
class Column:
    """A canonical column of a dataset and the headers that mean it (folded)."""

    name: str
    headers: tuple[str, ...]
    is_required: bool
    is_personal: bool
    is_free_text: bool
    one_of: str | None


@dataclass(frozen=True)
class HeaderMatch:
    """Where each canonical column stands in a file; `unknown` are the headers nobody knows."""

    positions: dict[str, int]
    unknown: tuple[str, ...]


class HeaderNotRecognised(ValueError):
    """The header lacks a required column, or names one twice. The text says which and what was close."""


class NoTable(HeaderNotRecognised):
    """No row looks like a header at all: a cover sheet, a legend, notes."""


# Full-width ASCII (！ to ～) and the ideographic space; the same table stands in dbt's macro `half_width`.
_HALF_WIDTH = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}


def name_key(name: str) -> str:
    """The key two spellings of one department name share: equals dbt's macro `name_key`, or the gates and the marts
    would know different departments. Not NFKC: it also folds what the macro leaves alone, such as ① to 1."""
    return "".join(name.translate(_HALF_WIDTH).split()).lower()


def fold(text: str) -> str:
    """Full-width to half-width, no white space, lower case: the form in which headers and words are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


# Folding takes quadratic time over a long run of combining marks, and no header is this long.
_LONGEST_HEADER = 200


@cache
def columns_of(dataset: str) -> tuple[Column, ...]:
    """The canonical columns of `frame`, `calls` or `published`, in the order of the data contract."""
    table = tomllib.loads(resources.files(__package__).joinpath("headers.toml").read_text(encoding="utf-8"))
    return tuple(
        Column(
            name=name,
            headers=tuple(dict.fromkeys(fold(header) for header in [name, *entry["headers"]])),
            is_required=entry.get("required", False),
            is_personal=entry.get("personal", False),
            is_free_text=entry.get("free_text", False),
            one_of=entry.get("one_of"),
        )
        for name, entry in table[dataset].items()
    )


@cache
def known_headers(dataset: str) -> frozenset[str]:
    """Every header of the dataset, folded."""
    return frozenset(header for column in columns_of(dataset) for header in column.headers)


def count_recognised(dataset: str, cells: Sequence[str]) -> int:
    """How many cells of a row are headers of the dataset: the header row is the one with the most."""
    known = known_headers(dataset)
    return sum(len(cell) <= _LONGEST_HEADER and fold(cell) in known for cell in cells)


def recognise(dataset: str, cells: Sequence[str]) -> HeaderMatch:
    """Match a header row. Raises HeaderNotRecognised for a missing required column or one that stands twice."""
    by_header = {header: column.name for column in columns_of(dataset) for header in column.headers}
    positions: dict[str, int] = {}
    unknown: list[str] = []
    for index, cell in enumerate(cells):
        name = by_header.get(fold(cell)) if len(cell) <= _LONGEST_HEADER else None
        if name is None:
            unknown.append(cell.strip())
        elif name in positions:
            raise HeaderNotRecognised(f"两列都是 {name}：「{cells[positions[name]].strip()}」和「{cell.strip()}」")
        else:
            positions[name] = index
    missing = _missing(dataset, positions)
    if missing:
        # where no cell is a header the row may be a record, and a record is not shown
        shown = unknown if positions else []
        raise HeaderNotRecognised("；".join(_explain(column, shown) for column in missing))
    return HeaderMatch(positions, tuple(header for header in unknown if header))


def _missing(dataset: str, positions: dict[str, int]) -> list[Column]:
    columns = columns_of(dataset)
    missing = [column for column in columns if column.is_required and column.name not in positions]
    groups = {column.one_of for column in columns if column.one_of}
    satisfied = {column.one_of for column in columns if column.name in positions}
    missing += [column for column in columns if column.one_of in groups - satisfied]
    return missing


def _explain(column: Column, unknown: Sequence[str]) -> str:
    """`没有找到 case_id（办件编号、办件号、业务流水号）；最接近的列: 办件编码`"""
    accepted = "、".join(column.headers[1:])
    folded = {fold(header): scrub(header) for header in unknown if 0 < len(header) <= _LONGEST_HEADER}
    near = [
        folded[match]
        for header in column.headers
        for match in difflib.get_close_matches(header, folded, n=1, cutoff=0.5)
    ]
    hint = f"；最接近的列: {'、'.join(dict.fromkeys(near))}" if near else ""
    return f"没有找到 {column.name}（{accepted}）{hint}"
