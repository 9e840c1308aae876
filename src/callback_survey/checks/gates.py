"""Gate 1 and gate 2 as functions: facts in, a report out. What to do with the verdict is the pipeline's business."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from callback_survey.build import Scope
from callback_survey.checks import engine
from callback_survey.checks.model import CheckReport, read_rules
from callback_survey.landing.ledger import LandingReport
from callback_survey.register import Register
from callback_survey.warehouse import connect

_NO_CALLS = (
    "select null::text as case_id, null::text as department_name, null::text as file, null::bigint as line where false"
)


def check_delivery(report: LandingReport, *, lake: Path, seeds: Path, memory_limit: str, run_id: str) -> CheckReport:
    """Gate 1 over a landed delivery."""
    engine.load_great_expectations()
    from callback_survey.expectations import delivery  # type: ignore[import-not-found]  # in expectations/

    register = Register.read(seeds, report.region_code, report.quarter)
    rules = read_rules(seeds)
    # a spill folder of its own: deliveries are landed side by side, and DuckDB names its spill files the same in each process
    with (
        TemporaryDirectory(prefix=".spill-", dir=lake) as spill,
        connect(Path(":memory:"), memory_limit=memory_limit, spill=Path(spill)) as connection,
    ):
        for dataset, name in report.lake_files.items():
            path = str(lake / name).replace("'", "''")
            connection.execute(
                f"create temp view {dataset} as select * from read_parquet('{path}', hive_partitioning = false)"
            )
        if "frame" in report.lake_files and "calls" not in report.lake_files:
            # a frame landed to plan a sample: nobody was called yet
            connection.execute(f"create temp view calls as {_NO_CALLS}")
        facts = delivery.facts(connection, report, register)
    results = engine.run(delivery.suite(rules, facts), facts, rules, gate="delivery", suite="delivery")
    return CheckReport(run_id, "delivery", report.region_code, report.quarter, results)


def check_marts(connection: duckdb.DuckDBPyConnection, scope: Scope, *, seeds: Path, run_id: str) -> CheckReport:
    """Gate 2 over the marts of one region and quarter, read from the warehouse."""
    engine.load_great_expectations()
    from callback_survey.expectations import marts

    facts = marts.facts(connection, scope.region_code, scope.quarter)
    rules = read_rules(seeds)
    results = engine.run(marts.suite(rules), facts, rules, gate="marts", suite="marts")
    return CheckReport(run_id, "marts", scope.region_code, scope.quarter, results)
