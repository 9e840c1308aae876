"""撤回: an issued notice no longer holds, for a reason, and no other one takes its place.

The decision is written to the journal first; then what is public says so and `current` is gone. Killed in between, whoever decides next
about the quarter ends it: by the same command, or by an approval or a rejection.
"""

from __future__ import annotations

from datetime import datetime

from callback_survey import releases
from callback_survey.approval import public
from callback_survey.approval.public import Issue, Withdrawal
from callback_survey.errors import UsageError
from callback_survey.releases import journal
from callback_survey.releases.journal import Act, Decision
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import modes

ACT: Act = "withdrawn"


def withdraw(
    settings: Settings, scope: Scope, revision: int, *, by: str, reason: str, at: str, run_id: str = ""
) -> Withdrawal:
    """Withdraw the issued notice of a revision, by a person `at` (ISO 8601 with offset). Its documents stay as they were signed.

    Returns the withdrawal that holds: that of whoever decided first, where one that was interrupted is ended. Raises UsageError where
    that notice is not out: never issued, replaced by another, or withdrawn before.
    """
    from callback_survey.approval.decide import alone

    with alone(settings, scope):
        if (ended := finish(settings, scope)) is not None and ended.revision == revision:
            return ended.said
        issue = public.current(settings.public, scope)
        placed = public.issued(settings.public, scope, revision)
        if placed is not None and public.is_interrupted(settings.public, placed):
            issue = placed  # signed, and killed before it held: it is there, and may have been seen
        if issue is None or issue.revision != revision:
            raise _not_out(settings, scope, revision, issue)
        entry = Decision(
            ACT,
            scope.region_code,
            scope.quarter,
            revision,
            by,
            reason=reason,
            at=at,
            run_id=run_id,
            details={"number": issue.number, "dated_on": issue.dated_on},
            content_hash=issue.content_hash,
        )
        if not _is_decided(settings, issue):
            journal.append(settings.releases, entry)
        finished = finish(settings, scope, issue)
        assert finished is not None, "a withdrawal that is written down is carried out"
        return finished.said


def finish(settings: Settings, scope: Scope, placed: Issue | None = None) -> public.Withdrawn | None:
    """Carry out a withdrawal that is decided and still looks public, of the notice that is out or of a `placed` one; None where
    there is none. The caller is alone."""
    issue = placed or public.current(settings.public, scope)
    last = None if issue is None else _last_word(settings, issue)
    if issue is None or last is None or last.act != ACT:
        return None
    said = Withdrawal(reason=last.reason, withdrawn_by=last.by, withdrawn_at=last.at)
    with modes.public():
        public.take_back(settings.public, issue, said)
    return public.Withdrawn(issue.revision, said)


def _last_word(settings: Settings, issue: Issue) -> Decision | None:
    entries = journal.entries(settings.releases, issue.region_code, issue.quarter)
    own = journal.about(entries, issue.revision, issue.content_hash)
    return next((entry for entry in reversed(own) if entry.act in ("approved", "issued", ACT)), None)


def _is_decided(settings: Settings, issue: Issue) -> bool:
    """Whether the withdrawal was written down already, by a command that was killed then."""
    last = _last_word(settings, issue)
    return last is not None and last.act == ACT


def require_later(settings: Settings, scope: Scope, revision: int, approved_at: str) -> None:
    """Raises UsageError where a revision's notice was withdrawn since it was approved: a step that is done again with an old answer
    must not bring it back. Approved anew, it holds again."""
    said = public.withdrawal(settings.public, scope, revision)
    if said is not None and datetime.fromisoformat(approved_at) <= datetime.fromisoformat(said.withdrawn_at):
        raise UsageError(
            f"the notice of {scope.name} r{revision} was withdrawn by {said.withdrawn_by} since it was approved; nothing was issued",
            where=str(scope.folder(settings.public) / f"r{revision}"),
            expected="an approval after the withdrawal",
            next_step="approve it anew, if it is to hold again: callback-survey approve",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )


def _not_out(settings: Settings, scope: Scope, revision: int, issue: Issue | None) -> UsageError:
    known = {release.revision: release for release in releases.revisions(settings.releases, scope)}
    before = public.withdrawal(settings.public, scope, revision)
    if before is not None:
        what = f"the notice of {scope.name} r{revision} was already withdrawn by {before.withdrawn_by}: {before.reason}"
    elif revision not in known:
        what = f"{scope.name} has no revision r{revision}"
    else:
        what = f"the notice of {scope.name} r{revision} is not out; nothing was withdrawn"
    return UsageError(
        what,
        where=str(scope.folder(settings.public)),
        expected=f"r{issue.revision}, which is out as {issue.title}" if issue else "an issued notice",
        next_step="callback-survey releases list shows which notice is out",
        region_code=scope.region_code,
        quarter=scope.quarter,
    )
