"""What the notice says, read from the marts: counts and printed percentages, none of them computed again here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from callback_survey.errors import SurveyError
from callback_survey.notice import scales

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SATISFACTION = "satisfaction"
REALISATION = "realisation"
MEASURES = (SATISFACTION, REALISATION)
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


class NoticeDataMissing(SurveyError):
    """The marts hold no complete region and quarter to write a notice about."""


@dataclass(frozen=True)
class FlaggedDepartment:
    """A department below the average. Percentages as printed, two decimals."""

    department_name: str
    rate_pct: Decimal


@dataclass(frozen=True)
class AnnexRow:
    """One printed line of an annex. A share is None where nobody answered, never 0.00.

    Counts are None for a department that a printed annex does not list, where nothing but the annexes survives.
    """

    row_number: int
    department_name: str
    valid_frame_count: int | None
    sample_count: int | None
    shares_pct: tuple[Decimal | None, ...]

    @property
    def is_listed(self) -> bool:
        return self.sample_count is not None

    @property
    def is_sampled(self) -> bool:
        return bool(self.sample_count)


@dataclass(frozen=True)
class MeasureSummary:
    """One measure of one region and quarter. `gap_to_benchmark_pct` is in percentage points, own minus benchmark.

    `answer_labels`: the columns of the annex where the answers are on another scale than its printed form's; else empty.
    """

    measure: str
    measure_definition: str | None
    department_count: int
    rated_department_count: int
    average_pct: Decimal | None
    benchmark_pct: Decimal | None
    benchmark_label: str | None
    benchmark_year: int | None
    gap_to_benchmark_pct: Decimal | None
    lowest: tuple[FlaggedDepartment, ...]
    below_average: tuple[FlaggedDepartment, ...]
    annex: tuple[AnnexRow, ...]
    answer_labels: tuple[str, ...] = ()

    @property
    def unsampled_names(self) -> tuple[str, ...]:
        return tuple(row.department_name for row in self.annex if row.is_listed and not row.is_sampled)

    @property
    def unlisted_names(self) -> tuple[str, ...]:
        """Not in the printed annex: whether they were sampled is not known."""
        return tuple(row.department_name for row in self.annex if not row.is_listed)

    @property
    def unanswered_names(self) -> tuple[str, ...]:
        """Sampled, and nobody answered this question."""
        return tuple(row.department_name for row in self.annex if row.is_sampled and row.shares_pct[0] is None)


@dataclass(frozen=True)
class NoticeData:
    """One region and quarter. `reconciliation_counts`: status → number of figures compared with a printed annex.

    `is_published_only`: nothing but the printed annexes survives of the quarter, so they are the source, not a comparison.
    """

    region_code: str
    region_name: str
    parent_region_name: str | None
    quarter: str
    satisfaction: MeasureSummary
    realisation: MeasureSummary
    reconciliation_counts: Mapping[str, int]
    is_published_only: bool = False

    @property
    def valid_frame_total(self) -> int:
        return sum(row.valid_frame_count or 0 for row in self.satisfaction.annex)

    @property
    def sample_total(self) -> int:
        return sum(row.sample_count or 0 for row in self.satisfaction.annex)


def read_notice_data(
    connection: DuckDBPyConnection, region_code: str, quarter: str, *, schema: str = "marts"
) -> NoticeData:
    """Read one region and quarter from the marts in `schema` ("marts" in the warehouse, "main" in the served file).

    Raises NoticeDataMissing where the region, its rates or an annex are not there: half a notice is not written.
    """
    reader = _Reader(connection, schema, region_code, quarter)
    region = reader.one(
        """
        select regions.region_name, parents.region_name as parent_region_name
        from {schema}.regions as regions
        left join {schema}.regions as parents on parents.region_code = regions.parent_region_code
        where regions.region_code = $region_code
        """,
        "regions",
    )
    return NoticeData(
        region_code=region_code,
        region_name=region["region_name"],
        parent_region_name=region["parent_region_name"],
        quarter=quarter,
        satisfaction=_measure(reader, SATISFACTION),
        realisation=_measure(reader, REALISATION),
        reconciliation_counts=_reconciliation_counts(reader),
        is_published_only=_is_published_only(reader),
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


@dataclass(frozen=True)
class _Reader:
    connection: DuckDBPyConnection
    schema: str
    region_code: str
    quarter: str

    def rows(self, sql: str, **parameters: str) -> list[dict[str, Any]]:
        schema = '"' + self.schema.replace('"', '""') + '"'
        wanted = {"region_code": self.region_code, "quarter": self.quarter, **parameters}
        # DuckDB refuses a parameter that the statement does not name.
        named = {name: value for name, value in wanted.items() if f"${name}" in sql}
        cursor = self.connection.execute(sql.format(schema=schema), named)
        columns = [column[0] for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

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
        answer_labels=answer_labels,
    )


def _lowest(reader: _Reader, measure: str) -> tuple[FlaggedDepartment, ...]:
    """Every department at the lowest printed rate: a tie has no single lowest one to name."""
    found = reader.rows(
        """
        with rated as (
            select department_code, department_name, rate_pct
            from {schema}.department_rates
            where
                region_code = $region_code and quarter = $quarter and measure = $measure
                and rate_pct is not null
        )

        select department_name, rate_pct
        from rated
        where rate_pct = (select min(rate_pct) from rated)
        order by department_code
        """,
        measure=measure,
    )
    return tuple(FlaggedDepartment(**row) for row in found)


def _below_average(reader: _Reader, measure: str) -> tuple[FlaggedDepartment, ...]:
    found = reader.rows(
        """
        select department_name, rate_pct
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
    if scales.has_form(found, form, rated_department_count):
        return tuple(_annex_row(row, tuple(row[share] for share in form)) for row in found), ()
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
    return tuple(_annex_row(row, shares[row["department_code"]]) for row in found), scales.labels_of(answers)


def _annex_row(row: dict[str, Any], shares_pct: tuple[Decimal | None, ...]) -> AnnexRow:
    return AnnexRow(
        row_number=row["row_number"],
        department_name=row["department_name"],
        valid_frame_count=row["valid_frame_count"],
        sample_count=row["sample_count"],
        shares_pct=shares_pct,
    )
