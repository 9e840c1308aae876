"""What BI tools open: assembled from the releases that are served, verified, and switched in one rename.

    serving/marts.duckdb -> current/marts.duckdb      serving/current -> versions/<id>
    serving/parquet      -> current/parquet           serving/restricted/   record-level partitions

One link switches file and folder together, so a reader sees one version or the next, never a mix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import duckdb

from callback_survey.errors import SurveyError
from callback_survey.releases import Release, Standing
from callback_survey.scope import Scope
from callback_survey.serving import tables as assembly
from callback_survey.serving.rollups import Rollups
from callback_survey.storage import duck, files
from callback_survey.warehouse.published import PublishedTable

# Changing what is assembled changes every version: add one. A changed roll-up changes it by itself.
_LAYOUT = 4
_NO_ROLLUPS = Rollups()
_NO_DECISIONS: Mapping[str, Standing] = {}
_ANNOUNCED = "announced.json"
_HASHES = "hashes.json"


@dataclass(frozen=True)
class ServeReport:
    """What is served now. `newly_served` are the releases that were not served before this call; `keys` make a row unique."""

    version: str
    marts: Path
    newly_served: tuple[Release, ...]
    keys: Mapping[str, tuple[str, ...]]


def serve(
    served: Sequence[Release],
    every: Sequence[Release],
    *,
    serving: Path,
    memory_limit: str,
    rollups: Rollups = _NO_ROLLUPS,
    checks: Path | None = None,
    standings: Mapping[str, Standing] = _NO_DECISIONS,
    say: Callable[[str], None] = lambda message: None,
) -> ServeReport:
    """Serve the given releases (one per region and quarter); `every` are all revisions, for the table `releases`.

    `checks` holds the results of all runs, of which those of failed ones join the table `check_results`; `standings` are
    what people decided about revisions, by name: the table `releases` shows it, so it makes a version of its own.
    Does nothing where exactly these releases are served already, with these roll-ups, and every file is as it was written.
    The caller holds the warehouse lock. Raises DamagedFile where a release is not what was frozen.
    """
    version = _version(served, every, rollups, standings)
    before = _served_keys(serving)
    if not _is_whole(serving, version):
        for release in served:
            release.verify_marts()
        say(f"assembling {len(served)} releases")
        _assemble(served, every, serving, version, memory_limit, rollups, checks, standings)
    newly = tuple(release for release in served if [release.key, release.content_hash] not in before)
    return ServeReport(version, serving / "marts.duckdb", newly, assembly.keys(served, rollups))


def unannounced(served: Sequence[Release], serving: Path) -> list[Release]:
    """The served releases whose event is not known to have been recorded; they are remembered as about to be.

    An event counts only when Airflow has stored it, which is after the task that makes it: a task killed in between is
    tried again and announces again. Better twice than never.
    """
    path = serving / _ANNOUNCED
    known = files.read_json(path)["announced"] if path.is_file() else []
    new = [release for release in served if [release.key, release.content_hash] not in known]
    if new:
        pending = [[release.key, release.content_hash] for release in new]
        files.write_json(path, {"announced": known, "pending": pending})
    return new


def remember_announced(serving: Path) -> None:
    """The events of the last `unannounced` releases are stored."""
    path = serving / _ANNOUNCED
    if path.is_file():
        value = files.read_json(path)
        told_anew = {key for key, _ in value["pending"]}
        # one entry a key: a release that goes back to earlier figures is an event again
        kept = [entry for entry in value["announced"] if entry[0] not in told_anew]
        files.write_json(path, {"announced": [*kept, *value["pending"]], "pending": []})


def export_restricted(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[PublishedTable],
    serving: Path,
    scope: Scope,
) -> None:
    """Record-level partitions of one region and quarter, from the warehouse; replaced only where they differ."""
    for table in tables:
        folder = serving / "restricted" / table.name / f"region_code={scope.region_code}" / f"quarter={scope.quarter}"
        path = folder / f"{table.name}.parquet"
        folder.mkdir(parents=True, exist_ok=True)
        relation = connection.sql(table.query(), params=table.parameters(scope))
        with files.written_aside(path, keep_equal=True) as aside:
            relation.write_parquet(str(aside), compression="zstd")


def _version(
    served: Sequence[Release], every: Sequence[Release], rollups: Rollups, standings: Mapping[str, Standing]
) -> str:
    parts = [
        [release.key, release.revision, release.content_hash, release.released_at] for release in [*served, *every]
    ]
    return sha256(repr((_LAYOUT, parts, rollups, sorted(standings.items()))).encode()).hexdigest()[:16]


def _is_whole(serving: Path, version: str) -> bool:
    current = serving / "current"
    return (
        current.is_symlink()
        and Path(os.readlink(current)).name.partition("-")[0] == version
        and all((serving / name).is_symlink() for name in ("marts.duckdb", "parquet"))
        and (current / _HASHES).is_file()
        and _hashes(current) == files.read_json(current / _HASHES)
    )


def _hashes(folder: Path) -> dict[str, str]:
    """What readers can open in a version, by content."""
    paths = [folder / "marts.duckdb", *sorted((folder / "parquet").rglob("*.parquet"))]
    return {path.relative_to(folder).as_posix(): files.sha256_of(path) for path in paths if path.is_file()}


def _served_keys(serving: Path) -> list[list[str]]:
    listing = serving / "current" / "served.json"
    keys: list[list[str]] = files.read_json(listing) if listing.is_file() else []
    return keys


def _assemble(
    served: Sequence[Release],
    every: Sequence[Release],
    serving: Path,
    version: str,
    memory_limit: str,
    rollups: Rollups,
    checks: Path | None,
    standings: Mapping[str, Standing],
) -> None:
    versions = serving / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for leftover in versions.glob(".*"):
        files.remove_tree(leftover)
    aside = versions / f".{version}-{os.getpid()}"
    (aside / "parquet").mkdir(parents=True)
    with duck.connect(aside / "marts.duckdb", memory_limit=memory_limit, spill=aside / "spill") as connection:
        assembly.write_tables(connection, served, every, rollups, checks, standings)
        assembly.write_parquet(connection, aside / "parquet")
    files.remove_tree(aside / "spill")
    _verify(aside / "marts.duckdb", served, memory_limit)
    files.write_json(aside / "served.json", [[release.key, release.content_hash] for release in served])
    files.write_json(aside / _HASHES, _hashes(aside))
    files.sync_tree(aside)
    before = os.readlink(serving / "current") if (serving / "current").is_symlink() else ""
    # what readers see now is not removed before the switch, not even where it is damaged
    target = versions / (f"{version}-again" if Path(before).name == version else version)
    files.remove_tree(target)
    os.rename(aside, target)
    files.sync(versions)
    files.swap_symlink(serving / "current", f"versions/{target.name}")
    for name in ("marts.duckdb", "parquet"):
        if not (serving / name).is_symlink():
            files.swap_symlink(serving / name, f"current/{name}")
    # the version before stays: whoever lists its Parquet files just now will still find them
    for path in versions.iterdir():
        if path.name not in (target.name, Path(before).name):
            files.remove_tree(path)


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
