"""The public folder: issued notices, and nothing else. What was issued stays as it was; a link says which one holds.

<public>/<region>/<quarter>/r1/        the documents as issued, and issue.json: who approved, what it replaces and why, hashes
<public>/<region>/<quarter>/r1/replaced.json   beside them, once the notice of another revision took its place: which, and why
<public>/<region>/<quarter>/r1/withdrawn.json  beside them, once it was withdrawn without another one: by whom, when, and why
<public>/<region>/<quarter>/current -> r1      not there while no notice holds
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callback_survey.documents import write as documents
from callback_survey.documents.notice.correction import Correction
from callback_survey.documents.notice.heading import Heading
from callback_survey.releases import Release
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import files

CURRENT = "current"
DOCUMENT = "issue.json"
MARK = "replaced.json"
WITHDRAWN = "withdrawn.json"
_ASIDE = ".r{revision}-{process}"
_REVISION = re.compile("r[1-9][0-9]*")


@dataclass(frozen=True)
class Issue:
    """An issued notice, as its issue.json says. `dated_on` is ISO 8601, empty where it was left blank; `files` maps a name to its sha256.

    `supersedes` is the issued revision that it replaced (revision, number, dated_on), and `correction` why (reason) and which
    figures are others (moved, in words); None for the first one.
    """

    region_code: str
    quarter: str
    revision: int
    content_hash: str
    issuer: str
    number: str
    dated_on: str
    approved_by: str
    approved_at: str
    issued_at: str
    supersedes: dict[str, Any] | None
    files: dict[str, str]
    folder: Path
    signatory: str = ""
    correction: dict[str, str] | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @property
    def title(self) -> str:
        """How people call it: its number and date, as far as they were given; without a number, the revision."""
        name = self.number or f"r{self.revision}"
        return f"{name}（{self.dated_on}）" if self.dated_on else name

    @property
    def printed(self) -> dict[str, str]:
        """The fields of its heading as they are printed; empty ones are left to be written by hand."""
        return {name: getattr(self, name) for name in ("issuer", "number", "dated_on", "signatory")}

    @classmethod
    def read(cls, folder: Path) -> Issue:
        return cls(**files.read_json(folder / DOCUMENT), folder=folder)


def issued(public: Path, scope: Scope, revision: int) -> Issue | None:
    """A revision as it was issued, or None."""
    folder = scope.folder(public) / f"r{revision}"
    return Issue.read(folder) if (folder / DOCUMENT).is_file() else None


def current(public: Path, scope: Scope) -> Issue | None:
    """The issued notice that holds, or None where none was issued."""
    link = scope.folder(public) / CURRENT
    if not link.is_symlink():
        return None
    return issued(public, scope, int(os.readlink(link).removeprefix("r")))


def every(public: Path, region_code: str) -> list[Issue]:
    """The issued notices of a region, of all quarters, also those that hold no more. What cannot be read is told by `verify`, and
    keeps no other notice from being issued."""
    found = []
    for path in sorted(public.glob(f"{region_code}/*/r*/{DOCUMENT}")):
        if _REVISION.fullmatch(path.parent.name):
            with suppress(OSError, ValueError, TypeError, KeyError):
                found.append(Issue.read(path.parent))
    return found


def sweep(public: Path, scope: Scope) -> None:
    """Remove what a killed approval was writing. The caller holds the lock of the region's quarter."""
    for leftover in leftovers(public, scope):
        files.remove_tree(leftover)


def leftovers(public: Path, scope: Scope) -> list[Path]:
    """What approvals are writing now, or were when they were killed."""
    return sorted(scope.folder(public).glob(_ASIDE.format(revision="*", process="*")))


def is_interrupted(public: Path, issue: Issue) -> bool:
    """Whether an approval was killed between putting a notice there and saying that it holds: approved again, it goes on."""
    is_out = current(public, issue.scope) == issue
    return not is_out and not any((issue.folder / said).exists() for said in (MARK, WITHDRAWN))


def last(public: Path, region_code: str) -> Issue | None:
    """The notice of a region that was issued last, of whatever quarter: who issues the next one is likely the same."""
    found = every(public, region_code)
    return max(found, key=lambda issue: issue.issued_at, default=None)


@dataclass(frozen=True)
class Mark:
    """That an issued notice no longer holds: the revision, number and date of the notice that took its place, why, which figures
    are others (in words), who approved that, and when."""

    revision: int
    number: str
    dated_on: str
    reason: str
    moved: str
    approved_by: str
    approved_at: str


@dataclass(frozen=True)
class Withdrawal:
    """That an issued notice no longer holds, with no other one in its place: why, who decided that, and when."""

    reason: str
    withdrawn_by: str
    withdrawn_at: str


@dataclass(frozen=True)
class Withdrawn:
    """A revision whose notice is no longer out, and what is said of that."""

    revision: int
    said: Withdrawal


def withdrawal(public: Path, scope: Scope, revision: int) -> Withdrawal | None:
    """That the notice of a revision was withdrawn; None where it was not."""
    path = scope.folder(public) / f"r{revision}" / WITHDRAWN
    return read_withdrawal(path) if path.is_file() else None


def read_withdrawal(path: Path) -> Withdrawal:
    return Withdrawal(**files.read_json(path))


def take_back(public: Path, issue: Issue, said: Withdrawal) -> None:
    """From now on no notice of the quarter holds. The documents stay, beside what is said. Done again, it ends the same."""
    files.write_json(issue.folder / WITHDRAWN, asdict(said))
    link = public / issue.region_code / issue.quarter / CURRENT
    if link.is_symlink() and os.readlink(link) == issue.folder.name:
        link.unlink()
        files.sync(link.parent)


def mark(public: Path, scope: Scope, revision: int) -> Mark | None:
    """By which notice that of a revision was replaced; None where it was not."""
    path = scope.folder(public) / f"r{revision}" / MARK
    return read_mark(path) if path.is_file() else None


def read_mark(path: Path) -> Mark:
    return Mark(**files.read_json(path))


def replaced_by(public: Path, issue: Issue, approved_at: str) -> Issue | None:
    """The notice whose place an issued one took by the approval of this moment; None where there was none."""
    for path in sorted(issue.scope.folder(public).glob(f"r*/{MARK}")):
        found = read_mark(path)
        if (found.revision, found.approved_at) == (issue.revision, approved_at):
            return Issue.read(path.parent)
    return None


@contextmanager
def written(
    settings: Settings, release: Release, heading: Heading, before: Issue | None, issued: Issue | None
) -> Iterator[Issue]:
    """A release's documents under their heading, beside their place in the public folder, until `place` puts them there; what
    was `issued` before is kept as it is. Whatever is not put there is gone at the end.

    `heading` names who approved. The caller holds the lock of the region's quarter.
    """
    if issued is not None:
        yield issued
        return
    assert heading.approved_by and heading.approved_at, "an issued notice is no draft"
    folder = release.scope.folder(settings.public)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / _ASIDE.format(revision=release.revision, process=os.getpid())
    # it looks signed, and is not issued yet: whoever serves the folder cannot read it
    aside.mkdir(mode=0o700)
    try:
        documents.write_apart(release, aside, formats=settings.documents, heading=heading)
        issue = Issue(
            region_code=release.region_code,
            quarter=release.quarter,
            revision=release.revision,
            content_hash=release.content_hash,
            issuer=heading.issuer,
            number=heading.number,
            dated_on=heading.dated_on.isoformat() if heading.dated_on else "",
            approved_by=heading.approved_by,
            approved_at=heading.approved_at,
            issued_at=datetime.now(UTC).isoformat(timespec="seconds"),
            supersedes=_named(before) if before else None,
            files={path.relative_to(aside).as_posix(): files.sha256_of(path) for path in _documents(aside)},
            folder=aside,
            signatory=heading.signatory,
            correction=_reasons(heading.correction) if heading.correction else None,
        )
        value = asdict(issue)
        del value["folder"]
        files.write_json(aside / DOCUMENT, value)
        files.sync_tree(aside)
        yield issue
    finally:
        files.remove_tree(aside)


def place(public: Path, issue: Issue) -> Issue:
    """Put a written issue where it is looked for: it appears whole, or not at all."""
    folder = issue.scope.folder(public)
    target = folder / f"r{issue.revision}"
    if issue.folder != target:
        issue.folder.chmod(0o755)
        os.rename(issue.folder, target)
        files.sync(folder)
    return Issue.read(target)


def show(public: Path, issue: Issue, replaced: Issue | None, said: Mark | None) -> None:
    """From now on this is the notice that holds, and the `replaced` one is marked as what it `said`; its documents stay as they
    are. Done again, it ends the same."""
    if replaced is not None and said is not None:
        files.write_json(replaced.folder / MARK, asdict(said))
    for said_before in (MARK, WITHDRAWN):
        if (issue.folder / said_before).exists():
            (issue.folder / said_before).unlink()
            files.sync(issue.folder)
    files.swap_symlink(public / issue.region_code / issue.quarter / CURRENT, f"r{issue.revision}")


def _documents(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _reasons(correction: Correction) -> dict[str, str]:
    return {"reason": correction.reason, "moved": correction.moved}


def _named(issue: Issue) -> dict[str, Any]:
    return {"revision": issue.revision, "number": issue.number, "dated_on": issue.dated_on}
