"""Gate 2, the figures once more: recomputed from counts or printed rates alone, with exact fractions, another road to them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import duckdb
import pandas as pd

from callback_survey.checks.model import Check
from callback_survey.scope import Scope

from . import of_marts

_NONE_PUBLISHED = "no department's figure is published"
_REGION = """
    select measures.measure_name, rated_department_count, average_pct::text as average_pct,
        below_average_count, coalesce(lowest_department_name, '—') as lowest_department_name
    from marts.region_rates
    inner join seeds.measures as measures using (measure)
    where region_code = $region_code and quarter = $quarter
"""
_LISTED = """
    select measures.measure_name, listed.department_name, listed.gap_pct::text as gap_pct
    from marts.below_average as listed
    inner join seeds.measures as measures using (measure)
    where region_code = $region_code and quarter = $quarter
    order by measures.measure_order, listed.list_position
"""
_RATE_TOLERANCE = 1e-12


def facts(connection: duckdb.DuckDBPyConnection, scope: Scope, rates: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Averages, flags and every other figure beside what the counts give; `rates` is the table of facts of that name."""
    keys = {"region_code": scope.region_code, "quarter": scope.quarter}
    regions = {row["measure_name"]: row for row in connection.execute(_REGION, keys).df().to_dict("records")}
    listed = connection.execute(_LISTED, keys).df()
    averages: list[tuple[str, ...]] = []
    flags: list[tuple[str, ...]] = []
    figures: list[tuple[str, ...]] = []
    for measure_name, group in rates.groupby("measure_name"):
        answered = group[group["is_rated"].astype(bool)]
        exact = {index: _exact_rate(row) for index, row in answered.iterrows()}
        average = _half_up(sum(map(Fraction, exact.values()), Fraction(0)) / len(exact)) if exact else None
        if average is not None:
            printed = {_hundredths(value) for value in group["average_pct"]}  # a missing one is NaN and equals nothing
            averages += [(measure_name, value, str(average)) for value in sorted(printed)]
            flags += [
                (row.department_name, measure_name, str(row.is_below_average), str(exact[index] < average))
                for index, row in answered.iterrows()
            ]
        below = {
            row.department_name: exact[index] - average
            for index, row in answered.iterrows()
            if average is not None and exact[index] < average
        }
        names = {index: row.department_name for index, row in answered.iterrows() if row.reliability != "not_rated"}
        found = [
            *_department_figures(answered, exact),
            *_list_figures(listed[listed["measure_name"] == measure_name], below),
            *_region_figures(regions.get(measure_name), names, exact, average, len(below)),
        ]
        figures += [(place, measure_name, *figure) for place, *figure in found]
    return {
        "averages": pd.DataFrame(averages, columns=["measure_name", "average_pct", "recomputed_pct"]),
        "flags": pd.DataFrame(flags, columns=["department_name", "measure_name", "is_below_average", "recomputed"]),
        "figures": pd.DataFrame(figures, columns=["place", "measure_name", "figure", "found", "expected"]),
    }


def checks() -> list[Check]:
    return [
        Check(
            "average_recomputed",
            facts="averages",
            expectation=of_marts.ExpectAverageAsRecomputed(),
            example="{measure_name}: {average_pct}, recomputed {recomputed_pct}",
            shows=("measure_name", "average_pct", "recomputed_pct"),
            allows="the mean of the rounded rates, rounded half up",
            rows_may_be_missing=True,
            nothing=_NONE_PUBLISHED,
        ),
        Check(
            "flags_recomputed",
            facts="flags",
            expectation=of_marts.ExpectFlagsAsRecomputed(),
            example="{department_name}, {measure_name}: {is_below_average}, recomputed {recomputed}",
            shows=("department_name", "measure_name", "is_below_average", "recomputed"),
            allows="below average exactly where the rounded rate is less than the rounded average",
            rows_may_be_missing=True,
            nothing=_NONE_PUBLISHED,
        ),
        Check(
            "figures_consistent",
            facts="figures",
            expectation=of_marts.ExpectFiguresConsistent(),
            example="{place}（{measure_name}）: {figure} {found}, expected {expected}",
            shows=("place", "measure_name", "figure", "found", "expected"),
            allows="every figure is what the counts of the departments give",
        ),
    ]


def _department_figures(answered: pd.DataFrame, exact: dict[object, Decimal]) -> Iterator[tuple[str, ...]]:
    """Of every rated department. Whether it has a rank at all, and a printed rate is the printed one, is asked elsewhere."""
    for index, row in answered.iterrows():
        if not pd.isna(row.rate_rank):
            rank = 1 + sum(other > exact[index] for other in exact.values())
            yield row.department_name, "rate_rank", str(int(row.rate_rank)), str(rank)
        if row.has_cases:
            yield row.department_name, "rate_pct", _hundredths(row.rate_pct), str(exact[index])
        rate = row.success_count / row.answered_count if row.has_cases else float(exact[index]) / 100
        is_same = abs(row.rate - rate) <= _RATE_TOLERANCE
        yield row.department_name, "rate", repr(rate) if is_same else repr(float(row.rate)), repr(rate)


def _list_figures(listed: pd.DataFrame, below: dict[str, Decimal]) -> Iterator[tuple[str, ...]]:
    """Each department that is on the list below average, or should be, with its gap; '—' where it is not there."""
    found = dict(zip(listed["department_name"], listed["gap_pct"], strict=True))
    for name in [*below, *(name for name in found if name not in below)]:
        yield name, "below_average.gap_pct", found.get(name, "—"), str(below.get(name, "—"))


def _region_figures(
    region: dict[str, object] | None,
    names: dict[object, str],
    exact: dict[object, Decimal],
    average: Decimal | None,
    below_count: int,
) -> Iterator[tuple[str, ...]]:
    if region is None:
        yield "region_rates", "row", "missing", "present"
        return
    expected = {
        "rated_department_count": str(len(exact)),
        "average_pct": "—" if average is None else str(average),
        # none is below an average that is not there, and none is not
        "below_average_count": "—" if average is None else str(below_count),
    }
    for figure, value in expected.items():
        yield "region_rates", figure, _shown(region[figure]), value
    # of several lowest ones the annex's order names one; too few answers make none the lowest
    least = min((exact[index] for index in names), default=None)
    lowest = sorted(name for index, name in names.items() if exact[index] == least) or ["—"]
    named = str(region["lowest_department_name"])
    yield "region_rates", "lowest_department_name", named, named if named in lowest else "、".join(lowest)


def _shown(value: object) -> str:
    """A figure of the tables as text. What is NULL comes from pandas as None, NaN or NA, and whole numbers beside it as doubles."""
    if pd.isna(value):
        return "—"
    return str(int(value)) if isinstance(value, float) else str(value)


def _exact_rate(row: pd.Series) -> Decimal:
    if row.has_cases:
        return _half_up(Fraction(100 * int(row.success_count), int(row.answered_count)))
    return Decimal(row.printed)


def _half_up(value: Fraction) -> Decimal:
    """Rounded half up to two decimals. Not negative, so that half up is away from zero."""
    hundredths = Fraction(value * 100)
    whole = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    return Decimal(whole).scaleb(-2)


def _hundredths(value: float | Decimal) -> str:
    """A DECIMAL(5,2) as DuckDB hands it to pandas (a double), as the two decimals it stands for."""
    return str(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))
