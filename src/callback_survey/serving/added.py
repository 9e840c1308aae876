"""Columns that serving adds to released tables and roll-ups: what is known only of all releases together.

A release never changes, and the name that a department has today does. So the columns are computed here, each time that
something is served, and stand in no release.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

MEANINGS = {
    "department_current_name": "The name that the department has now, or had last: for charts over several quarters. See "
    "current_departments.",
}


@dataclass(frozen=True)
class AddedColumn:
    """`expression` is over the table's row, `own`."""

    name: str
    type: str
    expression: str

    @property
    def description(self) -> str:
        return MEANINGS[self.name]


def columns(table: str, has: Set[str], served: Set[str]) -> list[AddedColumn]:
    """What a table of these columns gets, where the tables `served` are served with it."""
    found = []
    if {"region_code", "department_code"} <= has and "current_departments" in served - {table}:
        found.append(AddedColumn("department_current_name", "VARCHAR", _current_name("department_name" in has)))
    return found


def _current_name(has_name: bool) -> str:
    """A department of a release that came without a register has the name of its row."""
    found = """(
        select names.department_current_name from current_departments as names
        where names.region_code = own.region_code and names.department_code = own.department_code
    )"""
    return f"coalesce({found}, own.department_name)" if has_name else found
