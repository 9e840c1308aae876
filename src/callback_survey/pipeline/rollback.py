"""Serving an earlier revision again. Written down first, then served: whoever is interrupted in between is healed by
the next run, or by the same command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callback_survey.approval import decide
from callback_survey.errors import DamagedFile, UsageError
from callback_survey.given_text import HEADING_CHARACTERS, given_text
from callback_survey.pipeline import steps
from callback_survey.releases import comparison, journal
from callback_survey.releases.model import Release, find, revisions
from callback_survey.releases.verification import verify
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.serving import readers


@dataclass(frozen=True)
class Rollback:
    """What is served now, and what stood there before. `is_healed`: it was decided earlier, and served only now.

    `outdated` are later quarters whose changes were computed from figures that are no longer served; `issued` are the
    revisions whose notice is out.
    """

    served: Release
    before: int
    is_healed: bool
    outdated: tuple[Release, ...]
    issued: tuple[int, ...]


def roll_back(run: Run, scope: Scope, revision: int, *, by: str, reason: str) -> Rollback:
    """Have a revision of a region's quarter served from now on, until a newer one is released.

    Raises UsageError where it is unknown or served already, DamagedFile where it is not what was frozen.
    """
    by, reason = given_text("--by", by, most=HEADING_CHARACTERS), given_text("--reason", reason)
    folder = run.settings.releases
    find(folder, scope, revision)  # a quarter that was never released has no lock either
    # nobody approves what is about to be taken back
    with run.warehouse.lock(), decide.alone(run.settings, scope):
        wanted = find(folder, scope, revision)
        newest = revisions(folder, scope)[-1]
        entries = journal.entries(folder, scope.region_code, scope.quarter)
        before = journal.served_revision(entries, newest.revision)
        _require_whole(wanted)
        was_shown = (wanted.key, wanted.content_hash) in readers.served_keys(run.settings.serving)
        if before != revision:
            instead = {"instead_of": f"r{newest.revision}", "served_before": f"r{before}"}
            act = journal.Decision(
                "rolled_back",
                scope.region_code,
                scope.quarter,
                revision,
                by,
                reason,
                run_id=run.run_id,
                details=instead,
                content_hash=wanted.content_hash,
            )
            journal.append(folder, act)
        steps.serve(run)
    steps.mirror(run)
    if before == revision and was_shown:
        raise UsageError(
            f"{wanted.name} is already served",
            expected="another revision",
            next_step=f"callback-survey releases list --region {scope.region_code} --quarter {scope.quarter}",
        )
    return Rollback(
        served=wanted,
        before=before,
        is_healed=before == revision,
        outdated=tuple(comparison.outdated(folder, [scope])),
        issued=_holding(entries),
    )


def _holding(entries: Sequence[journal.Decision]) -> tuple[int, ...]:
    """The revisions whose notice was issued, and neither replaced nor withdrawn since."""
    found: set[int] = set()
    for entry in entries:
        if entry.act == "issued":
            found.add(entry.revision)
        elif entry.act in ("corrected", "withdrawn"):
            found.discard(entry.revision)
    return tuple(sorted(found))


def _require_whole(wanted: Release) -> None:
    found = verify(wanted)
    if not found.is_whole:
        raise DamagedFile(
            f"{wanted.name} does not match what was frozen; what is served was not changed",
            where=str(wanted.folder),
            expected="the files that release.json lists, unchanged",
            next_step="restore it from a backup, or serve another revision",
            region_code=wanted.region_code,
            quarter=wanted.quarter,
            alert_lines=[str(damage) for damage in found.damage],
        )
