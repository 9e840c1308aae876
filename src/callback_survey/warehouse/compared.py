"""What the change columns of a quarter are computed from: released rates of the quarter before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# What a change is made of; another average or flag in a later revision compares the same.
COMPARED_FIGURES = (
    "department_code",
    "measure",
    "measure_definition",
    "source_grain",
    "answered_count",
    "success_count",
    "rate",
)


@dataclass(frozen=True)
class Comparison:
    """A released quarter to compare with, and the revision since which its figures are what they are."""

    quarter: str
    revision: int
    path: Path

    def as_json(self) -> dict[str, str | int]:
        return {"quarter": self.quarter, "revision": self.revision}
