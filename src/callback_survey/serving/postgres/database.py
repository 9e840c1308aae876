"""The databases of the containers and who owns them: `python -m callback_survey.serving.postgres.database`.

Airflow's, which is there and gets an owner that may do nothing else, and one for the copy, with an owner and a reader.

Four lines on standard input, where no process list and no log shows them: the URL of an administrator in Airflow's database,
then the passwords of the roles of Airflow, of who publishes, of who reads. Run again it changes nothing but passwords: what
stands in .env holds.
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
AIRFLOW, PUBLISHER, READER = "airflow_metadata", "marts_publisher", "marts_reader"


def prepare(administrator_url: str, airflow_password: str, publisher_password: str, reader_password: str) -> None:
    """Make the three roles and the database of the marts, as far as they are missing, and let no role into another's database."""
    with (
        closing(Address(administrator_url).connect()) as connection,
        connection.cursor() as cursor,
    ):
        connection.autocommit = True  # a database is not made in a transaction
        _role(cursor, AIRFLOW, airflow_password)
        _role(cursor, PUBLISHER, publisher_password)
        _role(cursor, READER, reader_password)
        if one(cursor, "select 1 from pg_database where datname = %s", (DATABASE,)) is None:
            cursor.execute(
                f"create database {name(DATABASE)} owner {name(PUBLISHER)} encoding 'UTF8' template template0"
            )
        _hand_over(cursor, str(one(cursor, "select current_database()")), AIRFLOW)
        # everybody may connect to a new database, and could look around in it
        cursor.execute("select datname from pg_database where datallowconn")
        for (database,) in cursor.fetchall():
            cursor.execute(f"revoke connect, temporary on database {name(database)} from public")
        cursor.execute(f"grant connect on database {name(DATABASE)} to {name(READER)}")


def _hand_over(cursor: Cursor, database: str, role: str) -> None:
    """The database, and what an administrator made in it: in earlier versions Airflow was the administrator."""
    cursor.execute(f"alter database {name(database)} owner to {name(role)}")
    cursor.execute(
        """
        select format('table %s', oid::regclass) from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relowner = current_user::regrole
        union all
        select format('type %s', oid::regtype) from pg_type
        where typnamespace = 'public'::regnamespace and typtype = 'e' and typowner = current_user::regrole
        """
    )
    for (thing,) in cursor.fetchall():
        cursor.execute(f"alter {thing} owner to {name(role)}")  # a sequence goes with the table of its column


def _role(cursor: Cursor, role: str, password: str) -> None:
    verb = "alter" if one(cursor, "select 1 from pg_roles where rolname = %s", (role,)) else "create"
    literal = cursor.mogrify("%s", (password,)).decode()
    cursor.execute(f"{verb} role {name(role)} login nosuperuser nocreatedb nocreaterole password {literal}")


if __name__ == "__main__":
    try:
        prepare(*(sys.stdin.readline().strip() for _ in range(4)))
    except SurveyError as error:
        sys.exit(f"error: {error}")
