"""Files that appear whole or not at all: written aside, flushed to disk, renamed into place."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from callback_survey.errors import DamagedFile
from callback_survey.object_storage import Place

_BLOCK_BYTES = 1 << 20
# of another machine's writer nobody can say whether it lives; no file takes this long to write
_ABANDONED_SECONDS = 24 * 60 * 60


@contextmanager
def written_aside(path: Path, *, keep_equal: bool = False) -> Iterator[Path]:
    """Yields a path beside `path` to write to; on success it replaces `path`, on failure it is removed.

    With `keep_equal`, a file of the same content stays the file it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    try:
        yield aside
        if keep_equal and path.is_file() and sha256_of(path) == sha256_of(aside):
            return
        sync(aside)
        os.replace(aside, path)
        sync(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _aside(path: Path) -> Path:
    """Where a file is written before it gets its name. What killed writers of the same file left is removed: it counts for
    nothing, but may hold records of single cases."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(FileNotFoundError):
            if not _may_be_written(leftover):
                leftover.unlink()
    return path.with_name(f".{path.name}.{os.getpid()}@{socket.gethostname()}.part")


def _may_be_written(aside: Path) -> bool:
    """Whether the process that began this file may still be at it."""
    writer = re.fullmatch(r".*\.(\d+)@(.*)\.part", aside.name)
    if writer is not None and writer[2] == socket.gethostname():
        try:
            os.kill(int(writer[1]), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return time.time() - aside.lstat().st_mtime < _ABANDONED_SECONDS


def write_text(path: Path, text: str) -> None:
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def as_json(value: Any) -> str:
    """The text of a JSON file as it is written."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write_json(path: Path, value: Any) -> None:
    write_text(path, as_json(value))


def read_json(path: Place) -> Any:
    """Raises DamagedFile, which is a ValueError, where the file holds no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFile(
            "a file that the pipeline wrote cannot be read",
            where=str(path),
            expected=f"the JSON that was written: {error}",
            next_step="restore it from a backup and check the disk",
        ) from None


def sync(path: Path) -> None:
    """Flush a file or folder to disk: a rename is only durable once its folder is."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(parent, name))
        sync(Path(parent))


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def copy_hashed(source: Path, target: Path) -> str:
    """Copy a file's bytes, and return the sha256 of what was copied. A link is not followed."""
    digest = hashlib.sha256()
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file, target.open("xb") as copy:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            copy.write(block)
    return digest.hexdigest()


def remove_tree(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def swap_symlink(link: Path, target: str) -> None:
    """Point `link` at `target` (relative to its folder) in one step: a reader sees the old or the new, never neither."""
    aside = _aside(link)
    aside.unlink(missing_ok=True)
    os.symlink(target, aside)
    os.replace(aside, link)
    sync(link.parent)
