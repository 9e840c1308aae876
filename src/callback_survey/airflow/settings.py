"""Settings as Airflow's tasks have them: the environment, and for what holds a secret Airflow's connections and variables.

So a secrets backend (Vault, a cloud's) can keep them. A variable of the environment wins, also an empty one.
"""

from __future__ import annotations

from functools import cache

from callback_survey.settings import Settings
from callback_survey.settings import load_settings as load

# of the settings that may be secret, the one that is a connection in Airflow; the others are variables
POSTGRES = "POSTGRES_URL"
CONNECTION = "callback_survey_postgres"


def variable_of(name: str) -> str:
    """Airflow's name of a setting: `callback_survey_privacy_key`."""
    return f"callback_survey_{name.lower()}"


def load_settings() -> Settings:
    """For a task or a callback, where Airflow answers. Airflow's own commands and pages have the environment alone."""
    return load(secret=_kept)


@cache
def _kept(name: str) -> str | None:
    """Asked once in a process. What Airflow gives is masked in its logs, and of a list of addresses each one."""
    from airflow.sdk.log import mask_secret

    value = _connection() if name == POSTGRES else _variable(variable_of(name))
    for secret in _secrets_in(value or ""):
        mask_secret(secret)
    return value


def _secrets_in(value: str) -> list[str]:
    """The value, and where it is made of addresses each of them and its password: a log that names one need not name all."""
    addresses = [part for part in value.split() if "://" in part]
    passwords = [part.partition("://")[2].rpartition("@")[0].partition(":")[2] for part in addresses]
    return [secret for secret in dict.fromkeys([value, *addresses, *passwords]) if secret]


def _variable(name: str) -> str | None:
    from airflow.sdk import Variable

    value: str | None = Variable.get(name, default=None)
    return value


def _connection() -> str | None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        url: str = Connection.get(CONNECTION).get_uri()
    except AirflowNotFoundException:
        return None
    return url
