"""What an approver fills in, judged before anything is written: it is printed, and cannot be taken back."""

from __future__ import annotations

import re
from datetime import date

from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import UsageError
from callback_survey.privacy import holds_personal_number
from callback_survey.quarter import Quarter

MAX_CHARACTERS = 60
_REVISION = re.compile(r"r?([1-9]\d*)")


def heading_of(quarter: str, *, issuer: str = "", number: str = "", dated_on: str | date = "") -> Heading:
    """The heading fields as given; empty ones stay empty. Raises UsageError, which names the field."""
    return Heading(
        issuer=line_of("issuer (印发单位)", issuer),
        number=line_of("number (文号)", number),
        dated_on=_day(quarter, dated_on),
    )


def revision_of(text: str) -> int:
    """The number of a revision given as r1, or as 1."""
    match = _REVISION.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"not a revision: {text!r}", expected="r1, r2, …", next_step="callback-survey approve --dry-run shows it"
        )
    return int(match[1])


def reason_of(text: str) -> str:
    """Why something is rejected, as the journal keeps it."""
    return line_of("reason", " ".join(text.split()), most=500)


def line_of(field: str, text: str, most: int = MAX_CHARACTERS) -> str:
    line = text.strip()
    if holds_personal_number(line):
        raise UsageError(f"the {field} contains a phone or identity number", next_step="leave the number out")
    if len(line) > most or not line.isprintable():
        raise UsageError(
            f"the {field} cannot be printed: {line[:MAX_CHARACTERS]!r}{'…' if len(line) > MAX_CHARACTERS else ''}",
            expected=f"one line of at most {most} characters",
            next_step="decide again with a value that can be printed",
        )
    return line


def _day(quarter: str, given: str | date) -> date | None:
    if not given:
        return None
    try:
        day = given if isinstance(given, date) else date.fromisoformat(given.strip())
    except ValueError:
        day = None
    if day is None or day <= Quarter.parse(quarter).last_day:
        raise UsageError(
            f"the date of the notice is not valid: {str(given)!r}",
            expected=f"a date after the end of {quarter}, such as 2018-06-07",
            next_step="approve again with a valid date, or without one to use the day of approval",
        )
    return day
