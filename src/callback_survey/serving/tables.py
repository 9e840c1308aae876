"""The rows that readers get, put together from the served release of every region and quarter. `declared` makes a file of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from callback_survey.releases import Release, Standing
from callback_survey.serving import added, carried, check_results, wide
from callback_survey.serving import rollups as rollups_module
from callback_survey.serving.declared import ServedTable
from callback_survey.serving.rollups import Rollups
from callback_survey.storage import duck

_RELEASE_COLUMNS = {
    "region_code": "six-digit administrative division code",
    "quarter": "calendar quarter, such as 2018Q1",
    "revision": "1 for the first release, one more for each correction",
    "is_served": "true for the revision that the other tables show",
    "released_at": "when the revision was frozen",
    "run_id": "the run that released it",
    "reason": "why there is a new revision",
    "content_hash": "hash over the ordered content of the released marts",
    "delivery_id": "identity of the delivery: its bytes and the rules it was read with",
    "code_fingerprint": "hash over the rules, registers and models that made it",
    "data_note": "what the sender's manifest says of the data as a whole",
    "is_synthetic": "true where that note begins by saying that the data are invented or rebuilt (虚构数据, 样例数据)",
    "warning_count": "warnings of the two gates; see check_results",
    "code_version": "version of the package that made it, and a hash over its files; NULL for releases from before this was kept",
    "accepted_checks": "failed checks that a person accepted for this revision, with name and reason; NULL where there are none",
}
# what people decided about a revision since; it is not in the revision, which never changes
_STANDING_COLUMNS = {
    "approval_status": "draft, approved, rejected, unanswered (nobody decided in time), issued, corrected (its notice was issued, and "
    "replaced by that of another revision), or withdrawn (issued, and no longer holding)",
    "approved_by": "who approved the notice; NULL where nobody did",
    "approved_at": "when",
    "notice_number": "the notice's number (文号) as issued",
    "is_rolled_back": "true where a person took this revision out of what is served, for an earlier one",
    "rolled_back_by": "who did",
    "rolled_back_at": "when",
    "rolled_back_reason": "why",
    "corrected_by_revision": "the revision whose notice took the place of this one's; NULL where none did",
    "corrected_reason": "why, as that notice prints it",
    "withdrawn_by": "who withdrew this revision's notice without another one in its place; NULL where nobody did",
    "withdrawn_at": "when",
    "withdrawn_reason": "why",
}
_RELEASE_TYPES = {
    **dict.fromkeys(("revision", "warning_count", "corrected_by_revision"), "bigint"),
    **dict.fromkeys(("is_served", "is_synthetic", "is_rolled_back"), "boolean"),
    **dict.fromkeys(("released_at", "approved_at", "rolled_back_at", "withdrawn_at"), "timestamptz"),
}
_ARROW_TYPES = {"bigint": pa.int64(), "boolean": pa.bool_()}
_RELEASE_SCHEMA = pa.schema(
    [
        (name, _ARROW_TYPES.get(_RELEASE_TYPES.get(name, ""), pa.string()))
        for name in (*_RELEASE_COLUMNS, *_STANDING_COLUMNS)
    ]
)
_SCOPE = ("region_code", "quarter")
_RELEASE_KEY = ("region_code", "quarter", "revision")
RELEASES = ServedTable(
    "releases",
    _RELEASE_KEY,
    _RELEASE_KEY,
    "One row per revision that was ever released",
    {**_RELEASE_COLUMNS, **_STANDING_COLUMNS},
)


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    served: Sequence[Release],
    every: Sequence[Release],
    rollups: Rollups,
    standings: Mapping[str, Standing],
) -> list[ServedTable]:
    """All tables: the released ones, what is made of them, and those that say what was released and checked. Their rows are read."""
    names = sorted({name for release in served for name in release.tables})
    released = [
        write_table(connection, name, [release for release in served if name in release.tables]) for name in names
    ]
    rollups_module.write(connection, rollups)
    made = [
        ServedTable(
            rollup.name,
            rollup.key,
            rollup.order_by,
            rollup.description,
            {column: text for column, _, text in rollup.columns},
            is_rollup=True,
        )
        for rollup in rollups.served
    ]
    write_releases(connection, served, every, standings)
    check_results.write_table(connection, served, every)
    meanings = next((table.columns for table in released if table.name == wide.RATES), {})
    side_by_side = wide.write(connection, names, meanings, rollups.labels)
    return [*released, *made, *side_by_side, RELEASES, check_results.TABLE]


def take_over(
    connection: duckdb.DuckDBPyConnection, kept: Sequence[Release], marts: Path, folder: Path
) -> list[Release]:
    """The rows of releases that cannot be read any more, out of what readers have: written below `folder` as a release's
    marts are. The served file stays attached as `before`, for `take_over_records`."""
    if not kept:
        return []
    connection.execute(f"attach {duck.text(marts.resolve())} as before (read_only)")
    found = []
    for release in kept:
        own = folder / release.region_code / release.quarter
        (own / "marts").mkdir(parents=True)
        for name in release.tables:
            columns = [row[0] for row in connection.execute(f"describe before.{name}").fetchall()]
            keys = {"region_code": release.region_code, "quarter": release.quarter}
            where = " and ".join(f"{key} = {duck.text(value)}" for key, value in keys.items() if key in columns)
            # without what serving had added, which is added anew
            listed = ", ".join(duck.name(column) for column in columns if column not in added.MEANINGS)
            rows = f"select {listed} from before.{name} where {where or 'true'}"
            connection.execute(f"copy ({rows}) to {duck.text(own / 'marts' / f'{name}.parquet')}")
        found.append(replace(release, folder=own))
    return found


def take_over_records(connection: duckdb.DuckDBPyConnection, kept: Sequence[Release]) -> None:
    """What the served file says of all revisions of the same regions and quarters."""
    for release in kept:
        for name, rows in (("releases", "from before.releases"), ("check_results", check_results.EARLIER)):
            connection.execute(
                f"insert into {name} by name {rows} where region_code = $region_code and quarter = $quarter "
                "and revision is not null",
                {"region_code": release.region_code, "quarter": release.quarter},
            )
    if kept:
        connection.execute("detach before")


def write_table(connection: duckdb.DuckDBPyConnection, name: str, served: Sequence[Release]) -> ServedTable:
    """One table over all releases. A dimension row that several releases carry is taken from the latest of them."""
    newest = max(served, key=lambda release: (release.released_at, release.key))
    details = newest.tables[name]
    key, order_by = tuple(details["key"]), tuple(details["order_by"])
    rows = carried.relation(name)
    if set(_SCOPE) <= set(key) and _is_each_its_own(connection, rows, key):
        # two releases cannot have a row of the same key: they are read where they stand
        connection.execute(f"create view {name} as select * exclude ({carried.SOURCE}) from {rows}")
    else:
        _latest_of_each(connection, name, rows, key, served)
    return ServedTable(name, key, order_by, details["description"], details["column_descriptions"])


def _is_each_its_own(connection: duckdb.DuckDBPyConnection, rows: str, key: Sequence[str]) -> bool:
    """Whether each release has rows of its own region and quarter alone, and none of them twice."""
    listed = ", ".join(duck.name(column) for column in key)
    ((is_own,),) = connection.execute(f"""
        select
            (select count(*) from {rows}) = (select count(*) from (select distinct {listed} from {rows}))
            and not exists (
                from (select distinct {carried.SOURCE}, {", ".join(_SCOPE)} from {rows})
                where not starts_with({carried.SOURCE}, concat({" , ' ', ".join(_SCOPE)}, ' '))
            )
    """).fetchall()
    return bool(is_own)


def _latest_of_each(
    connection: duckdb.DuckDBPyConnection, name: str, rows: str, key: Sequence[str], served: Sequence[Release]
) -> None:
    ages = ", ".join(
        f"({duck.text(release.name)}, {duck.text(release.released_at + release.key)})" for release in served
    )
    connection.execute(f"""
        create table {name} as
        with ages ({carried.SOURCE}, age) as (values {ages})
        select rows.* exclude ({carried.SOURCE})
        from {rows} as rows
        inner join ages using ({carried.SOURCE})
        qualify row_number() over (partition by {", ".join(key)} order by ages.age desc) = 1
    """)


def write_releases(
    connection: duckdb.DuckDBPyConnection,
    served: Sequence[Release],
    every: Sequence[Release],
    standings: Mapping[str, Standing],
) -> None:
    typed = ", ".join(
        f"cast({column} as {_RELEASE_TYPES.get(column, 'text')}) as {column}" for column in RELEASES.columns
    )
    shown = {release.name for release in served}
    rows = [
        {
            **{name: getattr(release, name, None) for name in _RELEASE_COLUMNS},
            "is_served": release.name in shown,
            **asdict(standings.get(release.name, Standing())),
        }
        for release in every
    ]
    # a parameter of a statement would import pandas, and a statement a row takes longer than all of them
    found = pa.Table.from_pylist(rows, schema=_RELEASE_SCHEMA)
    connection.register("found_releases", found)
    connection.execute(f"create table releases as select {typed} from found_releases")
    connection.unregister("found_releases")


def write_parquet(connection: duckdb.DuckDBPyConnection, database: str, folder: Path) -> None:
    """The tables of an attached database, each in a folder of its own."""
    query = f"select table_name from duckdb_tables() where database_name = {duck.text(database)} order by 1"
    for (name,) in connection.execute(query).fetchall():
        path = folder / name / f"{name}.parquet"
        path.parent.mkdir()
        table = f"{duck.name(database)}.{duck.name(name)}"
        connection.execute(f"copy {table} to {duck.text(path)} (format parquet, compression zstd)")
