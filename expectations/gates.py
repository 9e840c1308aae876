"""Gate 1 and gate 2 as functions: facts in, a report out. What to do with the verdict is the pipeline's business."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from callback_survey.checks import engine
from callback_survey.checks.model import CheckReport, CheckResult, now, read_rules
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DeliveryRefused
from callback_survey.landing.ledger import LandingReport
from callback_survey.landing.tables import BESIDE, table_sql
from callback_survey.object_storage import Place
from callback_survey.registers import Register, questions_rated_in_numbers
from callback_survey.storage import duck
from callback_survey.storage.lakes import home_of
from callback_survey.storage.scratch import scratch_folder
from callback_survey.warehouse.build import BuiltScope

if TYPE_CHECKING:
    import pandas as pd

# tables of facts, by name
Facts = dict[str, "pd.DataFrame"]
_NO_CALLS = (
    "select null::text as case_id, null::text as department_name, null::text as file, null::bigint as line where false"
)


def delivery_facts(
    report: LandingReport,
    *,
    lake: Place,
    seeds: Path,
    memory_limit: str,
    elsewhere: Sequence[tuple[str, str]],
    threads: int | None = None,
) -> Facts:
    """What gate 1 is asked about a landed delivery, read from the lake. `elsewhere` are its files that were landed for another region or
    quarter too (`ledger.landed_elsewhere`); `threads` is how many may be taken at most, None all processors."""
    from . import delivery

    register = Register.read(seeds, report.scope)
    rules = read_rules(seeds)
    # a spill folder of its own: deliveries are landed side by side, and DuckDB names its spill files the same in each process
    with (
        scratch_folder(home_of(lake), "gate") as spill,
        duck.connect(
            Path(":memory:"),
            memory_limit=memory_limit,
            spill=spill,
            threads=duck.threads_for(report.count("accepted_count"), threads),
        ) as connection,
    ):
        for dataset in dict.fromkeys([*report.lake_files, *BESIDE.values()]):
            if table := table_sql(report, dataset, lake):
                connection.execute(f"create temp view {dataset} as from {table}")
        if "frame" in report.lake_files and "calls" not in report.lake_files:
            # a frame landed to plan a sample: nobody was called yet
            connection.execute(f"create temp view calls as {_NO_CALLS}")
        numbered = questions_rated_in_numbers(seeds, report.scope)
        return delivery.facts(connection, report, register, rules, elsewhere=elsewhere, numbered=numbered)


def check_deliveries(
    landed: Sequence[tuple[LandingReport, Facts]], *, seeds: Path, run_id: str
) -> tuple[CheckReport, ...]:
    """Gate 1 over landed deliveries with their facts, in their order: one validation of each table of facts for all of them."""
    engine.load_great_expectations()
    from . import delivery

    rules = read_rules(seeds)
    asked = [engine.Asked(delivery.suite(rules, facts), facts) for _, facts in landed]
    answers = engine.run_together(asked, rules, gate="delivery", suite="delivery")
    return tuple(
        CheckReport(
            run_id, "delivery", report.region_code, report.quarter, results, report.delivery_id, now(), validations
        )
        for (report, _), (results, validations) in zip(landed, answers, strict=True)
    )


def check_delivery(
    report: LandingReport,
    *,
    lake: Place,
    seeds: Path,
    memory_limit: str,
    run_id: str,
    elsewhere: Sequence[tuple[str, str]],
) -> CheckReport:
    """Gate 1 over one landed delivery."""
    facts = delivery_facts(report, lake=lake, seeds=seeds, memory_limit=memory_limit, elsewhere=elsewhere)
    [checked] = check_deliveries([(report, facts)], seeds=seeds, run_id=run_id)
    return checked


def refused(delivery: Delivery, refusal: DeliveryRefused, *, seeds: Path, run_id: str) -> CheckReport:
    """Gate 1 over a delivery that could not be landed: nothing else can be said of it than that it is not whole."""
    rule = read_rules(seeds)["delivery_whole"]
    result = CheckResult(
        gate="delivery",
        suite="delivery",
        check_id=rule.check_id,
        expectation="landing",
        severity=rule.severity,
        outcome="fail",
        observed=refusal.what.removeprefix(f"{delivery.name}: "),
        allowed="a delivery that can be landed as its manifest says",
        examples=tuple(refusal.alert_lines),
    )
    return CheckReport(run_id, "delivery", delivery.region_code, delivery.quarter, (result,), "", now())


def marts_facts(
    connection: duckdb.DuckDBPyConnection, scope: BuiltScope, *, seeds: Path, earlier: Sequence[Path]
) -> Facts:
    """What gate 2 is asked about the marts of one region and quarter, read from the warehouse. `earlier` are the rates of the quarters
    before, as Parquet files (`releases.earlier`)."""
    from . import marts

    return marts.facts(connection, scope, read_rules(seeds), earlier)


def check_all_marts(built: Sequence[tuple[BuiltScope, Facts]], *, seeds: Path, run_id: str) -> tuple[CheckReport, ...]:
    """Gate 2 over the marts of regions' quarters with their facts, in their order: one validation of each table of facts for all."""
    engine.load_great_expectations()
    from . import marts

    rules = read_rules(seeds)
    checks = marts.suite(rules)
    asked = [engine.Asked(checks, facts) for _, facts in built]
    answers = engine.run_together(asked, rules, gate="marts", suite="marts")
    return tuple(
        CheckReport(run_id, "marts", scope.region_code, scope.quarter, results, scope.delivery_id, now(), validations)
        for (scope, _), (results, validations) in zip(built, answers, strict=True)
    )


def check_marts(
    connection: duckdb.DuckDBPyConnection, scope: BuiltScope, *, seeds: Path, earlier: Sequence[Path], run_id: str
) -> CheckReport:
    """Gate 2 over the marts of one region and quarter."""
    facts = marts_facts(connection, scope, seeds=seeds, earlier=earlier)
    [checked] = check_all_marts([(scope, facts)], seeds=seeds, run_id=run_id)
    return checked
