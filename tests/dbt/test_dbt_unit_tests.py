"""The rules of the models, one dbt unit test each, beside the models; and the conventions every model keeps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homes import Served

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
# Rules of the methodology whose absence nobody would notice: the models that must have unit tests.
TESTED_MODELS = {
    "int_frame",
    "int_called_cases",
    "int_case_answers",
    "int_department_measures",
    "int_answer_shares",
    "int_annex_positions",
    "int_annex_answers",
    "int_region_annex_columns",
    "annexes",
    "int_region_averages",
    "int_department_intervals",
    "int_department_variances",
    "int_interviewer_effects",
    "int_tested_departments",
    "int_exact_tests",
    "int_predictive_tests",
    "int_department_tests",
    "int_department_changes",
    "int_department_reliability",
    "int_department_footnotes",
    "department_rates",
    "region_rates",
    "reconciliation",
    "assessment_points",
    "call_outcomes",
    "region_call_outcomes",
    "int_name_findings",
    "int_printed_cells",
    "int_printed_arithmetic",
    "int_printed_findings",
    "int_answer_changes",
    "int_first_answers",
    "int_persons_called_twice",
    "int_department_mismatches",
    "int_contradicted_answers",
    "findings",
    "int_follow_up_dates",
    "dissatisfied_cases",
    "region_rollups",
    "department_rolling_rates",
    "region_rolling_rates",
    "region_rankings",
    "current_departments",
}


@pytest.fixture(scope="module")
def unit_test_results(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's run_results of all unit tests, run against a copy of a built warehouse."""
    folder = tmp_path_factory.mktemp("dbt")
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(served.home.path / "warehouse" / "warehouse.duckdb", warehouse)
    environment = {**os.environ, "CALLBACK_SURVEY_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "test", "--select", "test_type:unit"]
        + ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        + ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs"), "--no-use-colors"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    results = folder / "target" / "run_results.json"
    assert results.is_file(), done.stdout + done.stderr
    # what the project does at the end of every build is a result too
    tests = [one for one in json.loads(results.read_text())["results"] if one["unique_id"].startswith("unit_test.")]
    return {"code": done.returncode, "out": done.stdout, "results": tests}


@pytest.fixture(scope="module")
def manifest(served: Served) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((served.home.path / "warehouse" / "dbt" / "manifest.json").read_text())
    return loaded


def test_every_dbt_unit_test_passes(unit_test_results: dict[str, Any]) -> None:
    failed = [result["unique_id"] for result in unit_test_results["results"] if result["status"] != "pass"]
    assert failed == [], unit_test_results["out"]
    assert unit_test_results["code"] == 0


def test_the_models_that_hold_a_rule_have_unit_tests_and_they_ran(unit_test_results: dict[str, Any]) -> None:
    tested = {result["unique_id"].split(".")[2] for result in unit_test_results["results"]}
    assert tested >= TESTED_MODELS


def test_every_relation_and_every_column_is_described(manifest: dict[str, Any]) -> None:
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    assert len(nodes) > 30
    bare = [node["name"] for node in nodes if not node["description"].strip()]
    bare += [
        f"{node['name']}.{name}"
        for node in nodes
        for name, column in node["columns"].items()
        if not column["description"].strip()
    ]
    assert bare == []


def test_every_mart_and_rollup_has_an_enforced_contract_a_key_an_order_and_is_exposed(manifest: dict[str, Any]) -> None:
    found = {key: node for key, node in manifest["nodes"].items() if node["schema"] in ("marts", "rollups")}
    # a step on the way to a roll-up is not served
    marts = {key: node for key, node in found.items() if not node["name"].startswith("int_")}
    exposed = {
        unique_id for exposure in manifest["exposures"].values() for unique_id in exposure["depends_on"]["nodes"]
    }
    assert set(marts) == exposed
    for node in marts.values():
        assert node["config"]["contract"]["enforced"], node["name"]
        assert set(node["config"]["meta"]) >= {"key", "order_by", "scope"}, node["name"]
        assert set(node["config"]["meta"]["order_by"]) <= set(node["columns"]), node["name"]


def test_every_built_column_is_one_of_the_described_ones(served: Served, manifest: dict[str, Any]) -> None:
    import duckdb

    with duckdb.connect(str(served.home.path / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        built = connection.execute(
            "select schema_name || '.' || table_name, list(column_name order by column_name) "
            "from duckdb_columns() where schema_name in ('seeds', 'staging', 'intermediate', 'marts', 'rollups') group by 1"
        ).fetchall()
    described = {
        f"{node['schema']}.{node['alias']}": sorted(node["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    assert dict(built) == described
