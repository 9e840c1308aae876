"""What is published: the tables that dbt's exposures name, with their keys and order. The list is written once, there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb

from callback_survey.scope import Scope
from callback_survey.storage import files

PUBLIC = "callback_marts"
RESTRICTED = "callback_restricted"
# The scope of a roll-up: it is made of all releases while serving is assembled, and stands in none of them.
SERVED = "served"
Scoping = Literal["region_quarter", "region", "quarter", "all"]
_FILTERS: dict[Scoping, str] = {
    "region_quarter": "region_code = $region_code and quarter = $quarter",
    "region": "region_code = $region_code",
    "quarter": "quarter = $quarter",
    "all": "true",
}


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
        return f"select * from marts.{self.name} where {_FILTERS[self.scoping]} order by {', '.join(self.order_by)}"

    def parameters(self, scope: Scope) -> dict[str, str]:
        values = {"region_code": scope.region_code, "quarter": scope.quarter}
        return {name: value for name, value in values.items() if f"${name}" in _FILTERS[self.scoping]}


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
    described = connection.execute(f"describe {relation}").fetchall()
    digest = hashlib.sha256(repr([row[:2] for row in described]).encode())
    rows = connection.execute(f"select to_json(t)::text from {relation} as t order by {', '.join(order_by)}")
    while batch := rows.fetchmany(10_000):
        digest.update("\n".join(row[0] for row in batch).encode())
    return digest.hexdigest()
