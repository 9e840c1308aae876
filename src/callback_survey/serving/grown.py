"""The file that readers open, made of the one before: only the rows that differ are taken out and put in.

Its keys are indexes, and to fill them costs more than all the rest. So where the tables are declared as they were, the file begins
as a copy of the earlier one, and each region and quarter of a table whose rows differ is written anew; so is each row of a table
that has no region and quarter, such as the names of measures. In the end the rows of every table are held against those that
were to be written. Whatever does not come out the same is assembled anew by whoever called.

Within a region and quarter rows stand in the order of the table. What was corrected stands after the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import duckdb

from callback_survey.serving.declared import Definition
from callback_survey.storage import duck

_SCOPE = ("region_code", "quarter")
# Below this size (about fifty releases) everything is written as fast as it is compared, and all rows stand in order.
LEAST_BYTES = 16 << 20
# Rows that were taken out leave room that the file does not give back: with this part of it, it is made anew
MOST_DROPPED = 0.2


class NotGrownError(Exception):
    """The file did not come out as it was to be."""


def declaration(definitions: Sequence[Definition]) -> str:
    """How the tables are declared and ordered, as one hash: a file of another one cannot be added to."""
    told = [(one.statements, one.table.order_by) for one in definitions]
    return sha256(repr(told).encode()).hexdigest()[:16]


def grow(
    connection: duckdb.DuckDBPyConnection, definitions: Sequence[Definition], database: str, *, dropped: int
) -> int:
    """Write the rows that differ into an attached copy of the earlier file; `dropped` rows were taken out of it before.

    Returns how many were by now. Raises NotGrownError, or what DuckDB raises, where the file is to be made anew.
    """
    wanted, found = ({one.name: _sums(connection, one, source) for one in definitions} for source in ("", database))
    stale = {one.name: {key for key, _ in wanted[one.name].items() ^ found[one.name].items()} for one in definitions}
    _spread(stale, definitions)
    for one in definitions:
        connection.execute(_listed(one.name, stale[one.name]))
    before = {one.name: _count(connection, one, database) for one in definitions}
    # what refers to others goes first and comes last
    for one in reversed(definitions):
        if stale[one.name]:
            connection.execute(_taken_out(one, database))
    dropped += sum(before[one.name] - _count(connection, one, database) for one in definitions)
    if dropped > MOST_DROPPED * sum(before.values()):
        raise NotGrownError(f"{dropped} rows were taken out of it")
    for one in definitions:
        if stale[one.name]:
            for statement in _put_in(one, database):
                connection.execute(statement)
    for one in definitions:
        if _sums(connection, one, database) != wanted[one.name]:
            raise NotGrownError(f"{one.name} has other rows than those that were to be written")
    return dropped


Sums = Mapping[tuple[str | None, ...], tuple[int, int]]


def _is_scoped(one: Definition) -> bool:
    return set(_SCOPE) <= set(one.key or one.types)


def _sums(connection: duckdb.DuckDBPyConnection, one: Definition, database: str) -> Sums:
    """How many rows a table has, and a sum of the hashes of all their values: of each region and quarter, or of the whole."""
    rows = f"from {duck.name(database)}.{duck.name(one.name)}" if database else f"from ({one.query})"
    columns = ", ".join(duck.name(column) for column in one.types)
    scope = ", ".join(_SCOPE) if _is_scoped(one) else "null, null"
    told = connection.execute(
        f"select {scope}, count(*), sum(hash({columns})::hugeint) {rows} group by 1, 2"
    ).fetchall()
    return {(region_code, quarter): (count, total) for region_code, quarter, count, total in told}


def _spread(stale: dict[str, set[tuple[str | None, ...]]], definitions: Sequence[Definition]) -> None:
    """Rows that others refer to are taken out with those others."""
    by_name = {one.name: one for one in definitions}
    for one in definitions:
        if _is_scoped(one):
            for parent in one.refers_to:
                if _is_scoped(by_name[parent]):
                    stale[one.name] |= stale[parent]


def _stale(one: Definition) -> str:
    return duck.name(f"stale_{one.name}")


def _listed(name: str, stale: set[tuple[str | None, ...]]) -> str:
    rows = ", ".join(f"({', '.join('null' if part is None else duck.text(part) for part in key)})" for key in stale)
    source = f"values {rows}" if rows else "select null, null where false"
    return (
        f"create or replace temp table {duck.name(f'stale_{name}')} as from ({source}) as found ({', '.join(_SCOPE)})"
    )


def _is_stale(one: Definition) -> str:
    return f"({', '.join(_SCOPE)}) in (select ({', '.join(_SCOPE)}) from {_stale(one)})"


def _count(connection: duckdb.DuckDBPyConnection, one: Definition, database: str) -> int:
    ((count,),) = connection.execute(f"select count(*) from {duck.name(database)}.{duck.name(one.name)}").fetchall()
    return int(count)


def _taken_out(one: Definition, database: str) -> str:
    target = f"{duck.name(database)}.{duck.name(one.name)}"
    if _is_scoped(one):
        return f"delete from {target} where {_is_stale(one)}"
    if not one.key:
        return f"delete from {target}"
    key = ", ".join(duck.name(column) for column in one.key)
    return f"delete from {target} where ({key}) not in (select ({key}) from ({one.query}))"


def _put_in(one: Definition, database: str) -> list[str]:
    target = f"{duck.name(database)}.{duck.name(one.name)}"
    if _is_scoped(one):
        # asked of the rows themselves: what serving adds to a row is not made for all the others first
        return [f"insert into {target} {one.query} where {_is_stale(one)} {one.order}"]
    if not one.key:
        return [f"insert into {target} {one.query} {one.order}"]
    key = ", ".join(duck.name(column) for column in one.key)
    new = f"insert into {target} from ({one.query}) where ({key}) not in (select ({key}) from {target}) {one.order}"
    others = [duck.name(column) for column in one.types if column not in one.key]
    if not others:
        return [new]
    same = " and ".join(f"old.{duck.name(column)} = new.{duck.name(column)}" for column in one.key)
    differs = " or ".join(f"old.{column} is distinct from new.{column}" for column in others)
    values = ", ".join(f"{column} = new.{column}" for column in others)
    # in their place: others refer to them
    return [f"update {target} as old set {values} from ({one.query}) as new where {same} and ({differs})", new]
