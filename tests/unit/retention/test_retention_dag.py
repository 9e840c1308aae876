"""The DAG through Airflow itself: it looks, then removes; a run by hand that is only to look removes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import retained
from callback_survey.airflow import home as airflow_home
from callback_survey.landing import ledger
from homes import PATIENCE_SECONDS, REPOSITORY


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An issued quarter whose time has passed, in a home with an Airflow of its own."""
    folder = tmp_path_factory.mktemp("dag")
    retained.prepare(folder)
    airflow_home.prepare(folder / "home", REPOSITORY / "dags")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = folder / "home"
    ours = {"HOME": str(home), "EXPORTS": str(folder / "exports"), "RETENTION": retained.MONTHS, "ALERT_URLS": ""}
    variables = {f"CALLBACK_SURVEY_{name}": value for name, value in ours.items()}
    return subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "test", "callback_retention", *arguments],
        env={**os.environ, **variables, **airflow_home.environment(home, REPOSITORY / "dags")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def states(folder: Path) -> list[str]:
    return [entry.state for entry in ledger.entries(folder / "home" / "lake")]


def test_it_looks_and_then_removes(folder: Path) -> None:
    looked = run(folder, "--conf", '{"only_look": true}')
    assert looked.returncode == 0, looked.stdout[-2000:]
    assert "cases 330109 2018Q1: would be removed" in looked.stdout + looked.stderr
    assert states(folder) == ["current"]
    removed = run(folder)
    assert removed.returncode == 0, removed.stdout[-2000:]
    assert states(folder) == ["removed"]
    assert len(list((folder / "home" / "retention").glob("*.json"))) == 1
