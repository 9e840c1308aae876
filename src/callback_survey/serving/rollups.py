"""Roll-ups: tables over all regions and quarters, made from released tables while serving is assembled.

They are models of the dbt project (models/rollups/), and dbt compiles their SQL. What dbt builds of them in the warehouse is for
its tests; here the same SQL runs over what is served: the warehouse holds what runs built, only the releases what readers see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from callback_survey.storage import duck
from callback_survey.warehouse.published import SERVED, Labels, exposed_nodes, scope_of

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Input:
    """A released table that roll-ups read, as their SQL calls it, with the columns it promises: name and type."""

    name: str
    relation: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rollup:
    """One query. A step on the way has no columns: it is not served. `columns` maps a name to its type and meaning.

    `relation` is what the queries after it call its rows.
    """

    name: str
    relation: str
    query: str
    description: str
    key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    columns: tuple[tuple[str, str, str], ...] = ()

    @property
    def is_served(self) -> bool:
        return bool(self.columns)


@dataclass(frozen=True)
class Rollups:
    """The queries in their order, the released tables that they read, and what all that is served is called in Chinese."""

    inputs: tuple[Input, ...] = ()
    queries: tuple[Rollup, ...] = ()
    labels: Labels = field(default_factory=Labels)

    @property
    def served(self) -> list[Rollup]:
        return [rollup for rollup in self.queries if rollup.is_served]


def read(manifest: Mapping[str, Any]) -> Rollups:
    """The roll-ups that dbt's manifest exposes, with the models on the way to them. They have to be compiled for `write`."""
    exposed = exposed_nodes(manifest)
    released = {unique_id for unique_id, node in exposed.items() if scope_of(node) != SERVED}
    parents: dict[str, list[str]] = {}
    pending = sorted(exposed.keys() - released)
    while pending:
        unique_id = pending.pop()
        parents[unique_id] = sorted(manifest["nodes"][unique_id]["depends_on"]["nodes"])
        pending += [parent for parent in parents[unique_id] if parent not in released | parents.keys()]
    order = [unique_id for unique_id in TopologicalSorter(parents).static_order() if unique_id in parents]
    inputs = sorted({parent for found in parents.values() for parent in found} & released)
    return Rollups(
        tuple(_input(exposed[unique_id]) for unique_id in inputs),
        tuple(_rollup(manifest["nodes"][unique_id], is_served=unique_id in exposed) for unique_id in order),
        Labels.read(manifest),
    )


def write(connection: duckdb.DuckDBPyConnection, rollups: Rollups) -> None:
    """Make the tables in the file that the released tables stand in.

    dbt's SQL runs as it is: what it calls the warehouse is a database in memory meanwhile, with views of the file's tables.
    """
    relations = [table.relation for table in rollups.inputs] + [rollup.relation for rollup in rollups.queries]
    schemas = sorted({relation.rpartition(".")[0] for relation in relations})
    databases = sorted({schema.partition(".")[0] for schema in schemas})
    file = connection.execute("select current_database()").fetchall()[0][0]
    for database in databases:
        connection.execute(f"attach ':memory:' as {database}")
    for schema in schemas:
        connection.execute(f"create schema {schema}")
    for read_table in rollups.inputs:
        _define_input(connection, read_table, file)
    for rollup in rollups.queries:
        if rollup.is_served:
            listed = ", ".join(duck.name(name) for name, *_ in rollup.columns)
            ordered = f"select {listed} from ({rollup.query}) order by {', '.join(rollup.order_by)}"
            connection.execute(f"create table {duck.name(rollup.name)} as {ordered}")
            connection.execute(f"create view {rollup.relation} as from {_in_file(file, rollup.name)}")
        else:
            connection.execute(f"create table {rollup.relation} as {rollup.query}")
    for database in databases:
        connection.execute(f"detach {database}")


def _define_input(connection: duckdb.DuckDBPyConnection, read_table: Input, file: str) -> None:
    """The columns that its mart promises, whatever the releases hold: an early one may lack a table or a column."""
    found = connection.execute(
        f"select column_name from duckdb_columns() where database_name = {duck.text(file)} "
        f"and table_name = {duck.text(read_table.name)} and not internal"
    ).fetchall()
    present = {column for (column,) in found}
    chosen = [f"cast({c if c in present else 'null'} as {data_type}) as {c}" for c, data_type in read_table.columns]
    source = f"from {_in_file(file, read_table.name)}" if present else "where false"
    connection.execute(f"create view {read_table.relation} as select {', '.join(chosen)} {source}")


def _in_file(file: str, table: str) -> str:
    return f"{duck.name(file)}.main.{duck.name(table)}"


def _input(node: Mapping[str, Any]) -> Input:
    columns = tuple((name, column["data_type"]) for name, column in node["columns"].items())
    return Input(node["alias"], node["relation_name"], columns)


def _rollup(node: Mapping[str, Any], *, is_served: bool) -> Rollup:
    name, relation, query = node["alias"], node["relation_name"], node.get("compiled_code", "")
    description = " ".join(node["description"].split())
    if not is_served:
        return Rollup(name, relation, query, description)
    meta = node["config"]["meta"]
    columns = tuple(
        (name, column["data_type"], " ".join(column["description"].split())) for name, column in node["columns"].items()
    )
    return Rollup(name, relation, query, description, tuple(meta["key"]), tuple(meta["order_by"]), columns)
