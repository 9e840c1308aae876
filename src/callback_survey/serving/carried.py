"""The rows of releases as they were read, kept in a version for the next one: only what changed is read again.

    versions/<id>/rows.duckdb    the rows of each released table and of the reports of checks, each with what it was read from
    versions/<id>/rows.json      what that was: the content of each release, its columns, its files as they lay there

Nothing in them is for readers. Where one is lost or damaged, or of another version of the package, everything is read anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import duckdb

from callback_survey.errors import DamagedFile
from callback_survey.releases import Release
from callback_survey.releases.code_version import code_version
from callback_survey.storage import duck, files

ROWS, _RECORD = "rows.duckdb", "rows.json"
# What a row was read from: a release by its name, or the checks of a run. No column of a mart is called so.
SOURCE, REPORTS = "read_from", "check_results"
_OWN, _CARRIED = "read_rows", "carried_sources"
Columns = list[list[str]]


@dataclass(frozen=True)
class Carried:
    """What a version holds of releases and reports. Of a release: its `content`, and how its `files` lay when they were verified.

    `columns` are the different columns that a table has in the releases, in the order in which they are read: rows of the same ones
    make the same table. `reports` maps a source of checks to how its files lay. `declaration` is how the served tables are declared,
    and `dropped` how many rows were taken out of their file since it was assembled anew.
    """

    releases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[Columns]] = field(default_factory=dict)
    reports: Mapping[str, str] = field(default_factory=dict)
    declaration: str = ""
    dropped: int = 0
    path: Path | None = None

    def is_verified(self, release: Release) -> bool:
        """Whether the marts were hashed before, and are the same files since: a bit that falls over is found by `verify` alone."""
        known = self.releases.get(release.name, {})
        return self.has(release) and known["files"] == lying(marts_of(release))

    def has(self, release: Release) -> bool:
        return self.releases.get(release.name, {}).get("content") == _content(release)

    def write(self, folder: Path) -> None:
        """The record of the rows beside it, once they are all in."""
        document = {name: value for name, value in asdict(self).items() if name != "path"}
        files.write_json(
            folder / _RECORD, {**document, "made_by": _made_by(), "sha256": files.sha256_of(folder / ROWS)}
        )


def read(version: Path) -> Carried:
    """What a version of what is served holds for the next one; nothing where it is not to be relied on."""
    try:
        document = files.read_json(version / _RECORD)
        if document.pop("made_by") != _made_by() or document.pop("sha256") != files.sha256_of(version / ROWS):
            return Carried()
        return Carried(**document, path=version / ROWS)
    except (OSError, DamagedFile, KeyError, TypeError, AttributeError):
        return Carried()


def marts_of(release: Release) -> list[Path]:
    return [release.folder / "marts" / f"{name}.parquet" for name in sorted(release.tables)]


def lying(paths: Iterable[Path]) -> str:
    """The files as they lie there: another size, moment or inode is another file. Empty where one is missing."""
    found = []
    try:
        for path in paths:
            told = path.stat()
            found.append((path.name, told.st_size, told.st_mtime_ns, told.st_ino))
    except OSError:
        return ""
    return sha256(repr(found).encode()).hexdigest()[:16]


def attach(connection: duckdb.DuckDBPyConnection, rows: Path, earlier: Carried) -> None:
    """Attach a new file for what is read, which begins as a copy of the earlier one."""
    if earlier.path is not None:
        shutil.copyfile(earlier.path, rows)
    connection.execute(f"attach {duck.text(rows)} as {_OWN} (block_size 16384)")


def read_tables(
    connection: duckdb.DuckDBPyConnection, shown: Sequence[Release], held: Set[str], earlier: Carried
) -> Carried:
    """Read the rows of all tables of the releases `shown`, each with its release; those that `earlier` has are carried over.

    The `held` ones, by name, are no releases any more and are not carried on.
    """
    carried = {release.name for release in shown if release.name not in held and earlier.has(release)}
    known, columns = _tables(connection), {}
    name_sources(connection, carried)
    for name in sorted({name for release in shown for name in release.tables}):
        having = [release for release in shown if name in release.tables]
        columns[name] = _different(connection, name, having, held)
        # of other columns, or read in another order, the rows together might get other types
        is_same = name in known and earlier.columns.get(name) == columns[name]
        if is_same:
            drop_others(connection, name)
        anew = [release for release in having if not is_same or release.name not in carried]
        if anew:
            _read_table(connection, name, anew, is_new=not is_same)
    for name in known - columns.keys() - {REPORTS}:
        connection.execute(f"drop table {relation(name)}")
    return Carried(
        {
            release.name: {"content": _content(release), "files": lying(marts_of(release))}
            for release in shown
            if release.name not in held
        },
        columns,
    )


def name_sources(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Whose rows are carried over, for `drop_others`."""
    listed = ", ".join(duck.text(name) for name in sorted(names))
    connection.execute(f"create or replace temp table {_CARRIED} as select unnest([{listed}]::text[]) as {SOURCE}")


def drop_others(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute(f"delete from {relation(table)} where {SOURCE} not in (select {SOURCE} from {_CARRIED})")


def relation(table: str) -> str:
    """A table's rows of all sources, as they were read."""
    return f"{_OWN}.{duck.name(table)}"


def detach(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"detach {_OWN}")


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute(f"select table_name from duckdb_tables() where database_name = {duck.text(_OWN)}")
    return {name for (name,) in found.fetchall()}


def _read_table(connection: duckdb.DuckDBPyConnection, name: str, anew: Sequence[Release], *, is_new: bool) -> None:
    paths = {release.folder / "marts" / f"{name}.parquet": release.name for release in anew}
    named = ", ".join(f"({duck.text(path)}, {duck.text(source)})" for path, source in paths.items())
    rows = (
        f"select found.* exclude (filename), sources.{SOURCE} "
        f"from {duck.read_parquet(paths, union_by_name=True, filename=True)} as found "
        f"inner join (values {named}) as sources (filename, {SOURCE}) using (filename)"
    )
    added = f"create or replace table {relation(name)} as" if is_new else f"insert into {relation(name)} by name"
    connection.execute(f"{added} {rows}")


def _different(
    connection: duckdb.DuckDBPyConnection, name: str, having: Sequence[Release], held: Set[str]
) -> list[Columns]:
    """The different columns of a table, in the order of the releases. What is held was written out of a served file, and has those
    of its file; so has a release from before its columns were listed."""
    unlisted = [one for one in having if one.name in held or "column_types" not in one.tables[name]]
    told = _of_files(connection, [one.folder / "marts" / f"{name}.parquet" for one in unlisted])
    of_files = dict(zip((one.name for one in unlisted), told, strict=True))
    found: list[Columns] = []
    for release in having:
        listed = of_files.get(release.name)
        columns = listed or [[column, kind] for column, kind in release.tables[name]["column_types"].items()]
        if columns not in found:
            found.append(columns)
    return found


def _of_files(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> list[Columns]:
    described = (connection.execute(f"describe from {duck.read_parquet([path])}").fetchall() for path in paths)
    return [[list(row[:2]) for row in rows] for rows in described]


def _content(release: Release) -> str:
    hashes = {name: table.get("parquet_sha256") for name, table in sorted(release.tables.items())}
    return sha256(repr((release.content_hash, release.released_at, hashes)).encode()).hexdigest()[:16]


def _made_by() -> str:
    return f"{code_version()}, DuckDB {duckdb.__version__}"
