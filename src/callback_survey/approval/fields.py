"""What an approver fills in, judged before anything is written: it is printed, and cannot be taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta

from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import UsageError
from callback_survey.given_text import HEADING_CHARACTERS, given_text
from callback_survey.logins import is_person
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope

_REVISION = re.compile(r"r?([1-9]\d*)")
# an example of a date; a notice comes out some weeks after its quarter
_SOON_AFTER = timedelta(weeks=6)


def heading_of(
    quarter: str, *, issuer: str = "", number: str = "", dated_on: str | date = "", signatory: str = ""
) -> Heading:
    """The heading fields as given; empty ones stay empty. Raises UsageError, which names the field."""
    return Heading(
        issuer=_heading_line("the issuer (印发单位)", issuer),
        number=_heading_line("the number (文号)", number),
        dated_on=_day(quarter, dated_on),
        signatory=_heading_line("the signatory (签发人)", signatory),
    )


def require_complete(heading: Heading, scope: Scope) -> None:
    """Raises UsageError where a field that every issued notice has was given by nobody: neither with the approval nor by the district."""
    given = {
        "印发单位": heading.issuer,
        "文号": heading.number,
        "成文日期": heading.dated_on,
    }
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise UsageError(
            f"the notice has no {', '.join(missing)}; nothing was issued",
            expected="issuer, number and date",
            next_step="give them with the approval; or leave them blank for a pen: --blank, in Airflow the box 留空签发",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )


def require_reason(reason: str, replaced: str, scope: Scope) -> None:
    """Raises UsageError where the notice that is out, called `replaced`, would be replaced without a reason to print; or where there is a
    reason and nothing to correct."""
    if replaced and not reason:
        raise UsageError(
            f"the notice {replaced} is out and would be corrected without a reason; nothing was issued",
            expected="why it is corrected, in a sentence that the new notice prints",
            next_step="give it with the approval: --reason, in Airflow the field 更正原因",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )
    if reason and not replaced:
        raise UsageError(
            "a reason for a correction was given, and no issued notice would be replaced; nothing was issued",
            expected="no reason with the first notice of a quarter",
            next_step="approve again without it",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )


def revision_of(text: str) -> int:
    """The number of a revision given as r1, or as 1."""
    match = _REVISION.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"not a revision: {text!r}", expected="r1, r2, …", next_step="callback-survey releases list shows them"
        )
    return int(match[1])


def reason_of(text: str, *, is_required: bool = True) -> str:
    """Why something is rejected or corrected, as the journal keeps it."""
    return given_text("the reason", text, is_required=is_required)


def name_of(text: str) -> str:
    """Who decides, as the notice names them. Raises UsageError for the name of an account that is no person's."""
    name = given_text("the name of the person who decides", text, most=HEADING_CHARACTERS, is_line=True)
    if not is_person(name):
        raise UsageError(
            f"{name!r} is an account and not a person; nothing was decided",
            expected="the name of the person who decides",
            next_step="give the person's name",
        )
    return name


def person_of(account: str, given: str) -> str:
    """Who decides: the person whose account it is, or else the name `given` beside the answer.

    Raises UsageError where neither names a person, or both name one.
    """
    if not is_person(account):
        if not given.strip():
            raise UsageError(
                f"whoever answered is logged in as {account!r}, which is not a person; nothing was decided",
                expected="the name of the person who decides",
                next_step="log in under your own name (CALLBACK_SURVEY_AIRFLOW_USERS), or fill in 决定人",
            )
        return name_of(given)
    if given.strip() not in ("", account):
        raise UsageError(
            f"{account} has answered, and {given.strip()} is filled in as who decides; nothing was decided",
            expected="nothing in 决定人 by who is logged in under their own name",
            next_step="answer again without it",
        )
    return account


def _heading_line(field: str, text: str) -> str:
    return given_text(field, text, most=HEADING_CHARACTERS, is_required=False, is_line=True)


def _day(quarter: str, given: str | date) -> date | None:
    if not given:
        return None
    try:
        day = given if isinstance(given, date) else date.fromisoformat(given.strip())
    except ValueError:
        day = None
    last_day = Quarter.parse(quarter).last_day
    if day is None or day <= last_day:
        raise UsageError(
            f"the date of the notice is not valid: {str(given)!r}",
            expected=f"a date after the end of {quarter}, such as {last_day + _SOON_AFTER}",
            next_step="approve again with a valid date",
        )
    return day
