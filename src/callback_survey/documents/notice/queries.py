"""Reading a notice's data from the marts of a region and quarter."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from callback_survey.documents.marts import QuarterMarts
from callback_survey.documents.notice import scales
from callback_survey.documents.notice.data import (
    REALISATION,
    SATISFACTION,
    AnnexRow,
    FlaggedDepartment,
    MeasureSummary,
    NoticeData,
    NoticeDataMissing,
    RatedDepartment,
)
from callback_survey.scope import Scope

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The printed columns of each annex, in print order.
ANNEX_SHARES = {
    SATISFACTION: (
        "satisfied_pct",
        "fairly_satisfied_pct",
        "basically_satisfied_pct",
        "rather_dissatisfied_pct",
        "dissatisfied_pct",
    ),
    REALISATION: ("within_one_visit_pct", "two_or_more_visits_pct"),
}


def read_notice_data(connection: DuckDBPyConnection, scope: Scope, *, schema: str = "marts") -> NoticeData:
    """Read one region and quarter from the marts in `schema` ("marts" in the warehouse, "main" in the served file).

    Raises NoticeDataMissing where the region, its rates or an annex are not there: half a notice is not written.
    """
    reader = _Reader(connection, schema, scope.region_code, scope.quarter)
    region = reader.region()
    if region is None:
        raise reader.missing("regions", "one row for the region")
    return NoticeData(
        region_code=scope.region_code,
        region_name=region["region_name"],
        parent_region_name=region["parent_region_name"],
        quarter=scope.quarter,
        satisfaction=_measure(reader, SATISFACTION),
        realisation=_measure(reader, REALISATION),
        reconciliation_counts=_reconciliation_counts(reader),
        is_published_only=_is_published_only(reader),
        sign_use=region["sign_use"],
    )


def _reconciliation_counts(reader: _Reader) -> dict[str, int]:
    found = reader.rows(
        """
        select status, count(*) as figure_count
        from {schema}.reconciliation
        where region_code = $region_code and quarter = $quarter
        group by status
        order by status
        """
    )
    return {row["status"]: row["figure_count"] for row in found}


def _is_published_only(reader: _Reader) -> bool:
    found = reader.rows(
        """
        select distinct source_grain
        from {schema}.department_rates
        where region_code = $region_code and quarter = $quarter
        """
    )
    return [row["source_grain"] for row in found] == ["published"]


class _Reader(QuarterMarts):
    """The same, with an error for what a notice cannot do without."""

    def one(self, sql: str, table: str, **parameters: str) -> dict[str, Any]:
        found = self.rows(sql, **parameters)
        if len(found) != 1:
            raise self.missing(table, f"one row, found {len(found)}")
        return found[0]

    def missing(self, table: str, expected: str) -> NoticeDataMissing:
        return NoticeDataMissing(
            "the marts cannot fill a notice",
            where=f"{self.schema}.{table}, region {self.region_code}, quarter {self.quarter}",
            expected=expected,
            next_step="build the quarter first, or check the region code and the quarter",
            region_code=self.region_code,
            quarter=self.quarter,
        )


def _measure(reader: _Reader, measure: str) -> MeasureSummary:
    summary = reader.one(
        """
        select
            department_count, rated_department_count, average_pct,
            benchmark_pct, benchmark_label, benchmark_year, gap_to_benchmark_pct
        from {schema}.region_rates
        where region_code = $region_code and quarter = $quarter and measure = $measure
        """,
        f"region_rates ({measure})",
        measure=measure,
    )
    definitions = reader.rows(
        """
        select distinct measure_definition
        from {schema}.department_rates
        where region_code = $region_code and quarter = $quarter and measure = $measure
        """,
        measure=measure,
    )
    annex, answer_labels = _annex(reader, measure, summary["rated_department_count"])
    return MeasureSummary(
        measure=measure,
        measure_definition=definitions[0]["measure_definition"] if len(definitions) == 1 else None,
        **summary,
        lowest=_lowest(reader, measure),
        below_average=_below_average(reader, measure),
        annex=annex,
        few_names=_few_names(reader, measure),
        answer_labels=answer_labels,
    )


def _lowest(reader: _Reader, measure: str) -> tuple[RatedDepartment, ...]:
    """Every department at the lowest printed rate: a tie has no single lowest one to name. What is not rated is not the lowest."""
    found = reader.rows(
        """
        with rated as (
            select department_code, department_name, rate_pct
            from {schema}.department_rates
            where
                region_code = $region_code and quarter = $quarter and measure = $measure
                and rate_pct is not null and reliability is distinct from 'not_rated'
        )

        select department_name, rate_pct
        from rated
        where rate_pct = (select min(rate_pct) from rated)
        order by department_code
        """,
        measure=measure,
    )
    return tuple(RatedDepartment(**row) for row in found)


def _few_names(reader: _Reader, measure: str) -> tuple[str, ...]:
    found = reader.rows(
        """
        select department_name
        from {schema}.department_rates
        where
            region_code = $region_code and quarter = $quarter and measure = $measure
            and rate_pct is not null and reliability = 'not_rated'
        order by department_code
        """,
        measure=measure,
    )
    return tuple(row["department_name"] for row in found)


def _below_average(reader: _Reader, measure: str) -> tuple[FlaggedDepartment, ...]:
    found = reader.rows(
        """
        select
            department_name, rate_pct, is_significantly_below, is_significantly_below_superpopulation, reliability
        from {schema}.below_average
        where region_code = $region_code and quarter = $quarter and measure = $measure
        order by list_position
        """,
        measure=measure,
    )
    return tuple(FlaggedDepartment(**row) for row in found)


def _annex(reader: _Reader, measure: str, rated_department_count: int) -> tuple[tuple[AnnexRow, ...], tuple[str, ...]]:
    """The lines of an annex, and the labels of their shares where these are not the printed form's."""
    form = ANNEX_SHARES[measure]
    found = reader.rows(
        f"""
        select row_number, department_code, department_name, valid_frame_count, sample_count, {", ".join(form)}
        from {{schema}}.annex_{measure}
        where region_code = $region_code and quarter = $quarter
        order by row_number
        """
    )
    if not found:
        raise reader.missing(f"annex_{measure}", "one row per department")
    suppressed, masked = (reader.masked(table, measure) for table in ("department_rates", "department_answers"))

    def line(row: dict[str, Any], shares_pct: tuple[Decimal | None, ...]) -> AnnexRow:
        return AnnexRow(
            row_number=row["row_number"],
            department_name=row["department_name"],
            valid_frame_count=row["valid_frame_count"],
            sample_count=row["sample_count"],
            shares_pct=shares_pct,
            is_suppressed=row["department_code"] in suppressed,
            has_masked=row["department_code"] in masked,
        )

    if scales.has_form(found, form, rated_department_count):
        return tuple(line(row, tuple(row[share] for share in form)) for row in found), ()
    answers = reader.rows(
        """
        select department_code, answer_label, answer_pct
        from {schema}.department_answers
        where region_code = $region_code and quarter = $quarter and measure = $measure
        order by department_code, answer_order
        """,
        measure=measure,
    )
    shares = scales.shares_of(answers)
    return tuple(line(row, shares[row["department_code"]]) for row in found), scales.labels_of(answers)
