"""What stands at the head and the foot of a notice and is in no mart: who issues it, under which number, when, and who signed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from callback_survey.documents.notice.texts import NONE, Texts

# whom a notice is addressed to, where a district does not say
ADDRESSEES = "各有关部门"


@dataclass(frozen=True)
class Heading:
    """The heading fields of a notice. Empty ones stay blank in a draft, for whoever issues it to fill in.

    `approved_by` is who approved the release; None marks a draft. `approved_at` is ISO 8601 with its offset. `signatory` is the
    person printed as 签发人. `texts` are the district's own words.
    """

    issuer: str = ""
    number: str = ""
    dated_on: date | None = None
    approved_by: str | None = None
    approved_at: str | None = None
    addressees: str = ADDRESSEES
    signatory: str = ""
    texts: Texts = NONE

    @property
    def is_draft(self) -> bool:
        return self.approved_by is None

    @property
    def dated(self) -> str:
        """The date as a document bears it, 2018年6月7日; empty where there is none."""
        return chinese_date(self.dated_on) if self.dated_on else ""

    @property
    def printed_by(self) -> str:
        """印发机关: the issuer, unless the district names another office."""
        return self.texts.printed_by or self.issuer

    @property
    def printed(self) -> str:
        """印发日期, the date of the notice unless the district gives another; empty where there is none."""
        day = self.texts.printed_on or self.dated_on
        return chinese_date(day) if day else ""


def chinese_date(day: date) -> str:
    """Without leading zeros, as dates of official documents are written."""
    return f"{day.year}年{day.month}月{day.day}日"


DRAFT = Heading()
