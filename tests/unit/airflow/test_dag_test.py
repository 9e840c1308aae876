"""`airflow dags test` as the pipeline starts it: it makes the home's database where there is none, and the API that its tasks speak
has one version, with every route of it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from callback_survey.airflow import home as airflow_home
from homes import Home

_ROUTES = """
import asyncio, json
from callback_survey.airflow import dag_test
if {has_patch}:
    dag_test._leave_out_earlier_versions()
from airflow.api_fastapi.execution_api.app import create_task_execution_api_app
app = create_task_execution_api_app()
app._cadwyn_initialize()
routers = app.router.versioned_routers
print(json.dumps([str(max(routers)), len(routers), sorted(route.path for route in routers[max(routers)].routes)]))
"""


def _routes(folder: Path, *, has_patch: bool) -> tuple[str, int, list[str]]:
    told = subprocess.run(
        [sys.executable, "-c", _ROUTES.format(has_patch=has_patch)],
        env={**os.environ, "AIRFLOW_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    version, count, paths = json.loads(told.stdout.splitlines()[-1])
    return version, count, paths


def test_only_the_latest_version_is_made_and_all_of_it(tmp_path: Path) -> None:
    of_airflow = _routes(tmp_path, has_patch=False)
    ours = _routes(tmp_path, has_patch=True)
    assert of_airflow[1] > 1 and ours[1] == 1
    assert (ours[0], ours[2]) == (of_airflow[0], of_airflow[2])


def test_it_makes_the_database_aside_with_the_pool_and_goes_on_in_it(tmp_path: Path) -> None:
    variables = airflow_home.environment(tmp_path, tmp_path / "dags")
    told = subprocess.run(
        [sys.executable, "-m", "callback_survey.airflow.dag_test", "pools", "list", "--output", "json"],
        env={**airflow_home.completed(os.environ, variables), "CALLBACK_SURVEY_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {pool["pool"] for pool in json.loads(told.stdout[told.stdout.index("[{") :])} == {
        "default_pool",
        airflow_home.POOL,
    }
    with closing(sqlite3.connect(tmp_path / "airflow" / "airflow.db")) as database:
        assert database.execute("select slots from slot_pool where pool = 'warehouse'").fetchall() == [(1,)]
    assert airflow_home.is_prepared(tmp_path) and not (tmp_path / "airflow" / "new").exists()


def test_a_database_that_is_none_is_told_by_the_run(small_exports: Path, privacy_key: str, tmp_path: Path) -> None:
    (tmp_path / "home" / "airflow").mkdir(parents=True)
    (tmp_path / "home" / "airflow" / "airflow.db").write_text(
        "no database, and it is longer than a header of one would be"
    )
    outcome = Home(tmp_path / "home", small_exports, privacy_key).run("airflow", "run", "--quarter", "2018Q1")
    assert outcome.code == 1 and "Airflow could not create its database" in outcome.err
    assert "file is not a database" in outcome.err and "move the folder away" in outcome.err
    assert not airflow_home.is_prepared(tmp_path / "home")
