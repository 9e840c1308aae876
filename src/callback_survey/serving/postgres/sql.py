"""Names and texts in PostgreSQL's SQL, where it takes no parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812


def name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def relation(schema: str, table: str) -> str:
    return f"{name(schema)}.{name(table)}"


def one(cursor: Cursor, query: str, parameters: tuple[Any, ...] = ()) -> Any:
    """The first value of the first row, None where there is no row."""
    cursor.execute(query, parameters or None)
    row = cursor.fetchone()
    return row[0] if row else None


def comment_on(cursor: Cursor, kind: str, what: str, text: str) -> None:
    literal = cursor.mogrify("%s", (text,)).decode()
    cursor.execute(f"comment on {kind} {what} is {literal}")
