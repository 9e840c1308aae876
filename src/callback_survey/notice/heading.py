"""What stands at the head and the foot of a notice and is in no mart: who issues it, under which number, when, and who approved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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

    @property
    def is_draft(self) -> bool:
        return self.approved_by is None


DRAFT = Heading()
