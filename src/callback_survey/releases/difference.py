"""What a revision changed: against the one before it, frozen with it, and between any two that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import duckdb

from callback_survey.landing.corrections import DatasetDifference
from callback_survey.releases.model import RATES, Release
from callback_survey.storage import duck
from callback_survey.warehouse.published import PublishedTable


def against(
    connection: duckdb.DuckDBPyConnection,
    before: Release,
    tables: Sequence[PublishedTable],
    changed_rows: Sequence[DatasetDifference],
) -> dict[str, Any]:
    """What a revision changed against the one before: rows of the delivery, and departments whose figures moved."""
    rows = [asdict(difference) for difference in changed_rows if not difference.is_empty]
    rates = next((table for table in tables if table.name == RATES), None)
    has_both = rates is not None and RATES in before.tables
    return {"against": before.name, "rows": rows, "departments": _moved(connection, before) if has_both else []}


def _moved(connection: duckdb.DuckDBPyConnection, before: Release) -> list[dict[str, Any]]:
    """The departments whose printed rate or flag is another one than in the revision before."""
    path = before.folder / "marts" / f"{RATES}.parquet"
    moved = connection.execute(
        f"""
        select
            coalesce(later.department_name, earlier.department_name) as department_name,
            coalesce(later.measure, earlier.measure) as measure,
            earlier.rate_pct::text as rate_pct_before,
            later.rate_pct::text as rate_pct_after,
            earlier.is_below_average as is_below_average_before,
            later.is_below_average as is_below_average_after
        from {duck.read_parquet([path])} as earlier
        full join (
            select * from marts.{RATES} where region_code = $region_code and quarter = $quarter
        ) as later using (department_code, measure)
        where (earlier.rate_pct, earlier.is_below_average) is distinct from (later.rate_pct, later.is_below_average)
        order by measure, department_code
        """,
        {"region_code": before.region_code, "quarter": before.quarter},
    )
    names = [column[0] for column in moved.description or ()]
    return [dict(zip(names, row, strict=True)) for row in moved.fetchall()]


@dataclass(frozen=True)
class Figures:
    """What is printed of a department for one measure. Rates are text, as printed; NULL where nobody answered."""

    rate_pct: str | None
    rate_rank: int | None
    is_below_average: bool | None
    is_significantly_below: bool | None
    is_significantly_below_superpopulation: bool | None


@dataclass(frozen=True)
class Moved:
    """A department of which something printed is another one. None stands where a revision does not have it."""

    department_code: str
    department_name: str
    before: Figures | None
    after: Figures | None


@dataclass(frozen=True)
class Totals:
    """Of one measure in one revision. NULLs where the revision does not have it, or knows no counts."""

    average_pct: str | None = None
    below_count: int | None = None
    significantly_below_count: int | None = None


@dataclass(frozen=True)
class MeasureDifference:
    measure: str
    measure_name: str
    before: Totals
    after: Totals
    moved: tuple[Moved, ...]


@dataclass(frozen=True)
class Difference:
    """Two revisions of a quarter, per measure. `tables` are those whose content differs; `not_compared` columns that
    only one of them has."""

    before: Release
    after: Release
    measures: tuple[MeasureDifference, ...]
    tables: tuple[str, ...]
    not_compared: tuple[str, ...]


_FIGURES = tuple(field.name for field in fields(Figures))


def between(before: Release, after: Release) -> Difference:
    """What readers of one revision would find otherwise in another, from the frozen marts of both."""
    with duckdb.connect() as connection:
        columns = [_view(connection, name, release) for name, release in (("earlier", before), ("later", after))]
        known = [name for name in _FIGURES if all(name in found for found in columns)]
        totals = [_totals(connection, *of) for of in zip(("earlier", "later"), columns, strict=True)]
        moved = _moved_between(connection, known)
        names = _measure_names(connection, columns)
    measures = tuple(
        MeasureDifference(
            measure,
            name,
            totals[0].get(measure, Totals()),
            totals[1].get(measure, Totals()),
            tuple(row for of, row in moved if of == measure),
        )
        for measure, name in names.items()
    )
    not_compared = tuple(name for name in _FIGURES if name not in known and any(name in found for found in columns))
    return Difference(before, after, measures, _other_tables(before, after), not_compared)


def _view(connection: duckdb.DuckDBPyConnection, name: str, release: Release) -> list[str]:
    """A release's rates as a view; returns its columns."""
    path = release.folder / "marts" / f"{RATES}.parquet"
    connection.execute(f"create view {name} as from {duck.read_parquet([path])}")
    return [row[0] for row in connection.execute(f"describe {name}").fetchall()]


def _totals(connection: duckdb.DuckDBPyConnection, view: str, columns: Sequence[str]) -> dict[str, Totals]:
    average = "max(average_pct)::text" if "average_pct" in columns else "null"
    # a sum over flags that are all NULL is NULL: of a printed annex nobody can say what is beyond chance
    counted = ["is_below_average", "is_significantly_below"]
    counts = [f"sum({name}::bigint)::bigint" if name in columns else "null" for name in counted]
    rows = connection.execute(f"select measure, {average}, {', '.join(counts)} from {view} group by measure").fetchall()
    return {measure: Totals(*rest) for measure, *rest in rows}


def _measure_names(connection: duckdb.DuckDBPyConnection, columns: Sequence[Sequence[str]]) -> dict[str, str]:
    """The measures of both revisions with the name that the later one gives them, satisfaction first as in the notice."""
    parts = [
        f"select measure, {'measure_name' if 'measure_name' in found else 'measure'} as name, {age} as age from {view}"
        for view, found, age in zip(("earlier", "later"), columns, (0, 1), strict=True)
    ]
    union = " union all ".join(parts)
    rows = connection.execute(
        f"select measure, arg_max(name, age) from ({union}) group by measure order by measure <> 'satisfaction', measure"
    ).fetchall()
    return dict(rows)


def _moved_between(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> list[tuple[str, Moved]]:
    """The departments with another figure, each with its measure; in the later revision's order of rank."""
    typed = {"rate_pct": "::text"}
    listed = [
        f"{view}.{name}{typed.get(name, '')}" if name in known else "null"
        for view in ("earlier", "later")
        for name in _FIGURES
    ]
    differs = [f"earlier.{name} is distinct from later.{name}" for name in known]
    one_sided = ["earlier.department_code is null", "later.department_code is null"]
    rank = "later.rate_rank, earlier.rate_rank, " if "rate_rank" in known else ""
    rows = connection.execute(f"""
        select
            measure,
            department_code,
            coalesce(later.department_name, earlier.department_name),
            earlier.department_code is not null,
            later.department_code is not null,
            {", ".join(listed)}
        from earlier
        full join later using (department_code, measure)
        where {" or ".join([*one_sided, *differs])}
        order by {rank}department_code
    """).fetchall()
    width = len(_FIGURES)
    return [
        (
            measure,
            Moved(
                code,
                name,
                Figures(*figures[:width]) if is_before else None,
                Figures(*figures[width:]) if is_after else None,
            ),
        )
        for measure, code, name, is_before, is_after, *figures in rows
    ]


def _other_tables(before: Release, after: Release) -> tuple[str, ...]:
    names = sorted({*before.tables, *after.tables})
    hashes = [
        {name: table.get("content_hash") for name, table in release.tables.items()} for release in (before, after)
    ]
    return tuple(name for name in names if hashes[0].get(name) is None or hashes[0].get(name) != hashes[1].get(name))
