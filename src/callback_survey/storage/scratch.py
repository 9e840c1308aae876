"""Folders for work under way: locked while somebody works in them, gone afterwards, swept when their worker was killed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from callback_survey.storage import files, locks


@contextmanager
def scratch_folder(parent: Path, kind: str, name: str = "") -> Iterator[Path]:
    """A new hidden folder `.<kind>-…` below `parent`, which is made where it is missing.

    The folder is locked while its worker lives. One of the same kind that nobody locks is what a killed worker left: it is
    removed, for it may hold what must not stay, such as spilled phone numbers.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f".{kind}-{f'{name}-' if name else ''}{uuid.uuid4().hex[:8]}"
    with locks.held(parent, is_folder=True):  # nobody sweeps between the making of a folder and its lock
        _sweep(parent, kind)
        folder.mkdir(mode=0o700)
        alive = ExitStack()
        alive.enter_context(locks.held(folder, is_folder=True))
    with alive:
        try:
            yield folder
        finally:
            files.remove_tree(folder)


def sweep(parent: Path, kind: str) -> None:
    """Remove what killed workers left, without beginning any work. A parent that is missing holds nothing."""
    if parent.is_dir():
        with locks.held(parent, is_folder=True):
            _sweep(parent, kind)


def leftovers(parent: Path, kind: str) -> list[Path]:
    """The folders that nobody works in any more. Nothing is removed."""
    return [path for path in sorted(parent.glob(f".{kind}-*")) if _is_left(path)]


def _sweep(parent: Path, kind: str) -> None:
    for leftover in parent.glob(f".{kind}-*"):
        # one that goes away just now has ended well
        with suppress(FileNotFoundError), locks.held_if_free(leftover, is_folder=True) as is_free:
            if is_free:
                files.remove_tree(leftover)


def _is_left(folder: Path) -> bool:
    try:
        with locks.held_if_free(folder, is_folder=True) as is_free:
            return is_free
    except FileNotFoundError:
        return False
