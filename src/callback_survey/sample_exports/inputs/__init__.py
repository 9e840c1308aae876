"""What the reconstruction starts from: the counts per department, and both annexes as printed."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

PUBLISHED_FILES = ("published-realisation.csv", "published-satisfaction.csv")

# Annex 1 prints 区市场监督局 where annex 2 and the notice's text print 区市场监管局: one department.
_SAME_DEPARTMENT = {"区市场监督局": "区市场监管局"}


@dataclass(frozen=True)
class DepartmentCounts:
    """One department of the reconstruction. The five satisfaction counts run from satisfied to dissatisfied."""

    name: str
    frame_count: int
    sample_count: int
    satisfaction_counts: tuple[int, int, int, int, int]
    within_one_visit_count: int
    two_or_more_visits_count: int


@cache
def department_counts() -> tuple[DepartmentCounts, ...]:
    """The reconstructed counts, in the order of annex 1."""
    rows = csv.DictReader(io.StringIO(_text("reconstructed_counts.csv")))
    return tuple(
        DepartmentCounts(
            name=row["department"],
            frame_count=int(row["frame"]),
            sample_count=int(row["sample"]),
            satisfaction_counts=(
                int(row["satisfied"]),
                int(row["fairly_satisfied"]),
                int(row["basically_satisfied"]),
                int(row["rather_dissatisfied"]),
                int(row["dissatisfied"]),
            ),
            within_one_visit_count=int(row["within_one_visit"]),
            two_or_more_visits_count=int(row["two_or_more_visits"]),
        )
        for row in rows
    )


@cache
def name_variants() -> dict[str, tuple[str, ...]]:
    """Per department, the other ways in which the annexes print its name: inner spaces, narrow parentheses, 监督."""
    by_key = {_key(counts.name): counts.name for counts in department_counts()}
    variants: dict[str, set[str]] = {counts.name: set() for counts in department_counts()}
    for file_name in PUBLISHED_FILES:
        for row in csv.DictReader(io.StringIO(_text(file_name))):
            printed = row["部门名称"]
            spaceless = "".join(printed.split())
            name = _SAME_DEPARTMENT.get(spaceless) or by_key[_key(printed)]
            variants[name] |= {printed, spaceless} - {name}
    return {name: tuple(sorted(found)) for name, found in variants.items()}


def published_bytes(file_name: str) -> bytes:
    """An annex exactly as printed."""
    return resources.files(__package__).joinpath(file_name).read_bytes()


def _text(file_name: str) -> str:
    return published_bytes(file_name).decode("utf-8")


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
