"""A database for the copy in the containers: its owner, its reader, and nobody else: `python -m callback_survey.serving.postgres.database`.

Three lines on standard input, where no process list and no log shows them: the URL of an administrator, the password of the
role that publishes, that of the role that reads. Run again it changes nothing but passwords: what stands in .env holds.
"""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from callback_survey.errors import SurveyError
from callback_survey.serving.postgres.address import Address
from callback_survey.serving.postgres.sql import name, one

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

DATABASE = "marts"
PUBLISHER, READER = "marts_publisher", "marts_reader"


def prepare(administrator_url: str, publisher_password: str, reader_password: str) -> None:
    """Make the two roles and the database, as far as they are missing."""
    with (
        closing(Address(administrator_url).connect()) as connection,
        connection.cursor() as cursor,
    ):
        connection.autocommit = True  # a database is not made in a transaction
        _role(cursor, PUBLISHER, publisher_password)
        _role(cursor, READER, reader_password)
        if one(cursor, "select 1 from pg_database where datname = %s", (DATABASE,)) is None:
            cursor.execute(
                f"create database {name(DATABASE)} owner {name(PUBLISHER)} encoding 'UTF8' template template0"
            )
        # everybody may connect to a new database, and could look around in Airflow's
        for database in (DATABASE, str(one(cursor, "select current_database()"))):
            cursor.execute(f"revoke connect, temporary on database {name(database)} from public")
        cursor.execute(f"grant connect on database {name(DATABASE)} to {name(READER)}")


def _role(cursor: Cursor, role: str, password: str) -> None:
    verb = "alter" if one(cursor, "select 1 from pg_roles where rolname = %s", (role,)) else "create"
    literal = cursor.mogrify("%s", (password,)).decode()
    cursor.execute(f"{verb} role {name(role)} login nosuperuser nocreatedb nocreaterole password {literal}")


if __name__ == "__main__":
    try:
        prepare(*(sys.stdin.readline().strip() for _ in range(3)))
    except SurveyError as error:
        sys.exit(f"error: {error}")
