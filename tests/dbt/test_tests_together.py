"""The tests of keys, relationships and values are asked by one query per table: every one, and each still fails a build."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homes import REPOSITORY, Served

PROJECT = """
name: together
version: "1.0.0"
profile: callback_survey
model-paths: [models]
models: {+materialized: table}
flags: {require_generic_test_arguments_property: true, send_anonymous_usage_stats: false}
dispatch: [{macro_namespace: callback_survey, search_order: [together, dbt]}]
on-run-end: "{{ tests_together(results) }}"
"""
TESTS = """
models:
  - name: known
    columns: [{name: code, data_tests: [unique]}]
  - name: rows
    data_tests: [{unique_key: {arguments: {columns: [code, part]}}}]
    columns:
      - name: code
        data_tests: [not_null, {relationships: {arguments: {to: ref('known'), field: code}}}]
      - name: part
        data_tests:
          - accepted_values: {arguments: {values: [1, 2]}}
          - accepted_range: {arguments: {least: 0, most: 2}}
"""
KNOWN = "select code from (values ('a'), ('b')) as t (code)"
ROWS = "select code, part from (values ('a', 1), ('b', 2)) as t (code, part)"


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = folder / "warehouse.duckdb"
        (folder / "models").mkdir()
        for part in ("macros", "tests/generic"):
            shutil.copytree(REPOSITORY / "dbt_project" / part, folder / part)
        (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
        (folder / "models" / "models.yml").write_text(TESTS, encoding="utf-8")

    def build(self, *, known: str = KNOWN, rows: str = ROWS, select: str = "*") -> subprocess.CompletedProcess[str]:
        (self.folder / "models" / "known.sql").write_text(known, encoding="utf-8")
        (self.folder / "models" / "rows.sql").write_text(rows, encoding="utf-8")
        command = [sys.executable, "-m", "dbt.cli.main", "build", "--exclude", "test_type:generic", "--select", select]
        return subprocess.run(
            [*command, "--no-use-colors", "--profiles-dir", str(REPOSITORY / "dbt_project")],
            cwd=self.folder,
            env={
                **os.environ,
                "CALLBACK_SURVEY_WAREHOUSE": str(self.warehouse),
                "CALLBACK_SURVEY_TESTS": "together",
                "DO_NOT_TRACK": "1",
            },
            capture_output=True,
            text=True,
        )


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    yield Project(tmp_path)


def test_each_kind_fails_the_build_by_its_name_and_number_of_rows(project: Project) -> None:
    bad = "select code, part from (values ('a', 1), ('a', 1), (null, 2), ('z', 3)) as t (code, part)"
    done = project.build(known="select code from (values ('a'), ('b'), ('b')) as t (code)", rows=bad)
    assert done.returncode != 0
    told = re.search(r"rows that fail a test of the dbt project: (.*)", done.stdout)
    assert told is not None, done.stdout
    assert sorted(told[1].split(", ")) == [
        "accepted_range_rows_part__0__2: 1",
        "accepted_values_rows_part__1__2: 1",
        "not_null_rows_code: 1",
        "relationships_rows_code__code__ref_known_: 1",
        "unique_key_rows_code__part: 1",
        "unique_known_code: 1",
    ]


def test_what_holds_is_counted_and_what_was_never_built_is_not_looked_at(project: Project) -> None:
    # without the table of known codes there is nothing to ask of the relationship, nor of the table itself
    alone = project.build(select="rows")
    assert alone.returncode == 0, alone.stdout
    assert "tests asked together: 4" in alone.stdout
    both = project.build()
    assert both.returncode == 0, both.stdout
    assert "tests asked together: 6" in both.stdout
    # known was built before: the relationship is asked again
    assert "tests asked together: 5" in project.build(select="rows").stdout


def test_a_failed_model_is_told_and_no_test_is_asked_of_what_is_half_built(project: Project) -> None:
    done = project.build(rows="select code, part from no_such_table")
    assert done.returncode != 0
    assert "no_such_table" in done.stdout
    assert "tests asked together" not in done.stdout


def test_the_first_build_of_a_home_asks_every_generic_test_of_the_project(served: Served) -> None:
    manifest = json.loads((served.home.path / "warehouse" / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    generic = [node for node in manifest["nodes"].values() if node.get("test_metadata")]
    log = (served.home.path / "logs" / "dbt" / "dbt.log").read_text(encoding="utf-8")
    assert f"tests asked together: {len(generic)}" in log
