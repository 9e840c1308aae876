"""Who may read what lies in a home, whatever the umask that a command is started with.

What is written is its owner's alone: the lake, single cases, keys, scratch folders, logs, Airflow's database. What readers
are given (`serving`, `releases`, `checks`) is opened to those whom the setting names, and the issued notices to anybody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from callback_survey.setting_values import Readers
from callback_survey.settings import Settings
from callback_survey.storage.lakes import home_of

_MASKS: dict[Readers, int] = {"owner": 0o077, "group": 0o027, "all": 0o022}
_ANYBODY: Readers = "all"


@contextmanager
def private() -> Iterator[None]:
    """What is made within, also by child processes, is the owner's alone."""
    with _masked(_MASKS["owner"]):
        yield


@contextmanager
def served_to(readers: Readers) -> Iterator[None]:
    """What is made within may be read by `readers`."""
    with _masked(_MASKS[readers]):
        yield


@contextmanager
def public() -> Iterator[None]:
    """What is made within may be read by anybody."""
    with _masked(_MASKS[_ANYBODY]):
        yield


def prepare(settings: Settings) -> None:
    """Give a home that is there the modes it should have: an earlier version, a copy or another setting left others.

    A folder of somebody else is left as it is: whoever runs this cannot open or close it.
    """
    home = settings.home
    for folder in (
        home_of(settings.lake),
        settings.warehouse,
        settings.logs,
        settings.alerts,
        settings.overrides,
        settings.watch,
        settings.removals,
        home / "airflow",
        settings.restricted,
    ):
        _set(folder, 0o777 & ~_MASKS["owner"])
    for folder in (settings.serving, settings.releases, settings.checks):
        _open(folder, settings.readers, but=settings.restricted)
    _open(settings.public, _ANYBODY)
    # others pass through to what they may read, and see no list of the rest
    _set(home, 0o777 & ~_MASKS[settings.readers] | 0o111)


def _open(folder: Path, readers: Readers, but: Path | None = None) -> None:
    """The whole tree where its top has another mode; else it was written so."""
    wanted = 0o777 & ~_MASKS[readers]
    if not folder.is_dir() or stat.S_IMODE(folder.stat().st_mode) == wanted:
        return
    for parent, folders, names in os.walk(folder, topdown=True):
        folders[:] = [name for name in folders if Path(parent, name) != but]
        for name in names:
            _set(Path(parent, name), wanted & 0o666)
        _set(Path(parent), wanted)


def _set(path: Path, mode: int) -> None:
    with suppress(FileNotFoundError, PermissionError):
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)


@contextmanager
def _masked(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
