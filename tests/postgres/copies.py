"""A database that gets copies, and small files of marts to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from callback_survey import postgres
from callback_survey.postgres import Publication
from postgres_servers import Server

KEYS = {"rates": ("department_code",), "annex": ("department_code",), "notes": ("note",)}


@dataclass(frozen=True)
class Copy:
    """A database and the role that publishes to it."""

    server: Server
    database: str
    publisher: str

    @property
    def url(self) -> str:
        return self.server.url(self.database, self.publisher)

    def publish(self, marts: Path, version: str, **options: Any) -> Publication:
        options = {"keys": KEYS, "url": self.url, **options}
        return postgres.publish(marts, version, options.pop("keys"), **options)

    def run(self, *statements: str, user: str | None = None) -> list[tuple[Any, ...]]:
        return self.server.run(self.database, *statements, user=user or self.publisher)

    def as_admin(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.server.run(self.database, *statements)

    def markers(self) -> set[str]:
        return {marker for (marker,) in self.run("select distinct marker from marts.rates")}

    def schemas(self) -> set[str]:
        query = "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
        return {name for (name,) in self.run(query)} - {"public"}

    def identities(self) -> list[tuple[Any, ...]]:
        """Of each table in the schema: that it is the same one, with the same rows, stored in the same place."""
        query = "select relname, oid, relfilenode from pg_class where relnamespace = 'marts'::regnamespace order by 1"
        return self.run(query)


def marts_file(path: Path, marker: str, tables: Mapping[str, str] | None = None) -> Path:
    """Three small tables with `marker` in every row, or those of `tables`, described as the served ones are."""
    queries = tables or {
        "rates": f"select 'd' || i as department_code, '{marker}' as marker, (90 + i)::decimal(5, 2) as rate_pct from range(5) t(i)",
        "annex": f"select 'd' || i as department_code, '{marker}' as marker, i::bigint as sample_count from range(9) t(i)",
        "notes": f"select 'only one' as note, '{marker}' as marker",
    }
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name, query in queries.items():
            quoted = '"' + name.replace('"', '""') + '"'
            connection.execute(f"create table {quoted} as {query}")
            connection.execute(f"""comment on table {quoted} is 'One row each; it''s 100 % 部门.'""")
    return path
