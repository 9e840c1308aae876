"""A quarter without Airflow: the same steps in the same order, the same alerts, in one process."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callback_survey import alerts, pipeline
from callback_survey.dbt_process import DbtProcess
from callback_survey.errors import GateFailed, SurveyError
from callback_survey.exports.delivery import Delivery
from callback_survey.landing.ledger import LandingReport
from callback_survey.pipeline import Run
from callback_survey.quarter import Quarter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedLanding:
    """What landing a delivery would do: `current_id` is the delivery it would supersede, if any."""

    delivery: Delivery
    delivery_id: str
    current_id: str | None
    current_landed_at: str | None
    row_counts: dict[str, int]

    @property
    def effect(self) -> str:
        if self.current_id is None:
            return "would be the first delivery"
        if self.current_id == self.delivery_id:
            return "nothing new: landed before and current"
        return f"would supersede delivery {self.current_id}, landed {self.current_landed_at}"


def log_to_file(run: Run) -> Path:
    """From now on everything logged in this process goes to the run's log file. Returns its path."""
    path = run.settings.logs / "runs" / f"{run.run_id}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    return path


def new_run_id(now: datetime | None = None) -> str:
    moment = now or datetime.now(UTC)
    return f"cli-{moment:%Y%m%dT%H%M%S}-{os.getpid()}"


def run_quarter(run: Run, quarter: Quarter, region_code: str | None) -> list[Delivery]:
    """Run a quarter to its end. A region that fails a gate does not stop the others; every failure is raised last."""
    run.settings.read_privacy_key()  # better now than after the first hundred regions
    failures: list[GateFailed] = []
    with _told(run, "discover", quarter, region_code):
        found = pipeline.discover(run, quarter, region_code)
    with run.warehouse.lock(), _dbt(run) as dbt:
        landed: list[LandingReport] = []
        for delivery in found:
            try:
                with _told(run, "land", quarter, delivery.region_code):
                    landed.append(pipeline.land(run, delivery))
            except GateFailed as failure:
                failures.append(failure)
        if landed:
            try:
                _publish(run, landed, dbt, quarter, region_code)
            except GateFailed as failure:
                failures.append(failure)
    if failures:
        raise pipeline.combined(failures)
    return found


def _publish(run: Run, landed: list[LandingReport], dbt: DbtProcess, quarter: Quarter, region_code: str | None) -> None:
    """From landed deliveries to served marts. Raises GateFailed for what gate 2 held back, after the rest is served."""
    with _told(run, "build", quarter, region_code):
        built = pipeline.build(run, landed, dbt)
    with _told(run, "gate", quarter, region_code):
        verdicts = pipeline.gate(run, built)
    with _told(run, "release", quarter, region_code):
        pipeline.release(run, built, verdicts)
        pipeline.serve(run)
    with _told(run, "complete", quarter, region_code):
        pipeline.complete(verdicts)


def plan(run: Run, quarter: Quarter, region_code: str | None) -> list[PlannedLanding]:
    """What `run_quarter` would land and supersede. Writes nothing; raises what landing would raise on first sight."""
    from callback_survey.exports import delivery as deliveries
    from callback_survey.landing import identify, ledger
    from callback_survey.privacy import TokenKey

    settings = run.settings
    key = TokenKey.from_secret(settings.read_privacy_key())
    planned = []
    for delivery in deliveries.discover(settings.exports, quarter, region_code):
        delivered = deliveries.verify(delivery).files
        current = ledger.current(settings.lake, delivery.region_code, delivery.quarter)
        planned.append(
            PlannedLanding(
                delivery=delivery,
                delivery_id=identify(delivery, delivered, seeds=settings.seeds, key=key),
                current_id=current.delivery_id if current else None,
                current_landed_at=current.landed_at if current else None,
                row_counts={file.path.name: file.row_count for file in delivered},
            )
        )
    return planned


@contextmanager
def _dbt(run: Run) -> Iterator[DbtProcess]:
    """dbt imports while the deliveries land; a run without a landed delivery ends it unused."""
    from callback_survey.build import start_dbt

    process = start_dbt(run.settings, run.warehouse)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def _told(run: Run, step: str, quarter: Quarter, region_code: str | None) -> Iterator[None]:
    """Whatever ends a step is told, once per run and problem, by the same alert that Airflow's tasks send."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, SurveyError):
            logger.exception("%s: step %s failed", run.run_id, step)
        alert = alerts.alert_from_error(
            error, run_id=run.run_id, step=step, region_code=region_code, quarter=str(quarter)
        )
        alerts.send(alert, urls=run.settings.alert_urls, outbox=run.settings.alerts)
        raise
