"""A copy of what is served in object storage, for readers who cannot open this machine's files.

    <mirror>/current.json                the version that holds: each file by its name, with where it lies, its hash and size
    <mirror>/versions/<version>.json     the same of this and of earlier versions, until retention removes them
    <mirror>/files/<sha256>/<name>       the files; one that did not change is one file of several versions

Files come first and are never written over, `current.json` comes last: whoever reads that finds every file of one version. A copy that
was broken off is gone on with, since what lies there whole is not sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from callback_survey.errors import DamagedFile, SurveyError
from callback_survey.local_time import local_date
from callback_survey.object_storage import said_by, shown
from callback_survey.serving.versions import HASHES, RELEASES
from callback_survey.storage import files, locks

NOTE = "mirrored.json"
_CURRENT, _VERSIONS, _FILES = "current.json", "versions", "files"


@dataclass(frozen=True)
class Mirrored:
    """What a call did: the version that the mirror holds now, and how many files and bytes were sent for it."""

    version: str
    sent_count: int
    sent_bytes: int


def mirror(serving: Path, url: str, *, say: Callable[[str], None] = lambda message: None) -> Mirrored:
    """Copy the version that readers see here. What was done, or why it could not be, is noted in `<serving>/mirrored.json`.

    Two calls wait for each other, and each copies what is served when its turn comes. Raises SurveyError where it cannot be copied.
    """
    with locks.held(serving / ".mirror.lock"):
        folder = (serving / "current").resolve()
        with _told(serving, folder.name, url):
            return _copy(folder, url, say)


def note(serving: Path) -> Mapping[str, Any]:
    """What the last call noted: version, at, and failed (empty where it succeeded). Nothing before the first."""
    try:
        found: dict[str, Any] = files.read_json(serving / NOTE)
    except (OSError, ValueError):
        return {}
    return found


def prune(serving: Path, url: str, before: date) -> int:
    """Remove the versions that were replaced before a day, with their files. Returns how many files went. Nothing is copied meanwhile."""
    with locks.held(serving / ".mirror.lock"), _reached(url) as (system, root):
        current = _read(system, f"{root}/{_CURRENT}")
        kept = {one["path"] for one in current.get("files", {}).values()}
        if not current or local_date(current["mirrored_at"]) > before:
            return 0  # until the present one was there, the one before it was read
        for path in sorted(system.glob(f"{root}/{_VERSIONS}/*.json")):
            if Path(path).stem != current["version"]:
                system.rm_file(path)
        gone = [path for path in system.find(f"{root}/{_FILES}") if path.removeprefix(f"{root}/") not in kept]
        for path in gone:
            system.rm_file(path)
        return len(gone)


def look(url: str) -> str:
    """Whether the mirror answers: the version that it holds, or an empty text where there is none yet. Raises SurveyError."""
    with _reached(url) as (system, root):
        return str(_read(system, f"{root}/{_CURRENT}").get("version", ""))


def _copy(folder: Path, url: str, say: Callable[[str], None]) -> Mirrored:
    hashes = _hashes(folder)
    with _reached(url) as (system, root):
        if _read(system, f"{root}/{_CURRENT}").get("version") == folder.name:
            return Mirrored(folder.name, 0, 0)
        there: dict[str, dict[str, Any]] = system.find(f"{root}/{_FILES}", detail=True)
        manifest: dict[str, Any] = {"version": folder.name, "mirrored_at": "", "files": {}}
        sent_count = sent_bytes = 0
        for name, digest in sorted(hashes.items()):
            path, size = f"{_FILES}/{digest}/{Path(name).name}", (folder / name).stat().st_size
            if there.get(f"{root}/{path}", {}).get("size") != size:
                say(name)
                system.makedirs(f"{root}/{_FILES}/{digest}", exist_ok=True)
                system.put_file(str(folder / name), f"{root}/{path}")
                sent_count, sent_bytes = sent_count + 1, sent_bytes + size
            manifest["files"][name] = {"path": path, "sha256": digest, "size": size}
        manifest["mirrored_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
        system.makedirs(f"{root}/{_VERSIONS}", exist_ok=True)
        system.pipe_file(f"{root}/{_VERSIONS}/{folder.name}.json", text)
        system.pipe_file(f"{root}/{_CURRENT}", text)
    return Mirrored(folder.name, sent_count, sent_bytes)


def _hashes(folder: Path) -> dict[str, str]:
    """Of each served file; the releases are no readers' business. Raises DamagedFile where they are not there."""
    try:
        found: dict[str, str] = files.read_json(folder / HASHES)
    except FileNotFoundError as error:
        raise DamagedFile(
            "the list of what is served is missing",
            where=str(folder / HASHES),
            next_step="callback-survey releases serve assembles the version again",
        ) from error
    return {name: digest for name, digest in found.items() if name != RELEASES}


@contextmanager
def _told(serving: Path, version: str, url: str) -> Iterator[None]:
    told = {"version": version, "url": shown(url), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        yield
    except SurveyError as error:
        files.write_json(serving / NOTE, {**told, "failed": error.what})
        raise
    files.write_json(serving / NOTE, {**told, "failed": ""})


@contextmanager
def _reached(url: str) -> Iterator[tuple[Any, str]]:
    """The file system of an address and the path in it. Whatever its library raises is told in one line, without the address's secrets."""
    import fsspec  # type: ignore[import-untyped]  # it brings no types

    try:
        system, root = fsspec.core.url_to_fs(url)
        # what an earlier call of this process saw there may have changed
        system.invalidate_cache()
        yield system, str(root).rstrip("/")
    except ImportError as error:
        raise SurveyError(
            f"the mirror cannot be reached: {said_by(error, url)}",
            where=shown(url),
            next_step="install the package with its extra mirror, or the library of that storage",
        ) from error
    except Exception as error:
        raise SurveyError(
            f"the mirror cannot be written: {said_by(error, url)}",
            where=shown(url),
            expected="a bucket or folder that the user of the runs may list, read and write",
            next_step="correct the setting or the permissions; the next run sends what is missing",
        ) from error


def _read(system: Any, path: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(system.cat_file(path))
    except (FileNotFoundError, ValueError):
        return {}
    return found
