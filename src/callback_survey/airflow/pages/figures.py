"""The few figures that stand beside a release, from its own CSV files: reading those loads no database into Airflow's server."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from callback_survey.airflow.pages.files_offered import Offer
from callback_survey.airflow.pages.revisions import UNREADABLE, Revision
from callback_survey.documents.notice.own_texts import own_texts
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.wording import signs


@dataclass(frozen=True)
class Average:
    """A measure's average beside its benchmark, as printed, and how many departments lie below it."""

    measure_name: str
    average_pct: str
    benchmark_pct: str
    benchmark_label: str
    rated_count: str
    below_count: str
    significant_count: str
    superpopulation_count: str
    lowest: str


def averages(offers: Mapping[str, Offer]) -> list[Average]:
    """The averages of a release, in the order of its measures; none where its files cannot be trusted."""
    try:
        measures = {row["measure"]: row for row in _rows(offers["csv/measures.csv"])}
        rates = _rows(offers["csv/region_rates.csv"])
        rates.sort(key=lambda row: int(measures[row["measure"]]["measure_order"]))
        return [_average(row, measures[row["measure"]]["measure_name"]) for row in rates]
    except UNREADABLE:
        return []


def cases(settings: Settings, revision: Revision) -> str:
    """What the district calls what was counted; the usual word where its texts cannot be read."""
    try:
        return own_texts(settings.notices, Scope(revision.region_code, revision.quarter)).texts.cases
    except UNREADABLE:
        return signs.CASES


def region_names(settings: Settings) -> dict[str, str]:
    """Names of regions as the register has them; none where it cannot be read."""
    try:
        path = settings.seeds / "regions.csv"
        return _region_names(path, path.stat().st_mtime_ns)
    except UNREADABLE:
        return {}


def _average(row: dict[str, str], measure_name: str) -> Average:
    return Average(
        measure_name=measure_name,
        average_pct=row["average_pct"],
        benchmark_pct=row["benchmark_pct"],
        benchmark_label=row["benchmark_label"],
        rated_count=row["rated_department_count"],
        below_count=row["below_average_count"],
        significant_count=row["significantly_below_count"],
        superpopulation_count=row.get("significantly_below_count_superpopulation", ""),
        lowest=row["lowest_department_name"],
    )


def _rows(offer: Offer) -> list[dict[str, str]]:
    content = offer.read()
    if content is None:
        raise ValueError(f"{offer.name} is not what was frozen")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@lru_cache(maxsize=4)
def _region_names(path: Path, _changed_at: int) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["region_code"]: row["region_name"] for row in csv.DictReader(file)}
