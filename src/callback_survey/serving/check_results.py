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
    "check_results",
    ("region_code", "quarter", "revision", "run_id", "gate", "check_id"),
    # a failed run before the release that followed it
    ("region_code", "quarter", "checked_at nulls first", "run_id", "revision", "gate", "check_id"),
    _DESCRIPTION,
    _COLUMNS,
)
_TYPES = {"revision": pa.int64(), "is_served": pa.bool_(), "is_accepted": pa.bool_()}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in _COLUMNS])
# what cannot be read as a moment is none: results are no figures, and hold nobody up
_TYPED = """
    select * replace (
        try_cast(checked_at as timestamptz) as checked_at,
        try_cast(accepted_at as timestamptz) as accepted_at
    )
    from found_results
"""
# The rows of a served file as it may be from before a warning was an outcome of its own.
EARLIER = """
    select * replace (
        case when severity = 'warn' and outcome not in ('pass', 'skipped') then 'warn' else outcome end as outcome
    )
    from before.check_results
"""


def write_table(
    connection: duckdb.DuckDBPyConnection, served: Sequence[Release], every: Sequence[Release], checks: Path | None
) -> None:
    """Create `check_results`. `checks` is the folder of all runs, None where there is none."""
    rows = [*_released(served, every), *(_unreleased(every, checks) if checks is not None else ())]
    found = pa.Table.from_pylist(rows, schema=_SCHEMA)
    connection.register("found_results", found)
    connection.execute(f"create table check_results as {_TYPED}")
    connection.unregister("found_results")


def _released(served: Sequence[Release], every: Sequence[Release]) -> Iterator[dict[str, Any]]:
    shown = {release.name for release in served}
    for release in every:
        for report in release.check_reports():
            yield from _rows(report, release.revision, release.name in shown)


def _unreleased(every: Sequence[Release], checks: Path) -> Iterator[dict[str, Any]]:
    """The results of runs in which a gate stopped a region's quarter; both gates of it, as far as they were held."""
    released = {(release.run_id, release.region_code, release.quarter) for release in every}
    for folder in sorted(path for path in checks.glob("*") if path.is_dir()):
        reports = [report for path in sorted(folder.glob("*.json")) if (report := _read(path)) is not None]
        stopped = {(report.region_code, report.quarter) for report in reports if report.failures}
        for report in reports:
            is_known = (report.run_id, report.region_code, report.quarter) in released
            if (report.region_code, report.quarter) in stopped and not is_known:
                yield from _rows(report, None, False)


def _read(path: Path) -> CheckReport | None:
    """None where it is no report, or a damaged one: what a failed run found is no figure, and holds nobody up."""
    try:
        return CheckReport.read(path)
    except (DamagedFile, TypeError, KeyError, AttributeError) as error:
        logger.warning("left out of check_results: %s cannot be read (%s)", path, type(error).__name__)
        return None


def _rows(report: CheckReport, revision: int | None, is_served: bool) -> Iterator[dict[str, Any]]:
    for row in report.as_rows():
        yield {**row, "revision": revision, "is_served": is_served}
