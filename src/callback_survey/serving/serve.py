"""What BI tools open: assembled from the releases that are served, verified, and switched in one rename.

    serving/marts.duckdb            -> current/marts.duckdb               serving/current -> versions/<id>
    serving/callback_survey.duckdb  -> current/callback_survey.duckdb     serving/restricted/   record-level partitions
    serving/parquet                 -> current/parquet

The second file holds the same tables, and a schema `marts` of views of them. One link switches files and folder together, so
a reader sees one version or the next, never a mix.

Of a region and quarter whose releases are damaged, readers keep what they have: it is taken over from the version before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import duckdb

from callback_survey.errors import DamagedFile
from callback_survey.releases import Inventory, Release
from callback_survey.scope import Scope
from callback_survey.serving import carried
from callback_survey.serving.assemble import Contents, assemble
from callback_survey.serving.rollups import Rollups
from callback_survey.serving.versions import MARTS, RELEASES, SERVED, is_as_written, is_whole
from callback_survey.storage import files
from callback_survey.warehouse.published import PublishedTable

# Changing what is assembled changes every version: add one. A changed roll-up changes it by itself.
_LAYOUT = 8
_NO_ROLLUPS = Rollups()
_ANNOUNCED = "announced.json"


@dataclass(frozen=True)
class ServeReport:
    """What is served now: the releases `shown`, of which `newly_served` were not before this call.

    `held` are the regions and quarters whose releases are damaged, each with what is wrong: of them readers see what they saw.
    """

    version: str
    marts: Path
    shown: tuple[Release, ...]
    newly_served: tuple[Release, ...]
    held: Mapping[Scope, DamagedFile] = field(default_factory=dict)


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
    contents = Contents(inventory.served, inventory.every, inventory.standings)
    held, version = dict(inventory.damaged), _version(contents, rollups)
    before = _served_keys(serving)
    if held or not is_whole(serving, version):
        earlier = carried.read(serving / "current")
        for release in inventory.served:
            try:
                if not earlier.is_verified(release):
                    release.verify_marts()
            except DamagedFile as damage:
                held[release.scope] = damage
        contents = contents.without(held, _kept(serving, held))
        version = _version(contents, rollups)
        if not is_whole(serving, version):
            say(f"assembling {len(contents.shown)} releases")
            assemble(contents, serving, version, memory_limit, rollups, checks, earlier)
    newly = tuple(release for release in contents.served if [release.key, release.content_hash] not in before)
    return ServeReport(version, serving / MARTS, tuple(contents.shown), newly, dict(sorted(held.items())))


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
        shown = {Scope.parse(key) for key, _ in files.read_json(current / SERVED)} & set(held)
        documents = files.read_json(current / RELEASES) if shown else []
        kept = [
            found for found in (Release(**document, folder=serving) for document in documents) if found.scope in shown
        ]
        is_all_there = not shown or is_as_written(current)
    except (OSError, DamagedFile, TypeError):
        raise first from None
    if not is_all_there or {release.scope for release in kept} != shown:
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
        path = restricted_path(table, restricted, scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        relation = connection.sql(table.query(), params=table.parameters(scope))
        with files.written_aside(path, keep_equal=True) as aside:
            relation.write_parquet(str(aside), compression="zstd")


def restricted_path(table: PublishedTable, restricted: Path, scope: Scope) -> Path:
    folder = restricted / table.name / f"region_code={scope.region_code}" / f"quarter={scope.quarter}"
    return folder / f"{table.name}.parquet"


def _version(contents: Contents, rollups: Rollups) -> str:
    releases = [*contents.shown, *contents.every]
    parts = [[release.key, release.revision, release.content_hash, release.released_at] for release in releases]
    kept = [release.key for release in contents.kept]
    said = repr((_LAYOUT, parts, rollups, sorted(contents.standings.items()), *([kept] if kept else [])))
    return sha256(said.encode()).hexdigest()[:16]


def _served_keys(serving: Path) -> list[list[str]]:
    try:
        keys: list[list[str]] = files.read_json(serving / "current" / SERVED)
    except (FileNotFoundError, DamagedFile):
        return []
    return keys
