"""DuckDB as every room uses it: how it is opened, and how names and paths get into its SQL where it takes no parameters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

# Files are written as DuckDB 1 writes them by default: 2 would write what no client of 1 can open, and readers have those.
_READABLE = {"storage_compatibility_version": "v0.10.2"}
# So many rows at a time are handed to a thread
_ROW_GROUP = 122_880


@contextmanager
def connect(
    path: Path, *, memory_limit: str, spill: Path, read_only: bool = False, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with bounded memory, a spill folder, and no extension fetched from anywhere. Without `threads` it has one for each
    processor."""
    spill.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # what is read is read once; a block kept of each of many small files fills the memory that is allowed, and then pushes out rows
        "enable_external_file_cache": False,
        **_READABLE,
        **({} if threads is None else {"threads": threads}),
    }
    with duckdb.connect(str(path), read_only=read_only, config=config) as connection:
        yield connection


def threads_for(row_count: int, most: int | None) -> int:
    """How many threads, of `most` or of one for each processor, find something to do with so many rows. One more looks for work all
    the time, and takes a processor from a process beside this one."""
    return max(1, min(most or os.cpu_count() or 1, -(-row_count // _ROW_GROUP)))


def first_row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None
) -> tuple[Any, ...] | None:
    """The first row of a query that has few, None where it has none. It is read to its end: in DuckDB 2 a connection with a
    result that is not registers no table and makes no relation."""
    return next(iter(connection.execute(query, parameters).fetchall()), None)


def one_row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None
) -> tuple[Any, ...]:
    """The row of a query that has one whatever it finds, such as a count."""
    row = first_row(connection, query, parameters)
    assert row is not None, "an aggregate without groups has a row"
    return row


def text(value: object) -> str:
    """A value's text as a literal."""
    return "'" + str(value).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A name of a schema, table or column, whatever it is made of."""
    return '"' + identifier.replace('"', '""') + '"'


def read_parquet(paths: Iterable[Path | str], **options: bool) -> str:
    """The rows of these files, and of no folder's name: `region=123456` above a file is no column of it."""
    listed = ", ".join(text(path) for path in paths)
    given = {"hive_partitioning": False, **options}
    return (
        f"read_parquet([{listed}], {', '.join(f'{option} = {str(value).lower()}' for option, value in given.items())})"
    )
