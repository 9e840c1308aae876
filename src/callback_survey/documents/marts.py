"""One region's quarter as its marts tell it: the one way in which documents and approvals query them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from callback_survey.releases import Release

# What documents and approvals read and the first releases did not keep. What came later is asked for by `columns`.
_FLAGS = ("is_significantly_below", "is_significantly_below_superpopulation")
_KEY = ("region_code", "quarter")
_LATER: dict[str, dict[str, tuple[str, ...]]] = {
    "below_average": {"boolean": _FLAGS, "varchar": ("reliability",)},
    "department_rates": {
        "boolean": (*_FLAGS, "is_significant_change"),
        "double": ("ci_display_low", "ci_display_high", "change", "change_ci_low", "change_ci_high"),
        "varchar": ("reliability", "footnote_codes", "change_status"),
    },
    "region_rates": {"bigint": ("significantly_below_count", "significantly_below_count_superpopulation")},
    "footnotes": {"varchar": ("footnote_code", "footnote_label"), "bigint": ("footnote_order",)},
    "finding_codes": {"varchar": ("finding_code", "title"), "bigint": ("finding_order",)},
    "findings": {
        "varchar": (*_KEY, "finding_code", "severity", "measure", "department_name"),
        "bigint": ("finding_number",),
    },
    "measure_definitions": {"varchar": (*_KEY, "measure", "definition_label")},
    "region_call_outcomes": {
        "varchar": _KEY,
        "bigint": ("attempted_count", "complete_count"),
        "double": ("response_rate_1", "cooperation_rate_1", "refusal_rate_1", "contact_rate_1"),
    },
}


def open_frozen(release: Release) -> DuckDBPyConnection:
    """A release's marts in schema main, as documents and approvals query them. The caller closes it.

    A release can be issued however old it is, so what it did not keep says nothing: NULL in its rows, or no row at all.
    """
    from callback_survey.documents import earlier_annexes
    from callback_survey.releases import open_marts

    connection = open_marts(release)
    marts = QuarterMarts(connection, "main", release.region_code, release.quarter)
    for table, later in _LATER.items():
        kept = marts.columns(table)
        lacking = [(name, kind) for kind, names in later.items() for name in names if name not in kept]
        empty = ", ".join(f"null::{kind} as {name}" for name, kind in lacking)
        if not kept:
            connection.execute(f"create view {table} as select {empty} where false")
        elif lacking:
            connection.execute(f"alter view {table} rename to {table}_as_frozen")
            connection.execute(f"create view {table} as select *, {empty} from {table}_as_frozen")
    if not marts.columns("annexes"):
        connection.execute(f"create view annexes as {earlier_annexes.table_sql(marts)}")
    return connection


@dataclass(frozen=True)
class QuarterMarts:
    """The marts of a region's quarter in `schema`: "marts" in the warehouse, "main" over a frozen release or what is served."""

    connection: DuckDBPyConnection
    schema: str
    region_code: str
    quarter: str

    def rows(self, sql: str, **parameters: str | None) -> list[dict[str, Any]]:
        """The rows of a query that names its tables `{schema}.table` and may use $region_code, $quarter and `parameters`."""
        from callback_survey.storage import duck

        given = {"region_code": self.region_code, "quarter": self.quarter, **parameters}
        # as literals: with its first parameter DuckDB imports pandas, which costs more than all the rest of a query
        whole = re.sub(
            r"\$([a-z_]+)",
            lambda found: "null" if given[found[1]] is None else duck.text(given[found[1]]),
            sql.format(schema=duck.name(self.schema)),
        )
        cursor = self.connection.execute(whole)
        columns = [column[0] for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def columns(self, table: str) -> frozenset[str]:
        """The columns a table has here: a release from before a column was kept lacks it. Empty where there is no such table."""
        from callback_survey.storage import duck

        found = self.connection.execute(
            "select column_name from duckdb_columns() "
            f"where schema_name = {duck.text(self.schema)} and table_name = {duck.text(table)}"
        ).fetchall()
        return frozenset(name for (name,) in found)

    def masked(self, table: str, measure: str) -> frozenset[str]:
        """The departments of which `table` (department_rates or department_answers) masks something of a measure."""
        if "is_suppressed" not in self.columns(table):
            return frozenset()
        found = self.rows(
            f"""
            select distinct department_code
            from {{schema}}.{table}
            where region_code = $region_code and quarter = $quarter and measure = $measure and is_suppressed
            """,
            measure=measure,
        )
        return frozenset(row["department_code"] for row in found)

    def reconciliation_counts(self) -> dict[str, int]:
        """How many figures of a printed annex have which status; empty where there was none to compare with."""
        found = self.rows(
            """
            select status, count(*) as figure_count
            from {schema}.reconciliation
            where region_code = $region_code and quarter = $quarter
            group by status
            order by status
            """
        )
        return {row["status"]: row["figure_count"] for row in found}

    def region(self) -> dict[str, Any] | None:
        """`region_name`, `parent_region_name` (None where there is none above it) and `sign_use`, the region's statement of what
        the signs are used for (None where it makes none, or the release is from before there was one); None where the region
        is unknown."""
        found = self.rows(
            """
            select regions.*, parents.region_name as parent_region_name
            from {schema}.regions as regions
            left join {schema}.regions as parents on parents.region_code = regions.parent_region_code
            where regions.region_code = $region_code
            """
        )
        if len(found) != 1:
            return None
        return {name: found[0].get(name) for name in ("region_name", "parent_region_name", "sign_use")}
