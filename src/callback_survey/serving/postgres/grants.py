"""Who may read the copy: a role of the settings, and whoever an administrator let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callback_survey.errors import SurveyError
from callback_survey.serving.postgres.address import READERS_KEEP
from callback_survey.serving.postgres.sql import name, one

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812


def ensure_role(cursor: Cursor, role: str) -> None:
    """Make the role where it is missing, without a login of its own: logins are made members of it."""
    if one(cursor, "select 1 from pg_roles where rolname = %s", (role,)):
        return
    statement = f"create role {name(role)} nologin"
    if not one(cursor, "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"):
        raise SurveyError(
            f"the reading role {role} does not exist, and the connecting user may not create it; {READERS_KEEP}",
            expected=f"as an administrator of the database: {statement}",
            next_step="create the role, then run the quarter again to publish",
        )
    cursor.execute(statement)


def grant_reading(cursor: Cursor, role: str, schema: str) -> None:
    cursor.execute(f"grant usage on schema {name(schema)} to {name(role)}")
    cursor.execute(f"grant select on all tables in schema {name(schema)} to {name(role)}")


def carry_over(cursor: Cursor, schema: str, aside: str) -> None:
    """Whom an administrator let read the earlier tables may read the new ones. Rights to write are not carried over."""
    cursor.execute(
        """
        with given (grantee, object) as (
            select acl.grantee, format('usage on schema %%I', %(aside)s)
            from pg_namespace as n, aclexplode(n.nspacl) as acl
            where n.nspname = %(schema)s and acl.privilege_type = 'USAGE' and acl.grantee <> n.nspowner
            union all
            select acl.grantee, format('select on %%I.%%I', %(aside)s, c.relname)
            from pg_class as c, aclexplode(c.relacl) as acl
            where
                c.relnamespace = to_regnamespace(%(schema)s)
                and acl.privilege_type = 'SELECT'
                and acl.grantee <> c.relowner
                and to_regclass(format('%%I.%%I', %(aside)s, c.relname)) is not null
        )
        -- grantee 0 is everybody
        select format('grant %%s to %%s', object, case grantee when 0 then 'public' else quote_ident(r.rolname) end)
        from given
        left join pg_roles as r on r.oid = given.grantee
        where given.grantee = 0 or r.oid is not null
        """,
        {"schema": schema, "aside": aside},
    )
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)
