"""A release describes itself to programs that never saw this package: as a Data Package, and as a contract of the ODCS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import jsonschema
import open_data_contract_standard
import pytest
import yaml

from callback_survey.releases import Release
from frozen import WAREHOUSE, freeze

ODCS = Path(open_data_contract_standard.__file__).with_name("schema.json")


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Release]:
    with duckdb.connect() as connection:
        connection.execute(WAREHOUSE)
        yield freeze(connection, tmp_path / "releases")


def package_of(release: Release) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release.folder / "datapackage.json").read_text(encoding="utf-8"))
    return found


def contract_of(release: Release) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((release.folder / "contract.odcs.yaml").read_text(encoding="utf-8"))
    return found


def faults_in(release: Release) -> set[str]:
    report = frictionless.validate(str(release.folder / "datapackage.json"))
    return {error.type for task in report.tasks for error in task.errors} | {error.type for error in report.errors}


def types_of(release: Release, table: str) -> list[tuple[str, str]]:
    described = duckdb.execute(f"describe from '{release.folder}/marts/{table}.parquet'").fetchall()
    return [(column, kind) for column, kind, *_ in described]


def test_the_data_package_reads_every_file_as_it_says(frozen: Release) -> None:
    assert faults_in(frozen) == set()
    package = package_of(frozen)
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert [resource["name"] for resource in package["resources"]] == list(frozen.tables)
    for resource in package["resources"]:
        fields = [field["name"] for field in resource["schema"]["fields"]]
        assert fields == [column for column, _ in types_of(frozen, resource["name"])]
        assert resource["schema"]["primaryKey"] == frozen.tables[resource["name"]]["key"]
        # the profile allows no empty list
        assert resource["schema"].get("foreignKeys") != []


def test_a_program_that_reads_the_package_finds_a_changed_file(frozen: Release) -> None:
    path = frozen.folder / "csv" / "department_rates.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]]), encoding="utf-8")
    assert faults_in(frozen) == {"primary-key", "hash-count", "byte-count"}


def test_the_contract_is_one_of_the_standard_and_promises_what_is_there(frozen: Release) -> None:
    contract = contract_of(frozen)
    jsonschema.Draft201909Validator(json.loads(ODCS.read_text(encoding="utf-8"))).validate(contract)
    promised = {table["name"]: table for table in contract["schema"]}
    assert list(promised) == list(frozen.tables)
    for name, table in promised.items():
        assert [(one["name"], one["physicalType"]) for one in table["properties"]] == types_of(frozen, name)
        keys = {one["primaryKeyPosition"]: one["name"] for one in table["properties"] if one.get("primaryKey")}
        assert [keys[position] for position in sorted(keys)] == frozen.tables[name]["key"]


def test_a_column_of_the_contract_that_the_standard_does_not_know_would_be_found(frozen: Release) -> None:
    contract = contract_of(frozen)
    contract["schema"][0]["properties"][0]["meaning"] = "the standard calls it description"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(json.loads(ODCS.read_text(encoding="utf-8"))).validate(contract)
