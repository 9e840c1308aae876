"""The steps of a quarter, in their order. Airflow's tasks and the command line call the same functions.

discover -> land (each delivery, with gate 1) -> build -> gate (2) -> release -> revise following -> serve -> documents -> complete
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callback_survey import progress as progress_module
from callback_survey.checks import kept
from callback_survey.deliveries import delivery as deliveries
from callback_survey.deliveries import folders
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import (
    DamagedFile,
    DeliveryMisplaced,
    DeliveryRefused,
    GateFailed,
    NothingDelivered,
    RegisterError,
    SurveyError,
)
from callback_survey.pipeline import judging
from callback_survey.pipeline.verdicts import (
    MARTS_GATE,
    GateReport,
    as_dict,
    held_back,
    merge_failures,
    record_refusal,
    show,
)
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    # each step imports what it needs, so that a task loads nothing else
    from callback_survey.expectations.gates import Facts
    from callback_survey.landing import LandingReport
    from callback_survey.releases import Release
    from callback_survey.scope import Scope
    from callback_survey.serving.serve import ServeReport
    from callback_survey.warehouse.build import BuildReport
    from callback_survey.warehouse.compared import Comparison
    from callback_survey.warehouse.dbt import DbtProcess


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Released:
    """The new revisions, and the verdicts with what could not be released among the failed."""

    new: tuple[Release, ...]
    verdicts: GateReport


def discover(run: Run, quarter: Quarter, region_code: str | None = None) -> list[Delivery]:
    """The deliveries of a quarter. Raises NothingDelivered where there is none, and RegisterError where a register is at
    odds with itself or has none of the regions: nothing is landed that could not be counted."""
    from callback_survey import registers
    from callback_survey.documents.notice import own_texts
    from callback_survey.landing.workbench import sweep_scratch
    from callback_survey.storage import lakes, modes
    from callback_survey.storage.scratch import sweep_temporary

    with run.progress.step("discover", str(quarter)) as step:
        # a run that lands nothing new clears up after a killed landing too: it left phone numbers
        sweep_scratch(run.settings.lake)
        lakes.sweep(run.settings.lake)
        sweep_temporary()
        modes.prepare(run.settings)
        registers.validate(run.settings.seeds)
        own_texts.read(run.settings.notices)
        found = folders.discover(run.settings.exports, quarter, region_code)
        if not found:
            raise NothingDelivered(
                f"no delivery for {quarter}{f' of region {region_code}' if region_code else ''}",
                where=str(run.settings.exports / (region_code or "<region>") / str(quarter)),
                expected="a folder with the survey company's files and manifest.json",
                next_step="check the quarter, the region code, and CALLBACK_SURVEY_EXPORTS",
                region_code=region_code,
                quarter=str(quarter),
                alert_lines=folders.named_otherwise(run.settings.exports, region_code),
            )
        faults = registers.region_faults(run.settings.seeds, [delivery.scope for delivery in found])
        if all(faults):
            # one among others is refused when its turn comes to land
            raise RegisterError(
                "; ".join(map(str, faults)),
                where=str(run.settings.written_registers),
                next_step="register the region, or correct the name of its folder",
                region_code=found[0].region_code if len(found) == 1 else None,
                quarter=str(quarter),
                alert_lines=registers.registering(found[0].scope, found[0].folder, run.settings.written_registers),
            )
        if region_code is None:
            _forget_gone(run, quarter, found)
        step.result = ", ".join(delivery.region_code for delivery in found)
        return found


def _forget_gone(run: Run, quarter: Quarter, found: Sequence[Delivery]) -> None:
    """What was told of a region as failed is over where its folder is gone and nothing of it ever landed, such as one of a mistyped
    code: nothing of it can pass any more."""
    from callback_survey.alerts import open_problems
    from callback_survey.landing import ledger

    delivered = {None, *(delivery.region_code for delivery in found)}
    for problem in open_problems.all_open(run.settings.alerts):
        code = problem["region_code"]
        if problem["quarter"] != str(quarter) or code in delivered:
            continue
        try:
            is_landed = any(entry.report for entry in ledger.entries(run.settings.lake, code, str(quarter)))
        except DamagedFile as damage:  # it stays open, and holds no other region up
            logger.warning("%s", damage)
            continue
        if not is_landed:
            open_problems.closed(run.settings.alerts, [problem["key"]])
            logger.info("%s: no longer open, as its folder is gone: %s", problem["key"], problem["title"])


def verify_place(settings: Settings, delivery: Delivery) -> None:
    """Raises DeliveryMisplaced where the folder is not named as it must be, or no register says what the region's departments are."""
    from callback_survey import registers

    folders.verify_name(delivery)
    (fault,) = registers.region_faults(settings.seeds, [delivery.scope])
    if fault:
        raise deliveries.refused(
            delivery,
            fault,
            registers.registering(delivery.scope, delivery.folder, settings.written_registers),
            next_step="register the region, or correct the name of its folder",
            kind=DeliveryMisplaced,
        )


def land(run: Run, delivery: Delivery) -> LandingReport:
    """Land a delivery and hold gate 1 over it; only then is it the current one. Raises GateFailed or DeliveryRefused."""
    from callback_survey.landing import ledger

    with ledger.landing(run.settings.lake):
        [(_, outcome)] = judging.judge_landed(run, [bring_in(run, delivery)])
        return outcome()


def bring_in(run: Run, delivery: Delivery) -> judging.Landed:
    """Land a delivery and take what gate 1 asks of it. Raises DeliveryRefused. Whoever calls it holds `ledger.landing` until the
    gate has judged."""
    from callback_survey.landing import land as land_delivery
    from callback_survey.landing import ledger
    from callback_survey.releases.code_version import code_version

    settings = run.settings
    seeds = settings.seeds  # a moment later they may be others
    with run.progress.step("land", delivery.region_code) as step:
        try:
            verify_place(settings, delivery)
            report = land_delivery(
                delivery,
                lake=settings.lake,
                seeds=seeds,
                secret=settings.read_privacy_key(),
                memory_limit=settings.memory_limit,
                run_id=run.run_id,
                is_manifest_optional=run.is_manifest_optional,
                allowing=run.allowing,
                threads=run.threads,
            )
        except DeliveryRefused as refusal:
            ledger.refuse(settings.lake, delivery, refusal, run_id=run.run_id)
            record_refusal(run, delivery, refusal)
            raise
        step.quarter = report.quarter
        read, accepted, rejected = (report.count(f"{kind}_count") for kind in ("read", "accepted", "rejected"))
        step.figures = {"rows.read": read, "rows.rejected": rejected}
        step.result = f"{read:,} rows read, {accepted:,} accepted, {rejected:,} rejected" + (
            " (landed again: a file in the lake was damaged)"
            if report.is_mended
            else ""
            if report.is_new
            else " (landed before)"
        )
        elsewhere = ledger.landed_elsewhere(settings.lake, report)
        asked = [report.delivery_id, report.lake_files, elsewhere]
        question = kept.question_of(asked, seeds, code_version())
        seen = ledger.current_id(settings.lake, report.scope)
        answer = kept.find(ledger.checked_path(settings.lake, report), question, run_id=run.run_id)
        if answer is not None:
            return judging.Landed(delivery, report, question, seeds, seen, answer=answer)
        facts = _facts(run, report, seeds, elsewhere)
        return judging.Landed(delivery, report, question, seeds, seen, facts=facts)


def _facts(run: Run, report: LandingReport, seeds: Path, elsewhere: Sequence[tuple[str, str]]) -> Facts:
    from callback_survey.expectations.gates import delivery_facts

    settings = run.settings
    facts: Facts = delivery_facts(
        report,
        lake=settings.lake,
        seeds=seeds,
        memory_limit=settings.memory_limit,
        elsewhere=elsewhere,
        threads=run.threads,
    )
    return facts


def build(run: Run, landed: Sequence[LandingReport], dbt: DbtProcess | None = None) -> BuildReport:
    """Build the marts of the landed deliveries in one dbt process. Raises RowsRemoved where one is no longer in the lake."""
    from callback_survey.landing import removed
    from callback_survey.releases.comparison import comparison_for
    from callback_survey.releases.earlier import last_marts
    from callback_survey.warehouse.build import build as build_marts

    show(run)  # what gate 1 said of all regions
    with run.progress.step("build", ", ".join(report.region_code for report in landed)) as step:
        for report in landed:
            if (gone := removed.find(run.settings.lake, report.scope, report.delivery_id)) is not None:
                raise removed.explained(gone)
        compared: dict[Scope, Comparison] = {}
        released: dict[Scope, Path] = {}
        for report in landed:
            # without a comparison here; it is read again, and its region held back, before anything is released
            with suppress(DamagedFile):
                found = comparison_for(run.settings.releases, report.scope)
                compared |= {report.scope: found} if found is not None else {}
                marts = last_marts(run.settings.releases, report.scope)
                released |= {report.scope: marts} if marts is not None else {}
        built = build_marts(
            landed,
            settings=run.settings,
            warehouse=run.warehouse,
            compared=compared,
            released=released,
            dbt=dbt,
            say=step.say,
        )
        step.result = f"build {built.build_id}" + (
            " (the warehouse file was damaged; rebuilt from the lake)"
            if built.is_rebuilt
            else " (nothing changed since)"
            if built.is_standing
            else ""
        )
        return built


def gate(run: Run, built: BuildReport) -> GateReport:
    """Hold gate 2 over each region's quarter. Raises GateFailed where none may be released."""
    verdicts = judging.judge(run, built)
    if not verdicts.passed:
        raise merge_failures([GateFailed(**failure) for failure in verdicts.failed])
    return verdicts


def release(run: Run, built: BuildReport, verdicts: GateReport) -> Released:
    """Freeze what passed as new revisions; a quarter whose marts are unchanged gets none. One that cannot be frozen, such as
    for a damaged revision before it, does not stop the others."""
    from callback_survey.pipeline import freezing
    from callback_survey.releases import take
    from callback_survey.releases.earlier import last_marts
    from callback_survey.warehouse import build as build_module
    from callback_survey.warehouse import unchanged

    with run.progress.step("release") as step, run.warehouse.open() as connection:
        build_module.verify_stamp(connection, built)
        known = unchanged.released_of(run.warehouse, built.build_id)
        frozen = freezing.freeze(run, connection, verdicts.passed, known, step.say)
        passed = [scope for scope in verdicts.passed if scope not in frozen.failed]
        marts = {scope: last_marts(run.settings.releases, scope) for scope in passed}
        unchanged.add_released(run.warehouse, built.build_id, {scope: path for scope, path in marts.items() if path})
        new = [frozen.new[scope] for scope in passed if scope in frozen.new]
        step.figures = {"releases.new": len(new)}
        step.result = ", ".join(release.name for release in new) or "nothing new"
    failed = [held_back(scope, error) for scope, error in frozen.failed.items()]
    if failed and not passed and not take(run.settings.releases).every:
        raise merge_failures(failed)  # there is nothing to serve, and never was
    return Released(tuple(new), GateReport(tuple(passed), (*verdicts.failed, *map(as_dict, failed))))


def serve(run: Run) -> ServeReport:
    """Serve the latest release of every region and quarter, or the one somebody had served again; also heals what a
    killed run or rollback left unserved.

    The files first, then PostgreSQL where it is set: if it fails, the step fails, and the next run publishes.
    """
    from callback_survey import releases
    from callback_survey.serving import readers, rollups
    from callback_survey.serving import serve as serving
    from callback_survey.storage import modes
    from callback_survey.warehouse import compiled

    with run.progress.step("serve") as step, run.warehouse.lock():
        found = rollups.read(compiled.manifest(run.settings, run.warehouse, step.say))
        with modes.served_to(run.settings.readers):
            report = serving.serve(
                releases.take(run.settings.releases),
                serving=run.settings.serving,
                memory_limit=run.settings.memory_limit,
                rollups=found,
                checks=run.settings.checks,
                say=step.say,
            )
        _publish_to_postgres(run, report, step.say)
        released_at = [datetime.fromisoformat(release.released_at) for release in report.shown]
        step.figures = readers.figures(released_at, datetime.now(UTC))
        held = [f"held as it was, its releases are damaged: {scope.name}" for scope in report.held]
        step.result = "; ".join([", ".join(new.name for new in report.newly_served) or "nothing new", *held])
        for damage in report.held.values():
            logger.error("%s", damage)
    return report


def mirror(run: Run) -> None:
    """Copy what is served to object storage, where that is set. What cannot be copied is noted for the watch, and fails no run.

    Called where the warehouse's lock is free: a slow line holds up no other run.
    """
    from callback_survey.serving import mirror as mirroring

    url = run.settings.mirror
    if url is None or not (run.settings.serving / "current").exists():
        return
    with run.progress.step("mirror") as step:
        try:
            done = mirroring.mirror(run.settings.serving, url, say=step.say)
        except SurveyError as error:
            logger.warning("%s", error)
            step.result = f"not mirrored; readers of the mirror keep the version before: {error.what}"
        else:
            sent, size_number = done.sent_count, f"{done.sent_bytes / 1e6:,.1f}"
            step.result = f"{sent} files sent, {size_number} MB" if sent else "nothing new"


def require_served(report: ServeReport, scopes: Sequence[Scope]) -> None:
    """Raises DamagedFile where one of these regions and quarters was held: it is told, after the others are served."""
    keys = {scope.key for scope in scopes}
    damaged = [damage for scope, damage in report.held.items() if scope.key in keys]
    if damaged:
        raise damaged[0]


def _publish_to_postgres(run: Run, report: ServeReport, say: Callable[[str], None]) -> None:
    """Within the warehouse lock: else a slow run could put its version over that of a later one."""
    settings = run.settings
    if settings.postgres_url is None:
        return
    from callback_survey.serving import postgres

    postgres.publish(
        report.marts.resolve(),
        report.version,
        url=settings.postgres_url,
        reader=settings.postgres_reader,
        memory_limit=settings.memory_limit,
        say=say,
    )


def documented(run: Run) -> list[Release]:
    """The releases that readers can open and whose documents are there."""
    from callback_survey import releases
    from callback_survey.serving import readers

    shown = readers.served_keys(run.settings.serving)
    served = releases.take(run.settings.releases).served
    return [one for one in served if (one.key, one.content_hash) in shown and releases.has_documents(one)]


def unannounced(run: Run, found: Sequence[Release]) -> list[Release]:
    """Those of the documented releases that no asset event tells of yet, also those a run without Airflow made."""
    from callback_survey.serving import serve as serving

    return serving.unannounced(found, run.settings.serving)


def passed_regions(run_id: str, settings: Settings, quarter: Quarter) -> list[str]:
    """The regions whose quarter passed both gates in a run, by the run's own records."""
    from callback_survey.checks.model import CheckReport

    folder = settings.checks / progress_module.file_name(run_id)
    reports = [CheckReport.read(path) for path in sorted(folder.glob(f"{MARTS_GATE}-*-{quarter}.json"))]
    return [report.region_code for report in reports if not report.failures]


def complete(verdicts: GateReport) -> None:
    """The last word on a run: raises GateFailed where a region was held back while others were released."""
    if verdicts.failed:
        raise merge_failures([GateFailed(**failure) for failure in verdicts.failed])
