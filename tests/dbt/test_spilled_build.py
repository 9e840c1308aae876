"""A build that needs more than its memory writes to disk, and goes on: in a province the frame does not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from homes import REPOSITORY

PROJECT = """
name: spilled
version: "1.0.0"
profile: callback_survey
model-paths: [models]
models: {+materialized: table}
"""
# far more than the limit below, and in no order that a sort could use
LARGE = "select hash(i) as key, hash(i + 1)::text || hash(i + 2)::text as text from range(1500000) t (i) order by key"


def test_models_go_on_after_one_that_spilled(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "models" / "large.sql").write_text(LARGE, encoding="utf-8")
    (tmp_path / "models" / "after.sql").write_text("select count(*) as n from {{ ref('large') }}", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "dbt.cli.main",
            "run",
            "--profiles-dir",
            str(REPOSITORY / "dbt_project"),
            "--threads",
            "1",
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "CALLBACK_SURVEY_WAREHOUSE": str(tmp_path / "warehouse.duckdb"),
            "CALLBACK_SURVEY_SPILL": str(tmp_path / "spill"),
            "CALLBACK_SURVEY_MEMORY_LIMIT": "60MB",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select n from after").fetchall() == [(1_500_000,)]
