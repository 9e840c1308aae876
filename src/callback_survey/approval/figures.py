"""The figures an approver sees, read from a release's own marts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from callback_survey.documents.marts import QuarterMarts, open_frozen
from callback_survey.releases import Release


@dataclass(frozen=True)
class Flag:
    """A department below the average. The tests are None where nothing could be tested."""

    department_name: str
    rate_pct: Decimal
    is_significantly_below: bool | None
    is_significantly_below_superpopulation: bool | None
    reliability: str | None


@dataclass(frozen=True)
class Measure:
    """One measure of a region's quarter, and its list of departments below the average in the order of the annex."""

    measure_name: str
    department_count: int
    rated_department_count: int
    average_pct: Decimal | None
    benchmark_pct: Decimal | None
    benchmark_label: str | None
    benchmark_year: int | None
    gap_to_benchmark_pct: Decimal | None
    lowest_department_name: str | None
    significantly_below_count: int | None
    significantly_below_count_superpopulation: int | None
    below_average: tuple[Flag, ...]


def region_name(release: Release) -> str:
    with closing(open_frozen(release)) as connection:
        found = QuarterMarts(connection, "main", release.region_code, release.quarter).region()
    return f"{found['parent_region_name'] or ''}{found['region_name']}" if found else release.region_code


def annex_labels(release: Release) -> dict[str, str]:
    """What the annexes print over each figure, by its name in the marts, which checks use."""
    with closing(open_frozen(release)) as connection:
        marts = QuarterMarts(connection, "main", release.region_code, release.quarter)
        if "figure_label" not in marts.columns("annexes"):
            return {}
        found = marts.rows("select distinct figure, figure_label from {schema}.annexes where figure_label is not null")
    return {row["figure"]: row["figure_label"] for row in found}


def measures(release: Release) -> list[Measure]:
    """The measures of a release, in their order."""
    with closing(open_frozen(release)) as connection:
        marts = QuarterMarts(connection, "main", release.region_code, release.quarter)
        flags = marts.rows(
            """
            select
                measure, department_name, rate_pct,
                is_significantly_below, is_significantly_below_superpopulation, reliability
            from {schema}.below_average
            where region_code = $region_code and quarter = $quarter
            order by measure, list_position
            """
        )
        found = marts.rows(
            """
            select
                measure, measure_name, department_count, rated_department_count, average_pct,
                benchmark_pct, benchmark_label, benchmark_year, gap_to_benchmark_pct, lowest_department_name,
                significantly_below_count, significantly_below_count_superpopulation
            from {schema}.region_rates
            inner join {schema}.measures using (measure)
            where region_code = $region_code and quarter = $quarter
            order by measure_order
            """
        )
    below = {
        row["measure"]: [Flag(**_without(flag, "measure")) for flag in flags if flag["measure"] == row["measure"]]
        for row in found
    }
    return [Measure(**_without(row, "measure"), below_average=tuple(below[row["measure"]])) for row in found]


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
