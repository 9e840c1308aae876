"""One archive of a home: everything in it that cannot be made again, as it stood at one moment, with the hash of every file.

A plain tar, so that it can be looked into without this package; `backup.json` is its last member. What can be made again
(warehouse, served versions, logs) is not in it, and neither is the privacy key.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from callback_survey import __version__
from callback_survey.errors import SurveyError, UsageError
from callback_survey.landing import ledger
from callback_survey.object_storage import Stored
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import files, lakes, locks

MANIFEST = "backup.json"
# the parts of a home that are in an archive, by the names they have in it
PARTS = ("lake", "releases", "public", "overrides", "checks", "alerts", "watch", "retention", "serving")
_FORM = 1


@dataclass(frozen=True)
class Manifest:
    """What an archive holds: `files` map a name to its sha256, `links` to where they lead. `made_at` is ISO 8601, UTC.

    `key_id` names the privacy key of the lake without telling it; None where nothing was landed.
    """

    made_at: str
    key_id: str | None
    package_version: str = __version__
    form: int = _FORM
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Backup:
    """An archive that was written, and how much is in it. `removed_count` are deliveries whose rows were removed before."""

    archive: Path
    manifest: Manifest
    byte_count: int
    removed_count: int = 0


def back_up(run: Run, archive: Path) -> Backup:
    """Write the archive. No run, landing, rollback or approval changes the home meanwhile: they wait, or are waited for.

    It gets its name when it is whole, and can be read by its owner alone. Raises UsageError where there is nothing to back up,
    or a file of that name already.
    """
    settings = run.settings
    lakes.verify(settings.lake)
    lake = lakes.as_read(settings.lake)
    if not (lake / "ledger").is_dir() and not settings.releases.is_dir():
        raise UsageError(
            "nothing was landed or released here: there is nothing to back up",
            where=str(settings.home),
            next_step="name the home with --home or CALLBACK_SURVEY_HOME",
        )
    if archive.exists():
        raise UsageError(
            "a file of this name is there already; it was not replaced",
            where=str(archive),
            expected="a new name, such as one with the date",
            next_step="choose another name, or remove the file",
        )
    with files.written_aside(archive) as aside:
        aside.touch(mode=0o600)
        with run.warehouse.lock(), ledger.rotating(settings.lake), tarfile.open(aside, "w") as tar:
            manifest = Manifest(datetime.now(UTC).isoformat(timespec="seconds"), ledger.key_id_of(settings.lake))
            writer = _Writer(tar, manifest)
            if isinstance(settings.lake, Path):
                writer.add_tree(settings.lake, "lake")
            else:
                writer.add_stored(settings.lake, "lake")
            for scope in _scopes(settings):
                with _undecided(settings, scope):
                    for part, root in (("releases", settings.releases), ("public", settings.public)):
                        writer.add_tree(scope.folder(root), f"{part}/{scope.region_code}/{scope.quarter}")
            for part in ("overrides", "checks", "alerts", "watch", "retention"):
                writer.add_tree(settings.home / part, part, may_vanish=part in ("alerts", "watch"))
            writer.add_tree(settings.restricted, "serving/restricted")
            if (announced := settings.serving / "announced.json").is_file():
                writer.add(announced, "serving/announced.json")
            writer.end()
        byte_count = aside.stat().st_size
    removed_count = sum(name.endswith(ledger.REMOVED) for name in manifest.files)
    return Backup(archive, manifest, byte_count, removed_count)


class _Writer:
    """Files and links into an archive, and at its end the manifest of them."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self._manifest = manifest

    def add_tree(self, folder: Path, name: str, *, may_vanish: bool = False) -> None:
        for path in _settled(folder):
            with suppress(*((FileNotFoundError,) if may_vanish else ())):
                self.add(path, f"{name}/{path.relative_to(folder).as_posix()}")

    def add_stored(self, lake: Stored, name: str) -> None:
        """The lake out of its object storage, without copies in the home."""
        for file in lakes.everything(lake):
            info = tarfile.TarInfo(f"{name}/{file.key}")
            info.size, info.mtime, info.mode = lakes.byte_count(file), int(time.time()), 0o600
            with file.opened() as content:
                reader = _HashedReader(content)
                self._tar.addfile(info, reader)  # type: ignore[arg-type]
            self._manifest.files[info.name] = reader.digest.hexdigest()

    def add(self, path: Path, name: str) -> None:
        if path.is_symlink():
            self._add_link(path, name)
            return
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = found.st_size, int(found.st_mtime), 0o600
            reader = _HashedReader(file)
            self._tar.addfile(info, reader)  # type: ignore[arg-type]
        self._manifest.files[name] = reader.digest.hexdigest()

    def _add_link(self, path: Path, name: str) -> None:
        target = os.readlink(path)
        if not leads_beside(target):
            raise SurveyError(
                "a link in the home leads to another folder; what is behind it would not be in the archive",
                where=str(path),
                expected="links to what lies beside them, as the pipeline makes them",
                next_step="put the files themselves in its place, then back up again",
            )
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, target
        self._tar.addfile(info)
        self._manifest.links[name] = target

    def end(self) -> None:
        text = json.dumps(asdict(self._manifest), ensure_ascii=False, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        self._tar.addfile(info, BytesIO(text))


class _HashedReader:
    """A file, hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, count: int) -> bytes:
        block = self._file.read(count)
        self.digest.update(block)
        return block


def leads_beside(target: str) -> bool:
    """Whether a link leads to what lies in its own folder: the only links that a home needs outside of what is served."""
    return bool(target) and "/" not in target and target not in (".", "..")


def _scopes(settings: Settings) -> list[Scope]:
    folders = [path for root in (settings.releases, settings.public) for path in root.glob("*/*")]
    return sorted({scope for folder in folders if (scope := Scope.of_folder(folder)) is not None})


@contextmanager
def _undecided(settings: Settings, scope: Scope) -> Iterator[None]:
    """Nobody decides about a region's quarter in here, and none of its revisions gets documents. The caller holds the warehouse,
    so it gets no revision either."""
    folder = scope.folder(settings.releases)
    with ExitStack() as held:
        if folder.is_dir():
            held.enter_context(locks.held(folder / ".lock"))
            for revision in sorted(path for path in folder.glob("r[0-9]*") if path.is_dir()):
                held.enter_context(locks.held(revision, is_folder=True))
        yield


def _settled(folder: Path) -> Iterator[Path]:
    """Every file and link below a folder that counts: what is hidden is a lock, or work under way."""
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in links)
        for name in sorted([*names, *links]):
            if not name.startswith(".") and not name.endswith(".lock"):
                yield Path(parent, name)
