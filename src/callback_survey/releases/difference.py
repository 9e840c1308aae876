"""What a revision changed: against the one before it, frozen with it, and between any two that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import duckdb

from callback_survey.landing.corrections import DatasetDifference
from callback_survey.releases.measures import measure_names
from callback_survey.releases.model import RATES, Release
from callback_survey.storage import duck
from callback_survey.warehouse.published import PublishedTable
from callback_survey.wording import signs


def against(
    connection: duckdb.DuckDBPyConnection,
    before: Release,
    tables: Sequence[PublishedTable],
    changed_rows: Sequence[DatasetDifference],
) -> dict[str, Any]:
    """What a revision changed against the one before: rows of the delivery, departments whose figures moved, those whose sign
    moved, and whether the departments are tested in another way than before."""
    rows = [asdict(difference) for difference in changed_rows if not difference.is_empty]
    rates = next((table for table in tables if table.name == RATES), None)
    has_both = rates is not None and RATES in before.tables
    return {
        "against": before.name,
        "rows": rows,
        "departments": _moved(connection, before) if has_both else [],
        "signs": _signs(connection, before) if has_both else [],
        "is_other_method": has_both and _methods(connection, before) not in (None, _methods(connection, None)),
    }


def _source(before: Release | None) -> str:
    """The rates of a revision, or those of the warehouse."""
    return f"marts.{RATES}" if before is None else duck.read_parquet([before.folder / "marts" / f"{RATES}.parquet"])


def _columns(connection: duckdb.DuckDBPyConnection, before: Release | None) -> set[str]:
    return {row[0] for row in connection.execute(f"describe from {_source(before)}").fetchall()}


def _methods(connection: duckdb.DuckDBPyConnection, before: Release | None) -> tuple[str, ...] | None:
    """How the departments were tested, facts aside; None where none was. Releases from before this was kept used the normal
    distribution."""
    columns = _columns(connection, before)
    if "p_value" not in columns:
        return None
    name = "test_method" if "test_method" in columns else "'normal'"
    found = connection.execute(f"select distinct {name} from {_source(before)} where p_value is not null").fetchall()
    return tuple(sorted(method for (method,) in found if method)) or None


def _signs(connection: duckdb.DuckDBPyConnection, before: Release) -> list[dict[str, Any]]:
    """The departments that bear another sign of the tests than before: ▽, ▼ or none."""
    flags = {"is_significantly_below_superpopulation", "is_significantly_below"}
    if not all(flags <= _columns(connection, one) for one in (before, None)):
        return []
    found = connection.execute(
        f"""
        select later.department_name, later.measure, later.measure_name,
            case
                when earlier.is_significantly_below_superpopulation then $firm
                when earlier.is_significantly_below then $quarter_only
                else ''
            end as sign_before,
            case
                when later.is_significantly_below_superpopulation then $firm
                when later.is_significantly_below then $quarter_only
                else ''
            end as sign_after
        from {_source(before)} as earlier
        inner join (
            select * from marts.{RATES} where region_code = $region_code and quarter = $quarter
        ) as later using (department_code, measure)
        where sign_before != sign_after
        order by measure, department_code
        """,
        {
            "region_code": before.region_code,
            "quarter": before.quarter,
            "firm": signs.FIRM_MARK,
            "quarter_only": signs.QUARTER_MARK,
        },
    )
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _moved(connection: duckdb.DuckDBPyConnection, before: Release) -> list[dict[str, Any]]:
    """The departments whose printed rate or flag is another one than in the revision before."""
    # a release from before the names were kept beside the rates has the code alone
    name = (
        "coalesce(later.measure_name, earlier.measure_name)"
        if "measure_name" in _columns(connection, before)
        else "coalesce(later.measure_name, earlier.measure)"
    )
    moved = connection.execute(
        f"""
        select
            coalesce(later.department_name, earlier.department_name) as department_name,
            coalesce(later.measure, earlier.measure) as measure,
            {name} as measure_name,
            earlier.rate_pct::text as rate_pct_before,
            later.rate_pct::text as rate_pct_after,
            earlier.is_below_average as is_below_average_before,
            later.is_below_average as is_below_average_after
        from {_source(before)} as earlier
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
    measures = tuple(
        MeasureDifference(
            measure,
            name,
            totals[0].get(measure, Totals()),
            totals[1].get(measure, Totals()),
            tuple(row for of, row in moved if of == measure),
        )
        for measure, name in measure_names(before, after).items()
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
