"""A version of what is served, put together aside, looked at as a reader does, and switched to in one rename."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.errors import DamagedFile, SurveyError
from callback_survey.releases import Release, Standing
from callback_survey.scope import Scope
from callback_survey.serving import carried, check_results, declared, grown, readers, tables
from callback_survey.serving.carried import Carried
from callback_survey.serving.rollups import Rollups
from callback_survey.serving.versions import HASHES, MARTS, NAMED, PARQUET, RELEASES, SERVED, hashes_of
from callback_survey.storage import duck, files

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """What a version is assembled of. `kept` are releases of damaged scopes, as the version before served them."""

    served: tuple[Release, ...]
    every: tuple[Release, ...]
    standings: Mapping[str, Standing]
    kept: tuple[Release, ...] = ()

    @property
    def shown(self) -> list[Release]:
        return sorted([*self.served, *self.kept], key=lambda release: release.scope)

    def without(self, damaged: Mapping[Scope, DamagedFile], kept: Sequence[Release]) -> Contents:
        served, every = (
            tuple(release for release in found if release.scope not in damaged) for found in (self.served, self.every)
        )
        return replace(self, served=served, every=every, kept=tuple(kept))


def assemble(
    contents: Contents,
    serving: Path,
    version: str,
    memory_limit: str,
    rollups: Rollups,
    checks: Path | None,
    earlier: Carried,
) -> None:
    versions = serving / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for leftover in versions.glob(".*"):
        files.remove_tree(leftover)
    aside = versions / f".{version}-{os.getpid()}"
    (aside / PARQUET).mkdir(parents=True)
    work = aside / "work"
    work.mkdir()
    threads = duck.threads_for(_row_count(contents), None)
    with duck.connect(
        work / "rows.duckdb", memory_limit=memory_limit, spill=work / "spill", threads=threads
    ) as connection:
        # a moment written without its zone is one of UTC, wherever this runs
        connection.execute("set timezone = 'UTC'")
        kept = tables.take_over(connection, contents.kept, serving / "current" / MARTS, work / "kept")
        shown = sorted([*contents.served, *kept], key=lambda release: release.scope)
        carried.attach(connection, aside / carried.ROWS, earlier)
        rows = carried.read_tables(connection, shown, {release.name for release in kept}, earlier)
        rows = replace(rows, reports=check_results.read_reports(connection, contents.every, checks, earlier))
        made = tables.write_tables(connection, shown, contents.every, rollups, contents.standings)
        tables.take_over_records(connection, kept)
        definitions = declared.define(connection, made, rollups.labels)
        rows = replace(rows, **_write_marts(connection, definitions, aside, serving / "current", earlier))
        tables.write_parquet(connection, "served", aside / PARQUET)
        connection.execute("detach served")
        carried.detach(connection)
    declared.write_named(aside / MARTS, aside / NAMED)
    files.remove_tree(work)
    rows.write(aside)
    _verify(aside / MARTS, shown, memory_limit)
    files.write_json(aside / SERVED, [[release.key, release.content_hash] for release in shown])
    _write_documents(aside / RELEASES, shown)
    files.write_json(aside / HASHES, hashes_of(aside))
    files.sync_tree(aside)
    before = os.readlink(serving / "current") if (serving / "current").is_symlink() else ""
    # what readers see now is not removed before the switch, not even where it is damaged
    target = versions / (f"{version}-again" if Path(before).name == version else version)
    files.remove_tree(target)
    os.rename(aside, target)
    files.sync(versions)
    with readers.kept(serving):
        _link(serving / "current", f"versions/{target.name}")
    for name in (MARTS, NAMED, PARQUET):
        if not (serving / name).is_symlink():
            _link(serving / name, f"current/{name}")
    # the version before stays: whoever lists its Parquet files just now will still find them
    for path in versions.iterdir():
        if path.name not in (target.name, Path(before).name):
            files.remove_tree(path)


def _row_count(contents: Contents) -> int:
    return sum(table["row_count"] for release in contents.shown for table in release.tables.values())


def _write_marts(
    connection: duckdb.DuckDBPyConnection,
    definitions: Sequence[declared.Definition],
    aside: Path,
    current: Path,
    earlier: Carried,
) -> dict[str, Any]:
    """The file that readers open: the earlier one with what differs, or a new one. Returns what is to be noted for the next one."""
    declaration = grown.declaration(definitions)
    if earlier.declaration == declaration and _is_worth_growing(current):
        shutil.copyfile(current / MARTS, aside / MARTS)
        try:
            _attach(connection, aside / MARTS)
            dropped = grown.grow(connection, definitions, "served", dropped=earlier.dropped)
            return {"declaration": declaration, "dropped": dropped}
        except (duckdb.Error, grown.NotGrownError) as error:
            logger.warning("%s is assembled anew: %s", MARTS, str(error).splitlines()[0])
            connection.execute("detach served")
            (aside / MARTS).unlink()
            (aside / f"{MARTS}.wal").unlink(missing_ok=True)
    _attach(connection, aside / MARTS)
    declared.write(connection, definitions, "served")
    return {"declaration": declaration, "dropped": 0}


def _attach(connection: duckdb.DuckDBPyConnection, marts: Path) -> None:
    # each key is an index, and an index takes a block at least: of the usual 256 kB the file would be mostly air
    connection.execute(f"attach {duck.text(marts)} as served (block_size 16384)")


def _is_worth_growing(current: Path) -> bool:
    """Whether the earlier file is as it was written, and large."""
    try:
        if (current / MARTS).stat().st_size < grown.LEAST_BYTES:
            return False
        known = files.read_json(current / HASHES)
        return bool(files.sha256_of(current / MARTS) == known[MARTS])
    except (OSError, DamagedFile, KeyError, TypeError):
        return False


def _write_documents(path: Path, shown: Sequence[Release]) -> None:
    """The release.json of each, one a line: all of them as one text would be hundreds of megabytes after some years."""
    with files.written_aside(path) as part, part.open("w", encoding="utf-8") as target:
        target.write("[")
        for number, release in enumerate(shown):
            target.write(",\n" if number else "\n")
            target.write(json.dumps(_document(release), ensure_ascii=False))
        target.write("]\n")


def _document(release: Release) -> dict[str, object]:
    # not asdict: it copies every description of every column
    return {one.name: getattr(release, one.name) for one in fields(release) if one.name != "folder"}


def _link(path: Path, target: str) -> None:
    """The link, also where a folder stands in its place: a home that was copied with its links followed has some."""
    if path.is_dir() and not path.is_symlink():
        copied = path.parent / "versions" / f".{path.name}-copied"
        files.remove_tree(copied)
        os.rename(path, copied)
    files.swap_symlink(path, target)


def _verify(marts: Path, served: Sequence[Release], memory_limit: str) -> None:
    """Open the new file as a reader does: every release's rates must be there, with as many rows as were released."""
    with duck.connect(
        marts, memory_limit=memory_limit, spill=marts.parent / "spill", read_only=True, threads=1
    ) as connection:
        counts = dict(
            connection.execute(
                "select region_code || '|' || quarter, count(*) from department_rates group by all"
            ).fetchall()
        )
    files.remove_tree(marts.parent / "spill")
    expected = {release.key: release.tables["department_rates"]["row_count"] for release in served}
    if counts != expected:
        raise SurveyError(
            "the assembled marts do not match the releases; the served file was not changed",
            expected=f"{expected}, found {counts}",
            next_step="compare the releases' marts/department_rates.parquet with their release.json",
        )
