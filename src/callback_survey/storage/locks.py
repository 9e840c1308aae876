"""Locks among processes: flock on a file or folder.

A lock belongs to the open file, so a child that inherits the descriptor holds it too, and it ends with the last of its
holders, however they end. Who holds one may write down who it is, for whoever waits; else the kernel tells its process.
Nobody waits for ever, or without a word.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from callback_survey.errors import SurveyError
from callback_survey.privacy import scrub

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
WAIT_SECONDS = 30 * 60
_KERNEL_S_LIST = Path("/proc/locks")
_SHOWN_CHARACTERS = 120


def open_lock(path: Path, *, is_folder: bool = False) -> int:
    """A descriptor to lock: of a folder, which must be there, or of a file, which is created."""
    if is_folder:
        return os.open(path, os.O_RDONLY)
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def take(descriptor: int) -> None:
    """Lock, waiting for as long as it takes."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def take_if_free(descriptor: int, *, is_shared: bool = False) -> bool:
    """Lock unless another process holds it; True if we hold it now."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_within(
    descriptor: int, seconds: float, *, waiting: Callable[[], None] = lambda: None, is_shared: bool = False
) -> bool:
    """Lock within so many seconds; False where another process held it all the time. `waiting` is called once, before the wait."""
    if take_if_free(descriptor, is_shared=is_shared):
        return True
    waiting()
    deadline = time.monotonic() + seconds
    while time.monotonic() <= deadline:
        time.sleep(POLL_SECONDS)
        if take_if_free(descriptor, is_shared=is_shared):
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
def held(path: Path, *, is_folder: bool = False, is_shared: bool = False) -> Iterator[None]:
    """Alone with a file or folder, among processes that ask; with `is_shared`, beside others who share it.

    Waits, and says for whom. Raises SurveyError, which names the holder, after WAIT_SECONDS.
    """
    descriptor = open_lock(path, is_folder=is_folder)
    try:
        if not take_within(
            descriptor, WAIT_SECONDS, waiting=lambda: _say_for_whom(path, descriptor), is_shared=is_shared
        ):
            raise SurveyError(
                f"{path.name} is held by {who_holds(descriptor)} for more than {WAIT_SECONDS // 60} minutes",
                where=str(path),
                next_step="look at that process; stop it if it hangs, then run the command again",
            )
        yield
    finally:
        os.close(descriptor)


def _say_for_whom(path: Path, descriptor: int) -> None:
    logger.warning("waiting for %s, held by %s", path, who_holds(descriptor))


def who_holds(descriptor: int) -> str:
    """The processes that hold the lock of an open file, as the kernel lists them: `pid 123 (callback-survey run …)`."""
    stat = os.fstat(descriptor)
    wanted = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
    try:
        rows = [line.split() for line in _KERNEL_S_LIST.read_text(encoding="ascii").splitlines()]
    except OSError:
        rows = []
    # `->` marks one that waits; a holder in another container has no number here
    pids = [row[4] for row in rows if len(row) > 5 and row[1] == "FLOCK" and row[5] == wanted and int(row[4]) > 0]
    return ", ".join(map(process, pids)) or "another process"


def process(pid: str) -> str:
    """A process by its number and, where this machine can tell it, its command: `pid 123 (duckdb warehouse.duckdb)`."""
    return f"pid {pid}{_command_of(pid)}"


def _command_of(pid: str) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return ""
    said = " ".join(Path(word).name if word.startswith("/") else word for word in words if word)
    return f" ({scrub(said)[:_SHOWN_CHARACTERS]})" if said else ""


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
