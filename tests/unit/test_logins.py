"""Who logs in to the shipped Airflow: people by name, each with a role, and one at least who signs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from callback_survey.airflow.users import configured
from callback_survey.errors import UsageError
from callback_survey.logins import Login, is_person
from callback_survey.settings import airflow_logins, load_settings
from callback_survey.wording.translation import in_chinese

NAME = "CALLBACK_SURVEY_AIRFLOW_USERS"


def test_each_person_has_a_role_and_airflow_is_told_of_it_in_its_own_words() -> None:
    logins = airflow_logins({NAME: "王主任:approver 值班员:operator,科员:viewer"})
    assert logins == (Login("王主任", "approver"), Login("值班员", "operator"), Login("科员", "viewer"))
    assert load_settings({NAME: "王主任:approver"}).airflow_users == logins[:1]
    assert configured(logins) == "admin:admin,王主任:user,值班员:op,科员:viewer"
    assert (airflow_logins({}), configured(())) == ((), "admin:admin")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("王主任", "'王主任' has no known role"),
        ("王主任:admin", "'王主任:admin' has no known role"),
        (":approver", "has no name that can be printed"),
        ("王\u200b主任:approver", "has no name that can be printed"),
        ("Admin:approver", "Admin is not the name of a person"),
        ("值班员:operator", "nobody in it is an approver"),
        ("王主任:approver 王主任:viewer", "王主任 is in it twice"),
    ],
)
def test_what_names_no_person_or_lets_nobody_sign_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        airflow_logins({NAME: text})
    assert NAME in refused.value.what
    assert in_chinese(refused.value.what).startswith(f"{NAME} 无效：")


def test_a_command_of_airflow_is_run_with_them() -> None:
    """What the API server's container starts with."""
    told = "import os; print(os.environ['AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS'])"
    done = subprocess.run(
        [sys.executable, "-m", "callback_survey.airflow.users", sys.executable, "-c", told],
        env={**os.environ, NAME: "王主任:approver", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "admin:admin,王主任:user\n"


def test_an_account_that_several_people_have_is_no_person() -> None:
    assert is_person("王主任") and is_person("Wang Wei")
    assert not any(map(is_person, ("admin", " ADMIN ", "Anonymous", "unknown", "")))
