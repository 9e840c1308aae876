"""The figures an approver sees, read from a release's own marts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from callback_survey import releases
from callback_survey.releases import RATES, Release

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Flag:
    """A department below the average. The tests are None where nothing could be tested."""

    department_name: str
    rate_pct: Decimal
    is_significantly_below: bool | None
    is_significantly_below_superpopulation: bool | None


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


@dataclass(frozen=True)
class Moved:
    """A department whose printed rate or flag is another one. Percentages as printed; None where there was no rate."""

    department_name: str
    measure_name: str
    before_pct: str | None
    after_pct: str | None
    was_below_average: bool | None
    is_below_average: bool | None


def region_name(release: Release) -> str:
    with closing(releases.open_marts(release)) as marts:
        found = _rows(
            marts,
            """
            select coalesce(parents.region_name, '') || regions.region_name as name
            from regions
            left join regions as parents on parents.region_code = regions.parent_region_code
            where regions.region_code = $region_code
            """,
            region_code=release.region_code,
        )
    return str(found[0]["name"]) if found else release.region_code


def measures(release: Release) -> list[Measure]:
    """The measures of a release, in their order."""
    key = {"region_code": release.region_code, "quarter": release.quarter}
    with closing(releases.open_marts(release)) as marts:
        flags = _rows(
            marts,
            """
            select
                measure, department_name, rate_pct,
                is_significantly_below, is_significantly_below_superpopulation
            from below_average
            where region_code = $region_code and quarter = $quarter
            order by measure, list_position
            """,
            **key,
        )
        found = _rows(
            marts,
            """
            select
                measure, measure_name, department_count, rated_department_count, average_pct,
                benchmark_pct, benchmark_label, benchmark_year, gap_to_benchmark_pct, lowest_department_name,
                significantly_below_count, significantly_below_count_superpopulation
            from region_rates
            join measures using (measure)
            where region_code = $region_code and quarter = $quarter
            order by measure_order
            """,
            **key,
        )
    below = {
        row["measure"]: [Flag(**_without(flag, "measure")) for flag in flags if flag["measure"] == row["measure"]]
        for row in found
    }
    return [Measure(**_without(row, "measure"), below_average=tuple(below[row["measure"]])) for row in found]


def moved(before: Release, after: Release) -> list[Moved]:
    """The departments whose printed rate or flag differs between two revisions of a quarter, in the order of the annex."""
    with closing(releases.open_marts(after)) as marts:
        path = str(before.folder / "marts" / f"{RATES}.parquet").replace("'", "''")
        found = _rows(
            marts,
            f"""
            select
                coalesce(later.department_name, earlier.department_name) as department_name,
                coalesce(later.measure_name, earlier.measure_name) as measure_name,
                earlier.rate_pct::text as before_pct,
                later.rate_pct::text as after_pct,
                earlier.is_below_average as was_below_average,
                later.is_below_average
            from read_parquet('{path}') as earlier
            full join {RATES} as later using (region_code, quarter, department_code, measure)
            left join measures using (measure)
            where
                region_code = $region_code and quarter = $quarter
                and (earlier.rate_pct, earlier.is_below_average) is distinct from (later.rate_pct, later.is_below_average)
            order by measure_order, later.rate_rank nulls last, department_code
            """,
            region_code=after.region_code,
            quarter=after.quarter,
        )
    return [Moved(**row) for row in found]


def _rows(marts: DuckDBPyConnection, query: str, **parameters: str) -> list[dict[str, Any]]:
    cursor = marts.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
