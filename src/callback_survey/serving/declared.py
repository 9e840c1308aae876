"""The file that readers open: every table declared with its types, keys, references and meaning, then filled in its order.

Keys are declared before a row comes in, so the file itself refuses a row that stands twice or refers to nothing. A release of
an early version may hold what breaks a key or a reference: that one is left out of the declaration, and said, and nobody is
held up.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from callback_survey.serving import added, carried
from callback_survey.storage import duck
from callback_survey.warehouse.published import Labels
from callback_survey.warehouse.references import Reference, references

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedTable:
    """A table as readers get it. `columns` say what each means; those that serving adds to it are not among them.

    `order_by` is SQL. `labels` are those of columns whose names are data.
    """

    name: str
    key: tuple[str, ...]
    order_by: tuple[str, ...]
    description: str
    columns: Mapping[str, str]
    is_rollup: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """A table as it is declared: the statements that make it, and the query that fills it in its order. `types` are its columns'.

    `key` is empty where rows stand twice; `refers_to` are the tables of its foreign keys.
    """

    table: ServedTable
    query: str
    types: Mapping[str, str]
    key: tuple[str, ...]
    refers_to: frozenset[str]
    statements: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def order(self) -> str:
        return f"order by {', '.join(self.table.order_by)}"


def define(connection: duckdb.DuckDBPyConnection, tables: Sequence[ServedTable], labels: Labels) -> list[Definition]:
    """The tables of the current database as readers get them, what is referred to first."""
    present = {table.name for table in tables}
    added.prepare(connection)
    queries = {table.name: _query(connection, table, present) for table in tables}
    types = {name: _types(connection, query) for name, query in queries.items()}
    unique = {table.name: _key(connection, table) for table in tables}
    keys = {table.name: table.key for table in tables if unique[table.name]}
    refers = {
        table.name: [one for one in references(table.name, types[table.name], keys) if _holds(connection, table, one)]
        for table in tables
    }
    by_name = {table.name: table for table in tables}
    order = TopologicalSorter({name: sorted({one.table for one in refers[name]}) for name in sorted(by_name)})
    found = []
    for name in order.static_order():
        table = by_name[name]
        constraints = [*unique[name], *(_foreign_key(one) for one in refers[name])]
        columns = [f"{duck.name(column)} {kind}" for column, kind in types[name].items()]
        created = f"create table {duck.name(name)} ({', '.join([*columns, *constraints])})"
        statements = (created, *_comments(table, types[name], labels))
        refers_to = frozenset(one.table for one in refers[name])
        found.append(Definition(table, queries[name], types[name], keys.get(name, ()), refers_to, statements))
    return found


def write(connection: duckdb.DuckDBPyConnection, definitions: Sequence[Definition], database: str) -> None:
    """The tables as an attached, empty database gets them: declared, described and filled."""
    # a foreign key is declared from within the database that it stands in
    inside = connection.cursor().execute(f"use {duck.name(database)}")
    for one in definitions:
        inside.begin()
        for statement in one.statements:
            inside.execute(statement)
        inside.commit()
        target = f"{duck.name(database)}.{duck.name(one.name)}"
        connection.execute(f"insert into {target} {one.query} {one.order}")
    inside.close()


def write_named(marts: Path, path: Path) -> None:
    """The same file with a schema `marts`, a view for each table: `marts.regions` is right whatever name it is attached under.

    It cannot be one file. DuckDB names a database after its file, and a schema `marts` in a database `marts` makes
    `marts.regions` ambiguous, which is an error.
    """
    shutil.copyfile(marts, path)
    with duckdb.connect(str(path), config={"threads": 1}) as connection:
        connection.begin()
        connection.execute("create schema marts")
        tables = connection.execute("select table_name, comment from duckdb_tables() order by 1").fetchall()
        for table, comment in tables:
            view = f"marts.{duck.name(table)}"
            # `main` without the database: a view of another name of this file would look for it there
            connection.execute(f"create view {view} as from main.{duck.name(table)}")
            connection.execute(f"comment on view {view} is {duck.text(comment)}")
        described = "select table_name, column_name, comment from duckdb_columns() where schema_name = 'main' and comment is not null"
        for table, column, comment in connection.execute(described).fetchall():
            connection.execute(
                f"comment on column marts.{duck.name(table)}.{duck.name(column)} is {duck.text(comment)}"
            )
        connection.commit()


def _query(connection: duckdb.DuckDBPyConnection, table: ServedTable, served: Set[str]) -> str:
    """A table's rows with the columns that serving adds."""
    has = _types(connection, f"from {duck.name(table.name)}")
    extra = added.columns(table.name, has.keys(), served, is_rollup=table.is_rollup)
    listed = ", ".join(["own.*", *(f"{one.expression} as {duck.name(one.name)}" for one in extra)])
    return f"select {listed} from {duck.name(table.name)} as own"


def _types(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in connection.execute(f"describe {query}").fetchall()}


def _key(connection: duckdb.DuckDBPyConnection, table: ServedTable) -> list[str]:
    """A key with a column that may be empty, such as the revision of a check whose run released nothing, is no primary one."""
    if not table.key:
        return []
    missing = " or ".join(f"{duck.name(column)} is null" for column in table.key)
    complete = f"from {duck.name(table.name)} where not ({missing})"
    ((has_gaps, repeated),) = connection.execute(
        f"select exists (from {duck.name(table.name)} where {missing}), "
        f"(select count(*) {complete}) - (select count(*) from (select distinct {_listed(table.key)} {complete}))"
    ).fetchall()
    if repeated:
        logger.warning("%s has %d rows more than keys: served without its key", table.name, repeated)
        return []
    return [f"{'unique' if has_gaps else 'primary key'} ({_listed(table.key)})"]


def _holds(connection: duckdb.DuckDBPyConnection, table: ServedTable, reference: Reference) -> bool:
    listed = _listed(reference.columns)
    complete = " and ".join(f"{duck.name(column)} is not null" for column in reference.columns)
    ((orphans,),) = connection.execute(
        f"select count(*) from (select distinct {listed} from {duck.name(table.name)} where {complete} "
        f"except select {listed} from {duck.name(reference.table)})"
    ).fetchall()
    if orphans:
        # a delivery of a region that no register knows is refused, and its check has a row
        level = logging.INFO if table.name == carried.REPORTS else logging.WARNING
        logger.log(
            level,
            "%s refers to %s, which lacks %d of its keys: served without that foreign key",
            table.name,
            reference.table,
            orphans,
        )
    return not orphans


def _foreign_key(reference: Reference) -> str:
    listed = _listed(reference.columns)
    return f"foreign key ({listed}) references {duck.name(reference.table)} ({listed})"


def _comments(table: ServedTable, columns: Iterable[str], labels: Labels) -> Iterator[str]:
    target = duck.name(table.name)
    said = _said(labels.table(table.name), table.description)
    yield f"comment on table {target} is {duck.text(said)}"
    meanings = {**added.MEANINGS, **table.columns}
    for column in columns:
        label = table.labels.get(column) or labels.column(table.name, column)
        if said := _said(label, meanings.get(column, "")):
            yield f"comment on column {target}.{duck.name(column)} is {duck.text(said)}"


def _said(label: str, meaning: str) -> str:
    """The label in Chinese before the meaning, as tools show one text only."""
    return " · ".join(part for part in (label, meaning) if part)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(duck.name(column) for column in columns)
