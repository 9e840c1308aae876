"""A home made of its archive: unpacked beside its place, compared with the manifest file by file, and only then put there."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from callback_survey.errors import DamagedFile, UsageError
from callback_survey.object_storage import Stored
from callback_survey.pipeline.backup import MANIFEST, PARTS, Manifest, leads_beside
from callback_survey.storage import files, lakes
from callback_survey.storage.scratch import scratch_folder

_SCRATCH = "restoring"
_SHOWN_COUNT = 10
_LAKE = "lake"


@dataclass(frozen=True)
class _Unpacked:
    """What came out of an archive: the hashes of its files, where its links lead, and what it says of itself."""

    files: dict[str, str]
    links: dict[str, str]
    manifest: Manifest | None


def restore(archive: Path, home: Path, lake: Stored | None = None) -> Manifest:
    """Make a home of an archive, with its lake in object storage where that is given. Returns what the archive says of itself.

    Raises UsageError where the home or the lake holds a file already, and DamagedFile, with nothing put in its place, where the
    archive is not as it was written.
    """
    _require_empty(home)
    if lake is not None:
        _require_empty_lake(lake)
    was_there = home.is_dir()
    try:
        with scratch_folder(home, _SCRATCH) as aside:
            manifest = _verified(archive, _unpack(archive, aside))
            if lake is not None and (aside / _LAKE).is_dir():
                lakes.fill(lake, aside / _LAKE)
                files.remove_tree(aside / _LAKE)
            files.sync_tree(aside)
            for part in sorted(aside.iterdir()):
                _remove_empty(home / part.name)
                os.rename(part, home / part.name)
            if lake is not None:
                lakes.note(lake)
            files.sync(home)
    except BaseException:
        if not was_there:
            with suppress(OSError):
                home.rmdir()
        raise
    return manifest


def _require_empty(home: Path) -> None:
    """Empty folders do not count: the containers make some before anything runs."""
    held = next(_held(home), None)
    if held is None:
        return
    is_half = any(home.glob(f".{_SCRATCH}-*"))
    raise UsageError(
        "an earlier restore was stopped here while it put the files in their place"
        if is_half
        else "the home is not empty",
        where=str(held),
        expected="a folder without files, or one that is not there: nothing is mixed and nothing replaced",
        next_step="empty the folder, and restore again" if is_half else "name another folder with --home",
    )


def _require_empty_lake(lake: Stored) -> None:
    lakes.try_conditions(lake)
    if lake.is_dir():
        raise UsageError(
            "the lake's storage is not empty",
            where=str(lake),
            expected="nothing below the address that CALLBACK_SURVEY_LAKE names: nothing is mixed and nothing replaced",
            next_step="name another address; or empty this one, where an earlier restore was stopped while it filled it",
        )


def _held(home: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(home):
        if Path(parent) == home:
            folders[:] = [name for name in folders if not name.startswith(f".{_SCRATCH}-")]
        yield from (Path(parent, name) for name in [*names, *folders] if not _is_folder(Path(parent, name)))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove_empty(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        Path(parent).rmdir()


def _unpack(archive: Path, aside: Path) -> _Unpacked:
    """Every member into a folder, by rules narrower than those of tar: files, and links to what lies beside them."""
    unpacked: dict[str, str] = {}
    links: dict[str, str] = {}
    manifest = None
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                if member.name == MANIFEST and member.isreg():
                    manifest = _read_manifest(tar, member)
                elif member.issym() and _fits(member.name) and leads_beside(member.linkname):
                    os.symlink(member.linkname, _place(aside, member.name))
                    links[member.name] = member.linkname
                elif member.isreg() and _fits(member.name):
                    unpacked[member.name] = _write(tar, member, _place(aside, member.name))
                else:
                    raise _damaged(archive, [f"{member.name}: no backup has a file like this"])
    except (tarfile.TarError, FileExistsError, ValueError, TypeError) as error:
        if isinstance(error, DamagedFile):
            raise
        raise _damaged(archive, ["it cannot be read to its end"]) from None
    return _Unpacked(unpacked, links, manifest)


def _fits(name: str) -> bool:
    path = PurePosixPath(name)
    return len(path.parts) > 1 and path.parts[0] in PARTS and ".." not in path.parts


def _place(aside: Path, name: str) -> Path:
    path = aside / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    """The bytes of a member into a new file. Returns the sha256 of what lies there now."""
    source = tar.extractfile(member)
    assert source is not None, "a member that is a file has content"
    with source, path.open("xb") as file:
        while block := source.read(1 << 20):
            file.write(block)
    os.utime(path, (member.mtime, member.mtime))
    return files.sha256_of(path)


def _read_manifest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Manifest:
    source = tar.extractfile(member)
    assert source is not None, "a member that is a file has content"
    with source:
        return Manifest(**json.loads(source.read()))


def _verified(archive: Path, found: _Unpacked) -> Manifest:
    manifest = found.manifest
    if manifest is None:
        raise _damaged(archive, [f"{MANIFEST}, its last part, is missing: it was cut off, or is no backup"])
    faults = []
    for listed, there in ((manifest.files, found.files), (manifest.links, found.links)):
        for name in sorted({*listed, *there}):
            if name not in there:
                faults.append(f"{name}: it is missing")
            elif name not in listed:
                faults.append(f"{name}: it is not listed")
            elif listed[name] != there[name]:
                faults.append(f"{name}: it was changed")
    if faults:
        raise _damaged(archive, faults)
    return manifest


def _damaged(archive: Path, faults: list[str]) -> DamagedFile:
    hidden_count = len(faults) - _SHOWN_COUNT
    return DamagedFile(
        "the archive is not as it was written; nothing was restored",
        where=str(archive),
        expected=f"every file that {MANIFEST} in it lists, with its hash",
        next_step="restore another archive",
        alert_lines=[*faults[:_SHOWN_COUNT], *([f"and {hidden_count} more"] if hidden_count > 0 else [])],
    )
