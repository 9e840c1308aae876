"""What a companion says, read from the marts of a release. No figure is computed again here."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from callback_survey.documents.companion.answers import read_answers, read_points, read_predecessors
from callback_survey.documents.companion.model import (
    CallOutcomes,
    CompanionData,
    DepartmentRate,
    FindingGroup,
    Footnote,
    MeasureFigures,
)
from callback_survey.documents.marts import QuarterMarts
from callback_survey.errors import SurveyError
from callback_survey.scope import Scope

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RATE_COLUMNS = [field.name for field in fields(DepartmentRate)]


class CompanionDataMissing(SurveyError):
    """The marts hold no complete region and quarter to write a companion about."""


def read_companion_data(connection: DuckDBPyConnection, scope: Scope, *, schema: str = "marts") -> CompanionData:
    """Read one region and quarter from the marts in `schema` ("marts" in the warehouse, "main" over a release).

    Raises CompanionDataMissing where the region or its rates are not there.
    """
    marts = QuarterMarts(connection, schema, scope.region_code, scope.quarter)
    region = marts.region()
    measures = tuple(_measure(marts, row) for row in _measures(marts))
    if region is None or not measures:
        raise CompanionDataMissing(
            "the marts cannot fill a companion",
            where=f"{schema}.regions and {schema}.region_rates, region {scope.region_code}, quarter {scope.quarter}",
            expected="the region, and a row for each of its measures",
            next_step="build the quarter first, or check the region code and the quarter",
            region_code=scope.region_code,
            quarter=scope.quarter,
        )
    return CompanionData(
        region_code=scope.region_code,
        region_name=region["region_name"],
        parent_region_name=region["parent_region_name"],
        quarter=scope.quarter,
        measures=measures,
        call_outcomes=_call_outcomes(marts),
        findings=_findings(marts, None),
        sign_use=region["sign_use"],
        reconciliation_counts=marts.reconciliation_counts(),
        points=read_points(marts),
        predecessors=read_predecessors(marts),
    )


def _measures(marts: QuarterMarts) -> list[dict[str, Any]]:
    return marts.rows(
        """
        select
            rates.measure, measures.measure_name, definitions.definition_label, rates.average_pct,
            rates.benchmark_pct, rates.benchmark_label, rates.benchmark_year, rates.gap_to_benchmark_pct
        from {schema}.region_rates as rates
        inner join {schema}.measures as measures using (measure)
        left join {schema}.measure_definitions as definitions
            on
                rates.region_code = definitions.region_code
                and rates.quarter = definitions.quarter
                and rates.measure = definitions.measure
        where rates.region_code = $region_code and rates.quarter = $quarter
        order by measures.measure_order
        """
    )


def _measure(marts: QuarterMarts, figures: dict[str, Any]) -> MeasureFigures:
    measure = figures["measure"]
    departments = _departments(marts, measure)
    grains = marts.rows(
        """
        select distinct source_grain
        from {schema}.department_rates
        where region_code = $region_code and quarter = $quarter and measure = $measure
        """,
        measure=measure,
    )
    return MeasureFigures(
        **figures,
        departments=departments,
        footnotes=_footnotes(marts, departments),
        findings=_findings(marts, measure),
        is_published_only=[row["source_grain"] for row in grains] == ["published"],
        answers=read_answers(marts, measure),
    )


def _departments(marts: QuarterMarts, measure: str) -> tuple[DepartmentRate, ...]:
    """In the order of the measure's annex."""
    # a release from before a column was kept says nothing of it
    kept = marts.columns("department_rates")
    found = marts.rows(
        f"""
        select {", ".join(f"rates.{column}" for column in _RATE_COLUMNS if column in kept)}
        from {{schema}}.department_rates as rates
        left join {{schema}}.annexes as annexes
            on
                rates.region_code = annexes.region_code
                and rates.quarter = annexes.quarter
                and rates.department_code = annexes.department_code
                and rates.measure = annexes.measure
                and annexes.figure = 'sample_count'
        where rates.region_code = $region_code and rates.quarter = $quarter and rates.measure = $measure
        order by annexes.row_number nulls last, rates.department_code
        """,
        measure=measure,
    )
    return tuple(DepartmentRate(**{**row, "footnote_codes": _codes(row["footnote_codes"])}) for row in found)


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()


def _footnotes(marts: QuarterMarts, departments: tuple[DepartmentRate, ...]) -> tuple[Footnote, ...]:
    known = marts.rows("select footnote_code, footnote_label from {schema}.footnotes order by footnote_order")
    notes = (
        Footnote(
            row["footnote_code"],
            row["footnote_label"],
            tuple(found.department_name for found in departments if row["footnote_code"] in found.footnote_codes),
        )
        for row in known
    )
    return tuple(note for note in notes if note.department_names)


def _findings(marts: QuarterMarts, measure: str | None) -> tuple[FindingGroup, ...]:
    """By code, warnings first; within that in the order in which the codes are kept."""
    found = marts.rows(
        """
        select
            findings.finding_code as code,
            codes.title,
            findings.severity,
            findings.measure,
            count(*) as finding_count,
            list(findings.department_name order by findings.finding_number)
                filter (findings.department_name is not null) as department_names
        from {schema}.findings as findings
        inner join {schema}.finding_codes as codes using (finding_code)
        where
            findings.region_code = $region_code and findings.quarter = $quarter
            and findings.measure is not distinct from $measure
        group by all
        order by bool_or(findings.severity = 'warn') desc, min(codes.finding_order)
        """,
        measure=measure,
    )
    return tuple(
        FindingGroup(**{**row, "department_names": tuple(dict.fromkeys(row["department_names"] or ()))})
        for row in found
    )


def _call_outcomes(marts: QuarterMarts) -> CallOutcomes | None:
    found = marts.rows(
        f"""
        select {", ".join(field.name for field in fields(CallOutcomes))}
        from {{schema}}.region_call_outcomes
        where region_code = $region_code and quarter = $quarter
        """
    )
    return CallOutcomes(**found[0]) if found and found[0]["attempted_count"] else None
