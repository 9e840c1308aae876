"""What is published: the tables that dbt's exposures name, with their keys and order. The list is written once, there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Literal

import duckdb

from callback_survey.scope import Scope
from callback_survey.storage import duck, files

PUBLIC = "callback_marts"
RESTRICTED = "callback_restricted"
# The scope of a roll-up: it is made of all releases while serving is assembled, and stands in none of them.
SERVED = "served"
Scoping = Literal["region_quarter", "region", "quarter", "all"]
_KEYS: dict[Scoping, tuple[str, ...]] = {
    "region_quarter": ("region_code", "quarter"),
    "region": ("region_code",),
    "quarter": ("quarter",),
    "all": (),
}
# so many rows are hashed at once; another number makes other hashes
_BATCH_ROWS = 10_000


@dataclass(frozen=True)
class Labels:
    """What a Chinese reader sees over a table and over a column: `table.column` where one name means several things."""

    tables: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Labels:
        """Those of dbt's manifest, where the exposure of the marts holds them."""
        meta = _exposure(manifest, PUBLIC)["config"]["meta"]
        return cls(meta["tables"], meta["labels"])

    def table(self, table: str) -> str:
        return self.tables.get(table, "")

    def column(self, table: str, column: str) -> str:
        return self.names.get(f"{table}.{column}") or self.names.get(column, "")


@dataclass(frozen=True)
class PublishedTable:
    """A mart as it leaves the warehouse: `key` makes a row unique, `order_by` orders files, `scoping` picks a release's rows."""

    name: str
    key: tuple[str, ...]
    order_by: tuple[str, ...]
    scoping: Scoping
    description: str
    column_descriptions: dict[str, str]
    label: str = ""
    column_labels: dict[str, str] = field(default_factory=dict)

    def query(self) -> str:
        """The rows of one region and quarter, in order; takes $region_code and $quarter as far as it needs them."""
        own = " and ".join(f"{column} = ${column}" for column in _KEYS[self.scoping]) or "true"
        return f"select * from marts.{self.name} where {own} order by {', '.join(self.order_by)}"

    def parameters(self, scope: Scope) -> dict[str, str]:
        return {column: getattr(scope, column) for column in _KEYS[self.scoping]}


def published_tables(manifest: Path, exposure: str = PUBLIC) -> list[PublishedTable]:
    """The tables of an exposure that leave the warehouse, by name, as dbt's manifest of the last build describes them."""
    parsed = files.read_json(manifest)
    nodes, labels = exposed_nodes(parsed, exposure).values(), Labels.read(parsed)
    return sorted((_table(node, labels) for node in nodes if scope_of(node) != SERVED), key=lambda table: table.name)


def exposed_nodes(manifest: Mapping[str, Any], exposure: str = PUBLIC) -> dict[str, dict[str, Any]]:
    """The models of an exposure, by dbt's name of each."""
    named = _exposure(manifest, exposure)["depends_on"]["nodes"]
    return {unique_id: manifest["nodes"][unique_id] for unique_id in named}


def _exposure(manifest: Mapping[str, Any], exposure: str) -> dict[str, Any]:
    return next(node for node in manifest["exposures"].values() if node["name"] == exposure)


def scope_of(node: Mapping[str, Any]) -> str:
    """Which rows of a table a release takes, or SERVED."""
    scope: str = node["config"]["meta"]["scope"]
    return scope


def _table(node: dict[str, Any], labels: Labels) -> PublishedTable:
    meta, name = node["config"]["meta"], node["alias"]
    return PublishedTable(
        name=name,
        key=tuple(meta["key"]),
        order_by=tuple(meta["order_by"]),
        scoping=meta["scope"],
        description=node["description"].strip(),
        column_descriptions={name: column["description"].strip() for name, column in node["columns"].items()},
        label=labels.table(name),
        column_labels={column: labels.column(name, column) for column in node["columns"]},
    )


def content_hash(connection: duckdb.DuckDBPyConnection, relation: str, order_by: tuple[str, ...]) -> str:
    """A hash of a relation's names, types and ordered values. Not of a file: those change with the writer's version."""
    found = _hashes(connection, relation, (), order_by)
    return found[()] if found else _digest(connection, relation).hexdigest()


def content_hashes(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], scopes: Sequence[Scope]
) -> dict[Scope, dict[str, str]]:
    """By scope and table the `content_hash` of the rows that the scope's release takes: one query a table, however many scopes."""
    found: dict[Scope, dict[str, str]] = {scope: {} for scope in scopes}
    for table in tables:
        keys = {scope: tuple(table.parameters(scope).values()) for scope in scopes}
        relation = f"marts.{table.name}"
        hashes = _hashes(connection, relation, _KEYS[table.scoping], table.order_by, set(keys.values()))
        without_rows = _digest(connection, relation).hexdigest()
        for scope, key in keys.items():
            found[scope][table.name] = hashes.get(key, without_rows)
    return found


def _hashes(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    key: tuple[str, ...],
    order_by: tuple[str, ...],
    wanted: Set[tuple[str, ...]] = frozenset(),
) -> dict[tuple[str, ...], str]:
    """The hash of the rows of each key's value, of those `wanted`; of all rows together where there is no key."""
    own = ", ".join(f"({', '.join(map(duck.text, values))})" for values in sorted(wanted)) if key else ""
    chosen = f"where ({', '.join(key)}) in ({own})" if own else ""
    begun, found = _digest(connection, relation), {}
    query = f"select {', '.join([*key, 'to_json(t)::text'])} from {relation} as t {chosen} order by {', '.join([*key, *order_by])}"
    for values, rows in groupby(_fetched(connection.execute(query)), key=lambda row: row[:-1]):
        digest = begun.copy()
        while batch := [row[-1] for row in islice(rows, _BATCH_ROWS)]:
            digest.update("\n".join(batch).encode())
        found[values] = digest.hexdigest()
    return found


def _digest(connection: duckdb.DuckDBPyConnection, relation: str) -> hashlib._Hash:
    """What a hash begins with: the relation's names and types."""
    described = connection.execute(f"describe {relation}").fetchall()
    return hashlib.sha256(repr([row[:2] for row in described]).encode())


def _fetched(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := rows.fetchmany(_BATCH_ROWS):
        yield from batch
