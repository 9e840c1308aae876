"""One dbt process: what it does while others land, what it tells, and what it leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from callback_survey.errors import SurveyError
from callback_survey.warehouse import dbt
from callback_survey.warehouse.build import build, start_dbt
from callback_survey.warehouse.dbt import arguments_of, environment_of
from homes import REPOSITORY, Home
from stepwise import run_of

_PROJECT = REPOSITORY / "dbt_project"


@pytest.mark.parametrize("is_parsed", [True, False])
def test_settings_are_validated_with_a_parse_and_not_again(small: Home, tmp_path: Path, is_parsed: bool) -> None:
    run = run_of(small.copy(tmp_path / "home"))
    environment = os.environ | environment_of(run.settings, run.warehouse.path, run.warehouse.spill)
    if not is_parsed:
        environment["CALLBACK_SURVEY_PARSES"] = str(tmp_path / "none")
    where = arguments_of(run.settings, run.settings.dbt_project, run.warehouse.folder / "dbt")
    code = """
from dbt_common import dataclass_schema
made, make = [], dataclass_schema.build_json_schema
dataclass_schema.build_json_schema = lambda of: made.append(of.__name__) or make(of)
from callback_survey.warehouse import dbt
assert dbt._main() == 0
print("ProjectFlags" in made)
"""
    told = [json.dumps(arguments) + "\n" for arguments in (where, ["ls", "--resource-type", "seed", *where])]
    ended = subprocess.run(
        [sys.executable, "-c", code], input="".join(told), env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == str(not is_parsed)


@pytest.mark.parametrize(("limit", "left"), [("2GB", "1650MB"), ("1GiB", "723MB"), ("600MB", "300MB")])
def test_what_dbt_takes_itself_is_taken_off_the_limit(small: Home, tmp_path: Path, limit: str, left: str) -> None:
    run = run_of(replace(small, path=tmp_path / "home").with_settings(MEMORY_LIMIT=limit))
    environment = environment_of(run.settings, run.warehouse.path, run.warehouse.spill)
    assert environment["CALLBACK_SURVEY_MEMORY_LIMIT"] == left


def test_what_was_registered_for_the_end_is_done_and_nothing_after_it() -> None:
    code = """
import atexit
from callback_survey.warehouse import dbt
class Kept:
    def __del__(self): print("taken apart")
kept = Kept()
atexit.register(print, "closed")
dbt._end(3)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (3, "closed\n")


def test_what_is_wrong_with_the_project_is_said_by_the_command(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")
    project = tmp_path / "dbt_project"
    shutil.copytree(_PROJECT, project, ignore=shutil.ignore_patterns("target"))
    (project / "models" / "broken.sql").write_text("select {{ ref('nowhere') }}", encoding="utf-8")
    run = run_of(home.with_settings(DBT_PROJECT=str(project)))
    with run.warehouse.lock():
        process = start_dbt(run.settings, run.warehouse)
        with pytest.raises(SurveyError) as caught:
            process.run(["build"], say=lambda message: None)
        process.close()
    assert any("nowhere" in line for line in caught.value.alert_lines)


def test_a_person_who_opens_the_warehouse_just_before_dbt_does_is_waited_for(
    small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(small.copy(tmp_path / "home"))
    opened: list[subprocess.Popen[str]] = []
    told: list[str] = []
    run_dbt = dbt.DbtProcess.run

    def opens_first(process: dbt.DbtProcess, *given: Any, **named: Any) -> None:
        if not opened:
            code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
            command = [sys.executable, "-c", code, str(run.warehouse.path)]
            opened.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            assert opened[0].stdout is not None
            opened[0].stdout.readline()
        run_dbt(process, *given, **named)

    def waiting(message: str) -> None:
        told.append(message)
        opened[0].communicate()

    monkeypatch.setattr(dbt.DbtProcess, "run", opens_first)
    monkeypatch.setattr(run.warehouse, "waiting", waiting)
    build([], settings=run.settings, warehouse=run.warehouse, select=["stg_calls"])
    assert told == [f"waiting for the warehouse, open in {told[0].partition('open in ')[2]}"]
    assert f"pid {opened[0].pid} " in told[0]


def test_what_several_threads_tell_comes_in_whole_lines(capfd: pytest.CaptureFixture[str]) -> None:
    """A line torn by another would be taken for an error of dbt that is starting."""
    event = SimpleNamespace(info=SimpleNamespace(level="error", msg="x" * 3000))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(dbt._tell, [event] * 400))
    assert [json.loads(line) for line in capfd.readouterr().out.splitlines()] == [{"error": "x" * 3000}] * 400


def test_a_parent_that_was_killed_is_not_told_and_dbt_ends_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    readable, writable = os.pipe()
    os.close(readable)
    with os.fdopen(writable, "w") as gone:
        monkeypatch.setattr("sys.stdout", gone)
        dbt._tell(SimpleNamespace(info=SimpleNamespace(level="error", msg="x")))
        with pytest.raises(BrokenPipeError):
            gone.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), gone.fileno())
