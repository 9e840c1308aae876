"""The files of a version of what is served, and whether they are as they were written."""

from __future__ import annotations

import os
from pathlib import Path

from callback_survey.errors import DamagedFile
from callback_survey.storage import files

MARTS, NAMED, PARQUET = "marts.duckdb", "callback_survey.duckdb", "parquet"
HASHES = "hashes.json"
SERVED = "served.json"
# the release.json of each served release: what is needed of one that cannot be read later
RELEASES = "releases.json"


def is_whole(serving: Path, version: str) -> bool:
    """Whether readers have this version, every file as it was written. What cannot be read is made again."""
    current = serving / "current"
    try:
        return (
            current.is_symlink()
            and Path(os.readlink(current)).name.partition("-")[0] == version
            and all((serving / name).is_symlink() for name in (MARTS, NAMED, PARQUET))
            and hashes_of(current) == files.read_json(current / HASHES)
            and isinstance(files.read_json(current / SERVED), list)
        )
    except (FileNotFoundError, DamagedFile):
        return False


def is_as_written(folder: Path) -> bool:
    """Whether the files of a version are as they were written. One of an earlier version of the package noted nothing of the list of
    releases."""
    found, known = hashes_of(folder), files.read_json(folder / HASHES)
    return bool({RELEASES: found.get(RELEASES), **known} == found)


def verified(serving: Path) -> dict[str, bool]:
    """Each file of the version that readers have, and whether it is as it was written; `hashes.json` where that is lost."""
    current = serving / "current"
    try:
        known: dict[str, str] = files.read_json(current / HASHES)
        found = hashes_of(current)
        # one of an earlier version of the package may have neither the list of releases nor the second file
        noted = {RELEASES: found[RELEASES], **known} if RELEASES in found else known
        given = [name for name in (MARTS, NAMED, PARQUET) if name != NAMED or name in known]
        links = {f"../{name}": (serving / name).exists() for name in given}
        return {name: found.get(name) == noted.get(name) for name in sorted(found.keys() | noted.keys())} | links
    except (FileNotFoundError, DamagedFile, AttributeError):
        return {HASHES: False}


def hashes_of(folder: Path) -> dict[str, str]:
    """What readers can open in a version, and what is needed of releases that are lost, by content."""
    paths = [folder / RELEASES, folder / MARTS, folder / NAMED, *sorted((folder / PARQUET).rglob("*.parquet"))]
    return {path.relative_to(folder).as_posix(): files.sha256_of(path) for path in paths if path.is_file()}
