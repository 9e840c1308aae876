"""What people decided about released revisions: approved, rejected, issued, corrected, withdrawn, served again. Added to, never changed.

releases/<region>/<quarter>/journal/<number>-<act>-r<revision>.json

A release itself is frozen; whatever happens to it afterwards is an entry here. A decision is about figures: it names the
content hash of the revision besides its number, so that it never counts for others that came under the same number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from callback_survey.errors import DamagedFile
from callback_survey.scope import Scope
from callback_survey.storage import files, locks

# unanswered: nobody decided in time. corrected: the issued notice of `revision` was replaced by that of another revision.
# withdrawn: it no longer holds, and none took its place. rolled_back: `revision` is served again instead of a later one.
Act = Literal["approved", "rejected", "unanswered", "issued", "corrected", "withdrawn", "rolled_back"]
FOLDER = "journal"
# what an entry's details name besides its own revision
_OTHERS = ("instead_of", "served_before", "supersedes", "corrected_by")
_ENTRY = re.compile(r"([0-9]{4,})-[a-z_]+-r([1-9][0-9]*)\.json")


@dataclass(frozen=True)
class Decision:
    """One decision. `by` is who decided, `at` when (ISO 8601, UTC), `details` what belongs to the act, as text.

    `content_hash` is that of the revision decided about; empty in entries from before it was kept.
    """

    act: Act
    region_code: str
    quarter: str
    revision: int
    by: str
    reason: str = ""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    run_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    content_hash: str = ""

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)


def append(releases: Path, entry: Decision) -> Path:
    """Write an entry down, after all others of its region and quarter. Returns its file."""
    folder = releases / entry.region_code / entry.quarter / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with locks.held(folder / ".lock"):
        number = 1 + max((int(_ENTRY.fullmatch(path.name)[1]) for path in _files(folder)), default=0)  # type: ignore[index]
        path = folder / f"{number:04d}-{entry.act}-r{entry.revision}.json"
        files.write_json(path, asdict(entry))
    return path


def entries(releases: Path, region_code: str | None = None, quarter: str | None = None) -> list[Decision]:
    """Everything that was decided, by region and quarter and in the order it was decided. What else lies in the folder is
    no entry. Raises DamagedFile, which names the region and quarter, where an entry cannot be read."""
    folders = sorted(releases.glob(f"{region_code or '*'}/{quarter or '*'}/{FOLDER}"))
    return [_read(path) for folder in folders if Scope.of_folder(folder.parent) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if _ENTRY.fullmatch(path.name))


def _read(path: Path) -> Decision:
    scope = Scope(*path.parts[-4:-2])
    try:
        return Decision(**files.read_json(path))
    except (DamagedFile, TypeError) as error:
        raise DamagedFile(
            f"an entry of the journal of {scope.name} cannot be read",
            where=str(path),
            expected="a decision, as it was written",
            next_step="restore it from a backup; without one move the file away: what it recorded then has to be decided again",
            region_code=scope.region_code,
            quarter=scope.quarter,
        ) from error


def used_numbers(entries: Sequence[Decision]) -> set[int]:
    """The revisions that a journal speaks of, also those whose folder is gone."""
    others = [entry.details[name] for entry in entries for name in _OTHERS if entry.details.get(name)]
    return {*(entry.revision for entry in entries), *(int(other.removeprefix("r")) for other in others)}


def about(entries: Sequence[Decision], revision: int, content_hash: str) -> list[Decision]:
    """The entries about a revision. Raises DamagedFile where one was made about other figures under its number."""
    own = [entry for entry in entries if entry.revision == revision]
    for entry in own:
        if entry.content_hash not in ("", content_hash):
            raise DamagedFile(
                f"the journal of {entry.scope.name} and its release disagree about r{revision}: the decision {entry.act!r} of "
                f"{entry.at} is about content_hash {entry.content_hash[:16]}…, the release has {content_hash[:16]}…",
                where=f"releases/{entry.region_code}/{entry.quarter}/{FOLDER}",
                expected="a decision about the figures that are released",
                next_step="restore the folder of the region and quarter whole, from one backup: releases and journal belong together",
                region_code=entry.region_code,
                quarter=entry.quarter,
            )
    return own


def served_revision(entries: Sequence[Decision], newest: int) -> int:
    """The revision of a region's quarter that is to be served, by what was decided in it. `newest` is its latest.

    A decision to serve another one holds until there is a revision that whoever decided could not know of.
    """
    decided = [entry for entry in entries if entry.act == "rolled_back"]
    if decided and decided[-1].details.get("instead_of") == f"r{newest}":
        return decided[-1].revision
    return newest


def shown_revision(contents: Mapping[int, str], served: str | None, entries: Sequence[Decision]) -> int | None:
    """The revision that readers see now, None where it is none of these: of those with the `served` content the one that is
    to be served, else the latest, for a later revision may have gone back to the figures of an earlier one.

    `contents` are the content hashes by revision.
    """
    same = [revision for revision, content_hash in contents.items() if content_hash == served]
    named = served_revision(entries, max(contents, default=0))
    return named if named in same else max(same, default=None)
