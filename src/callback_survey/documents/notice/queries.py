"""Reading a notice's data from the marts of a region and quarter."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from callback_survey.documents.marts import QuarterMarts
from callback_survey.documents.notice.data import (
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

_COUNTS = ("valid_frame_count", "sample_count")


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
        measures=tuple(_measure(reader, row) for row in _measures(reader)),
        reconciliation_counts=reader.reconciliation_counts(),
        is_published_only=_is_published_only(reader),
        sign_use=region["sign_use"],
    )


def _measures(reader: _Reader) -> list[dict[str, Any]]:
    """What the region's quarter was measured by, in the order of the notice; what was counted, where the release says so."""
    has_labels = bool(reader.columns("measure_definitions"))
    definitions = """
        left join {schema}.measure_definitions as definitions
            on
                rates.region_code = definitions.region_code
                and rates.quarter = definitions.quarter
                and rates.measure = definitions.measure
        """
    found = reader.rows(
        f"""
        select
            rates.measure, measures.measure_name, {"definitions.definition_label" if has_labels else "null as definition_label"}
        from {{schema}}.region_rates as rates
        inner join {{schema}}.measures as measures using (measure)
        {definitions if has_labels else ""}
        where rates.region_code = $region_code and rates.quarter = $quarter
        order by measures.measure_order
        """
    )
    if not found:
        raise reader.missing("region_rates", "a row for each measure")
    return found


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


def _measure(reader: _Reader, known: dict[str, Any]) -> MeasureSummary:
    measure = known["measure"]
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
    annex, share_labels = _annex(reader, measure)
    return MeasureSummary(
        **known,
        measure_definition=definitions[0]["measure_definition"] if len(definitions) == 1 else None,
        **summary,
        lowest=_lowest(reader, measure),
        below_average=_below_average(reader, measure),
        annex=annex,
        few_names=_few_names(reader, measure),
        share_labels=share_labels,
    )


def _lowest(reader: _Reader, measure: str) -> tuple[RatedDepartment, ...]:
    """Every department at the lowest printed rate: a tie has no single lowest one to name. What is not rated is not the lowest, and
    where all have one rate nobody is."""
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
        where rate_pct = (select min(rate_pct) from rated) and rate_pct < (select max(rate_pct) from rated)
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


def _annex(reader: _Reader, measure: str) -> tuple[tuple[AnnexRow, ...], tuple[str, ...]]:
    """The lines of an annex in their order, and the printed heads of its shares."""
    found = reader.rows(
        """
        select
            row_number, department_code, department_name, figure, figure_label, figure_count, figure_pct, is_suppressed
        from {schema}.annexes
        where region_code = $region_code and quarter = $quarter and measure = $measure
        order by row_number, figure_order
        """,
        measure=measure,
    )
    if not found:
        raise reader.missing(f"annexes ({measure})", "a row for each department and figure")
    suppressed = reader.masked("department_rates", measure)
    lines = [list(figures) for _, figures in itertools.groupby(found, key=itemgetter("row_number"))]
    labels = tuple(figure["figure_label"] for figure in lines[0] if figure["figure"] not in _COUNTS)
    return tuple(_annex_row(figures, suppressed) for figures in lines), labels


def _annex_row(figures: Sequence[dict[str, Any]], suppressed: frozenset[str]) -> AnnexRow:
    line = figures[0]
    return AnnexRow(
        row_number=line["row_number"],
        department_name=line["department_name"],
        **{figure["figure"]: figure["figure_count"] for figure in figures if figure["figure"] in _COUNTS},
        shares_pct=tuple(figure["figure_pct"] for figure in figures if figure["figure"] not in _COUNTS),
        is_suppressed=line["department_code"] in suppressed,
        has_masked=any(figure["is_suppressed"] for figure in figures),
    )
