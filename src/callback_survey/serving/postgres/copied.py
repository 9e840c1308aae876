"""Which version a schema holds, and whether it is still as it was published: a mark in the schema's comment."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from callback_survey.serving.postgres.sql import one, relation

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

MARK = "callback-survey marts"
_TABLES = re.compile(r", tables ([a-z0-9_ ]+)\. ")
# Ours are the tables that the mark names; before there is one, those with a comment, as all that is published is described.
# What else stands in the schema is not.
_OURS = """
    select c.oid, c.relname
    from pg_class as c
    where c.relnamespace = to_regnamespace(%s)
        and c.relkind = 'r'
        and obj_description(c.oid, 'pg_class') is not null
        and (%s::text[] is null or c.relname = any(%s::text[]))
    order by c.relname
"""


def tables(cursor: Cursor, schema: str) -> list[str]:
    """The published tables of a schema, by name."""
    cursor.execute(_OURS, _ours(cursor, schema))
    return [table for _, table in cursor.fetchall()]


def _ours(cursor: Cursor, schema: str) -> tuple[str, list[str] | None, list[str] | None]:
    """What `_OURS` asks for."""
    told = _TABLES.search(comment_of(cursor, schema) or "")
    names = told[1].split() if told else None
    return schema, names, names


def comment_of(cursor: Cursor, schema: str) -> str | None:
    """The comment of a schema; None where it has none, or does not exist."""
    comment: str | None = one(cursor, "select obj_description(to_regnamespace(%s), 'pg_namespace')", (schema,))
    return comment


def mark_of(cursor: Cursor, schema: str, version: str) -> str:
    """What the comment of a schema says when it holds this version and is what was published."""
    names = " ".join(tables(cursor, schema))
    return f"{MARK}, version {version}, content {_content(cursor, schema)}, tables {names}. Replaced whole at each release."


def is_whole(cursor: Cursor, schema: str, version: str, reader: str | None) -> bool:
    """Whether the schema holds this version, unchanged, and the reading role can read it."""
    told = comment_of(cursor, schema)
    # the version first: to look through the rows costs more
    if told is None or f"version {version}," not in told or told != mark_of(cursor, schema, version):
        return False
    return reader is None or _can_read(cursor, schema, reader)


def _content(cursor: Cursor, schema: str) -> str:
    """A hash of names, types, comments and rows. The sum does not depend on the order in which rows are stored."""
    cursor.execute(
        f"""
        select ours.relname, obj_description(ours.oid, 'pg_class'), attname, format_type(atttypid, atttypmod),
            col_description(ours.oid, attnum)
        from ({_OURS}) as ours
        inner join pg_attribute on attrelid = ours.oid and attnum > 0 and not attisdropped
        order by ours.relname, attnum
        """,
        _ours(cursor, schema),
    )
    digest = sha256(repr(cursor.fetchall()).encode())
    for table in tables(cursor, schema):
        cursor.execute(
            f"select count(*), sum(hashtextextended(t::text, 0)::numeric) from {relation(schema, table)} as t"
        )
        digest.update(repr((table, cursor.fetchall())).encode())
    return digest.hexdigest()[:16]


def _can_read(cursor: Cursor, schema: str, reader: str) -> bool:
    if one(cursor, "select 1 from pg_roles where rolname = %s", (reader,)) is None:
        return False
    may_use = bool(one(cursor, "select has_schema_privilege(%s, %s, 'usage')", (reader, schema)))
    refused = f"select count(*) from ({_OURS}) as ours where not has_table_privilege(%s, ours.oid, 'select')"
    return may_use and one(cursor, refused, (*_ours(cursor, schema), reader)) == 0
