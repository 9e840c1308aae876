"""What a release calls its measures. Nothing else says it: an instance has measures of its own."""

from __future__ import annotations

import duckdb

from callback_survey.releases.model import RATES, Release
from callback_survey.storage import duck

_TABLE = "measures"


def measure_names(*found: Release) -> dict[str, str]:
    """The names of the measures rated in these releases, by code and in their order; the last release that has one names it.

    A release from before there was a table of measures has their names beside its rates, or none: there the code stands.
    """
    ordered: dict[str, tuple[int, str, str]] = {}
    with duckdb.connect() as connection:
        for release in found:
            for measure, name, place in _rated(connection, release):
                known = ordered.get(measure)
                ordered[measure] = (place, name, measure) if name or known is None else known
    return {measure: name or measure for _, name, measure in sorted(ordered.values())}


def _rated(connection: duckdb.DuckDBPyConnection, release: Release) -> list[tuple[str, str, int]]:
    rates = duck.read_parquet([release.folder / "marts" / f"{RATES}.parquet"])
    if _TABLE in release.tables:
        names = duck.read_parquet([release.folder / "marts" / f"{_TABLE}.parquet"])
        query = (
            f"select measure, measure_name, measure_order from {names} where measure in (select measure from {rates})"
        )
    else:
        columns = {row[0] for row in connection.execute(f"describe from {rates}").fetchall()}
        name = "measure_name" if "measure_name" in columns else "''"
        query = f"select distinct measure, {name}, 0 from {rates}"
    return connection.execute(query).fetchall()
