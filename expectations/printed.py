"""Gate 2 where only the printed annexes of a quarter survive: was every department printed, and read right?

Nothing stands beside the print to compare it with, so the annexes are held against themselves. For a quarter with cases
these facts have no rows, and the checks are skipped.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule
from callback_survey.scope import Scope

from . import of_marts

# LEFT JOIN: a department that an annex does not list stays visible
_LINES = """
    with annexes as (
        -- a measure that has no form need not have been printed; where it was, every department should be there
        select region_code, quarter, measure from intermediate.int_region_annex_columns where has_form
        union
        select region_code, quarter, measure from intermediate.int_published_measures
    )
    select
        departments.department_name,
        measures.measure_name,
        printed.department_code is not null as is_printed,
        case
            when printed.department_code is null then 'not printed'
            when printed.line_count > 1 then 'printed on ' || printed.line_count || ' lines'
            when printed.valid_frame_count is null then 'printed without a frame'
            when printed.sample_count is null then 'printed without a sample'
            when printed.sample_count > 0 and printed.printed_pct is null then 'sampled and printed without a rate'
            when printed.printed_pct > 100 then 'printed with a rate of ' || printed.printed_pct
            else 'read'
        end as status
    from intermediate.int_region_quarters as region_quarters
    inner join intermediate.int_departments as departments using (region_code, quarter)
    inner join annexes using (region_code, quarter)
    inner join seeds.measures as measures using (measure)
    left join intermediate.int_published_measures as printed
        using (region_code, quarter, department_code, measure)
    where region_code = $region_code and quarter = $quarter and not region_quarters.has_cases
    order by measures.measure_order, departments.department_code
"""
# an annex that prints the rate alone has no shares to add up
_SHARES = """
    select
        departments.department_name,
        measures.measure_name,
        printed.total_pct::text as total,
        abs(printed.total_pct - 100)::double as distance
    from intermediate.int_published_measures as printed
    inner join intermediate.int_departments as departments using (region_code, quarter, department_code)
    inner join seeds.measures as measures using (measure)
    where region_code = $region_code and quarter = $quarter and printed.rate_pct is not null and printed.share_count > 1
    order by measures.measure_order, departments.department_code
"""


def facts(connection: duckdb.DuckDBPyConnection, scope: Scope) -> dict[str, pd.DataFrame]:
    """The printed lines of a region's quarter; no rows where it has cases."""
    keys = {"region_code": scope.region_code, "quarter": scope.quarter}
    queries = {"printed_lines": _LINES, "printed_shares": _SHARES}
    return {name: connection.execute(query, keys).df() for name, query in queries.items()}


def checks(rules: Mapping[str, Rule]) -> list[Check]:
    line = "{department_name}（{measure_name}）: {status}"
    shows = ("department_name", "measure_name", "status")
    return [
        Check(
            "printed_departments_complete",
            facts="printed_lines",
            expectation=of_marts.ExpectPrintedDepartmentsComplete(),
            example=line,
            shows=shows,
            allows="every department of the register, in each annex",
            rows_may_be_missing=True,
        ),
        Check(
            "printed_rows_readable",
            facts="printed_lines",
            expectation=of_marts.ExpectPrintedRowsReadable(),
            example=line,
            shows=shows,
            allows="one line a department, with frame, sample and, if sampled, a rate of at most 100",
            rows_may_be_missing=True,
        ),
        _near_100("printed_shares_plausible", rules),
        _near_100("printed_shares_exact", rules),
    ]


def _near_100(check_id: str, rules: Mapping[str, Rule]) -> Check:
    limit = rules[check_id].number()
    return Check(
        check_id,
        facts="printed_shares",
        expectation=of_marts.ExpectPrintedSharesNear100(max_value=limit),
        example="{department_name}（{measure_name}）: {total}",
        shows=("department_name", "measure_name", "total"),
        allows=f"100.00, give or take {limit:g}",
        rows_may_be_missing=True,
    )
