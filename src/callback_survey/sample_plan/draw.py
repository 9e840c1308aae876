"""The draw: which cases to call. The same seed gives the same list on every machine, and a larger sample keeps the smaller.

Within a department, cases stand in the order of sha256("<seed>|<case_id>"), and the first are taken. Every case has the same
chance, nobody can choose one, and whoever has the seed can check the list.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from callback_survey.storage import duck, spreadsheet

COLUMNS = ("department_code", "department_name", "draw_number", "case_id", "case_token", "phone_token")
_DRAWN = """
    create or replace temp table call_list as
    with hashed as (
        select *, sha256(concat($seed, '|', case_id)) as draw_hash
        from valid_cases
    ),

    ordered as (
        select *, row_number() over (partition by department_code order by draw_hash, case_id) as draw_number
        from hashed
    )

    select
        ordered.department_code,
        sizes.department_name,
        ordered.draw_number,
        ordered.case_id,
        ordered.case_token,
        ordered.phone_token
    from ordered
    inner join sizes on ordered.department_code = sizes.department_code
    where ordered.draw_number <= sizes.sample_count
    order by ordered.department_code, ordered.draw_number
"""


@dataclass(frozen=True)
class Department:
    """A department's name and how many cases to draw of it."""

    name: str
    sample_count: int


def new_seed() -> str:
    """A seed that nobody could know before: with a foreseeable one, an office could tell beforehand who will be called."""
    return secrets.token_hex(8)


def draw(connection: duckdb.DuckDBPyConnection, departments: Mapping[str, Department], seed: str) -> int:
    """Draw from `valid_cases` into table `call_list` (COLUMNS), by department and order of draw. Returns its rows."""
    connection.execute(
        "create or replace temp table sizes as "
        "select unnest($1) as department_code, unnest($2) as department_name, unnest($3)::bigint as sample_count",
        [
            list(departments),
            [department.name for department in departments.values()],
            [department.sample_count for department in departments.values()],
        ],
    )
    connection.execute(_DRAWN, {"seed": seed})
    (row_count,) = duck.one_row(connection, "select count(*) from call_list")
    return int(row_count)


def write_list(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[Path, Path]:
    """The drawn list as call-list.csv, safe to open in a spreadsheet, and call-list.parquet."""
    csv, parquet = folder / "call-list.csv", folder / "call-list.parquet"
    ordered = f"select {', '.join(COLUMNS)} from call_list order by department_code, draw_number"
    rows = connection.execute(ordered)
    spreadsheet.write_csv(csv, COLUMNS, iter(rows.fetchone, None))
    connection.sql(ordered).write_parquet(str(parquet), compression="zstd")
    return csv, parquet
