"""What people decided about released revisions: approved, rejected, issued, served again. Added to, never changed.

releases/<region>/<quarter>/journal/<number>-<act>-r<revision>.json

A release itself is frozen; whatever happens to it afterwards is an entry here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from callback_survey.scope import Scope
from callback_survey.storage import files, locks

# unanswered: nobody decided in time. rolled_back: `revision` is served again instead of a later one.
Act = Literal["approved", "rejected", "unanswered", "issued", "rolled_back"]
FOLDER = "journal"


@dataclass(frozen=True)
class Decision:
    """One decision. `by` is who decided, `at` when (ISO 8601, UTC), `details` what belongs to the act, as text."""

    act: Act
    region_code: str
    quarter: str
    revision: int
    by: str
    reason: str = ""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    run_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)


def append(releases: Path, entry: Decision) -> Path:
    """Write an entry down, after all others of its region and quarter. Returns its file."""
    folder = releases / entry.region_code / entry.quarter / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with locks.held(folder / ".lock"):
        number = 1 + max((int(path.name.partition("-")[0]) for path in folder.glob("*.json")), default=0)
        path = folder / f"{number:04d}-{entry.act}-r{entry.revision}.json"
        files.write_json(path, asdict(entry))
    return path


def entries(releases: Path, region_code: str | None = None, quarter: str | None = None) -> list[Decision]:
    """Everything that was decided, by region and quarter and in the order it was decided."""
    folders = sorted(releases.glob(f"{region_code or '*'}/{quarter or '*'}/{FOLDER}"))
    return [Decision(**files.read_json(path)) for folder in folders for path in sorted(folder.glob("*.json"))]


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
