"""Folders for work under way: locked while somebody works in them, gone afterwards, swept when their worker was killed."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from callback_survey.errors import SurveyError
from callback_survey.storage import files, locks

_WORK = "work"


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


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A scratch folder outside every home, for work that writes nothing there; `TMPDIR` says where.

    It may hold delivered files, unpacked: what a killed worker left there is removed like that of a home.
    """
    parent = _temporary()
    parent.mkdir(mode=0o700, exist_ok=True)
    with scratch_folder(parent, _WORK) as folder:
        yield folder


def sweep_temporary() -> None:
    """Remove what this account's killed workers left in temporary folders. Where none can be used, nobody left anything of ours."""
    # Python finds no folder for temporary files where all are full: a run that needs none goes on
    with suppress(FileNotFoundError, SurveyError):
        sweep(_temporary(), _WORK)


def _temporary() -> Path:
    """A folder of this account's own: in the folder that all share, another's leftovers could be in the way."""
    folder = Path(tempfile.gettempdir()) / f"callback-survey-{os.getuid()}"
    # whoever owns it could put another file in the place of one that is just read
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.getuid()):
        raise SurveyError(
            "the folder for temporary files belongs to another account",
            where=str(folder),
            next_step="let an administrator remove it, or set TMPDIR to another folder",
        )
    return folder


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
