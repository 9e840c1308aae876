"""The table `department_quarters`: a department's quarter in one row, its measures side by side.

Which measures there are is data, so the columns are made of the rows that are served: those of `department_rates`, in the order of
`measures`. What counts as success stands in `department_rates`, and differs from region to region.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from callback_survey.serving.declared import ServedTable
from callback_survey.storage import duck

if TYPE_CHECKING:
    import duckdb

    from callback_survey.warehouse.published import Labels

NAME, RATES = "department_quarters", "department_rates"
KEY = ("region_code", "quarter", "department_code")
DESCRIPTION = "One row per region, quarter and department, with the figures of every measure side by side, each under the measure's code."
# The same in every row of a department's quarter
_SHARED = ("department_name", "source_grain", "valid_frame_count", "sample_count")
_OF_A_MEASURE = (
    *("measure_definition", "answered_count", "success_count", "rate_pct", "average_pct", "rate_rank"),
    *("is_below_average", "is_below_threshold", "is_significantly_below", "is_significantly_below_superpopulation"),
    *("reliability", "is_suppressed"),
)


def write(
    connection: duckdb.DuckDBPyConnection, served: Collection[str], meanings: Mapping[str, str], labels: Labels
) -> list[ServedTable]:
    """The table, made of the rates and measures among the tables `served`; none where they are not there."""
    if not {RATES, "measures"} <= set(served):
        return []
    has = {name for name, *_ in connection.execute(f"describe {RATES}").fetchall()}
    measures = connection.execute(
        f"select measure, measure_name from measures where measure in (select measure from {RATES}) "
        "order by measure_order, measure"
    ).fetchall()
    shared = [f"any_value({name}) as {name}" for name in _SHARED if name in has]
    placed = [
        f"any_value({column}) filter (where measure = {duck.text(measure)}) as {duck.name(f'{measure}_{column}')}"
        for measure, _ in measures
        for column in _OF_A_MEASURE
        if column in has
    ]
    listed = ", ".join([*KEY, *shared, *placed])
    connection.execute(f"create table {NAME} as select {listed} from {RATES} group by {', '.join(KEY)}")
    return [described(measures, has, meanings, labels)]


def described(
    measures: Iterable[tuple[str, str]], has: Collection[str], meanings: Mapping[str, str], labels: Labels
) -> ServedTable:
    """What the columns mean for these measures, by code and name: as those of `department_rates` do, each of its measure."""
    columns = {name: meanings.get(name, "") for name in (*KEY, *_SHARED) if name in has}
    called = {}
    for measure, measure_name in measures:
        for column in (column for column in _OF_A_MEASURE if column in has):
            columns[f"{measure}_{column}"] = f"{measure_name}: {meanings.get(column, '')}"
            called[f"{measure}_{column}"] = f"{measure_name} {labels.column(RATES, column)}"
    return ServedTable(NAME, KEY, KEY, DESCRIPTION, columns, labels=called)
