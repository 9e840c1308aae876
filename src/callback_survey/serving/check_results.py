"""The table `check_results`: what every revision's gates said, and what stopped the runs that released nothing.

Results of failed runs wait in <home>/checks/<run>/ and join the table when something new is served. They make no version
of their own: a reader's file does not change because a delivery was refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from callback_survey.checks.model import CheckReport
from callback_survey.errors import DamagedFile
from callback_survey.releases import Release
from callback_survey.serving import carried
from callback_survey.serving.carried import Carried
from callback_survey.serving.declared import ServedTable

logger = logging.getLogger(__name__)

_DESCRIPTION = (
    "One row per check of a gate: those of every revision ever released, and those of runs in which a gate failed. "
    "A failed run's results appear with the next release."
)
_COLUMNS = {
    "region_code": "six-digit administrative division code",
    "quarter": "calendar quarter, such as 2018Q1",
    "revision": "the revision that these checks were held over; NULL where the run released nothing",
    "is_served": "true for the checks of the revision that the other tables show",
    "run_id": "the run that checked",
    "checked_at": "when the gate was held; NULL for results from before this was kept",
    "delivery_id": "identity of the delivery that was checked; NULL where it could not be landed",
    "gate": "delivery or marts",
    "suite": "the suite the check belongs to",
    "check_id": "the check, as in the seed check_rules",
    "expectation": "the Great Expectations class that looked",
    "severity": "fail stops a release, warn tells",
    "outcome": "pass, warn (a check that only warns did not pass), fail, error (the check itself raised), no_rows, or skipped "
    "(nothing to compare)",
    "observed": "what was found",
    "allowed": "what would have passed",
    "examples": "departments or cases, never persons",
    "is_accepted": "true where the check failed and a person accepted that for this delivery",
    "accepted_by": "who accepted the failure",
    "accepted_reason": "why",
    "accepted_at": "when",
}
TABLE = ServedTable(
    carried.REPORTS,
    ("region_code", "quarter", "revision", "run_id", "gate", "check_id"),
    # a failed run before the release that followed it
    ("region_code", "quarter", "checked_at nulls first", "run_id", "revision", "gate", "check_id"),
    _DESCRIPTION,
    _COLUMNS,
)
_TABLE = carried.REPORTS
_RUN = ("run_id", "region_code", "quarter")
_RELEASED = pa.schema([*((name, pa.string()) for name in (*_RUN, "name")), ("is_served", pa.bool_())])
_TYPES = {"revision": pa.int64(), "is_served": pa.bool_(), "is_accepted": pa.bool_()}
_READ = tuple(name for name in _COLUMNS if name != "is_served")
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in (*_READ, carried.SOURCE)])
# of a history there are some hundred thousand results: only so many are held as Python's
_BATCH_ROWS = 10_000
# what cannot be read as a moment is none: results are no figures, and hold nobody up
_MOMENTS = ("checked_at", "accepted_at")
# The rows of a served file as it may be from before a warning was an outcome of its own.
EARLIER = """
    select * replace (
        case when severity = 'warn' and outcome not in ('pass', 'skipped') then 'warn' else outcome end as outcome
    )
    from before.check_results
"""


def read_reports(
    connection: duckdb.DuckDBPyConnection, every: Sequence[Release], checks: Path | None, earlier: Carried
) -> dict[str, str]:
    """Read the results of all revisions and of runs that released nothing, as far as `earlier` does not have them. `checks` is the
    folder of all runs, None where there is none. Returns each source with how its files lie; a damaged one is read again."""
    reports: dict[str, str] = {}
    anew: list[tuple[str, list[Path], Release | None, str]] = []
    for source, folder, release in _sources(every, checks):
        paths = sorted(folder.glob("*.json"))
        lies = carried.lying(paths)
        if lies and earlier.reports.get(source) == lies:
            reports[source] = lies
        else:
            anew.append((source, paths, release, lies))
    if reports:
        carried.name_sources(connection, reports)
        carried.drop_others(connection, _TABLE)
    else:
        connection.register("read_reports", _SCHEMA.empty_table())
        connection.execute(f"create or replace table {carried.relation(_TABLE)} as from read_reports")
        connection.unregister("read_reports")
    rows: list[dict[str, Any]] = []
    for source, paths, release, lies in anew:
        found = [] if release is not None else [_read(path) for path in paths]
        told = _stopped(found) if release is None else _of_revision(release)
        rows += [{**row, carried.SOURCE: source} for row in told]
        if None not in found:
            reports[source] = lies
        if len(rows) >= _BATCH_ROWS:
            _insert(connection, rows)
            rows.clear()
    _insert(connection, rows)
    return reports


def _insert(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    connection.register("read_reports", pa.Table.from_pylist(list(rows), schema=_SCHEMA))
    connection.execute(f"insert into {carried.relation(_TABLE)} by name from read_reports")
    connection.unregister("read_reports")


def write_table(connection: duckdb.DuckDBPyConnection, served: Sequence[Release], every: Sequence[Release]) -> None:
    """Create `check_results` of what was read."""
    released = [{name: getattr(release, name) for name in (*_RUN, "name")} for release in every]
    names = {release.name for release in served}
    known = pa.Table.from_pylist([{**row, "is_served": row["name"] in names} for row in released], schema=_RELEASED)
    connection.register("known_releases", known)
    listed = ", ".join(
        f"try_cast(found.{name} as timestamptz) as {name}"
        if name in _MOMENTS
        else "coalesce(own.is_served, false) as is_served"
        if name == "is_served"
        else f"found.{name}"
        for name in _COLUMNS
    )
    # the results of a failed run count as long as that run released nothing of the region's quarter
    connection.execute(f"""
        create table check_results as
        select {listed}
        from {carried.relation(_TABLE)} as found
        left join known_releases as own on found.{carried.SOURCE} = own.name
        where own.name is not null
            or ({", ".join(f"found.{name}" for name in _RUN)}) not in (select ({", ".join(_RUN)}) from known_releases)
    """)
    connection.unregister("known_releases")


def _sources(every: Sequence[Release], checks: Path | None) -> Iterator[tuple[str, Path, Release | None]]:
    """Where results lie: with each revision, and in the folder of each run."""
    for release in every:
        yield release.name, release.folder / "checks", release
    for folder in sorted(path for path in checks.glob("*") if path.is_dir()) if checks is not None else ():
        yield f"checks/{folder.name}", folder, None


def _of_revision(release: Release) -> Iterator[dict[str, Any]]:
    for report in release.check_reports():
        yield from _rows(report, release.revision)


def _stopped(found: Sequence[CheckReport | None]) -> Iterator[dict[str, Any]]:
    """The results of a run of which a gate stopped a region's quarter; both gates of it, as far as they were held."""
    reports = [report for report in found if report is not None]
    stopped = {report.scope for report in reports if report.failures}
    for report in reports:
        if report.scope in stopped:
            yield from _rows(report, None)


def _read(path: Path) -> CheckReport | None:
    """None where it is no report, or a damaged one: what a failed run found is no figure, and holds nobody up."""
    try:
        return CheckReport.read(path)
    except (DamagedFile, TypeError, KeyError, AttributeError) as error:
        logger.warning("left out of check_results: %s cannot be read (%s)", path, type(error).__name__)
        return None


def _rows(report: CheckReport, revision: int | None) -> Iterator[dict[str, Any]]:
    for row in report.as_rows():
        yield {**row, "revision": revision}
