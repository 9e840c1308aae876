"""The database that the containers make for the copy: a publisher, a reader, and Airflow's own closed to both."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import yaml

import compose_env
import postgres_servers
from callback_survey.serving import postgres
from callback_survey.serving.postgres.database import DATABASE, PUBLISHER, READER
from copies import KEYS, marts_file
from homes import REPOSITORY
from postgres_servers import Server


@pytest.fixture
def made(server: Server) -> Iterator[Server]:
    """Roles and the database `marts` are of the whole server: they go again, and Airflow's database is open as it was."""
    yield server
    server.run("postgres", f"drop database if exists {DATABASE}", "grant connect on database postgres to public")
    server.run("postgres", f"drop role if exists {PUBLISHER}", f"drop role if exists {READER}")


def prepare(server: Server, publisher: str, reader: str, password: str = postgres_servers.PASSWORD) -> int:
    result = subprocess.run(
        [sys.executable, "-m", "callback_survey.serving.postgres.database"],
        input=f"{server.url('postgres', password=password)}\n{publisher}\n{reader}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert password not in result.stdout + result.stderr
    return result.returncode


def test_the_reader_sees_what_the_publisher_publishes_and_no_other_database(made: Server, tmp_path: Path) -> None:
    assert prepare(made, "old-word", "reader's word") == 0
    assert prepare(made, "new-word", "reader's word") == 0, "again, with another password: .env holds"
    marts = marts_file(tmp_path / "marts.duckdb", "first")
    with pytest.raises(Exception, match="password authentication failed"):
        postgres.publish(marts, "v1", KEYS, url=made.url(DATABASE, PUBLISHER, "old-word"))
    postgres.publish(marts, "v1", KEYS, url=made.url(DATABASE, PUBLISHER, "new-word"), reader=READER)
    with psycopg2.connect(made.url(DATABASE, READER, "reader's word")) as connection, connection.cursor() as cursor:
        cursor.execute("select distinct marker from marts.rates")
        assert cursor.fetchall() == [("first",)]
    connection.close()
    for user, password in ((READER, "reader's word"), (PUBLISHER, "new-word")):
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            psycopg2.connect(made.url("postgres", user, password))


def test_an_administrator_who_is_refused_ends_the_start(made: Server) -> None:
    assert prepare(made, "a", "b", password="not the password") != 0


def test_the_compose_file_and_the_database_name_the_same_roles() -> None:
    services = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    scheduler = services["scheduler"]["environment"]
    assert f"postgresql://{PUBLISHER}:${{MARTS_PASSWORD" in scheduler["CALLBACK_SURVEY_POSTGRES_URL"]
    assert scheduler["CALLBACK_SURVEY_POSTGRES_URL"].endswith(f"@postgres/{DATABASE}}}")
    assert READER in scheduler["CALLBACK_SURVEY_POSTGRES_READER"]
    holders = {name for name, service in services.items() if "MARTS_PASSWORD" in str(service.get("environment", ""))}
    assert holders == {"airflow-init", "scheduler"}, "who reads DAG files or answers people does not write to the marts"
    assert {"MARTS_PASSWORD", "MARTS_READER_PASSWORD"} <= set(compose_env.SECRETS)
    assert all(re.match(r"127\.0\.0\.1:", port) for service in services.values() for port in service.get("ports", ()))
