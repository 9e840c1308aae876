"""Where a revision stands: what people decided about it, read off the journal. The revision itself never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from callback_survey.releases.model import Release

Approval = Literal["draft", "approved", "rejected", "unanswered", "issued", "corrected", "withdrawn"]
_OUT = ("issued", "corrected", "withdrawn")
_VERDICTS = ("approved", "rejected", "unanswered")


@dataclass(frozen=True)
class Standing:
    """`approved_*` and `notice_number` are None where nobody approved; `rolled_back_*` where it was not rolled back; `corrected_*`
    where its notice was not replaced by that of another revision; `withdrawn_*` where it was not withdrawn."""

    approval_status: Approval = "draft"
    approved_by: str | None = None
    approved_at: str | None = None
    notice_number: str | None = None
    is_rolled_back: bool = False
    rolled_back_by: str | None = None
    rolled_back_at: str | None = None
    rolled_back_reason: str | None = None
    corrected_by_revision: int | None = None
    corrected_reason: str | None = None
    withdrawn_by: str | None = None
    withdrawn_at: str | None = None
    withdrawn_reason: str | None = None


def standings(releases: Path, every: Iterable[Release]) -> dict[str, Standing]:
    """The standing of each revision, by its name."""
    found: dict[str, list[Decision]] = {}
    for entry in journal.entries(releases):
        found.setdefault(f"{entry.region_code}|{entry.quarter}", []).append(entry)
    return {release.name: standing(found.get(release.key, ()), release) for release in every}


def standing(entries: Sequence[Decision], release: Release) -> Standing:
    """The standing of one revision, by everything that was decided about its region and quarter.

    Raises DamagedFile where a decision was about other figures under the same number.
    """
    revision = release.revision
    own = journal.about(entries, revision, release.content_hash)
    issued = [entry for entry in own if entry.act == "issued"]
    out = [entry for entry in own if entry.act in _OUT]
    corrected, withdrawn = (out[-1] if out and out[-1].act == act else None for act in ("corrected", "withdrawn"))
    verdicts = [entry for entry in own if entry.act in _VERDICTS]
    # a notice that went out stays out, whatever was decided or left undecided when somebody was asked again
    status: Approval = out[-1].act if out else verdicts[-1].act if verdicts else "draft"  # type: ignore[assignment]
    approved = [entry for entry in own if entry.act == "approved"] or issued
    is_approved = bool(approved) and status in ("approved", *_OUT)
    rollback = _rollback(entries, revision)
    return Standing(
        approval_status=status,
        approved_by=approved[-1].by if is_approved else None,
        approved_at=approved[-1].at if is_approved else None,
        notice_number=_number([*approved, *issued]) if is_approved else None,
        is_rolled_back=rollback is not None,
        rolled_back_by=rollback.by if rollback else None,
        rolled_back_at=rollback.at if rollback else None,
        rolled_back_reason=rollback.reason if rollback else None,
        corrected_by_revision=int(corrected.details["corrected_by"].removeprefix("r")) if corrected else None,
        corrected_reason=corrected.reason if corrected else None,
        withdrawn_by=withdrawn.by if withdrawn else None,
        withdrawn_at=withdrawn.at if withdrawn else None,
        withdrawn_reason=withdrawn.reason if withdrawn else None,
    )


def _rollback(entries: Sequence[Decision], revision: int) -> Decision | None:
    """The last decision that knew of the revision, if it had an earlier one served instead."""
    known = [
        entry
        for entry in entries
        if entry.act == "rolled_back" and int(entry.details["instead_of"].removeprefix("r")) >= revision
    ]
    return known[-1] if known and revision > known[-1].revision else None


def _number(entries: Sequence[Decision]) -> str | None:
    return next((entry.details["number"] for entry in reversed(entries) if entry.details.get("number")), None)
