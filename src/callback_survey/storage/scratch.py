"""Folders for work under way: locked while somebody works in them, gone afterwards, swept when their worker was killed."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from callback_survey.storage import files


@contextmanager
def scratch_folder(parent: Path, kind: str, name: str = "") -> Iterator[Path]:
    """A new hidden folder `.<kind>-…` below `parent`, which is made where it is missing.

    The folder is locked while its worker lives. One of the same kind that nobody locks is what a killed worker left: it is
    removed, for it may hold what must not stay, such as spilled phone numbers.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f".{kind}-{f'{name}-' if name else ''}{uuid.uuid4().hex[:8]}"
    with _locked(parent):  # nobody sweeps between the making of a folder and its lock
        for leftover in parent.glob(f".{kind}-*"):
            # one that goes away just now has ended well
            with suppress(FileNotFoundError), _locked(leftover, is_patient=False) as is_free:
                if is_free:
                    files.remove_tree(leftover)
        folder.mkdir()
        alive = ExitStack()
        alive.enter_context(_locked(folder))
    with alive:
        try:
            yield folder
        finally:
            files.remove_tree(folder)


@contextmanager
def _locked(folder: Path, *, is_patient: bool = True) -> Iterator[bool]:
    """Hold the lock of a folder; without patience, yields False where another process or landing holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
