"""Runs the SQL that dbt compiled for a model over a test's own rows: thousands of generated cases cost one query, not one dbt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

Rows = Sequence[Mapping[str, Any]]
_RELATION = re.compile(r'"warehouse"\."(\w+)"\."(\w+)"')


class CompiledModels:
    """The models of a built home, over tables that are empty but for the rows a test gives; seeds are the real ones."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, compiled: Path) -> None:
        self._connection = connection
        self._compiled = compiled

    def give(self, relation: str, rows: Rows) -> None:
        """Rows of `schema.table`, in the columns and types of the built table; columns not named are NULL."""
        schema, table = relation.split(".")
        self._make(schema, table)
        self._connection.execute(f"delete from warehouse.{relation}")
        columns = sorted({name for row in rows for name in row})
        for start in range(0, len(rows), 500):
            part = rows[start : start + 500]
            marks = ", ".join(f"({', '.join('?' * len(columns))})" for _ in part)
            values = [row.get(name) for row in part for name in columns]
            self._connection.execute(f"insert into warehouse.{relation} ({', '.join(columns)}) values {marks}", values)

    def run(self, model: str) -> list[dict[str, Any]]:
        """The rows of a model; what it reads and nobody gave is empty, unless it is a seed."""
        (path,) = self._compiled.rglob(f"{model}.sql")
        statement = path.read_text(encoding="utf-8")
        for schema, table in set(_RELATION.findall(statement)):
            self._make(schema, table)
        cursor = self._connection.execute(statement)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _make(self, schema: str, table: str) -> None:
        self._connection.execute(f"create schema if not exists warehouse.{schema}")
        # by name and type, as a view of another file cannot be asked: it looks for its tables here
        columns = self._connection.execute(
            "select string_agg(column_name || ' ' || data_type, ', ' order by column_index) from duckdb_columns() "
            "where database_name = 'built' and schema_name = ? and table_name = ?",
            [schema, table],
        ).fetchall()[0][0]
        exists = self._connection.execute(
            "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = ? and table_name = ?",
            [schema, table],
        ).fetchall()
        if not exists:
            self._connection.execute(f"create table warehouse.{schema}.{table} ({columns})")
            if schema == "seeds":
                self._connection.execute(f"insert into warehouse.{schema}.{table} from built.{schema}.{table}")


@contextmanager
def compiled_models(home: Path) -> Iterator[CompiledModels]:
    """The compiled models of a home in which a quarter was run; its warehouse is only read."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute(f"attach '{home / 'warehouse' / 'warehouse.duckdb'}' as built (read_only)")
        yield CompiledModels(connection, home / "warehouse" / "dbt" / "compiled" / "callback_survey" / "models")
