"""Compiled models over tables of a test's own: the SQL that dbt ran, without starting dbt for each example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from homes import REPOSITORY, Home

SEEDS = REPOSITORY / "dbt_project" / "seeds"
# Relations a statistic starts from, with their columns; the rest is made by the models.
INPUTS = {
    "intermediate.int_department_measures": (
        "region_code text, quarter text, measure text, department_code text, department_name text, measure_name text, "
        "measure_definition text, source_grain text, valid_frame_count bigint, sample_count bigint, answered_count bigint, "
        "success_count bigint, rate double, rate_pct decimal(5, 2)"
    ),
    "intermediate.int_previous_rates": (
        "region_code text, quarter text, previous_quarter text, previous_revision bigint, department_code text, "
        "measure text, measure_definition text, source_grain text, answered_count bigint, success_count bigint, rate double"
    ),
    "intermediate.int_series_breaks": "region_code text, quarter text, department_code text, break_reason text",
    "intermediate.int_annex_positions": (
        "region_code text, quarter text, measure text, department_code text, row_number bigint"
    ),
    "intermediate.int_region_benchmarks": (
        "region_code text, quarter text, measure text, benchmark_pct decimal(5, 2), benchmark_label text, benchmark_year bigint"
    ),
}
LIMITS = ("inference_settings", "reliability_limits", "footnotes", "thresholds")
# In the order in which each can be made from those before it.
MODELS = (
    "intermediate/int_region_averages",
    "intermediate/int_department_intervals",
    "intermediate/int_department_variances",
    "intermediate/int_department_tests",
    "intermediate/int_department_changes",
    "intermediate/int_department_reliability",
    "intermediate/int_department_footnotes",
    "marts/department_rates",
    "marts/region_rates",
)


class Statistics:
    """The statistical models as views: fill the inputs, read the marts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def fill(self, **inputs: Sequence[Mapping[str, Any]]) -> None:
        """Replace the rows of the inputs, named without their schema; inputs that are not given become empty."""
        for relation in INPUTS:
            self.connection.execute(f"delete from {relation}")
            rows = inputs.get(relation.split(".")[1], [])
            if rows:
                # an Arrow table goes in at once; row by row takes a hundred times as long
                self.connection.register("given", pa.Table.from_pylist(list(rows)))
                self.connection.execute(f"insert into {relation} by name from given")

    def rows(self, query: str) -> list[dict[str, Any]]:
        result = self.connection.execute(query)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def department_rates(self) -> list[dict[str, Any]]:
        return self.rows("select * from marts.department_rates order by region_code, quarter, measure, department_code")

    def region_rates(self) -> list[dict[str, Any]]:
        return self.rows("select * from marts.region_rates order by region_code, quarter, measure")


@contextmanager
def statistics(built: Home) -> Iterator[Statistics]:
    """The models as the build of a home compiled them, over empty inputs and the repository's limits."""
    compiled = built.path / "warehouse" / "dbt" / "compiled" / "callback_survey" / "models"
    with duckdb.connect() as connection:
        # dbt names the database in each relation
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("use warehouse")
        for schema in ("intermediate", "marts", "seeds"):
            connection.execute(f"create schema {schema}")
        for relation, columns in INPUTS.items():
            connection.execute(f"create table {relation} ({columns})")
        for seed in LIMITS:
            connection.execute(f"create table seeds.{seed} as from read_csv('{SEEDS / seed}.csv')")
        for model in MODELS:
            sql = (compiled / f"{model}.sql").read_text(encoding="utf-8")
            connection.execute(f"create view {model.replace('/', '.')} as {sql}")
        yield Statistics(connection)
