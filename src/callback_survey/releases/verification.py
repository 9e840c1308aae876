"""Whether a release is still what was frozen: every file by its bytes, every table by its ordered content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from callback_survey.errors import DamagedFile
from callback_survey.releases import hashes
from callback_survey.releases.model import (
    RELEASE_FILE,
    SUMS_FILE,
    Release,
    content_hashes,
    numbers,
    scopes,
)
from callback_survey.storage import duck
from callback_survey.storage.files import sha256_of
from callback_survey.warehouse.published import content_hash

Kind = Literal["missing", "changed", "extra", "content"]


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was frozen. `path` is relative to the release, empty where it is the release itself."""

    kind: Kind
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" if self.path else self.what


@dataclass(frozen=True)
class Verified:
    """A revision after it was looked through. `unhashed_count` files are older than the list of hashes: nobody can say.

    `is_set_aside`: a person renamed its folder (r2.damaged), and it counts no more.
    """

    name: str
    folder: Path
    damage: tuple[Damage, ...]
    file_count: int = 0
    unhashed_count: int = 0
    is_set_aside: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.damage


def verify(release: Release) -> Verified:
    """Recompute every hash of a release. Releases from before hashes of all files were kept: those of their tables."""
    found = hashes.hashes_of(release.folder)
    # read last: documents that are frozen meanwhile lie there before they are listed
    added = hashes.added(release)
    known = {**release.files, **added} or _table_hashes(release)
    is_complete = bool(release.files) and (release.folder / SUMS_FILE).is_file()
    damage = [
        *_compared(known, found, is_complete=is_complete),
        *_sums(release, added),
        *_contents(release, found),
    ]
    unhashed = 0 if release.files else len(set(found) - set(known))
    return Verified(release.name, release.folder, tuple(damage), len(found), unhashed)


def verify_all(
    releases: Path, region_code: str | None = None, quarter: str | None = None, *, since: str | None = None
) -> Iterator[Verified]:
    """Every revision, also one whose release.json cannot be read, and one that is gone from the row of its numbers; of a region,
    of a quarter, or of the quarters from `since` on."""
    for scope in scopes(releases):
        is_asked = region_code in (None, scope.region_code) and quarter in (None, scope.quarter)
        if is_asked and (since is None or scope.quarter >= since):
            for number in range(1, max(numbers(releases, scope), default=0) + 1):
                yield _verified(f"{scope.name} r{number}", scope.folder(releases) / f"r{number}")


def _verified(name: str, folder: Path) -> Verified:
    if not folder.is_dir() and any(folder.parent.glob(f"{folder.name}.*")):
        return Verified(name, folder, (), is_set_aside=True)
    if not folder.is_dir():
        return Verified(name, folder, (Damage("missing", "", "the whole revision is missing"),))
    if not (folder / RELEASE_FILE).is_file():
        return Verified(
            name, folder, (Damage("missing", RELEASE_FILE, "is missing: the revision cannot be identified"),)
        )
    try:
        release = Release.read(folder)
    except DamagedFile as error:
        told = error.what.removeprefix(f"{RELEASE_FILE} of {name} ")
        # said beside the name of the file, and written out here so that it has its Chinese by itself
        what = "cannot be read" if told == "cannot be read" else told
        return Verified(name, folder, (Damage("changed", RELEASE_FILE, what),))
    return verify(release)


def _table_hashes(release: Release) -> dict[str, str]:
    """What release.json said of files before it listed them all."""
    parquet = {f"marts/{name}.parquet": table.get("parquet_sha256") for name, table in release.tables.items()}
    csv = {f"csv/{name}.csv": table.get("csv_sha256") for name, table in release.tables.items()}
    return {path: digest for path, digest in {**parquet, **csv}.items() if digest is not None}


def _compared(known: Mapping[str, str], found: Mapping[str, str], *, is_complete: bool) -> Iterator[Damage]:
    for path, digest in known.items():
        if path not in found:
            yield Damage("missing", path, "is missing")
        elif found[path] != digest:
            yield Damage("changed", path, f"was changed: sha256 {found[path][:16]}…, frozen as {digest[:16]}…")
    if is_complete:
        for path in sorted(set(found) - set(known)):
            yield Damage("extra", path, "is not part of the release")


def _sums(release: Release, added: Mapping[str, str]) -> Iterator[Damage]:
    """release.json and SHA256SUMS hold each other: a value of one that fell over is seen in the other. Documents add lines at
    the end, and change none before them."""
    path = release.folder / SUMS_FILE
    if not release.files:
        return
    if not path.is_file():
        yield Damage("missing", SUMS_FILE, "is missing")
    elif path.read_bytes() != (hashes.text(release.folder, release.files) + hashes.lines(added)).encode():
        noted = f"{sha256_of(release.folder / RELEASE_FILE)}  {RELEASE_FILE}" in path.read_text(errors="replace")
        yield Damage("changed", SUMS_FILE if noted else RELEASE_FILE, f"{SUMS_FILE} and {RELEASE_FILE} do not agree")


def _contents(release: Release, found: Mapping[str, str]) -> Iterator[Damage]:
    """The tables as they are read: names, types and ordered values, as they were hashed in the warehouse."""
    hashes = {name: table["content_hash"] for name, table in release.tables.items() if "content_hash" in table}
    possible = content_hashes(hashes, release.compared_with, release.data_note)
    if hashes.keys() == release.tables.keys() and release.content_hash not in possible:
        yield Damage("changed", RELEASE_FILE, "its content_hash does not match its tables")
    readable = {name: digest for name, digest in hashes.items() if f"marts/{name}.parquet" in found}
    with duckdb.connect() as connection:
        for name, digest in readable.items():
            path, order_by = f"marts/{name}.parquet", tuple(release.tables[name]["order_by"])
            try:
                connection.execute(
                    f"create or replace view frozen as from {duck.read_parquet([release.folder / path])}"
                )
                if content_hash(connection, "frozen", order_by) != digest:
                    yield Damage("content", path, "its rows do not match those that were frozen")
            except duckdb.Error as error:
                yield Damage("content", path, f"cannot be read: {str(error).splitlines()[0]}")
