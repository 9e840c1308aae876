"""What a revision changed against the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import duckdb

from callback_survey.landing.corrections import DatasetDifference
from callback_survey.publication import PublishedTable
from callback_survey.releases.model import RATES, Release


def against(
    connection: duckdb.DuckDBPyConnection,
    before: Release,
    tables: Sequence[PublishedTable],
    changed_rows: Sequence[DatasetDifference],
) -> dict[str, Any]:
    """What a revision changed against the one before: rows of the delivery, and departments whose figures moved."""
    rows = [asdict(difference) for difference in changed_rows if not difference.is_empty]
    rates = next((table for table in tables if table.name == RATES), None)
    has_both = rates is not None and RATES in before.tables
    return {"against": before.name, "rows": rows, "departments": _moved(connection, before) if has_both else []}


def _moved(connection: duckdb.DuckDBPyConnection, before: Release) -> list[dict[str, Any]]:
    """The departments whose printed rate or flag is another one than in the revision before."""
    path = str(before.folder / "marts" / f"{RATES}.parquet").replace("'", "''")
    moved = connection.execute(
        f"""
        select
            coalesce(later.department_name, earlier.department_name) as department_name,
            coalesce(later.measure, earlier.measure) as measure,
            earlier.rate_pct::text as rate_pct_before,
            later.rate_pct::text as rate_pct_after,
            earlier.is_below_average as is_below_average_before,
            later.is_below_average as is_below_average_after
        from read_parquet('{path}') as earlier
        full join (
            select * from marts.{RATES} where region_code = $region_code and quarter = $quarter
        ) as later using (department_code, measure)
        where (earlier.rate_pct, earlier.is_below_average) is distinct from (later.rate_pct, later.is_below_average)
        order by measure, department_code
        """,
        {"region_code": before.region_code, "quarter": before.quarter},
    )
    names = [column[0] for column in moved.description or ()]
    return [dict(zip(names, row, strict=True)) for row in moved.fetchall()]
