"""`airflow dags test` as the pipeline starts it: the API that its tasks speak has one version, with every route of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
