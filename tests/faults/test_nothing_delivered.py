"""Nothing was delivered: whoever asked for the quarter is told, and a scheduled run ends quietly. Through Airflow itself."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass

import pytest

from callback_survey.airflow import home as airflow_home
from homes import PATIENCE_SECONDS, REPOSITORY, Home, Outcome, Served, contents
from receivers import Receiver


@dataclass(frozen=True)
class Quiet:
    """The asked-for run that failed, then the scheduled one that had nothing to do; states are those of both."""

    home: Home
    asked_for: Outcome
    scheduled: Outcome
    alerts: list[str]
    run_states: list[str]
    task_states: list[dict[str, str]]


@pytest.fixture(scope="module")
def quiet(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    """In a copy of a home whose Airflow is prepared, over exports that end with 2019Q1."""
    receiver = Receiver()
    home = served.home.copy(tmp_path_factory.mktemp("quiet") / "home").with_settings(ALERT_URLS=receiver.url)
    asked_for = home.run("airflow", "run", "--quarter", "2020Q1")
    scheduled = run_on_schedule(home)
    receiver.close()
    with contextlib.closing(sqlite3.connect(home.path / "airflow" / "airflow.db")) as connection:
        runs = connection.execute("select run_id, state from dag_run order by id").fetchall()[-2:]
        states = [
            dict(connection.execute("select task_id, state from task_instance where run_id = ?", [run]).fetchall())
            for run, _ in runs
        ]
    texts = [message["message"] for message in receiver.messages]
    return Quiet(home, asked_for, scheduled, texts, [state for _, state in runs], states)


def run_on_schedule(home: Home) -> Outcome:
    """The DAG over its last complete interval, as the scheduler would start it: no parameters."""
    process = subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "test", "callback_quarter"],
        env={**os.environ, **home.environment, **airflow_home.environment(home.path, REPOSITORY / "dags")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


def test_an_asked_for_quarter_fails_with_the_code_for_usage_and_says_where_it_looked(quiet: Quiet) -> None:
    assert quiet.asked_for.code == 2
    assert "no delivery for 2020Q1" in quiet.asked_for.err
    assert quiet.run_states[0] == "failed"
    assert quiet.task_states[0]["discover"] == "failed"
    assert quiet.task_states[0]["complete"] == "upstream_failed"


def test_only_the_asked_for_quarter_is_told(quiet: Quiet) -> None:
    [text] = quiet.alerts
    assert "2020Q1" in text


def test_a_scheduled_quarter_is_skipped_from_end_to_end_and_fails_nothing(quiet: Quiet) -> None:
    assert quiet.scheduled.code == 0, quiet.scheduled.err
    assert quiet.run_states[1] == "success"
    assert set(quiet.task_states[1].values()) == {"skipped"}
    assert "complete" in quiet.task_states[1] and "discover" in quiet.task_states[1]


def test_what_is_served_stays(served: Served, quiet: Quiet) -> None:
    for folder in ("serving", "releases", "lake"):
        assert contents(quiet.home.path / folder) == contents(served.home.path / folder)
