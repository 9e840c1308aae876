"""What stands at the head and the foot of a notice and is in no mart: who issues it, under which number, when, and who signed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from callback_survey.documents.notice.correction import Correction
from callback_survey.documents.notice.texts import NONE, Texts
from callback_survey.wording.figures import chinese_date

# whom a notice is addressed to, where a district does not say
ADDRESSEES = "各有关部门"


@dataclass(frozen=True)
class Heading:
    """The heading fields of a notice. Empty ones stay blank in a draft, for whoever issues it to fill in.

    `approved_by` is who approved the release; None marks a draft. `approved_at` is ISO 8601 with its offset. `signatory` is the
    person printed as 签发人. `texts` are the district's own words. `correction` is what it says of the issued notice that it
    takes the place of; None where it takes the place of none.
    """

    issuer: str = ""
    number: str = ""
    dated_on: date | None = None
    approved_by: str | None = None
    approved_at: str | None = None
    addressees: str = ADDRESSEES
    signatory: str = ""
    texts: Texts = NONE
    correction: Correction | None = None

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


DRAFT = Heading()
