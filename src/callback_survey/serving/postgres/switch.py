"""Put the new schema in the place of the old one, and never in the way of a reader that is under way.

Whoever has read a table within a transaction holds it until the transaction ends. The switch needs all tables for itself at
one moment, so such a reader sees one version to the end. It asks for them briefly and lets go again where somebody reads:
a reader that waits for us while we wait for it would be ended by PostgreSQL as a deadlock, after one second. Between such
turns in the queue it looks for a moment in which nobody reads: readers that take several tables in several orders leave no
other way in.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callback_survey.errors import SurveyError
from callback_survey.serving.postgres.address import READERS_KEEP
from callback_survey.serving.postgres.copied import MARK, comment_of, tables
from callback_survey.serving.postgres.sql import name, one, relation

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

_BEFORE = "marts_before"
# all tables together, then each view; below the second (deadlock_timeout) after which PostgreSQL would end the reader
_LOCK_MILLISECONDS, _VIEW_LOCK_MILLISECONDS = 500, 100
_LOOKING_SECONDS, _LOOK_EVERY_SECONDS = 1.0, 0.01


@dataclass(frozen=True)
class _View:
    """A view of somebody's that reads the marts, or stands among them."""

    schema: str
    name: str
    owner: str
    options: str
    definition: str
    is_direct: bool

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def refuse_foreign_schema(cursor: Cursor, schema: str) -> None:
    """A schema of that name that is not a copy of ours is not touched, unless it is empty."""
    if (comment_of(cursor, schema) or "").startswith(MARK):
        return
    held = one(cursor, "select count(*) from pg_class where relnamespace = to_regnamespace(%s)", (schema,))
    if held:
        raise SurveyError(
            f"the database has a schema {schema} that this pipeline did not make; nothing in PostgreSQL was changed",
            expected=f"no such schema, an empty one, or one whose comment begins with {MARK!r}",
            next_step=f"use another database; or, if the schema is not needed: drop schema {schema} cascade; then run the quarter again",
        )


def switch(cursor: Cursor, schema: str, aside: str, *, patience_seconds: float) -> None:
    """Make `aside` the schema of that name, and drop what had the name before. Views of others follow to the new tables."""
    deadline = time.monotonic() + patience_seconds
    while not _attempt(cursor, schema, aside, queues=True):
        turn = time.monotonic() + _LOOKING_SECONDS
        while time.monotonic() < turn:
            if time.monotonic() > deadline:
                raise _blocked(cursor, schema)
            time.sleep(_LOOK_EVERY_SECONDS)
            if _attempt(cursor, schema, aside, queues=False):
                return


def _attempt(cursor: Cursor, schema: str, aside: str, *, queues: bool) -> bool:
    """False where somebody reads; everything is as it was then. `queues`: wait a little for those who read."""
    import psycopg2.errors

    cursor.execute("savepoint before_switch")
    try:
        if one(cursor, "select to_regnamespace(%s) is not null", (schema,)):
            _replace(cursor, schema, aside, queues=queues)
        else:
            cursor.execute(f"alter schema {name(aside)} rename to {name(schema)}")
    except (psycopg2.errors.QueryCanceled, psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
        cursor.execute("rollback to savepoint before_switch")
        return False
    return True


def _replace(cursor: Cursor, schema: str, aside: str, *, queues: bool) -> None:
    if old := tables(cursor, schema):
        listed = ", ".join(relation(schema, table) for table in old)
        cursor.execute(f"set local statement_timeout = {_LOCK_MILLISECONDS}")
        cursor.execute(f"lock table {listed} in access exclusive mode{'' if queues else ' nowait'}")
        cursor.execute("set local statement_timeout = 0")
    views = _views(cursor, schema)
    cursor.execute(f"alter schema {name(schema)} rename to {name(_BEFORE)}")
    cursor.execute(f"alter schema {name(aside)} rename to {name(schema)}")
    cursor.execute(f"set local lock_timeout = {_VIEW_LOCK_MILLISECONDS}")
    for view in views:
        _follow(cursor, view, schema)
    _drop(cursor, schema, old)


def _views(cursor: Cursor, schema: str) -> list[_View]:
    """Views that read our tables, and those that stand in the schema. Their text names the schema, as it must for `_follow`."""
    cursor.execute(
        """
        with direct as (
            select distinct r.ev_class as oid
            from pg_depend as d
            inner join pg_rewrite as r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
            inner join pg_class as t on t.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
            where t.relnamespace = to_regnamespace(%(schema)s) and t.relkind = 'r'
        )
        select n.nspname, v.relname, pg_get_userbyid(v.relowner), coalesce(array_to_string(v.reloptions, ', '), ''),
            pg_get_viewdef(v.oid), direct.oid is not null
        from pg_class as v
        inner join pg_namespace as n on n.oid = v.relnamespace
        left join direct on direct.oid = v.oid
        where v.relkind = 'v' and (direct.oid is not null or n.oid = to_regnamespace(%(schema)s))
        order by n.nspname, v.relname
        """,
        {"schema": schema},
    )
    return [_View(*row) for row in cursor.fetchall()]


def _follow(cursor: Cursor, view: _View, schema: str) -> None:
    """Let a view read the new tables. It stays the view it was: its owner, its grants and what reads it in turn remain."""
    import psycopg2

    try:
        if view.schema == schema:
            cursor.execute(f"alter view {relation(_BEFORE, view.name)} set schema {name(schema)}")
        if view.is_direct:
            options = f"with ({view.options}) " if view.options else ""
            cursor.execute(f"create or replace view {relation(view.schema, view.name)} {options}as {view.definition}")
    except (psycopg2.errors.QueryCanceled, psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
        raise
    except psycopg2.Error as error:
        is_forbidden = isinstance(error, psycopg2.errors.InsufficientPrivilege)
        user = one_user(cursor)
        raise SurveyError(
            f"the view {view.full_name} reads the marts and cannot follow to the new tables; {READERS_KEEP}",
            expected=str(error).strip().splitlines()[0],
            next_step=f"let the pipeline replace it: grant {name(view.owner)} to {name(user)}; or drop it. Then run the quarter again"
            if is_forbidden
            else f"change the view so that it does not need the marts, or drop view {view.full_name}. Then run the quarter again",
        ) from None


def one_user(cursor: Cursor) -> str:
    return str(cursor.connection.info.user)


def _drop(cursor: Cursor, schema: str, old: list[str]) -> None:
    """Only what we made, and nothing that hangs on it: no cascade."""
    import psycopg2.errors

    try:
        if old:
            cursor.execute(f"drop table {', '.join(relation(_BEFORE, table) for table in old)}")
        cursor.execute(f"drop schema {name(_BEFORE)}")
    except psycopg2.errors.DependentObjectsStillExist as error:
        told = (error.diag.message_detail or str(error)).replace(f"{_BEFORE}.", f"{schema}.").replace(_BEFORE, schema)
        raise SurveyError(
            f"another object depends on the marts and would be dropped with them; {READERS_KEEP}",
            expected="views, which follow to the new tables; nothing else that depends on them",
            next_step="make a plain view of it, or move it to a schema of its own, or drop it. Then run the quarter again",
            alert_lines=told.splitlines(),
        ) from None


def _blocked(cursor: Cursor, schema: str) -> SurveyError:
    cursor.execute(
        """
        select distinct a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'unnamed')
        from pg_locks as l
        inner join pg_stat_activity as a on a.pid = l.pid
        inner join pg_class as c on c.oid = l.relation
        inner join pg_database as d on d.oid = l.database and d.datname = current_database()
        where c.relnamespace = to_regnamespace(%s) and l.granted and a.pid <> pg_backend_pid()
        order by a.pid
        """,
        (schema,),
    )
    readers = cursor.fetchall()
    first = readers[0][0] if readers else "<pid>"
    return SurveyError(
        f"readers of PostgreSQL hold the marts in transactions that do not end; {READERS_KEEP}",
        expected="each transaction to let go of the marts within a minute",
        next_step=f"end them, for example with: select pg_terminate_backend({first}); then run the quarter again to publish",
        alert_lines=[f"pid {pid}, user {user}, application {application}" for pid, user, application in readers],
    )
