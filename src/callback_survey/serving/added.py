"""Columns that serving adds to released tables and roll-ups: what is known only of all releases together.

A release never changes, and the name that a department has today does. So the columns are computed here, each time that
something is served, and stand in no release.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import duckdb

MEANINGS = {
    "department_current_name": "The name that the department has now, or had last: for charts over several quarters. See "
    "current_departments.",
    "is_synthetic": "Whether the data behind the row are invented or rebuilt, by the note of who sent them; of several releases, whether "
    "any is. Leave such rows out of a figure about real offices.",
    "data_note": "What the senders say of the data behind the row as a whole; NULL where they say nothing.",
}
# What was said of the data: of a region itself, and of each division above by the districts that its roll-ups are made from.
_SAID = """
    create or replace temp table said as
    with recursive places (source_code, region_code, made_from) as (
        select region_code, region_code, 'survey' from releases
        union
        select places.source_code, regions.parent_region_code, 'districts'
        from places
        inner join {regions} as regions on places.region_code = regions.region_code
        where regions.parent_region_code is not null
    )
    select
        places.region_code,
        places.made_from,
        releases.quarter,
        bool_or(releases.is_synthetic) as is_synthetic,
        string_agg(distinct releases.data_note, '；' order by releases.data_note) as data_note
    from releases
    inner join places on releases.region_code = places.source_code
    where releases.is_served
    group by all
"""


@dataclass(frozen=True)
class AddedColumn:
    """`expression` is over the table's row, `own`."""

    name: str
    type: str
    expression: str

    @property
    def description(self) -> str:
        return MEANINGS[self.name]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """What the expressions read, made of the tables that are there."""
    known = "from duckdb_columns() where database_name = current_database() and table_name = 'regions'"
    has = {name for (name,) in connection.execute(f"select column_name {known}").fetchall()}
    none = "(select null as region_code, null as parent_region_code where false)"
    connection.execute(_SAID.format(regions="regions" if "parent_region_code" in has else none))


def columns(table: str, has: Set[str], served: Set[str], *, is_rollup: bool) -> list[AddedColumn]:
    """What a table of these columns gets, where the tables `served` are served with it."""
    found = []
    if {"region_code", "department_code"} <= has and "current_departments" in served - {table}:
        found.append(AddedColumn("department_current_name", "VARCHAR", _current_name("department_name" in has)))
    # a table of revisions says of each what was said of it
    if {"region_code", "quarter"} <= has and "revision" not in has:
        said = _said(has, is_rollup=is_rollup)
        found.append(AddedColumn("is_synthetic", "BOOLEAN", f"(select bool_or(is_synthetic) {said})"))
        notes = f"(select string_agg(distinct data_note, '；' order by data_note) {said})"
        found.append(AddedColumn("data_note", "VARCHAR", notes))
    return found


def _current_name(has_name: bool) -> str:
    """A department of a release that came without a register has the name of its row."""
    found = """(
        select names.department_current_name from current_departments as names
        where names.region_code = own.region_code and names.department_code = own.department_code
    )"""
    return f"coalesce({found}, own.department_name)" if has_name else found


def _said(has: Set[str], *, is_rollup: bool) -> str:
    """The releases that a row is made of: of the region, or of those below it, in all quarters that it counts."""
    first = "coalesce(own.first_quarter, own.quarter)" if "first_quarter" in has else "own.quarter"
    made_from = ""
    if "made_from" in has:
        made_from = "and said.made_from = own.made_from"
    elif not is_rollup or "department_code" in has:
        made_from = "and said.made_from = 'survey'"
    return f"from said where said.region_code = own.region_code and said.quarter between {first} and own.quarter {made_from}"
