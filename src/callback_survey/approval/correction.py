"""更正: an issued notice is replaced by that of another revision, for a reason, and both are held against each other as printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

from callback_survey import releases
from callback_survey.approval.public import Issue
from callback_survey.documents.marts import QuarterMarts, open_frozen
from callback_survey.documents.notice.correction import Correction, Moved, MovedMeasure
from callback_survey.releases import Release
from callback_survey.settings import Settings
from callback_survey.wording.figures import percent

# what a notice prints of a department besides its annex
_PRINTED = (
    "department_name",
    "rate_pct",
    "is_below_average",
    "is_significantly_below",
    "is_significantly_below_superpopulation",
    "reliability",
)
_NONE = "没有"


@dataclass(frozen=True)
class _Printed:
    """What is printed of one measure: average and benchmark, and of each department, by its code, its rate in words and the rest."""

    measure_name: str
    average: str
    benchmark: str
    departments: dict[str, _Department]


@dataclass(frozen=True)
class _Department:
    name: str
    rate: str
    rest: tuple[Any, ...]


def correction_of(settings: Settings, release: Release, replaced: Issue, reason: str) -> Correction:
    """What the notice of a release says of the issued one that it takes the place of. Raises DamagedFile where the release behind
    that one is not what was frozen."""
    every = releases.revisions(settings.releases, release.scope)
    before = next((one for one in every if one.revision == replaced.revision), None)
    if before is not None and before.content_hash != replaced.content_hash:
        before = None
    if before is not None:
        before.verify_marts()
    return Correction(
        quarter=replaced.quarter,
        revision=replaced.revision,
        number=replaced.number,
        dated_on=date.fromisoformat(replaced.dated_on) if replaced.dated_on else None,
        reason=reason,
        measures=tuple(_moved(_printed(before), _printed(release))) if before else None,
    )


def _moved(before: dict[str, _Printed], after: dict[str, _Printed]) -> Iterator[MovedMeasure]:
    """In the order of the later notice; what only the earlier one had comes last."""
    nothing = _Printed("", _NONE, _NONE, {})
    for measure in [*after, *(measure for measure in before if measure not in after)]:
        one, other = before.get(measure, nothing), after.get(measure, nothing)
        codes = sorted({*one.departments, *other.departments})
        yield MovedMeasure(
            other.measure_name or one.measure_name,
            (one.average, other.average),
            (one.benchmark, other.benchmark),
            tuple(
                _moved_department(one.departments.get(code), other.departments.get(code))
                for code in codes
                if one.departments.get(code) != other.departments.get(code)
            ),
        )


def _moved_department(before: _Department | None, after: _Department | None) -> Moved:
    known = after or before
    assert known is not None
    return Moved(known.name, before.rate if before else None, after.rate if after else None)


def _printed(release: Release) -> dict[str, _Printed]:
    """What the notice of a release prints, by measure in their order."""
    with closing(open_frozen(release)) as connection:
        marts = QuarterMarts(connection, "main", release.region_code, release.quarter)
        measures = marts.rows(
            """
            select measure, measure_name, average_pct, benchmark_pct
            from {schema}.region_rates
            inner join {schema}.measures using (measure)
            where region_code = $region_code and quarter = $quarter
            order by measure_order
            """
        )
        return {
            row["measure"]: _Printed(
                row["measure_name"],
                _percent(row["average_pct"]),
                _percent(row["benchmark_pct"]),
                _departments(marts, row["measure"]),
            )
            for row in measures
        }


def _departments(marts: QuarterMarts, measure: str) -> dict[str, _Department]:
    rates = marts.rows(
        f"""
        select department_code, {", ".join(_PRINTED)}
        from {{schema}}.department_rates
        where region_code = $region_code and quarter = $quarter and measure = $measure
        """,
        measure=measure,
    )
    annex: dict[str, list[tuple[Any, ...]]] = {}
    if {"figure", "figure_count"} <= marts.columns("annexes"):
        for row in marts.rows(
            """
            select department_code, figure, figure_count, figure_pct, is_suppressed
            from {schema}.annexes
            where region_code = $region_code and quarter = $quarter and measure = $measure
            order by department_code, figure_order, figure
            """,
            measure=measure,
        ):
            code, *figures = row.values()
            annex.setdefault(code, []).append(tuple(figures))
    masked = marts.masked("department_rates", measure)
    return {
        row["department_code"]: _Department(
            row["department_name"],
            _rate(row["rate_pct"], is_masked=row["department_code"] in masked),
            (*(row[name] for name in _PRINTED), *annex.get(row["department_code"], ())),
        )
        for row in rates
    }


def _rate(rate_pct: Any, *, is_masked: bool) -> str:
    if rate_pct is None:
        return "不予公布" if is_masked else "没有结果"
    return f"{percent(rate_pct)}%"


def _percent(value: Any) -> str:
    return _NONE if value is None else f"{percent(value)}%"
