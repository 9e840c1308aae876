"""A decision about a released revision: approved and issued, rejected, or not made in time. Each is an entry in its journal, and
so is that a notice which is out is corrected by another.

Every function can be killed and called again with the same values: it goes on where it stopped, and says nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callback_survey import releases
from callback_survey.approval import public, withdrawal
from callback_survey.approval.correction import correction_of
from callback_survey.approval.fields import require_complete, require_reason
from callback_survey.approval.public import Issue, Mark
from callback_survey.documents.notice.correction import Correction
from callback_survey.documents.notice.heading import Heading
from callback_survey.documents.notice.own_texts import own_texts
from callback_survey.errors import ApprovalOutdated, DamagedFile, DocumentsMissing, UsageError
from callback_survey.local_time import to_the_minute
from callback_survey.releases import Release, journal
from callback_survey.releases.journal import Act, Decision
from callback_survey.scope import Scope
from callback_survey.serving import readers
from callback_survey.settings import Settings
from callback_survey.storage import locks, modes

NOBODY = "nobody"
# the fields of a heading, as people call them
_FIELDS = {"issuer": "issuer", "number": "number", "dated_on": "date", "signatory": "signatory"}
# what answers the question whether a notice is to be issued
_ANSWERS: tuple[Act, ...] = ("approved", "rejected", "issued", "withdrawn")


def served_release(settings: Settings, scope: Scope) -> Release:
    """The revision that readers see, or that a rollback which was written down is about to show them. Only that one can be issued:
    a notice must not differ from the tables."""
    every = {one.revision: one for one in releases.revisions(settings.releases, scope)}
    served = dict(readers.served_keys(settings.serving)).get(scope.key)
    contents, entries = {revision: one.content_hash for revision, one in every.items()}, _entries(settings, scope)
    shown = journal.shown_revision(contents, served, entries)
    decided = journal.served_revision(entries, max(every, default=0))
    if shown is not None and decided != max(every) and decided in every:
        return every[decided]
    if shown is None:
        raise UsageError(
            f"{scope.name} is not served",
            where=str(settings.serving),
            expected="a released quarter",
            next_step=f"callback-survey run --region {scope.region_code} --quarter {scope.quarter}",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )
    return every[shown]


def require_documents(release: Release) -> None:
    """Raises DocumentsMissing where nobody can have read what is to be approved: its documents are not part of the release yet."""
    if not releases.has_documents(release):
        raise DocumentsMissing(
            f"the documents of {release.name} are not there yet; nothing was issued",
            where=str(release.folder),
            expected="the drafts of notice and companion, which a run makes after it has served the tables",
            next_step="wait for the run that is making them. If none is, run the quarter again: "
            f"callback-survey run --region {release.region_code} --quarter {release.quarter}",
            region_code=release.region_code,
            quarter=release.quarter,
        )


def approve(
    settings: Settings,
    scope: Scope,
    revision: int,
    heading: Heading,
    *,
    by: str,
    at: str,
    run_id: str = "",
    reason: str = "",
    is_blank: bool = False,
    details: Mapping[str, str] | None = None,
) -> Issue:
    """Issue a revision's notice, approved by a person `at` (ISO 8601 with offset).

    Without an issuer in the heading it is the district's own (notices.toml). With `is_blank` a notice may lack issuer, number
    and date: lines are left to write on. A revision that was issued before, and is served again now, is shown again as it was.
    `reason` is why the notice that is out is replaced by this one: it is printed, and only a first notice goes without.
    Raises ApprovalOutdated where another revision is served, DocumentsMissing where its drafts are not there yet, UsageError where a
    field is missing or the revision is issued already under another heading, DamagedFile where the release is not what was frozen.
    """
    with alone(settings, scope):
        withdrawal.finish(settings, scope)
        release = _still_served(settings, scope, revision)
        require_documents(release)
        release.verify_marts()
        before = public.current(settings.public, scope)
        issue = public.issued(settings.public, scope, revision)
        withdrawal.require_later(settings, scope, revision, at)
        if issue is not None:
            _require_same_figures(issue, release)
            _require_same(settings.public, issue, heading)
        entry = _decision("approved", release, by, at=at, run_id=run_id)
        entry = replace(entry, reason=reason, details={**(details or {}), **_as_text(heading)})
        if issue is None or before != issue:
            require_reason(reason, before.title if before else "", scope)
            correction = correction_of(settings, release, before, reason) if before else None
            own = own_texts(settings.notices, scope)
            complete = replace(
                heading,
                issuer=heading.issuer or own.issuer,
                addressees=own.addressees,
                texts=own.texts,
                approved_by=by,
                approved_at=at,
                correction=correction,
            )
            if issue is None and not is_blank:
                require_complete(complete, scope)
            _require_own_number(settings, release, issue.number if issue else complete.number)
            # the documents take a while: what readers see is looked at again right before it counts, and stays until it does
            with (
                modes.public(),
                public.written(settings, release, complete, before, issue) as written,
                readers.kept(settings.serving),
            ):
                _still_served(settings, scope, revision)
                _record(settings, entry)
                issue = public.place(settings.public, written)
                public.show(settings.public, issue, before, _mark(issue, correction, entry))
        _record_issued(settings, issue, release, run_id)
        return issue


def reject(
    settings: Settings,
    scope: Scope,
    revision: int,
    *,
    by: str,
    reason: str,
    at: str,
    run_id: str = "",
    details: Mapping[str, str] | None = None,
) -> None:
    """Write down that a revision is not to be issued, and why. It stays released and served.

    Raises UsageError where its notice is out already.
    """
    with alone(settings, scope):
        withdrawal.finish(settings, scope)
        release = _find(settings, scope, revision)
        issue = public.issued(settings.public, scope, revision)
        # a withdrawal of it may have been killed too
        is_interrupted = issue is not None and public.is_interrupted(settings.public, issue)
        if issue is not None and is_interrupted and withdrawal.finish(settings, scope, issue) is None:
            raise interrupted(issue)
        if issue is not None and public.withdrawal(settings.public, scope, revision) is None:
            raise UsageError(
                f"the notice of {scope.name} r{revision} was already issued by {issue.approved_by}",
                where=str(issue.folder),
                next_step="an issued notice cannot be rejected: correct the delivery, then approve the new revision",
                region_code=scope.region_code,
                quarter=scope.quarter,
            )
        entry = _decision("rejected", release, by, at=at, run_id=run_id)
        _record(settings, replace(entry, reason=reason, details=dict(details or {})))


def interrupted(issue: Issue) -> UsageError:
    """An approval that was killed: what is there was signed, and may have been seen."""
    return UsageError(
        f"the approval of {issue.scope.name} r{issue.revision} by {issue.approved_by} was interrupted; nothing was decided",
        where=str(issue.folder),
        next_step="approve it again, or withdraw it if it is not to hold: callback-survey approve, callback-survey withdraw",
        region_code=issue.region_code,
        quarter=issue.quarter,
    )


def has_decided(settings: Settings, scope: Scope, run_id: str) -> bool:
    """Whether a command wrote a decision down, or found everything done."""
    return any(entry.run_id == run_id for entry in _entries(settings, scope))


def record_unanswered(settings: Settings, scope: Scope, revision: int, *, waited_hours: float, run_id: str) -> bool:
    """Write down that nobody decided in time. False where somebody did since it was asked, or where it is not served any more."""
    asked_at = datetime.now(UTC) - timedelta(hours=waited_hours)
    with alone(settings, scope):
        release = _find(settings, scope, revision)
        since = [
            one
            for one in journal.about(_entries(settings, scope), revision, release.content_hash)
            if one.act in _ANSWERS and datetime.fromisoformat(one.at) >= asked_at
        ]
        issue = public.current(settings.public, scope)
        is_out = issue is not None and issue.content_hash == release.content_hash
        if since or is_out or served_release(settings, scope).content_hash != release.content_hash:
            return False
        entry = _decision("unanswered", release, NOBODY, run_id=run_id)
        told = [(one.act, one.revision, one.run_id) for one in _entries(settings, scope)]
        if (entry.act, revision, run_id) not in told:
            journal.append(settings.releases, replace(entry, details={"waited_hours": f"{waited_hours:g}"}))
        return True


@contextmanager
def alone(settings: Settings, scope: Scope) -> Iterator[None]:
    """Two people who press the button at once: one after the other. The journal has a lock of its own within this."""
    folder = scope.folder(settings.releases)
    if not folder.is_dir():
        raise UsageError(
            f"{scope.name} was never released",
            where=str(folder),
            next_step="check the region code and the quarter",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )
    with locks.held(folder / ".lock"):
        public.sweep(settings.public, scope)
        yield


def _find(settings: Settings, scope: Scope, revision: int) -> Release:
    found = releases.revisions(settings.releases, scope)
    for release in found:
        if release.revision == revision:
            return release
    raise UsageError(
        f"{scope.name} has no revision r{revision}",
        expected="one of " + ", ".join(f"r{release.revision}" for release in found),
        next_step="choose an existing revision",
        region_code=scope.region_code,
        quarter=scope.quarter,
    )


def _still_served(settings: Settings, scope: Scope, revision: int) -> Release:
    asked = _find(settings, scope, revision)
    served = served_release(settings, scope)
    if served.content_hash != asked.content_hash:
        raise ApprovalOutdated(
            f"{scope.name} r{revision} was approved, but readers now see r{served.revision}; nothing was issued",
            expected=f"an approval of r{served.revision}",
            next_step=f"review r{served.revision}, which has its own request for approval: "
            f"callback-survey approve --region {scope.region_code} --quarter {scope.quarter} --dry-run",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )
    return asked


def _require_same_figures(issue: Issue, release: Release) -> None:
    if issue.content_hash != release.content_hash:
        raise DamagedFile(
            f"another notice was issued under {release.name}: it shows content_hash {issue.content_hash[:16]}…, the release "
            f"has {release.content_hash[:16]}…; nothing was issued",
            where=str(issue.folder),
            expected="releases and issued notices of one age",
            next_step="restore the releases that were issued from a backup; a notice that was issued is never written over",
            region_code=release.region_code,
            quarter=release.quarter,
        )


def _require_same(public_folder: Path, issue: Issue, heading: Heading) -> None:
    """A printed heading cannot be changed by approving once more. Fields left empty ask for nothing."""
    printed = issue.printed
    other = {name: text for name, text in _as_text(heading).items() if text != printed[name]}
    if not other:
        return
    said = public.withdrawal(public_folder, issue.scope, issue.revision)
    if said is None:
        what = f"{issue.scope.name} r{issue.revision} was already issued as {issue.title} by {issue.approved_by}"
        next_step = "an issued notice is never changed; docs/runbook.md#a-notice-is-out-and-wrong says what to do"
    else:
        at = to_the_minute(said.withdrawn_at)
        what = (
            f"{issue.scope.name} r{issue.revision} was issued as {issue.title}, and withdrawn at {at} by {said.withdrawn_by}; "
            "nothing was issued"
        )
        next_step = (
            "to let it hold again as it was signed, approve it with these fields; for another heading, first move the folder "
            "out of the public folder, and keep it: docs/runbook.md#a-notice-is-out-and-wrong"
        )
    raise UsageError(
        what,
        where=str(issue.folder),
        expected="; ".join(
            f"{_FIELDS[name]} is printed as {printed[name]!r}, not {text!r}" for name, text in other.items()
        ),
        next_step=next_step,
        region_code=issue.region_code,
        quarter=issue.quarter,
    )


def _require_own_number(settings: Settings, release: Release, number: str) -> None:
    """Two notices of one number cannot be told apart, least of all where one replaces the other. One that was withdrawn gives
    its number back."""
    taken = next(
        (
            one
            for one in public.every(settings.public, release.region_code)
            if number
            and one.number == number
            and (one.scope, one.revision) != (release.scope, release.revision)
            and public.withdrawal(settings.public, one.scope, one.revision) is None
        ),
        None,
    )
    if taken is not None:
        raise UsageError(
            f"{number} is the number of the notice of {taken.scope.name} r{taken.revision}; nothing was issued",
            where=str(taken.folder),
            next_step="give the notice a number of its own",
            region_code=release.region_code,
            quarter=release.quarter,
        )


def _as_text(heading: Heading) -> dict[str, str]:
    """The heading's given fields, as the journal and issue.json keep them."""
    day = heading.dated_on.isoformat() if heading.dated_on else ""
    fields = {"issuer": heading.issuer, "number": heading.number, "dated_on": day, "signatory": heading.signatory}
    return {name: text for name, text in fields.items() if text}


def _entries(settings: Settings, scope: Scope) -> list[Decision]:
    return journal.entries(settings.releases, scope.region_code, scope.quarter)


def _record(settings: Settings, entry: Decision) -> None:
    """Append the entry, unless a step that was killed afterwards has done so."""
    known = [(one.act, one.revision, one.run_id, one.at) for one in _entries(settings, entry.scope)]
    if (entry.act, entry.revision, entry.run_id, entry.at) not in known:
        journal.append(settings.releases, entry)


def _decision(act: Act, release: Release, by: str, *, run_id: str, at: str | None = None) -> Decision:
    entry = Decision(
        act,
        release.region_code,
        release.quarter,
        release.revision,
        by,
        run_id=run_id,
        content_hash=release.content_hash,
    )
    return entry if at is None else replace(entry, at=at)


def _mark(issue: Issue, correction: Correction | None, approved: Decision) -> Mark | None:
    if correction is None:
        return None
    return Mark(
        revision=issue.revision,
        number=issue.number,
        dated_on=issue.dated_on,
        reason=correction.reason,
        moved=correction.moved,
        approved_by=approved.by,
        approved_at=approved.at,
    )


def _record_issued(settings: Settings, issue: Issue, release: Release, run_id: str) -> None:
    acts: tuple[Act, ...] = ("approved", "issued")
    done = [one for one in _entries(settings, issue.scope) if one.act in acts]
    if done and (done[-1].act, done[-1].revision) == ("issued", issue.revision):
        return
    printed = {name: text for name, text in issue.printed.items() if text or name != "signatory"}
    # shown again after a rollback, it replaces what was shown until now, not what it replaced when it was new
    replaced = public.replaced_by(settings.public, issue, done[-1].at if done else issue.approved_at)
    if replaced is not None:
        _record_corrected(settings, replaced, run_id)
    by = done[-1].by if done else issue.approved_by
    entry = _decision("issued", release, by, run_id=run_id)
    supersedes = {"supersedes": f"r{replaced.revision}"} if replaced else {}
    journal.append(settings.releases, replace(entry, details={**printed, **supersedes}))


def _record_corrected(settings: Settings, replaced: Issue, run_id: str) -> None:
    """更正 is an act of its own, about the notice that no longer holds."""
    said = public.mark(settings.public, replaced.scope, replaced.revision)
    assert said is not None, "a notice is marked before it is replaced"
    entry = Decision(
        "corrected",
        replaced.region_code,
        replaced.quarter,
        replaced.revision,
        said.approved_by,
        reason=said.reason,
        at=said.approved_at,
        run_id=run_id,
        details={
            "number": replaced.number,
            "dated_on": replaced.dated_on,
            "corrected_by": f"r{said.revision}",
            "moved": said.moved,
        },
        content_hash=replaced.content_hash,
    )
    known = [(one.act, one.revision, one.at) for one in _entries(settings, replaced.scope)]
    if (entry.act, entry.revision, entry.at) not in known:
        journal.append(settings.releases, entry)
