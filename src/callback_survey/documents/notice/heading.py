"""What stands at the head and the foot of a notice and is in no mart: who issues it, under which number, when, and who approved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from callback_survey.local_time import in_local

# whom a notice is addressed to, where a district does not say
ADDRESSEES = "各有关部门"


@dataclass(frozen=True)
class Heading:
    """The heading fields of a notice. Empty ones stay blank in a draft, for whoever issues it to fill in.

    `approved_by` is who approved the release; None marks a draft. `approved_at` is ISO 8601 with its offset.
    """

    issuer: str = ""
    number: str = ""
    dated_on: date | None = None
    approved_by: str | None = None
    approved_at: str | None = None
    addressees: str = ADDRESSEES

    @property
    def is_draft(self) -> bool:
        return self.approved_by is None

    @property
    def dated(self) -> str:
        """The date as a document bears it, 2018年6月7日; empty where there is none."""
        return chinese_date(self.dated_on) if self.dated_on else ""

    @property
    def approved(self) -> str:
        """Who approved it and when, by the clock of those who read it; empty in a draft."""
        if self.approved_by is None or self.approved_at is None:
            return self.approved_by or ""
        at = in_local(self.approved_at)
        return f"{self.approved_by}，{chinese_date(at.date())} {at:%H:%M}（北京时间）"


def chinese_date(day: date) -> str:
    """Without leading zeros, as dates of official documents are written."""
    return f"{day.year}年{day.month}月{day.day}日"


DRAFT = Heading()
