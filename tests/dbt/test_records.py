"""Which models read single cases, and so go to Spark where that is the engine (tag `records`), is no matter of taste."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from homes import Served

CASES = {f"source.callback_survey.raw.{name}" for name in ("frame", "calls", "answers")}


@pytest.fixture(scope="module")
def models(served: Served) -> dict[str, dict[str, Any]]:
    manifest = json.loads((served.home.path / "warehouse" / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def reads(model: dict[str, Any]) -> set[str]:
    return set(model["depends_on"]["nodes"])


def test_what_reads_cases_has_the_tag_and_nothing_else_has(models: dict[str, dict[str, Any]]) -> None:
    """A case is passed on by views and tables; what is replaced by quarters counts cases, or is released as it is."""
    tagged = {key: model for key, model in models.items() if "records" in model["tags"]}
    holding = CASES | {key for key, model in tagged.items() if model["config"]["materialized"] != "incremental"}
    assert {key for key, model in models.items() if reads(model) & holding} == set(tagged)


def test_what_they_make_is_whole(models: dict[str, dict[str, Any]], served: Served) -> None:
    """The last digit of a floating-point number depends on the engine and on the order of a sum: such numbers are made of counts, by
    DuckDB."""
    tagged = {f"{model['schema']}.{model['alias']}" for model in models.values() if "records" in model["tags"]}
    with duckdb.connect(str(served.home.path / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name, data_type from duckdb_columns() where not internal"
        ).fetchall()
    assert tagged <= {relation for relation, _ in found}
    assert {kind for relation, kind in found if relation in tagged} == {
        *("VARCHAR", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMP"),
    }
