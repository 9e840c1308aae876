"""Which tables refer to which: a table that holds the whole key of one of these refers to it by that key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

# What others are looked up in. A table with `region_code` and `quarter` belongs to a region and a quarter; one with a department's
# code, to the department as it was in that quarter and as it is now.
REFERRED_TO = ("regions", "quarters", "measures", "departments", "current_departments", "finding_codes", "releases")


@dataclass(frozen=True)
class Reference:
    """The columns of a table that are the key of another one, by the same names."""

    columns: tuple[str, ...]
    table: str


def references(name: str, columns: Collection[str], keys: Mapping[str, Sequence[str]]) -> list[Reference]:
    """What a table of these columns refers to, of the tables whose `keys` are given."""
    found = [Reference(tuple(keys[other]), other) for other in REFERRED_TO if keys.get(other) and other != name]
    return [reference for reference in found if set(reference.columns) <= set(columns)]
