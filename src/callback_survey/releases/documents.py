"""The documents of a revision, frozen after its tables are served: all at once, and listed behind what was frozen before them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callback_survey.errors import DamagedFile
from callback_survey.releases import hashes
from callback_survey.releases.model import DOCUMENTS, SUMS_FILE, Release
from callback_survey.storage import files, locks


@contextmanager
def alone(release: Release) -> Iterator[None]:
    """Among those who make documents of a revision."""
    with locks.held(release.folder, is_folder=True):
        yield


def verify_proof(release: Release) -> None:
    """Raises DamagedFile where a mart is not what was frozen, or SHA256SUMS is not: nothing is added to what cannot be relied on."""
    release.verify_marts()
    path = release.folder / SUMS_FILE
    if not path.is_file() or path.read_bytes() != hashes.text(release.folder, release.files).encode():
        raise DamagedFile(
            f"{SUMS_FILE} of release {release.name} is damaged or lost; what is served was not changed",
            where=str(path),
            expected="the hashes that release.json lists",
            next_step="restore it from a backup, then run the quarter again: callback-survey releases verify shows all damage",
            region_code=release.region_code,
            quarter=release.quarter,
        )


@contextmanager
def aside(release: Release) -> Iterator[Path]:
    """A folder to write the documents into; gone at the end, and so is what a killed run left. The caller is alone."""
    folder = release.folder.parent
    for leftover in folder.glob(f".documents-{release.folder.name}-*"):
        files.remove_tree(leftover)
    written = folder / f".documents-{release.folder.name}-{os.getpid()}"
    written.mkdir()
    try:
        yield written
    finally:
        files.remove_tree(written)


def freeze(release: Release, written: Path) -> None:
    """Put documents that were written aside to a release whose proof was verified. They are part of it once SHA256SUMS lists
    them: what a killed run put there before is made again. The caller is alone."""
    target, sums = release.folder / DOCUMENTS, release.folder / SUMS_FILE
    new = {f"{DOCUMENTS}/{name}": digest for name, digest in hashes.hashes_of(written).items()}
    files.sync_tree(written)
    files.remove_tree(target)
    os.rename(written, target)
    files.sync(release.folder)
    files.write_text(sums, sums.read_text(encoding="utf-8") + hashes.lines(new))
