"""Publish the served file to PostgreSQL: load aside, describe, grant, switch. One transaction, so there is nothing half done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from callback_survey.errors import SurveyError
from callback_survey.serving.postgres import copied, switch
from callback_survey.serving.postgres.address import Address
from callback_survey.serving.postgres.constraints import constrain
from callback_survey.serving.postgres.grants import carry_over, ensure_role, grant_reading
from callback_survey.serving.postgres.sql import comment_on, name, relation

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

SCHEMA = "marts"
ASIDE = "marts_next"
_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Publication:
    """What PostgreSQL holds now. `is_new` is False where this version stood there already, whole and readable."""

    version: str
    is_new: bool


@dataclass(frozen=True)
class _Column:
    name: str
    type: str
    comment: str


def publish(
    marts: Path,
    version: str,
    *,
    url: str,
    reader: str | None = None,
    memory_limit: str = "1GB",
    patience_seconds: float = 60,
    say: Callable[[str], None] = lambda message: None,
) -> Publication:
    """Make schema `marts` of the database the same as the DuckDB file `marts`: tables, rows, keys, references, comments.

    `reader` is a role that may read and nothing else. Readers that are under way are waited for, `patience_seconds` at most.
    Raises SurveyError, and changes nothing, where PostgreSQL cannot be reached, says no, or where something of somebody
    else's is in the way.
    """
    address = Address(url)
    with address.transaction() as connection, connection.cursor() as cursor:
        _prepare(cursor, patience_seconds)
        # The name of this schema is also the lock of publishers: a second one waits here until the first has committed. Only
        # who may make schemas can take it; an advisory lock can be taken, and kept, by every role that may connect.
        cursor.execute(f"create schema {name(ASIDE)}")
        switch.refuse_foreign_schema(cursor, SCHEMA)
        if copied.is_whole(cursor, SCHEMA, version, reader):
            cursor.execute(f"drop schema {name(ASIDE)}")
            return Publication(version, is_new=False)
        say("publishing to PostgreSQL")
        with _reading(marts, memory_limit) as (source, folder):
            for table in _tables(source):
                _load(cursor, source, table, folder / f"{table}.csv")
            constrain(cursor, source, ASIDE)
            for table in _tables(source):
                cursor.execute(f"analyze {relation(ASIDE, table)}")
        carry_over(cursor, SCHEMA, ASIDE)
        if reader:
            ensure_role(cursor, reader)
            grant_reading(cursor, reader, ASIDE)
        comment_on(cursor, "schema", name(ASIDE), copied.mark_of(cursor, ASIDE, version))
        switch.switch(cursor, SCHEMA, ASIDE, patience_seconds=patience_seconds)
    return Publication(version, is_new=True)


def _prepare(cursor: Cursor, patience_seconds: float) -> None:
    """Settings of this transaction alone: values read as text mean the same everywhere, and names say their schema."""
    for setting in ("search_path = pg_catalog", "timezone = 'UTC'", "datestyle = 'ISO'", "extra_float_digits = 1"):
        cursor.execute(f"set local {setting}")
    cursor.execute("set local client_encoding = 'UTF8'")
    cursor.execute(f"set local lock_timeout = '{max(1, round(patience_seconds))}s'")


@contextmanager
def _reading(marts: Path, memory_limit: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    from callback_survey.storage import duck
    from callback_survey.storage.scratch import temporary_folder

    with (
        temporary_folder() as folder,
        duck.connect(marts, memory_limit=memory_limit, spill=folder / "spill", read_only=True) as connection,
    ):
        yield connection, folder


def _tables(source: duckdb.DuckDBPyConnection) -> list[str]:
    """Whatever was assembled: there is no second list."""
    query = "select table_name from duckdb_tables() where not temporary order by 1"
    return [table for (table,) in source.execute(query).fetchall()]


def _load(cursor: Cursor, source: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """One table: columns, rows, comments."""
    columns = _columns(source, table)
    target = relation(ASIDE, table)
    cursor.execute(f"create table {target} ({', '.join(f'{name(c.name)} {c.type}' for c in columns)})")
    _copy(cursor, source, table, columns, path)
    ((comment,),) = source.execute("select comment from duckdb_tables() where table_name = $1", [table]).fetchall()
    comment_on(cursor, "table", target, comment or table)
    for column in columns:
        comment_on(cursor, "column", f"{target}.{name(column.name)}", column.comment)


def _columns(source: duckdb.DuckDBPyConnection, table: str) -> list[_Column]:
    query = """
        select column_name, data_type, coalesce(comment, '')
        from duckdb_columns()
        where table_name = $1 and not internal
        order by column_index
    """
    return [
        _Column(column, _type(table, column, data_type), comment)
        for column, data_type, comment in source.execute(query, [table]).fetchall()
    ]


def _type(table: str, column: str, data_type: str) -> str:
    if decimal := _DECIMAL.fullmatch(data_type):
        return f"numeric({decimal[1]}, {decimal[2]})"
    if data_type not in _TYPES:
        raise SurveyError(
            f"the type {data_type} has no counterpart in PostgreSQL here",
            where=f"{table}.{column}",
            expected=", ".join([*_TYPES, "DECIMAL"]),
            next_step="cast the column in its model, or add the type to callback_survey.serving.postgres.publish",
        )
    return _TYPES[data_type]


def _copy(
    cursor: Cursor, source: duckdb.DuckDBPyConnection, table: str, columns: Sequence[_Column], path: Path
) -> None:
    """The rows, as CSV. FREEZE makes them visible to every snapshot, also to one that is older than this transaction: a
    REPEATABLE READ reader that first looks after the switch would find empty tables otherwise."""
    texts = ", ".join(name(column.name) for column in columns if column.type == "text")
    quoted = f", force_quote ({texts})" if texts else ""  # an empty text is quoted, a NULL is not
    source.execute(f"copy {name(table)} to '{path}' (format csv, header false{quoted})")
    with path.open("rb") as rows:
        cursor.copy_expert(f"copy {relation(ASIDE, table)} from stdin (format csv, freeze)", rows)
    path.unlink()
