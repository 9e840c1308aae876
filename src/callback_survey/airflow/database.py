"""The history of runs in the database of a home's own Airflow, cut by Airflow's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from callback_survey.airflow import home as airflow_home
from callback_survey.airflow.run import dags_folder
from callback_survey.errors import SurveyError
from callback_survey.settings import Settings

_DAYS_OF_A_MONTH = 31


def clean(settings: Settings, months: int) -> bool:
    """Remove what the database holds of runs that are older. False where the home has no Airflow: another Airflow's database is its
    keeper's. Raises SurveyError with Airflow's last words where it would not."""
    if not (airflow_home.folder_of(settings.home) / "airflow.db").is_file():
        return False
    before = datetime.now(UTC) - timedelta(days=_DAYS_OF_A_MONTH * months)
    command = [
        "db",
        "clean",
        "--clean-before-timestamp",
        before.isoformat(timespec="seconds"),
        "--skip-archive",
        "--yes",
    ]
    variables = airflow_home.environment(settings.home, dags_folder(), logging_level="ERROR")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "airflow", *command],
        env=airflow_home.completed(os.environ, variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise SurveyError(
            f"Airflow did not remove its old runs: {said[-1].strip() if said else 'it said nothing'}",
            where=str(airflow_home.folder_of(settings.home) / "airflow.db"),
            next_step="stop `callback-survey airflow standalone`, then run it again; everything else was removed",
        )
    return True
