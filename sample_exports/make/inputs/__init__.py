"""What the sample exports start from: counts per department and quarter, and both annexes as printed."""

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
# Offices that came later are also written by their former or their full name. The register knows these as aliases.
LATER_VARIANTS = {
    "区卫健局": ("区卫计局", "区卫生健康局"),
    "区文广旅体局": ("区文化广电旅游体育局",),
}


@dataclass(frozen=True)
class DepartmentCounts:
    """One department in one quarter. The five satisfaction counts run from satisfied to dissatisfied."""

    name: str
    frame_count: int
    sample_count: int
    satisfaction_counts: tuple[int, int, int, int, int]
    within_one_visit_count: int
    two_or_more_visits_count: int


@dataclass(frozen=True)
class StreetCounts:
    """One street of the hotline in one quarter: cases by month, and answers from the best to the worst."""

    name: str
    month_counts: tuple[int, ...]
    sample_count: int
    level_counts: tuple[int, ...]
    solved_counts: tuple[int, ...]


@cache
def hotline_counts(quarter: str) -> tuple[StreetCounts, ...]:
    """A quarter of the hotline, in the order of its register."""
    counted = [[*row.values()] for row in _rows("hotline_counts.csv") if row["quarter"] == quarter]
    return tuple(
        StreetCounts(street, (*map(int, cells[:3]),), int(cells[3]), (*map(int, cells[4:9]),), (*map(int, cells[9:]),))
        for _, street, *cells in counted
    )


@cache
def reconstructed_counts() -> tuple[DepartmentCounts, ...]:
    """2018Q1: the reconstructed counts, in the order of annex 1."""
    return tuple(_counts(row) for row in _rows("reconstructed_counts.csv"))


@cache
def invented_counts(quarter: str) -> tuple[DepartmentCounts, ...]:
    """A later quarter: made-up counts, in the order of the register."""
    return tuple(_counts(row) for row in _rows("invented_counts.csv") if row["quarter"] == quarter)


@cache
def name_variants() -> dict[str, tuple[str, ...]]:
    """Per department, the other ways in which its name is written: inner spaces, narrow parentheses, 监督, a former name."""
    by_key = {_key(counts.name): counts.name for counts in reconstructed_counts()}
    variants: dict[str, set[str]] = {counts.name: set() for counts in reconstructed_counts()}
    for file_name in PUBLISHED_FILES:
        for row in _rows(file_name):
            printed = row["部门名称"]
            spaceless = "".join(printed.split())
            name = _SAME_DEPARTMENT.get(spaceless) or by_key[_key(printed)]
            variants[name] |= {printed, spaceless} - {name}
    return {name: tuple(sorted(found)) for name, found in variants.items()} | LATER_VARIANTS


def published_bytes(file_name: str) -> bytes:
    """An annex exactly as printed."""
    return resources.files(__package__).joinpath(file_name).read_bytes()


def _rows(file_name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(published_bytes(file_name).decode("utf-8"))))


def _counts(row: dict[str, str]) -> DepartmentCounts:
    return DepartmentCounts(
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


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
