"""What BI tools open: assembled from the releases that are served, verified, and switched in one rename.

    serving/marts.duckdb            -> current/marts.duckdb               serving/current -> versions/<id>
    serving/callback_survey.duckdb  -> current/callback_survey.duckdb     serving/restricted/   record-level partitions
    serving/parquet                 -> current/parquet

The second file holds the same tables, and a schema `marts` of views of them. One link switches files and folder together, so
a reader sees one version or the next, never a mix.

Of a region and quarter whose releases are damaged, readers keep what they have: it is taken over from the version before.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.errors import DamagedFile, SurveyError
from callback_survey.releases import Inventory, Release, Standing
from callback_survey.scope import Scope
from callback_survey.serving import carried, check_results, declared, grown, readers
from callback_survey.serving import tables as assembly
from callback_survey.serving.carried import Carried
from callback_survey.serving.rollups import Rollups
from callback_survey.storage import duck, files
from callback_survey.warehouse.published import PublishedTable

logger = logging.getLogger(__name__)

# Changing what is assembled changes every version: add one. A changed roll-up changes it by itself.
_LAYOUT = 8
_NO_ROLLUPS = Rollups()
_MARTS, _NAMED, _PARQUET = "marts.duckdb", "callback_survey.duckdb", "parquet"
_ANNOUNCED = "announced.json"
_HASHES = "hashes.json"
_SERVED = "served.json"
# the release.json of each served release: what is needed of one that cannot be read later
_RELEASES = "releases.json"


@dataclass(frozen=True)
class ServeReport:
    """What is served now. `newly_served` are the releases that were not served before this call.

    `held` are the regions and quarters whose releases are damaged, each with what is wrong: of them readers see what they saw.
    """

    version: str
    marts: Path
    newly_served: tuple[Release, ...]
    held: Mapping[Scope, DamagedFile] = field(default_factory=dict)


@dataclass(frozen=True)
class _Contents:
    """What a version is assembled of. `kept` are releases of damaged scopes, as the version before served them."""

    served: tuple[Release, ...]
    every: tuple[Release, ...]
    standings: Mapping[str, Standing]
    kept: tuple[Release, ...] = ()

    @property
    def shown(self) -> list[Release]:
        return sorted([*self.served, *self.kept], key=lambda release: release.scope)

    def without(self, damaged: Mapping[Scope, DamagedFile], kept: Sequence[Release]) -> _Contents:
        served, every = (
            tuple(release for release in found if release.scope not in damaged) for found in (self.served, self.every)
        )
        return replace(self, served=served, every=every, kept=tuple(kept))


def serve(
    inventory: Inventory,
    *,
    serving: Path,
    memory_limit: str,
    rollups: Rollups = _NO_ROLLUPS,
    checks: Path | None = None,
    say: Callable[[str], None] = lambda message: None,
) -> ServeReport:
    """Serve the releases of an inventory that are to be served; its other revisions are listed in the table `releases`.

    `checks` holds the results of all runs, of which those of failed ones join the table `check_results`. What people decided
    about revisions stands in the table `releases`, so it makes a version of its own.
    Does nothing where exactly these releases are served already, with these roll-ups, and every file is as it was written.
    The caller holds the warehouse lock. A damaged release holds its own region and quarter alone. Raises DamagedFile, and changes
    nothing, where what readers have of it cannot be taken over either: they would lose it without a word.
    """
    contents = _Contents(inventory.served, inventory.every, inventory.standings)
    held, version = dict(inventory.damaged), _version(contents, rollups)
    before = _served_keys(serving)
    if held or not _is_whole(serving, version):
        earlier = carried.read(serving / "current")
        for release in inventory.served:
            try:
                if not earlier.is_verified(release):
                    release.verify_marts()
            except DamagedFile as damage:
                held[release.scope] = damage
        contents = contents.without(held, _kept(serving, held))
        version = _version(contents, rollups)
        if not _is_whole(serving, version):
            say(f"assembling {len(contents.shown)} releases")
            _assemble(contents, serving, version, memory_limit, rollups, checks, earlier)
    newly = tuple(release for release in contents.served if [release.key, release.content_hash] not in before)
    return ServeReport(version, serving / _MARTS, newly, dict(sorted(held.items())))


def _kept(serving: Path, held: Mapping[Scope, DamagedFile]) -> list[Release]:
    """The held releases as they are served now, without a folder of their own; none of what is not served.

    Raises a damage where what is served of it cannot be taken over: the served file is damaged too, or is older than the list of
    its releases.
    """
    current = serving / "current"
    if not held or not current.exists():
        return []
    first = next(iter(held.values()))
    try:
        shown = {Scope.parse(key) for key, _ in files.read_json(current / _SERVED)} & set(held)
        documents = files.read_json(current / _RELEASES) if shown else []
        kept = [
            found for found in (Release(**document, folder=serving) for document in documents) if found.scope in shown
        ]
        is_whole = not shown or _hashes(current) == files.read_json(current / _HASHES)
    except (OSError, DamagedFile, TypeError):
        raise first from None
    if not is_whole or {release.scope for release in kept} != shown:
        raise first
    return kept


def unannounced(served: Sequence[Release], serving: Path) -> list[Release]:
    """The served releases whose event is not known to have been recorded; they are remembered as about to be.

    An event counts only when Airflow has stored it, which is after the task that makes it: a task killed in between is
    tried again and announces again. Better twice than never.
    """
    path = serving / _ANNOUNCED
    known = _announced(path)["announced"]
    new = [release for release in served if [release.key, release.content_hash] not in known]
    if new:
        pending = [[release.key, release.content_hash] for release in new]
        files.write_json(path, {"announced": known, "pending": pending})
    return new


def remember_announced(serving: Path) -> None:
    """The events of the last `unannounced` releases are stored."""
    path = serving / _ANNOUNCED
    if path.is_file():
        value = _announced(path)
        told_anew = {key for key, _ in value["pending"]}
        # one entry a key: a release that goes back to earlier figures is an event again
        kept = [entry for entry in value["announced"] if entry[0] not in told_anew]
        files.write_json(path, {"announced": [*kept, *value["pending"]], "pending": []})


def _announced(path: Path) -> dict[str, list[list[str]]]:
    """Empty also where the file is damaged: it is made again, and what was announced is announced once more."""
    try:
        found: dict[str, list[list[str]]] = files.read_json(path)
        return {"announced": found["announced"], "pending": found["pending"]}
    except (FileNotFoundError, DamagedFile, KeyError, TypeError):
        return {"announced": [], "pending": []}


def export_restricted(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[PublishedTable],
    restricted: Path,
    scope: Scope,
) -> None:
    """Record-level partitions of one region and quarter, from the warehouse, into `restricted`; replaced only where they differ."""
    for table in tables:
        folder = restricted / table.name / f"region_code={scope.region_code}" / f"quarter={scope.quarter}"
        path = folder / f"{table.name}.parquet"
        folder.mkdir(parents=True, exist_ok=True)
        relation = connection.sql(table.query(), params=table.parameters(scope))
        with files.written_aside(path, keep_equal=True) as aside:
            relation.write_parquet(str(aside), compression="zstd")


def _version(contents: _Contents, rollups: Rollups) -> str:
    releases = [*contents.shown, *contents.every]
    parts = [[release.key, release.revision, release.content_hash, release.released_at] for release in releases]
    kept = [release.key for release in contents.kept]
    said = repr((_LAYOUT, parts, rollups, sorted(contents.standings.items()), *([kept] if kept else [])))
    return sha256(said.encode()).hexdigest()[:16]


def _is_whole(serving: Path, version: str) -> bool:
    """Whether readers have this version, every file as it was written. What cannot be read is made again."""
    current = serving / "current"
    try:
        return (
            current.is_symlink()
            and Path(os.readlink(current)).name.partition("-")[0] == version
            and all((serving / name).is_symlink() for name in (_MARTS, _NAMED, _PARQUET))
            and _hashes(current) == files.read_json(current / _HASHES)
            and isinstance(files.read_json(current / _SERVED), list)
        )
    except (FileNotFoundError, DamagedFile):
        return False


def verified(serving: Path) -> dict[str, bool]:
    """Each file of the version that readers have, and whether it is as it was written; `hashes.json` where that is lost."""
    current = serving / "current"
    try:
        known: dict[str, str] = files.read_json(current / _HASHES)
        found = _hashes(current)
        links = {f"../{name}": (serving / name).exists() for name in (_MARTS, _NAMED, _PARQUET)}
        return {name: found.get(name) == known.get(name) for name in sorted(found.keys() | known.keys())} | links
    except (FileNotFoundError, DamagedFile, AttributeError):
        return {_HASHES: False}


def _hashes(folder: Path) -> dict[str, str]:
    """What readers can open in a version, and what is needed of releases that are lost, by content."""
    paths = [folder / _RELEASES, folder / _MARTS, folder / _NAMED, *sorted((folder / _PARQUET).rglob("*.parquet"))]
    return {path.relative_to(folder).as_posix(): files.sha256_of(path) for path in paths if path.is_file()}


def _served_keys(serving: Path) -> list[list[str]]:
    try:
        keys: list[list[str]] = files.read_json(serving / "current" / _SERVED)
    except (FileNotFoundError, DamagedFile):
        return []
    return keys


def _assemble(
    contents: _Contents,
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
    (aside / _PARQUET).mkdir(parents=True)
    work = aside / "work"
    work.mkdir()
    with duck.connect(work / "rows.duckdb", memory_limit=memory_limit, spill=work / "spill") as connection:
        # a moment written without its zone is one of UTC, wherever this runs
        connection.execute("set timezone = 'UTC'")
        kept = assembly.take_over(connection, contents.kept, serving / "current" / _MARTS, work / "kept")
        shown = sorted([*contents.served, *kept], key=lambda release: release.scope)
        carried.attach(connection, aside / carried.ROWS, earlier)
        rows = carried.read_tables(connection, shown, {release.name for release in kept}, earlier)
        rows = replace(rows, reports=check_results.read_reports(connection, contents.every, checks, earlier))
        tables = assembly.write_tables(connection, shown, contents.every, rollups, contents.standings)
        assembly.take_over_records(connection, kept)
        definitions = declared.define(connection, tables, rollups.labels)
        rows = replace(rows, **_write_marts(connection, definitions, aside, serving / "current", earlier))
        assembly.write_parquet(connection, "served", aside / _PARQUET)
        connection.execute("detach served")
        carried.detach(connection)
    declared.write_named(aside / _MARTS, aside / _NAMED)
    files.remove_tree(work)
    rows.write(aside)
    _verify(aside / _MARTS, shown, memory_limit)
    files.write_json(aside / _SERVED, [[release.key, release.content_hash] for release in shown])
    # without line ends, which Python's encoder writes ten times as slowly: with the years these are megabytes
    documents = json.dumps([_document(release) for release in shown], ensure_ascii=False)
    files.write_text(aside / _RELEASES, documents)
    files.write_json(aside / _HASHES, _hashes(aside))
    files.sync_tree(aside)
    before = os.readlink(serving / "current") if (serving / "current").is_symlink() else ""
    # what readers see now is not removed before the switch, not even where it is damaged
    target = versions / (f"{version}-again" if Path(before).name == version else version)
    files.remove_tree(target)
    os.rename(aside, target)
    files.sync(versions)
    with readers.kept(serving):
        _link(serving / "current", f"versions/{target.name}")
    for name in (_MARTS, _NAMED, _PARQUET):
        if not (serving / name).is_symlink():
            _link(serving / name, f"current/{name}")
    # the version before stays: whoever lists its Parquet files just now will still find them
    for path in versions.iterdir():
        if path.name not in (target.name, Path(before).name):
            files.remove_tree(path)


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
        shutil.copyfile(current / _MARTS, aside / _MARTS)
        try:
            _attach(connection, aside / _MARTS)
            dropped = grown.grow(connection, definitions, "served", dropped=earlier.dropped)
            return {"declaration": declaration, "dropped": dropped}
        except (duckdb.Error, grown.NotGrownError) as error:
            logger.warning("%s is assembled anew: %s", _MARTS, str(error).splitlines()[0])
            connection.execute("detach served")
            (aside / _MARTS).unlink()
            (aside / f"{_MARTS}.wal").unlink(missing_ok=True)
    _attach(connection, aside / _MARTS)
    declared.write(connection, definitions, "served")
    return {"declaration": declaration, "dropped": 0}


def _attach(connection: duckdb.DuckDBPyConnection, marts: Path) -> None:
    # each key is an index, and an index takes a block at least: of the usual 256 kB the file would be mostly air
    connection.execute(f"attach {duck.text(marts)} as served (block_size 16384)")


def _is_worth_growing(current: Path) -> bool:
    """Whether the earlier file is as it was written, and large."""
    try:
        if (current / _MARTS).stat().st_size < grown.LEAST_BYTES:
            return False
        known = files.read_json(current / _HASHES)
        return bool(files.sha256_of(current / _MARTS) == known[_MARTS])
    except (OSError, DamagedFile, KeyError, TypeError):
        return False


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
    with duck.connect(marts, memory_limit=memory_limit, spill=marts.parent / "spill", read_only=True) as connection:
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
