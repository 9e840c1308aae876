"""The Airflow home: private, on loopback, made once, and whole whatever happens while it is made."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from callback_survey.airflow import home as airflow_home
from callback_survey.errors import SurveyError
from callback_survey.logins import Login
from callback_survey.storage.files import read_json

PREPARE = "import sys; from pathlib import Path; from callback_survey.airflow.home import prepare; prepare(*map(Path, sys.argv[1:]))"


def pools_of(home: Path) -> dict[str, int]:
    with closing(sqlite3.connect(home / "airflow" / "airflow.db")) as database:
        return dict(database.execute("select pool, slots from slot_pool"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    assert airflow_home.prepare(home, home / "dags")
    return home


def test_every_address_is_on_loopback_and_every_path_under_the_home(tmp_path: Path) -> None:
    variables = airflow_home.environment(tmp_path, tmp_path / "dags", port=1234)
    hosts = re.findall(r"https?://([^/:]+)", " ".join(variables.values())) + [variables["AIRFLOW__API__HOST"]]
    assert set(hosts) == {"127.0.0.1"}
    places = [value for value in variables.values() if "/" in value and not value.startswith("http://127.0.0.1:1234")]
    assert len(places) >= 5
    assert [place for place in places if not place.removeprefix("sqlite:///").startswith(f"{tmp_path}/")] == []


@pytest.mark.parametrize("library", ["pysqlite", "aiosqlite"])
def test_who_finds_the_database_locked_waits_for_a_minute_wherever_it_lies(tmp_path: Path, library: str) -> None:
    database = tmp_path / "家 %41 a?b&c" / "airflow.db"
    database.parent.mkdir()
    address = airflow_home.database_url(database).replace("sqlite", f"sqlite+{library}", 1)

    async def asked() -> int:
        async with create_async_engine(address).connect() as connection:
            return int((await connection.execute(text("pragma busy_timeout"))).scalar_one())

    if library == "aiosqlite":
        # a thread of its own: a browser of another test can keep a loop running in this one
        with ThreadPoolExecutor(max_workers=1) as executor:
            patience = executor.submit(lambda: asyncio.run(asked())).result()
    else:
        with create_engine(address).connect() as connection:
            patience = connection.execute(text("pragma busy_timeout")).scalar_one()
    assert (patience, database.is_file()) == (60_000, True)


def test_what_belongs_to_another_airflow_is_left_out_and_named_without_its_values(tmp_path: Path) -> None:
    ours = airflow_home.environment(tmp_path, tmp_path / "dags")
    given = {
        "PATH": "/bin",
        "AIRFLOW_HOME": "/opt/airflow",
        "AIRFLOW_CONFIG": "/opt/airflow/airflow.cfg",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__DAGS_FOLDER": "/opt/airflow/dags",
        "AIRFLOW__CORE__FERNET_KEY_CMD": "cat /opt/key",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CELERY__BROKER_URL": "redis://:secret@broker/0",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://airflow:secret@db/airflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA": "airflow",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "5",
    }
    left_out = sorted(
        given.keys() - {"PATH", "AIRFLOW__CORE__LOAD_EXAMPLES", "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC"}
    )
    assert airflow_home.foreign(given, ours) == left_out
    completed = airflow_home.completed(given, ours)
    assert completed == {"PATH": "/bin", "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "5", **ours}
    assert airflow_home.foreign(completed, ours) == []


def test_secrets_are_made_once_and_only_the_owner_can_read_them(tmp_path: Path) -> None:
    first = airflow_home.environment(tmp_path, tmp_path)
    assert airflow_home.environment(tmp_path, tmp_path) == first
    assert airflow_home.environment(tmp_path / "other", tmp_path)["AIRFLOW__CORE__FERNET_KEY"] not in first.values()
    assert airflow_home.login(tmp_path) == airflow_home.login(tmp_path)
    private = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "airflow").glob("*.json")}
    assert private == {"secrets.json": 0o600, "passwords.json": 0o600}


def test_each_person_gets_a_password_that_stays_and_is_not_the_administrators(tmp_path: Path) -> None:
    admin = airflow_home.login(tmp_path)
    people = (Login("王主任", "approver"), Login("科员", "viewer"))
    assert airflow_home.login(tmp_path, people) == admin
    kept = read_json(airflow_home.passwords_file(tmp_path))
    assert set(kept) == {"admin", "王主任", "科员"} and len(set(kept.values())) == 3
    airflow_home.login(tmp_path, people)
    assert read_json(airflow_home.passwords_file(tmp_path)) == kept
    assert airflow_home.environment(tmp_path, tmp_path, users=people)["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == (
        "admin:admin,王主任:user,科员:viewer"
    )


def test_the_database_has_the_pool_of_one_slot_and_no_example(prepared: Path) -> None:
    assert pools_of(prepared)["warehouse"] == 1
    assert not (prepared / "airflow" / "new").exists()


def test_a_second_call_starts_nothing(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    assert not airflow_home.prepare(prepared, prepared / "dags")


def test_another_airflow_version_migrates_the_database_it_finds(prepared: Path) -> None:
    with closing(sqlite3.connect(prepared / "airflow" / "airflow.db")) as database:
        database.execute("insert into slot_pool (pool, slots, description, include_deferred) values ('kept', 3, '', 0)")
        database.execute("delete from slot_pool where pool = 'warehouse'")
        database.commit()
    (prepared / "airflow" / "prepared-by").write_text("apache-airflow-core 3.0.0\n")
    assert airflow_home.prepare(prepared, prepared / "dags")
    assert pools_of(prepared) | {"default_pool": 0} == {"default_pool": 0, "kept": 3, "warehouse": 1}


def test_a_failure_is_told_with_airflows_last_words_and_leaves_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "airflow.db").write_text("this is no database, and it is longer than a header would be")
    with pytest.raises(SurveyError, match="file is not a database"):
        airflow_home.prepare(tmp_path, tmp_path)
    assert not (tmp_path / "airflow" / "prepared-by").exists()


@pytest.mark.parametrize("moment", ["new/airflow.db", "airflow.db"])
def test_killed_as_a_file_appears_and_run_again_it_ends_as_a_clean_run_does(tmp_path: Path, moment: str) -> None:
    folder = tmp_path / "airflow"
    maker = subprocess.Popen([sys.executable, "-c", PREPARE, str(tmp_path), str(tmp_path)], start_new_session=True)
    while not (folder / moment).exists():
        assert maker.poll() is None, "it ended before it could be killed"
    os.killpg(maker.pid, signal.SIGKILL)
    maker.wait()
    airflow_home.prepare(tmp_path, tmp_path)
    assert pools_of(tmp_path)["warehouse"] == 1
    assert (folder / "prepared-by").is_file()
    assert not (folder / "new").exists()


def test_a_fork_whose_run_was_killed_goes_on_alone_and_the_next_one_waits_for_it(tmp_path: Path) -> None:
    """It holds the lock that it inherited: what it makes is not taken away under it."""
    folder = tmp_path / "airflow"
    variables = airflow_home.completed(os.environ, airflow_home.environment(tmp_path, tmp_path / "dags"))
    run = subprocess.Popen(
        [sys.executable, "-m", "callback_survey.airflow.dag_test", "version"],
        env={**variables, "CALLBACK_SURVEY_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    )
    while not (folder / "new" / "airflow.db").exists():
        assert run.poll() is None, "it ended before it could be killed"
    left = int(Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()[0])
    run.kill()
    run.wait()
    airflow_home.prepare(tmp_path, tmp_path)
    state = Path(f"/proc/{left}/stat")
    assert not state.exists() or ") Z " in state.read_text(), "the fork was at work beside another one"
    assert pools_of(tmp_path)["warehouse"] == 1
    assert airflow_home.is_prepared(tmp_path) and not (folder / "new").exists()


def test_the_write_ahead_log_of_a_deleted_database_is_not_replayed(tmp_path: Path) -> None:
    folder = tmp_path / "airflow"
    folder.mkdir()
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.execute("pragma journal_mode = wal")
        old.executescript("create table slot_pool (pool, slots); insert into slot_pool values ('of the old one', 7)")
        shutil.copy(tmp_path / "old.db-wal", folder / "airflow.db-wal")
    airflow_home.prepare(tmp_path, tmp_path)
    assert pools_of(tmp_path)["warehouse"] == 1
