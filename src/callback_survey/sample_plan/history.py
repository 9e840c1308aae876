"""What is known of the departments from the latest released quarter before: their frames, samples and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from callback_survey import releases
from callback_survey.registers import rows
from callback_survey.releases import RATES, Release, measure_names
from callback_survey.scope import Scope

_FIGURES = """
    select department_code, department_name, measure, measure_name, source_grain, valid_frame_count, sample_count,
        answered_count, success_count, rate_pct::text as rate_pct
    from read_parquet($1)
    order by department_code, measure
"""


@dataclass(frozen=True)
class Answers:
    """Answers to one question, and the successes among them; fractions where only a printed rate is left of them."""

    answered_count: Fraction = Fraction(0)
    success_count: Fraction = Fraction(0)

    def __add__(self, other: Answers) -> Answers:
        return Answers(self.answered_count + other.answered_count, self.success_count + other.success_count)


@dataclass(frozen=True)
class Department:
    """A department as it was released. Counts are None where they are not known."""

    code: str
    name: str
    valid_frame_count: int | None
    sample_count: int | None
    answers: dict[str, Answers]


@dataclass(frozen=True)
class ReleasedQuarter:
    """The latest released quarter before the planned one. `measures` are names by code."""

    quarter: str
    revision: int
    has_counts: bool
    measures: dict[str, str]
    departments: dict[str, Department]

    @property
    def name(self) -> str:
        return f"{self.quarter} r{self.revision}"


@dataclass(frozen=True)
class Succession:
    """`successor` took over from `predecessor`, alone (split, replacement) or with others (merge)."""

    predecessor: str
    successor: str
    valid_from: str
    is_split: bool


def latest_before(folder: Path, scope: Scope) -> ReleasedQuarter | None:
    """The last quarter of a region that was released before the given one, as it is served; None if there is none."""
    earlier = [
        found
        for found in releases.served(folder, scope.region_code)
        if found.quarter < scope.quarter and RATES in found.tables
    ]
    return _read(max(earlier, key=lambda found: found.quarter)) if earlier else None


def _read(release: Release) -> ReleasedQuarter:
    with duckdb.connect() as connection:
        cursor = connection.execute(_FIGURES, [str(release.folder / "marts" / f"{RATES}.parquet")])
        names = [column[0] for column in cursor.description or ()]
        figures = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    departments: dict[str, Department] = {}
    for row in figures:
        code = row["department_code"]
        known = departments.setdefault(
            code, Department(code, row["department_name"], row["valid_frame_count"], row["sample_count"], {})
        )
        known.answers[row["measure"]] = _answers(row)
    return ReleasedQuarter(
        quarter=release.quarter,
        revision=release.revision,
        has_counts=all(row["source_grain"] != "published" for row in figures),
        measures=measure_names(release),
        departments=departments,
    )


def _answers(row: dict[str, Any]) -> Answers:
    """Of a printed annex the sample stands for the answers, which were not printed. Of a department whose successes are not
    published half of the answers are taken for them: then they differ most, and nothing is promised."""
    if row["source_grain"] != "published":
        answered, success = Fraction(row["answered_count"] or 0), row["success_count"]
        return Answers(answered, answered / 2 if success is None else Fraction(success))
    if row["rate_pct"] is None or not row["sample_count"]:
        return Answers()
    return Answers(Fraction(row["sample_count"]), row["sample_count"] * Fraction(row["rate_pct"]) / 100)


def read_successions(seeds: Path, region_code: str, *, after: str, until: str) -> list[Succession]:
    """The successions that took effect after one quarter and no later than another."""
    return [
        Succession(row["predecessor_code"], row["successor_code"], row["valid_from"], row["succession_type"] == "split")
        for row in rows.read(seeds, "department_successions")
        if row["region_code"] == region_code and after < row["valid_from"] <= until
    ]


def inherited(code: str, departments: Mapping[str, Department], successions: Sequence[Succession]) -> Department | None:
    """What is known of a department: its own figures, else those of the departments it came from, added up.

    Of a split, nobody knows how frame and sample would be shared; the answers still tell how much they differ.
    """
    if code in departments:
        return departments[code]
    parts = [found for found in successions if found.successor == code]
    # a succession ends before the next begins, so going back in time comes to an end
    before = [
        inherited(part.predecessor, departments, [found for found in successions if found.valid_from < part.valid_from])
        for part in parts
    ]
    known = [department for department in before if department is not None]
    if not known:
        return None
    is_whole = len(known) == len(parts) and not any(part.is_split for part in parts)
    answers: dict[str, Answers] = {}
    for department in known:
        for measure, found in department.answers.items():
            answers[measure] = answers.get(measure, Answers()) + found
    return Department(
        code=code,
        name="、".join(department.name for department in known),
        valid_frame_count=_sum([department.valid_frame_count for department in known]) if is_whole else None,
        sample_count=_sum([department.sample_count for department in known]) if is_whole else None,
        answers=answers,
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    return None if None in counts else sum(count for count in counts if count is not None)
