"""Locks among processes: flock on a file or folder.

A lock belongs to the open file, so a child that inherits the descriptor holds it too, and it ends with the last of its
holders, however they end. Who holds one may write down who it is, for whoever waits.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

POLL_SECONDS = 0.2


def open_lock(path: Path, *, is_folder: bool = False) -> int:
    """A descriptor to lock: of a folder, which must be there, or of a file, which is created."""
    if is_folder:
        return os.open(path, os.O_RDONLY)
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def take(descriptor: int) -> None:
    """Lock, waiting for as long as it takes."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def take_if_free(descriptor: int) -> bool:
    """Lock unless another process holds it; True if we hold it now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_within(descriptor: int, seconds: float, *, waiting: Callable[[], None] = lambda: None) -> bool:
    """Lock within so many seconds; False where another process held it all the time. `waiting` is called once, before the wait."""
    if take_if_free(descriptor):
        return True
    waiting()
    deadline = time.monotonic() + seconds
    while time.monotonic() <= deadline:
        time.sleep(POLL_SECONDS)
        if take_if_free(descriptor):
            return True
    return False


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of this file now. Looks without taking it from anybody."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def held(path: Path, *, is_folder: bool = False) -> Iterator[None]:
    """Alone with a file or folder, among processes that ask; waits."""
    descriptor = open_lock(path, is_folder=is_folder)
    try:
        take(descriptor)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_if_free(path: Path, *, is_folder: bool = False) -> Iterator[bool]:
    """The same without waiting: yields False, and holds nothing, where another process holds it."""
    descriptor = open_lock(path, is_folder=is_folder)
    try:
        yield take_if_free(descriptor)
    finally:
        os.close(descriptor)


def sign(descriptor: int, holder: dict[str, object]) -> None:
    """Write down who holds the lock. Where the disk is full the lock holds without a name."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def holder_of(descriptor: int) -> dict[str, object] | None:
    """Who signed last; None where nobody did, or not legibly."""
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
