"""Steps that are killed: in processes of their own, at one exact call, or through the death of dbt."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from stepwise import State, run_of

from callback_survey import pipeline
from callback_survey.build import BuildReport, start_dbt, verify_stamp
from callback_survey.errors import StaleBuild, SurveyError
from callback_survey.landing import LandingReport
from homes import PATIENCE_SECONDS, Home

FAULTS = Path(__file__).parent


def kill_step(job: dict[str, Any]) -> int:
    """Run a step in a process that kills itself at the job's point. Returns how the process ended."""
    process = subprocess.run(
        [sys.executable, str(FAULTS / "killer.py")],
        input=json.dumps(job),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(FAULTS.parent), str(FAULTS)]), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, f"{job['step']} did not come to its end: {process.stderr}"
    return process.returncode


def kill_steps(jobs: Sequence[dict[str, Any]]) -> list[int]:
    """Each job in a process of its own, two at a time: most of their time goes into imports."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(kill_step, jobs))


def job(home: Home, step: str, said: State, **where: Any) -> dict[str, Any]:
    return {
        "home": str(home.path),
        "exports": str(home.exports),
        "key": home.key,
        "step": step,
        "said": said,
        **where,
    }


def copy_without_logs(home: Home, to: Path) -> Home:
    copied = Home(to, home.exports, home.key, home.variables)
    shutil.copytree(home.path, to, symlinks=True, ignore=shutil.ignore_patterns("logs"))
    return copied


def error_of_dead_dbt(home: Home, said: State) -> str:
    """Build, and kill dbt (not its parent) as the kernel does when memory runs out: after its twentieth line."""
    run = run_of(home)
    heard: list[str] = []
    with run.warehouse.lock():
        dbt = start_dbt(run.settings, run.warehouse)

        def report(self: object, step: object, state: str, message: str = "") -> None:
            heard.append(state)
            if heard.count("said") == 20 and dbt._process.poll() is None:
                os.kill(dbt._process.pid, signal.SIGKILL)

        with mock.patch("callback_survey.progress.Progress.report", report), pytest.raises(SurveyError) as caught:
            pipeline.build(run, [LandingReport.from_json(said["landed"])], dbt)
    return str(caught.value)


def error_of_missing_stamp(home: Home, said: State) -> str:
    """Kill a build after dbt has written everything and before the stamp; then ask for a build, as gate 2 does."""
    kill_step(job(home, "build", said, function=("uuid", "uuid4")))
    with pytest.raises(StaleBuild) as caught, run_of(home).warehouse.open() as connection:
        verify_stamp(connection, BuildReport("any", ()))
    return str(caught.value)
