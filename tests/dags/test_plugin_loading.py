"""Airflow finds our plugin by itself, in each of its processes: so loading it must cost nothing."""

from __future__ import annotations

import json
import subprocess
import sys

LOAD = """
import json, sys
from airflow import plugins_manager
before = set(sys.modules)
found = plugins_manager.get_plugin_info(["external_views", "fastapi_apps", "source"])
ours = [plugin for plugin in found if plugin["name"] == "callback_survey"]
print(json.dumps([ours, sorted(set(sys.modules) - before)], default=str))
"""
OURS = {"callback_survey", "callback_survey.airflow", "callback_survey.airflow.pages"}
HEAVY = {"duckdb", "pyarrow", "pandas", "jinja2", "fastapi", "starlette", "weasyprint", "docxtpl", "vl_convert"}


def test_airflow_finds_the_plugin_and_builds_nothing_of_it() -> None:
    process = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=False, timeout=120)
    assert process.returncode == 0, process.stderr
    plugins, loaded = json.loads(process.stdout.splitlines()[-1])
    assert len(plugins) == 1, "the entry point is not installed: make .venv/.installed/dev"
    assert [view["url_route"] for view in plugins[0]["external_views"]] == ["callback-survey"]
    assert "LaterApp" in plugins[0]["fastapi_apps"][0]["app"]
    assert {name for name in loaded if name.startswith("callback_survey")} == OURS
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set(), "every process of Airflow would pay for it"
