"""Cells that are no value of their column: numbers, days and blanks that dbt would stumble over once every region is landed.

What a column holds stands beside the registers, where dbt reads it too: its type, whether it may be blank, and its range.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from callback_survey.register_layers import KINDS
from callback_survey.registers import rows
from callback_survey.registers.faults import Fault, fault_in

_TRUE_TYPES = ("string", "boolean")
# as DuckDB and Spark read them both
_NUMBER, _WHOLE = re.compile("[-+]?[0-9]{1,18}([.][0-9]+)?", re.ASCII), re.compile("[-+]?[0-9]{1,18}")


@dataclass(frozen=True)
class _Column:
    """What a column holds: its type in SQL, whether a blank is a fault, and the range of its numbers (None: any)."""

    kind: str
    is_required: bool
    least: float | None
    most: float | None


def values(seeds: Path) -> Iterator[Fault]:
    """Cells of every register in `seeds` that are blank, no number, no day or out of range where their column does not allow it."""
    columns = _columns_of(seeds)
    for name in KINDS:
        for row in rows.read(seeds, name):
            for column, held in columns.get(name, {}).items():
                cell = row[column]
                if not cell:
                    if held.is_required:
                        yield fault_in(row, f"{column} is empty", "fill it in")
                    continue
                if (expected := _expected(cell, column, held)) is not None:
                    yield fault_in(row, f"{column} is 「{cell}」", expected)


def _expected(cell: str, column: str, held: _Column) -> str | None:
    """What to write instead of a cell; None where it is a value of its column."""
    if held.kind == "date":
        return None if _is_day(cell) else "write a day such as 2018-01-31"
    if held.kind in _TRUE_TYPES:
        return None
    if not _NUMBER.fullmatch(cell):
        return "write a number in digits"
    number = Decimal(cell)
    if held.kind == "bigint" and not _WHOLE.fullmatch(cell):
        return "write a whole number"
    if column.endswith("_level") and not 0 < number < 1:
        return "write a share of 1, such as 0.95"
    least, most = _range(column, held)
    if not least <= number <= most:
        shown = f"write a number from {least:g} to {most:g}" if most < math.inf else f"write a number from {least:g} on"
        return shown if least > -math.inf else f"write a number up to {most:g}"
    return None


def _range(column: str, held: _Column) -> tuple[float, float]:
    """A share of 100 is one, whatever its column says."""
    if held.least is not None or held.most is not None:
        return (-math.inf if held.least is None else held.least, math.inf if held.most is None else held.most)
    if column.endswith("_pct"):
        return 0, 100
    return -math.inf, math.inf


def _is_day(cell: str) -> bool:
    try:
        date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _columns_of(seeds: Path) -> Mapping[str, Mapping[str, _Column]]:
    stamps = tuple((path, path.stat().st_mtime_ns) for path in sorted(seeds.glob("*.yml")))
    return _read(stamps)


@lru_cache(maxsize=8)
def _read(stamps: tuple[tuple[Path, int], ...]) -> Mapping[str, Mapping[str, _Column]]:
    import yaml  # only a check of registers needs it

    found: dict[str, dict[str, _Column]] = {}
    for path, _ in stamps:
        for seed in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["seeds"]:
            types: Mapping[str, str] = seed.get("config", {}).get("column_types", {})
            found[seed["name"]] = {one["name"]: _column(types, one) for one in seed["columns"]}
    return found


def _column(types: Mapping[str, str], told: Mapping[str, Any]) -> _Column:
    tests = told.get("data_tests", [])
    ranges = [
        test["accepted_range"]["arguments"] for test in tests if isinstance(test, dict) and "accepted_range" in test
    ]
    limits = ranges[0] if ranges else {}
    return _Column(
        types.get(told["name"], "string").partition("(")[0].strip(),
        "not_null" in tests,
        limits.get("least"),
        limits.get("most"),
    )
