"""What a quarter's change columns are compared with: the quarter before, as it is served."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from callback_survey import releases
from callback_survey.quarter import Quarter
from callback_survey.releases import RATES, Release
from callback_survey.scope import Scope
from callback_survey.warehouse.compared import COMPARED_FIGURES, Comparison


def comparison_for(folder: Path, scope: Scope) -> Comparison | None:
    """What a region's quarter is compared with: the calendar quarter before, or None where that was never released.

    Of revisions with equal figures up to the served one it is the first: a revision that only corrects something else
    must not open a new one of every quarter after it.
    """
    previous = str(Quarter.parse(scope.quarter).previous())
    every = releases.revisions(folder, Scope(scope.region_code, previous))
    served = releases.served_of(every, folder)
    found = [release for release in every if served and release.revision <= served.revision and RATES in release.tables]
    if not found:
        return None
    first = found[-1]
    for earlier in reversed(found[:-1]):
        if not _same_figures(earlier, first):
            break
        first = earlier
    return Comparison(previous, first.revision, _rates(first))


def outdated(folder: Path, compared: Iterable[Scope]) -> list[Release]:
    """The served releases of the quarters after the given ones that were compared with other figures.

    Served, not latest: a revision that was rolled back must not come back as the ground of a new one.
    """
    found = []
    for scope in compared:
        for following in releases.served(folder, scope.region_code, str(Quarter.parse(scope.quarter).next())):
            comparison = comparison_for(folder, following.scope)
            if following.compared_with != (comparison.as_json() if comparison else None):
                found.append(following)
    return found


def _same_figures(one: Release, other: Release) -> bool:
    listed = ", ".join(COMPARED_FIGURES)
    with duckdb.connect() as connection:
        rows = [
            connection.execute(
                f"select {listed} from read_parquet(?) order by department_code, measure", [str(_rates(release))]
            ).fetchall()
            for release in (one, other)
        ]
    return rows[0] == rows[1]


def _rates(release: Release) -> Path:
    return release.folder / "marts" / f"{RATES}.parquet"
