"""What lies in the home, as the pages show it. Only read: what a visitor sends becomes part of a path only where it has the form
of a region, a quarter or a revision.

Whatever is lost or damaged is said where it should have stood; nothing else becomes unreadable by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callback_survey.errors import DamagedFile, SurveyError
from callback_survey.quarter import Quarter
from callback_survey.releases import Release, journal, listed
from callback_survey.releases.journal import Decision
from callback_survey.releases.model import scopes
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.wording import terms
from callback_survey.wording.translation import in_chinese

# What a file that is cut off, changed by hand or of another age makes Python say.
UNREADABLE = (OSError, SurveyError, ValueError, TypeError, KeyError, AttributeError)
# what may stand in an address: none of it can leave a folder, or mean several
_REGION, _REVISION = re.compile("[0-9]{6}"), re.compile("r[1-9][0-9]*")
_DECISIONS = ("approved", "rejected", "unanswered", "issued", "corrected", "withdrawn")


@dataclass(frozen=True)
class Revision:
    """One revision as it lies in its folder. `release` is None where it cannot be read, and `damage` says why."""

    region_code: str
    quarter: str
    number: int
    folder: Path
    release: Release | None
    damage: str | None = None
    is_served: bool = False
    is_newest: bool = False
    entries: tuple[Decision, ...] = ()

    @property
    def name(self) -> str:
        return f"r{self.number}"

    @property
    def title(self) -> str:
        return terms.revision(self.number)

    @property
    def place(self) -> str:
        """Its part of an address."""
        return f"{self.region_code}/{self.quarter}/{self.name}"

    @property
    def decision(self) -> Decision | None:
        """What counts of what was decided about it: the last word, but a notice that went out stays out, or was corrected or withdrawn."""
        decided = [entry for entry in self.entries if entry.act in _DECISIONS]
        issued = [entry for entry in decided if entry.act in ("issued", "corrected", "withdrawn")]
        return next(reversed(issued or decided), None)


@dataclass(frozen=True)
class QuarterShelf:
    """All revisions of a region's quarter, newest first, and its journal. `damage` is what the journal could not say."""

    region_code: str
    quarter: str
    revisions: tuple[Revision, ...]
    entries: tuple[Decision, ...] = ()
    damage: str | None = None

    def revision(self, name: str) -> Revision | None:
        return next((found for found in self.revisions if found.name == name), None)


@dataclass(frozen=True)
class Served:
    """What readers see: key and content hash of each release, and since when. `damage` where that cannot be told."""

    keys: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    since: datetime | None = None
    damage: str | None = None


def served(settings: Settings) -> Served:
    current = settings.serving / "current"
    if not current.is_symlink():
        return Served()
    try:
        keys = frozenset((key, content_hash) for key, content_hash in files.read_json(current / "served.json"))
        return Served(keys, datetime.fromtimestamp(current.lstat().st_mtime, UTC))
    except UNREADABLE as error:
        return Served(damage=words_of(error))


def quarters(settings: Settings) -> list[Scope]:
    """Every region and quarter that has a revision: the newest quarter first, then by region."""
    found = [place for place in scopes(settings.releases) if _revision_folders(settings.releases, place)]
    return sorted(sorted(found), key=lambda place: place.quarter, reverse=True)


def quarter_shelf(settings: Settings, scope: Scope, now_served: Served) -> QuarterShelf | None:
    """The revisions of a region's quarter; None where there is none of these names."""
    folders = _revision_folders(settings.releases, scope)
    if not folders:
        return None
    entries, damage = _journal(settings.releases, scope)
    found = sorted((_read(folder) for folder in folders), key=lambda revision: -revision.number)
    shown = _shown(found, now_served, entries)
    revisions = tuple(
        replace(
            revision,
            is_served=revision.number == shown,
            is_newest=revision is found[0],
            entries=tuple(entry for entry in entries if entry.revision == revision.number),
        )
        for revision in found
    )
    return QuarterShelf(scope.region_code, scope.quarter, revisions, entries, damage)


def integrity(release: Release) -> list[str]:
    """The files that are no longer as they were frozen; none where all are."""
    hashes: dict[str, Any] = dict(listed(release))
    for name, table in release.tables.items():
        hashes[f"marts/{name}.parquet"] = table.get("parquet_sha256")
        hashes[f"csv/{name}.csv"] = table.get("csv_sha256")
    expected = {name: value for name, value in sorted(hashes.items()) if value}
    return [name for name, value in expected.items() if not _is_as_frozen(release.folder / name, value)]


def _is_as_frozen(path: Path, expected: str) -> bool:
    try:
        return files.sha256_of(path) == expected
    except OSError:
        return False


def _revision_folders(releases: Path, scope: Scope) -> list[Path]:
    """Without links: a release is a folder, and what lies elsewhere is none."""
    if not (_REGION.fullmatch(scope.region_code) and Quarter.is_written(scope.quarter)):
        return []
    found = (scope.folder(releases)).glob("r*")
    return [path for path in found if _REVISION.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]


def _read(folder: Path) -> Revision:
    region_code, quarter, number = folder.parent.parent.name, folder.parent.name, int(folder.name[1:])
    try:
        release = Release.read(folder)
        if (release.region_code, release.quarter, release.revision) != (region_code, quarter, number):
            raise ValueError(f"release.json 属于 {release.name}")
        if not all(isinstance(table, dict) for table in release.tables.values()):
            raise ValueError("release.json 没有结果表")
        datetime.fromisoformat(release.released_at)  # pages show it
    except UNREADABLE as error:
        return Revision(region_code, quarter, number, folder, None, words_of(error))
    return Revision(region_code, quarter, number, folder, release)


def _shown(found: list[Revision], now_served: Served, entries: tuple[Decision, ...]) -> int | None:
    """The number of the revision that readers see. One that cannot be read has no content to be told by."""
    contents = {revision.number: revision.release.content_hash if revision.release else "" for revision in found}
    return journal.shown_revision(
        contents, dict(now_served.keys).get(f"{found[0].region_code}|{found[0].quarter}"), entries
    )


def _journal(releases: Path, scope: Scope) -> tuple[tuple[Decision, ...], str | None]:
    try:
        return tuple(journal.entries(releases, scope.region_code, scope.quarter)), None
    except UNREADABLE as error:
        return (), words_of(error)


def words_of(error: BaseException) -> str:
    """What went wrong in one line, with the place where there is one."""
    if isinstance(error, DamagedFile):
        return f"文件已损坏：{error.where}"
    if isinstance(error, OSError):
        return f"文件不能读取：{error.filename}（{error.strerror}）"
    return in_chinese(error.what) if isinstance(error, SurveyError) else f"内容不合预期：{error}"
