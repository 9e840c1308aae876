"""The database that the containers make for the copy: a publisher, a reader, and Airflow's own closed to both."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import yaml

import compose_env
import postgres_servers
from callback_survey.serving import postgres
from callback_survey.serving.postgres.database import AIRFLOW, DATABASE, PUBLISHER, READER
from copies import marts_file
from homes import REPOSITORY
from postgres_servers import Server

OPEN = ("postgres", "template1")


@pytest.fixture
def made(server: Server) -> Iterator[Server]:
    """Roles and the database `marts` are of the whole server: they go again, and Airflow's database is open as it was."""
    yield server
    server.run("postgres", f"drop database if exists {DATABASE}", "alter database postgres owner to current_user")
    server.run("postgres", *(f"grant connect, temporary on database {database} to public" for database in OPEN))
    server.run("postgres", *(f"drop role if exists {role}" for role in (AIRFLOW, PUBLISHER, READER)))


def prepare(
    server: Server, publisher: str, reader: str, airflow: str = "airflow's", password: str = postgres_servers.PASSWORD
) -> int:
    result = subprocess.run(
        [sys.executable, "-m", "callback_survey.serving.postgres.database"],
        input=f"{server.url('postgres', password=password)}\n{airflow}\n{publisher}\n{reader}\n",
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
        postgres.publish(marts, "v1", url=made.url(DATABASE, PUBLISHER, "old-word"))
    postgres.publish(marts, "v1", url=made.url(DATABASE, PUBLISHER, "new-word"), reader=READER)
    with psycopg2.connect(made.url(DATABASE, READER, "reader's word")) as connection, connection.cursor() as cursor:
        cursor.execute("select distinct marker from marts.rates")
        assert cursor.fetchall() == [("first",)]
    connection.close()
    for user, password in ((READER, "reader's word"), (PUBLISHER, "new-word")):
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            psycopg2.connect(made.url("postgres", user, password))


def test_each_role_enters_its_own_database_and_is_no_superuser(made: Server) -> None:
    assert prepare(made, "publisher's", "reader's") == 0
    passwords = {AIRFLOW: "airflow's", PUBLISHER: "publisher's", READER: "reader's"}
    flags = "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls from pg_roles"
    for role, password in passwords.items():
        assert made.run("postgres", f"{flags} where rolname = '{role}'") == [(False,)]
        own = "postgres" if role == AIRFLOW else DATABASE
        psycopg2.connect(made.url(own, role, password)).close()
        for database in {*OPEN, DATABASE} - {own}:
            with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
                psycopg2.connect(made.url(database, role, password))


def test_airflow_goes_on_with_the_tables_that_it_made_as_the_administrator(made: Server) -> None:
    made.run(
        "postgres",
        "create type run_state as enum ('queued', 'success')",
        "create table dag_run (id serial primary key, state run_state)",
        "insert into dag_run (state) values ('queued')",
    )
    try:
        assert prepare(made, "publisher's", "reader's") == prepare(made, "publisher's", "reader's") == 0
        with closing(psycopg2.connect(made.url("postgres", AIRFLOW, "airflow's"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in (
                    "insert into dag_run (state) values ('success')",
                    "alter table dag_run add column note text",
                    "alter type run_state add value 'failed'",
                    "create table task (id int)",
                    "drop table task",
                ):
                    cursor.execute(statement)
                cursor.execute("select id from dag_run order by id")
                assert cursor.fetchall() == [(1,), (2,)]
    finally:
        made.run("postgres", "drop table dag_run", "drop type run_state")


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
    connections = {service["environment"].get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") for service in services.values()}
    assert all(f"//{AIRFLOW}:${{AIRFLOW_DATABASE_PASSWORD" in connection for connection in connections - {None})
    holders = {name for name, service in services.items() if "{POSTGRES_PASSWORD" in str(service["environment"])}
    assert holders == {"airflow-init", "postgres"}, "nobody else is the administrator"
    assert {"AIRFLOW_DATABASE_PASSWORD", "MARTS_PASSWORD", "MARTS_READER_PASSWORD"} <= set(compose_env.SECRETS)
    assert all(re.match(r"127\.0\.0\.1:", port) for service in services.values() for port in service.get("ports", ()))
