"""dbt by hand, over the warehouse of a home: the project, registers and settings of a run, and nothing of it is released.

Where the warehouse lacks what is asked for, the current deliveries are built first, as a run builds them: dbt then finds
every relation. What a person builds is theirs alone: the next run does not take it for its own, and builds again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import duckdb

from callback_survey.deliveries import folders
from callback_survey.errors import NothingDelivered
from callback_survey.landing import LandingReport, ledger
from callback_survey.pipeline import steps
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.storage import duck, lakes
from callback_survey.warehouse.dbt import environment_of
from callback_survey.warehouse.project import project_of

# by dbt's first word: what looks at the project alone, and what changes no relation that a run reads
_OF_PROJECT = ("--help", "-h", "--version", "clean", "debug", "deps", "list", "ls", "parse")
_READS = ("compile", "docs", "show", "source", "test")
_SERVES = ("docs", "serve")
# -P: a module in the working folder must not be taken for one of dbt's
_DBT = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli(prog_name='dbt')"]


def prepare(run: Run, arguments: Sequence[str], quarter: Quarter | None, region_code: str | None) -> dict[str, str]:
    """The environment in which dbt does what `arguments` say. The caller holds the warehouse lock."""
    first = arguments[0]
    if first not in _OF_PROJECT:
        if _holds(run, quarter, region_code):
            _bring_near(run)
        else:
            _build(run, quarter, region_code)
    if first not in (*_OF_PROJECT, *_READS):
        run.warehouse.stamp.unlink(missing_ok=True)
    return _environment(run)


def is_served(arguments: Sequence[str]) -> bool:
    """Whether dbt serves its documentation for as long as somebody reads it: it needs no warehouse then."""
    return tuple(arguments[:2]) == _SERVES


def call(arguments: Sequence[str], environment: dict[str, str], held: Sequence[int] = ()) -> int:
    """dbt as a person starts it, with this terminal; its exit code. A lock that is `held` is dbt's too, should this process be killed."""
    process = subprocess.Popen([*_DBT, *arguments], env={**os.environ, **environment}, pass_fds=held)
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue  # dbt hears it too, and ends what is under way
        return code if code >= 0 else 1


def _environment(run: Run) -> dict[str, str]:
    """What dbt needs to find the project and the warehouse. Its options of the same meaning win over it."""
    warehouse = run.warehouse
    project = str(project_of(run.settings, warehouse))
    return {
        **environment_of(run.settings, warehouse.path, warehouse.spill),
        "CALLBACK_SURVEY_TESTS": "each",
        "DBT_PROJECT_DIR": project,
        "DBT_PROFILES_DIR": project,
        # what a run left of its own describes what is released
        "DBT_TARGET_PATH": str(warehouse.folder / "dbt-by-hand"),
        "DBT_LOG_PATH": str(run.settings.logs / "dbt-by-hand"),
    }


def _holds(run: Run, quarter: Quarter | None, region_code: str | None) -> bool:
    """Whether the warehouse holds a finished build, with the quarter and the region where they are asked for."""
    if not run.warehouse.path.is_file():
        return False
    asked = [None if quarter is None else str(quarter), region_code]
    try:
        with run.warehouse.open() as connection:
            found = duck.first_row(
                connection,
                "select 1 from raw.build, raw.deliveries where ($1 is null or quarter = $1) "
                "and ($2 is null or region_code = $2) limit 1",
                asked,
            )
    except duckdb.CatalogException:
        return False
    return found is not None


def _bring_near(run: Run) -> None:
    """The views of a build are over copies where the lake is in object storage, and these may have been swept."""
    if lakes.as_stored(run.settings.lake) is None:
        return
    with run.warehouse.open() as connection:
        built = connection.execute("select region_code, quarter, delivery_id from raw.deliveries").fetchall()
    for region_code, quarter, delivery_id in built:
        report = ledger.find(run.settings.lake, Scope(region_code, quarter), delivery_id)
        if report is not None:
            lakes.bring_near(run.settings.lake, report.lake_files.values())


def _build(run: Run, quarter: Quarter | None, region_code: str | None) -> None:
    landed = _current(run, quarter, region_code)
    if not landed:
        wanted = quarter or _last_delivered(run)
        landed = [steps.land(run, delivery) for delivery in steps.discover(run, wanted, region_code)]
    steps.build(run, landed)


def _current(run: Run, quarter: Quarter | None, region_code: str | None) -> list[LandingReport]:
    """The current deliveries of the quarter, or of the last that has any: neither exports nor a key are needed for them."""
    found = [
        report
        for scope in ledger.scopes(run.settings.lake)
        if region_code in (None, scope.region_code)
        and (quarter is None or scope.quarter == str(quarter))
        and (report := ledger.current(run.settings.lake, scope)) is not None
    ]
    last = max((report.quarter for report in found), default=None)
    return [report for report in found if report.quarter == last]


def _last_delivered(run: Run) -> Quarter:
    exports = run.settings.exports
    meant = {folders.quarter_meant(folder.name) for folder in exports.glob("*/*/")} - {None}
    delivered = [quarter for quarter in meant if quarter is not None]
    if not delivered:
        raise NothingDelivered(
            "nothing is landed and nothing is delivered: dbt has no rows to read",
            where=str(exports),
            expected="a folder <region>/<quarter>/ with a delivery",
            next_step="check CALLBACK_SURVEY_EXPORTS; `callback-survey dbt -- parse` and `ls` need no delivery",
        )
    return max(delivered)
