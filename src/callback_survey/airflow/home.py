"""Airflow's home on one machine: database, secrets, login and pool under `<home>/airflow`, made once, then only looked at.

Airflow reads its configuration when it is imported, so nothing here imports it at the top: the work is done in child processes
whose environment is complete before they start, or in forks of one that has imported it (`airflow/dag_test.py`). What the
containers need of it (`python -m callback_survey.airflow.home`) is the same code.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib import metadata
from pathlib import Path

from callback_survey.airflow.users import USERS, configured
from callback_survey.errors import SurveyError
from callback_survey.logins import ADMIN, Login
from callback_survey.settings import airflow_logins
from callback_survey.storage import locks
from callback_survey.storage.files import read_json, remove_tree, sync, write_text, written_aside

DEFAULT_PORT = 8080
POOL = "warehouse"
CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
DATABASE, STAMP = "airflow.db", "prepared-by"
_PATIENCE_SECONDS = 60
# An Airflow that is set up on the same machine for something else says by these where it is
_OF_ANOTHER = ("AIRFLOW_HOME", "AIRFLOW_CONFIG", "AIRFLOW__CORE__PLUGINS_FOLDER", "AIRFLOW__CORE__AUTH_MANAGER")
_SECTIONS_OF_ANOTHER = ("AIRFLOW__DATABASE__", "AIRFLOW__SECRETS__", "AIRFLOW__CELERY", "AIRFLOW__KUBERNETES")
POOL_SLOTS = 1  # DuckDB has one writer; the pool keeps the others from waiting in its lock


def folder_of(home: Path) -> Path:
    return home / "airflow"


def environment(
    home: Path,
    dags: Path,
    *,
    port: int = DEFAULT_PORT,
    logging_level: str = "INFO",
    parallelism: int = 4,
    users: Sequence[Login] = (),
) -> dict[str, str]:
    """The variables that make Airflow a quiet guest: SQLite, our DAGs only, loopback only, nothing written outside `home`.

    `users` log in besides the administrator.

    Lay it over `os.environ` for a child process. Makes the home's secrets when there are none yet.
    """
    folder = folder_of(home)
    kept = _kept(folder / "secrets.json", _new_secrets)
    url = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": kept["api_secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt_secret"],
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "true",  # a fresh scheduler would run the latest interval at once
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet_key"],
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks DNS, which may take its time
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__PARALLELISM": str(parallelism),  # so many workers are forked at once, and SQLite has one writer
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(home)),
        USERS: configured(users),
        CONNECTION: database_url(folder / DATABASE),
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "120",  # the first parse on a busy laptop is slow
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs" / "airflow"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "false",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "airflow" / "dag_processor"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": logging_level,
    }


def database_url(path: Path) -> str:
    """A SQLite file as SQLAlchemy is told of it, which reads %41 in a path as the letter A. Who finds it locked waits: on a busy
    machine the five seconds of Python's default end in an error page."""
    quoted = str(path).replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{quoted}?timeout={_PATIENCE_SECONDS}"


def foreign(given: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """The variables in an environment that belong to another Airflow: they say where its home, configuration, database and plugins
    are, or say otherwise than ours. Names only: a value may hold a password."""
    return sorted(
        name
        for name, value in given.items()
        if ours.get(name) != value
        and (
            name in _OF_ANOTHER
            or name.startswith(_SECTIONS_OF_ANOTHER)
            or name.removesuffix("_CMD").removesuffix("_SECRET") in ours
        )
    )


def completed(given: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """An environment for Airflow's processes: the given one without what belongs to another Airflow, and ours."""
    strange = foreign(given, ours)
    return {**{name: value for name, value in given.items() if name not in strange}, **ours}


def initialise_apart(variables: Mapping[str, str]) -> None:
    """Make or migrate the database that these variables name, in a process of its own. Raises SurveyError with its last words."""
    result = subprocess.run(
        [sys.executable, "-m", "callback_survey.airflow.home"],
        env=completed(os.environ, variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        raise not_made(variables[CONNECTION], result.stderr)


def is_prepared(home: Path) -> bool:
    """Whether this version of Airflow has made or migrated the home's database, with its pool."""
    folder = folder_of(home)
    stamp = folder / STAMP
    return (folder / DATABASE).is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == _version()


def prepare(home: Path, dags: Path, initialise: Callable[[Mapping[str, str]], None] = initialise_apart) -> bool:
    """Make or migrate Airflow's database, with its pool. False when this Airflow version has done so already.

    Killed at any point and called again, it ends as a clean run does: a new database is made aside and renamed, a migration
    is Airflow's own and repeatable, and the stamp that says "done" is written last.
    """
    if is_prepared(home):
        return False
    folder = folder_of(home)
    database = folder / DATABASE
    variables = environment(home, dags, logging_level="ERROR")
    with _alone_in(folder):
        if is_prepared(home):  # another run made it while this one waited
            return False
        if database.is_file():
            initialise(variables)
        else:
            _make_database(database, variables, initialise)
        remove_tree(folder / "new")
        write_text(folder / STAMP, _version() + "\n")
    return True


def not_made(url: str, said: str) -> SurveyError:
    """That there is no database, with the last words of the process that was to make it."""
    return SurveyError(
        "Airflow could not create its database",
        where=url,
        next_step="the database holds only the history of runs: move the folder away and start again",
        alert_lines=[line for line in said.splitlines() if line.strip()][-8:],
    )


def _version() -> str:
    return f"apache-airflow-core {metadata.version('apache-airflow-core')}"


def passwords_file(home: Path) -> Path:
    return folder_of(home) / "passwords.json"


def login(home: Path, users: Sequence[Login] = ()) -> tuple[str, str]:
    """Name and password of the standalone UI's administrator. Every user's password is made when it is missing, and kept in the
    passwords file."""
    path = passwords_file(home)
    with _alone_in(path.parent):
        passwords = _with_passwords(path, users)
    return ADMIN, passwords[ADMIN]


def _with_passwords(path: Path, users: Sequence[Login], admin: str = "") -> dict[str, str]:
    """Everybody's password, also written to the file: what is there stays, unless the administrator's is given."""
    before: dict[str, str] = read_json(path) if path.is_file() else {}
    passwords = {**before, **({ADMIN: admin} if admin else {})}
    for name in (ADMIN, *(user.name for user in users)):
        passwords.setdefault(name, secrets.token_urlsafe(12))
    if passwords != before:
        _write_private(path, passwords)
    return passwords


def _new_secrets() -> dict[str, str]:
    return {
        "api_secret_key": secrets.token_hex(32),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
        "jwt_secret": secrets.token_hex(32),
    }


def _kept(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The values of a private file, made and written once: two starters at the same time end with the same values."""
    if not path.is_file():
        with _alone_in(path.parent):
            if not path.is_file():
                _write_private(path, make())
    kept: dict[str, str] = read_json(path)
    return kept


def _write_private(path: Path, values: Mapping[str, str]) -> None:
    with written_aside(path) as aside:
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(values) + "\n", encoding="utf-8")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.held(folder / ".lock"):
        yield


def _make_database(
    database: Path, variables: Mapping[str, str], initialise: Callable[[Mapping[str, str]], None]
) -> None:
    """In a folder aside, then renamed. SQLite would replay a left-over write-ahead log onto any database of its name."""
    aside = database.parent / "new"
    remove_tree(aside)
    aside.mkdir()
    made = aside / database.name
    initialise({**variables, CONNECTION: database_url(made)})
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    sync(made)
    os.replace(made, database)
    sync(database.parent)


def initialise() -> None:
    """Make or migrate the database that Airflow has in this process, with the pool: a missing one leaves tasks waiting for ever.

    In one process, because each start of the `airflow` command costs seconds.
    """
    from airflow.utils.db import initdb

    initdb()
    make_pool()


def make_pool() -> None:
    """In a process in which Airflow may be imported."""
    from airflow.models.pool import Pool

    Pool.create_or_update_pool(
        name=POOL, slots=POOL_SLOTS, description="one writer: the DuckDB warehouse", include_deferred=False
    )


def _write_login(password: str) -> None:
    from airflow.configuration import conf

    _with_passwords(Path(conf.get("core", "simple_auth_manager_passwords_file")), airflow_logins(), password)


if __name__ == "__main__":
    # The containers give the login's password as a line on standard input, where no process list and no log shows it.
    if given := sys.stdin.readline().strip():
        _write_login(given)
    initialise()
