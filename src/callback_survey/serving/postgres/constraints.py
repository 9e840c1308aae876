"""Keys and references of the copy, as the served file declares them: there is no second list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from callback_survey.serving.postgres.sql import name, relation

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

# what is referred to needs its key first; a primary key brings its NOT NULL along
_DECLARED = """
    select table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names
    from duckdb_constraints()
    where constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
    order by constraint_type = 'FOREIGN KEY', table_name, constraint_index
"""


def constrain(cursor: Cursor, source: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Declare them on the loaded tables of a schema."""
    for table, kind, columns, referred_to, referred_columns in source.execute(_DECLARED).fetchall():
        declared = f"{kind} ({_listed(columns)})"
        if kind == "FOREIGN KEY":
            declared += f" references {relation(schema, referred_to)} ({_listed(referred_columns)})"
        cursor.execute(f"alter table {relation(schema, table)} add {declared}")


def _listed(columns: list[str]) -> str:
    return ", ".join(name(column) for column in columns)
