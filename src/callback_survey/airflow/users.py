"""The logins of a setting as Airflow's configuration takes them. `python -m callback_survey.airflow.users COMMAND …` runs a command of
Airflow with them: what the API server's container starts with."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from callback_survey.logins import ADMIN, AIRFLOW_ROLES, Login
from callback_survey.settings import airflow_logins

USERS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"


def configured(logins: Sequence[Login]) -> str:
    """The administrator, and everybody by name."""
    return ",".join([f"{ADMIN}:admin", *(f"{login.name}:{AIRFLOW_ROLES[login.role]}" for login in logins)])


if __name__ == "__main__":
    os.environ[USERS] = configured(airflow_logins())
    os.execvp(sys.argv[1], sys.argv[1:])
