"""The lake, in a folder or in object storage: what is written there, and how its files are read.

In a folder a file is written aside and renamed. In object storage it is one request with a condition: a file that is to be new is
created or is there already, and one that is replaced is the version that was read. DuckDB and Spark read files of this machine: of
those in object storage copies in the home, whose names are the hashes of their bytes, fetched when they are needed. Locks and
scratch folders are in the home either way.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from callback_survey.errors import DamagedFile, SurveyError, UsageError
from callback_survey.object_storage import Place, Stored, WrittenMeanwhile
from callback_survey.storage import files, locks

_COPIES_LOCK = "copies.lock"
_READ = "ledger-read.json"
_NOTE = "kept-in.json"
_KEPT_SECONDS = 2 * 24 * 60 * 60
_AT_ONCE = 8
_MOST_TRIES = 20
_NO_VERSION = f'"{"0" * 32}"'
_BLOCK_BYTES = 1 << 20


def home_of(lake: Place) -> Path:
    """The lake's folder on the file systems of this machine: for locks, scratch folders and copies."""
    return lake.home if isinstance(lake, Stored) else lake


def as_stored(place: Place) -> Stored | None:
    return place if isinstance(place, Stored) else None


def read_json(path: Place) -> Any:
    """Raises FileNotFoundError, and DamagedFile where the file holds no JSON."""
    return files.read_json(path)


def write_json(path: Place, value: Any, *, keeps: Callable[[Any], bool] = lambda there: False) -> None:
    """Write a JSON file. In a folder it takes the place of what is there.

    In object storage it is created, or takes the place of the version that was read: `keeps` is asked of the value there, and leaves
    it by True. Where somebody writes in between, it is asked again of what they wrote.
    """
    if not isinstance(path, Stored):
        files.write_json(path, value)
        return
    content = files.as_json(value).encode()

    def write() -> None:
        # the version first: where the file is replaced after this, the write finds another one
        version = path.version()
        if version is None:
            path.create(content)
        elif not _is_kept(path, keeps):
            path.replace(content, version)

    _until_undisturbed(path, write)


def _until_undisturbed(path: Stored, write: Callable[[], None]) -> None:
    """Write after a look, and look again where somebody wrote in between."""
    for _ in range(_MOST_TRIES):
        with suppress(WrittenMeanwhile):
            write()
            return
    raise SurveyError(
        f"a file of the lake was written by others each of {_MOST_TRIES} times that it was to be written",
        where=str(path),
        next_step="see whether other runs of this region and quarter are under way, then run again",
    )


def _is_kept(path: Stored, keeps: Callable[[Any], bool]) -> bool:
    try:
        return keeps(read_json(path))
    except FileNotFoundError:
        raise WrittenMeanwhile(str(path)) from None
    except (DamagedFile, KeyError, TypeError):
        return False  # what cannot be read is replaced


def add(part: Path, path: Place) -> None:
    """Put a finished file in its place, whose name is the hash of its bytes. `part` lies in a scratch folder of the lake."""
    if isinstance(path, Stored):
        _upload(part, path)
    # of one in object storage this is the copy: gate and build read it next
    target = _copy_of(path) if isinstance(path, Stored) else path
    target.parent.mkdir(parents=True, exist_ok=True)
    files.sync(part)
    os.replace(part, target)
    files.sync(target.parent)


def _upload(part: Path, path: Stored) -> None:
    def write() -> None:
        version = path.version()
        if version is None:
            path.create(part)
        elif sha256_of(path) != path.stem:
            path.replace(part, version)

    _until_undisturbed(path, write)


def glob(folder: Place, pattern: str) -> list[Place]:
    """What lies below a folder by this pattern, by name."""
    return sorted(folder.glob(pattern), key=lambda place: place.parts)


def raw_files(lake: Place) -> list[str]:
    """The files of rows, by their paths in the lake."""
    return ["/".join(path.parts[-5:]) for path in glob(lake, "raw/*/*/*/*.parquet")]


def near(path: Place) -> Path:
    """A file of the lake that can be opened here: itself, or a copy of it. Raises DamagedFile where what is stored is not what
    its name says, and FileNotFoundError where it is gone."""
    if not isinstance(path, Stored):
        return path
    copy = _copy_of(path)
    with locks.held(path.home / _COPIES_LOCK, is_shared=True):  # nobody sweeps a copy that is just found
        with suppress(FileNotFoundError):
            os.utime(copy)
            return copy
        with files.written_aside(copy) as aside:
            path.fetch(aside)
            if files.sha256_of(aside) != path.stem:
                raise DamagedFile(
                    "a file of the lake is not what was written: its name is the hash of its bytes",
                    where=str(path),
                    next_step="run its region and quarter: the delivery is landed again",
                )
    return copy


def bring_near(lake: Place, names: Iterable[str]) -> None:
    """Have copies of these files for who reads the views over them; those that are there are not swept meanwhile."""
    if isinstance(lake, Stored):
        for name in names:
            near(lake / name)


def is_whole(path: Place) -> bool:
    """Whether what `near` gives has the bytes that its name says. A copy that has not is fetched again. Raises FileNotFoundError."""
    if not isinstance(path, Stored):
        return files.sha256_of(path) == path.stem
    try:
        copy = near(path)
        if files.sha256_of(copy) == path.stem:
            return True
        copy.unlink(missing_ok=True)
        near(path)
    except DamagedFile:
        return False
    return True


def sha256_of(path: Place) -> str:
    """Of the bytes in their place, and not of a copy."""
    with opened(path) as file:
        digest = sha256()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def opened(path: Place) -> Any:
    """A context with the file in its place, to be read in parts."""
    return path.opened() if isinstance(path, Stored) else path.open("rb")


def byte_count(path: Place) -> int:
    """0 where the file is not there."""
    if isinstance(path, Stored):
        return path.size() or 0
    return path.lstat().st_size if path.exists() else 0


def are_there(paths: Iterable[Place]) -> list[bool]:
    """Of each file whether it is there; several in object storage are asked for at once."""
    asked = list(paths)
    if not any(isinstance(path, Stored) for path in asked):
        return [path.is_file() for path in asked]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda path: path.is_file(), asked))


def remove(path: Place) -> None:
    """Remove a file of the lake with its copy, and a folder that is empty then."""
    local = _copy_of(path) if isinstance(path, Stored) else path
    # the copy first: what is stored says that something is left to do
    local.unlink(missing_ok=True)
    if local.parent.is_dir():
        files.sync(local.parent)
        with suppress(OSError):
            local.parent.rmdir()
    if isinstance(path, Stored):
        path.unlink(missing_ok=True)


def as_read(lake: Place, below: str = "ledger") -> Place:
    """The lake with what lies below a folder of JSON files as it is now, read at once: for who looks at much of the ledger. A folder
    is read as it is asked.

    What was read of the whole ledger is kept in the home by its version, and not fetched again.
    """
    if not isinstance(lake, Stored) or lake.is_read:
        return lake
    versions = (lake / below).below()
    kept = lake.home / _READ
    known: dict[str, list[str]] = {}
    if below == "ledger":
        with suppress(OSError, ValueError, AttributeError):
            known = {
                key: [version, text]
                for key, (version, text) in files.read_json(kept).items()
                if version and versions.get(key) == version
            }
    new = lake.read_all([key for key in versions if key not in known])
    contents = {key: text.encode() for key, (_, text) in known.items()} | new
    if below == "ledger" and new:
        with suppress(UnicodeDecodeError):  # a damaged one is read again, and told by who asked for it
            fetched = {key: [versions[key], content.decode()] for key, content in new.items()}
            files.write_text(kept, json.dumps(known | fetched, ensure_ascii=False))
    return lake.as_read(below, contents)


def everything(lake: Stored) -> Iterator[Stored]:
    """Every file of the lake in object storage, the ledger last: what it names is there before it."""
    keys = [key for key in lake.below() if key.startswith(("raw/", "ledger/"))]
    for key in sorted(keys, key=lambda key: (key.startswith("ledger/"), key)):
        yield lake / key


def fill(lake: Stored, folder: Path) -> None:
    """Put what lies in a folder, made as a lake is, into an empty one; the ledger last, and the key at its end: by it the lake is one."""
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    for name in sorted(found, key=lambda name: (name.startswith("ledger/"), name == "ledger/key.json", name)):
        (lake / name).create(folder / name)


def sweep(lake: Place) -> None:
    """Remove the copies that nobody needed for two days, and those of files that are gone. Raises SurveyError where the storage does
    not answer."""
    if not isinstance(lake, Stored):
        return
    stored = (lake / "raw").below()
    with locks.held(lake.home / _COPIES_LOCK):
        for copy in lake.home.glob("raw/*/*/*/*.parquet"):
            is_gone = copy.relative_to(lake.home).as_posix() not in stored
            # of one that is gone too: it may just have been landed
            if time.time() - copy.stat().st_mtime > (60 * 60 if is_gone else _KEPT_SECONDS):
                copy.unlink(missing_ok=True)
                with suppress(OSError):
                    copy.parent.rmdir()


def verify(lake: Place) -> None:
    """Raises UsageError where the home has a lake of its own beside the one in object storage, or has one there that the setting does
    not name: a second one would begin unseen."""
    note = home_of(lake) / _NOTE
    named = files.read_json(note)["lake"] if note.is_file() else None
    if isinstance(lake, Stored):
        own = lake.home / "ledger" / "key.json"
        if own.is_file():
            raise UsageError(
                "the home has a lake of its own, and CALLBACK_SURVEY_LAKE names another one",
                where=str(own),
                expected="one lake",
                next_step=f"copy its folders raw and ledger to {lake}, then move both out of the home; or leave the setting empty",
            )
        if named in (None, str(lake)):
            return
    elif named is None:
        return
    raise UsageError(
        f"deliveries of this home were landed in another lake: {named}",
        where=str(lake),
        expected=f"CALLBACK_SURVEY_LAKE={named}",
        next_step=f"correct the setting; after the lake was moved, remove {note}",
    )


def note(lake: Place) -> None:
    """Remember in the home that its lake is in object storage, and where."""
    if isinstance(lake, Stored):
        files.write_json(lake.home / _NOTE, {"lake": str(lake)})


def try_conditions(lake: Stored) -> None:
    """Raises UsageError where the store writes over what was to be created, or over another version than the one that was read."""
    probe = lake / f"probe-{uuid.uuid4().hex[:8]}"
    probe.create(b"1")
    try:
        if not (_is_refused(lambda: probe.create(b"2")) and _is_refused(lambda: probe.replace(b"3", _NO_VERSION))):
            raise UsageError(
                "the lake's storage has no conditional writes: two landings could write over each other",
                where=str(lake),
                expected="a store that keeps to If-None-Match and If-Match, as Amazon S3 does",
                next_step="use such a store, or leave CALLBACK_SURVEY_LAKE empty: the lake is then in the home",
            )
    finally:
        probe.unlink(missing_ok=True)


def _is_refused(write: Callable[[], None]) -> bool:
    try:
        write()
    except WrittenMeanwhile:
        return True
    except SurveyError as error:
        # a library that does not know of conditions
        if not isinstance(error.__cause__, (TypeError, NotImplementedError)):
            raise
    return False


def _copy_of(path: Stored) -> Path:
    return path.home / path.key
