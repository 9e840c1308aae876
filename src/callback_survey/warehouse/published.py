"""What is published: the tables that dbt's exposures name, with their keys and order. The list is written once, there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
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
class PublishedTable:
    """A mart as it leaves the warehouse: `key` makes a row unique, `order_by` orders files, `scoping` picks a release's rows."""

    name: str
    key: tuple[str, ...]
    order_by: tuple[str, ...]
    scoping: Scoping
    description: str
    column_descriptions: dict[str, str]

    def query(self) -> str:
        """The rows of one region and quarter, in order; takes $region_code and $quarter as far as it needs them."""
        return f"select * from marts.{self.name} where {_FILTERS[self.scoping]} order by {', '.join(self.order_by)}"

    def parameters(self, scope: Scope) -> dict[str, str]:
        values = {"region_code": scope.region_code, "quarter": scope.quarter}
        return {name: value for name, value in values.items() if f"${name}" in _FILTERS[self.scoping]}


def published_tables(manifest: Path, exposure: str = PUBLIC) -> list[PublishedTable]:
    """The tables of an exposure that leave the warehouse, by name, as dbt's manifest of the last build describes them."""
    nodes = exposed_nodes(files.read_json(manifest), exposure).values()
    return sorted((_table(node) for node in nodes if scope_of(node) != SERVED), key=lambda table: table.name)


def exposed_nodes(manifest: Mapping[str, Any], exposure: str = PUBLIC) -> dict[str, dict[str, Any]]:
    """The models of an exposure, by dbt's name of each."""
    exposed = next(node for node in manifest["exposures"].values() if node["name"] == exposure)
    return {unique_id: manifest["nodes"][unique_id] for unique_id in exposed["depends_on"]["nodes"]}


def scope_of(node: Mapping[str, Any]) -> str:
    """Which rows of a table a release takes, or SERVED."""
    scope: str = node["config"]["meta"]["scope"]
    return scope


def _table(node: dict[str, Any]) -> PublishedTable:
    meta = node["config"]["meta"]
    return PublishedTable(
        name=node["alias"],
        key=tuple(meta["key"]),
        order_by=tuple(meta["order_by"]),
        scoping=meta["scope"],
        description=node["description"].strip(),
        column_descriptions={name: column["description"].strip() for name, column in node["columns"].items()},
    )


def content_hash(connection: duckdb.DuckDBPyConnection, relation: str, order_by: tuple[str, ...]) -> str:
    """A hash of a relation's names, types and ordered values. Not of a file: those change with the writer's version."""
    described = connection.execute(f"describe {relation}").fetchall()
    digest = hashlib.sha256(repr([row[:2] for row in described]).encode())
    rows = connection.execute(f"select to_json(t)::text from {relation} as t order by {', '.join(order_by)}")
    while batch := rows.fetchmany(10_000):
        digest.update("\n".join(row[0] for row in batch).encode())
    return digest.hexdigest()
