"""What a few people said cannot be had from the real database either: whatever they said, a reader finds the same there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from copies import Copy
from masked_quarters import FEW, OPEN, SMALL, Published, otherwise, published
from postgres_servers import Server

# These say of a run when and by which code it was made.
_OF_A_RUN = {"releases", "check_results"}
_RELATIONS = """
    select nspname || '.' || relname from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'v', 'm', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema' order by 1
"""


def database_of(server: Server, quarter: Published) -> Copy:
    publisher = server.new_role()
    copy = Copy(server, server.new_database(publisher), publisher)
    copy.publish(quarter.home.serving / "marts.duckdb", "v1")
    return copy


def found_in(copy: Copy) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table and view of every schema, as an administrator sees them, and how each is described."""
    names = [name for (name,) in copy.as_admin(_RELATIONS)]
    kept = [name for name in names if name.split(".")[1] not in _OF_A_RUN]
    found = {name: sorted(copy.as_admin(f"select * from {name}"), key=repr) for name in kept}
    # of tables and their columns: what is said of the schema tells when it was published
    described = "select description from pg_description where classoid = 'pg_class'::regclass and objoid >= 16384"
    found["descriptions"] = sorted(copy.as_admin(described))
    return found


def test_whatever_masked_people_said_the_database_is_the_same(server: Server, tmp_path: Path, privacy_key: str) -> None:
    one = found_in(database_of(server, published(tmp_path / "one", privacy_key, *OPEN, FEW, SMALL)))
    other = found_in(database_of(server, otherwise(tmp_path / "other", privacy_key)))
    assert one == other
    # it is all there: a comparison of nothing would hold too
    assert {"marts.department_rates", "marts.department_answers", "marts.department_rolling_rates"} <= one.keys()
    rows = [row for row in one["marts.department_rates"] if FEW.name in row or SMALL.name in row]
    assert len(rows) == 4 and all(True in row for row in rows)
