"""One quarter through Airflow without a server: `airflow dags test` in a child, its steps shown by the parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callback_survey import progress
from callback_survey.airflow import home
from callback_survey.airflow.quarter import QUARTER_DAG
from callback_survey.alerts import outbox as alerts
from callback_survey.errors import DocumentsFailed, GateFailed, SurveyError, UsageError
from callback_survey.progress import Event, Listener, Progress
from callback_survey.quarter import Quarter
from callback_survey.setting_values import PREFIX
from callback_survey.settings import Settings, shipped_folder

# the class of error, and so the exit code, by the kinds of problem that the run's alerts name; the first that fits
_ENDS: tuple[tuple[type[SurveyError], tuple[str, ...]], ...] = (
    (GateFailed, ("GateFailed/", "RowsRemoved/", "DeliveryRefused/", "DeliveryMisplaced/")),
    (UsageError, ("NothingDelivered/", "RegisterError/", "UsageError/")),
    (DocumentsFailed, ("DocumentsFailed/",)),
)
_POLL_SECONDS = 0.2
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Outcome:
    """How a run through Airflow ended. `events` are its steps, `regions` delivered, `error` says what failed, None after success."""

    events: tuple[Event, ...]
    regions: tuple[str, ...]
    error: SurveyError | None


def dags_folder() -> Path:
    """The folder of the DAG files, which come with the package."""
    return shipped_folder("dags")


def task_environment(settings: Settings) -> dict[str, str]:
    """What a task needs to load the same settings in its own process."""
    values = {
        "HOME": str(settings.home),
        "EXPORTS": str(settings.exports),
        "REGISTERS": str(settings.registers or ""),
        "DBT_PROJECT": str(settings.dbt_project),
        "MEMORY_LIMIT": settings.memory_limit,
        "ALERT_URLS": " ".join(settings.alert_urls),
        "ALERT_URLS_FAIL": " ".join(settings.alert_urls_fail),
        "ALERT_URLS_WARN": " ".join(settings.alert_urls_warn),
        "ALERT_URLS_RELEASED": " ".join(settings.alert_urls_released),
        "APPROVER_URLS": " ".join(settings.approver_urls),
        "LANGUAGE": settings.language,
        "PUBLIC_URL": settings.public_url or "",
        "RUNBOOK": settings.runbook,
        "DOCUMENTS": " ".join(settings.documents),
        "PUBLIC": str(settings.public),
        "APPROVAL_HOURS": f"{settings.approval_hours:f}",
        "POSTGRES_URL": settings.postgres_url or "",
        "POSTGRES_READER": settings.postgres_reader or "",
        "ENGINE": settings.engine,
        "SPARK_REMOTE": settings.spark_remote or "",
        # also where it is empty: Airflow is not asked for what is set here
        "PRIVACY_KEY": settings.privacy_key or "",
        "WATCH_FREE_DISK": settings.watch_free_disk,
        "WATCH_SERVED_DAYS": str(settings.watch_served_days),
        "WATCH_RUN_HOURS": str(settings.watch_run_hours),
        "MIRROR": settings.mirror or "",
        "LAKE": settings.lake_url or "",
        "METRICS_URL": settings.metrics_url or "",
        "RETENTION": " ".join(f"{kind}={months}" for kind, months in settings.retention.items()),
    }
    if settings.privacy_key_file is not None:
        values["PRIVACY_KEY_FILE"] = str(settings.privacy_key_file)
    return {PREFIX + name: value for name, value in values.items()}


def run_quarter(
    settings: Settings,
    quarter: Quarter,
    region_code: str | None,
    listener: Listener,
    *,
    is_manifest_optional: bool = False,
) -> Outcome:
    """Run the DAG once for a quarter. The whole log is kept under logs/; the steps are passed to `listener` as they come."""
    name = f"airflow-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    runs = settings.logs / "runs"
    log, progress_log = runs / f"{name}.log", runs / f"{name}.jsonl"
    conf = json.dumps({"quarter": str(quarter), "region": region_code, "without_manifest": is_manifest_optional})
    variables = {**task_environment(settings), f"{PREFIX}PROGRESS_LOG": str(progress_log)}
    # `dags test` names its run by the clock: the log of its steps, whose place the parent chose, tells the name
    events: list[Event] = []
    with _airflow(["dags", "test", QUARTER_DAG, "--conf", conf], settings, variables, log) as process:
        with Progress(name, progress_log, listener).step("prepare") as step:
            made = "home created" if _is_made_by(process, settings.home, log) else "home ready"
            strange = home.foreign(os.environ, home.environment(settings.home, dags_folder()))
            step.result = f"{made}; not used, of another Airflow: {', '.join(strange)}" if strange else made
        for event in _follow(process, progress_log):
            if event.step != "prepare":
                listener(event)
                events.append(event)
    found = [event.message for event in events if (event.step, event.state) == ("discover", "done")]
    regions = tuple(found[0].split(", ")) if found else ()
    error = None if process.returncode == 0 else _error(settings, events, log)
    return Outcome(tuple(events), regions, error)


@contextmanager
def _airflow(
    arguments: list[str], settings: Settings, variables: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """An Airflow command whose output goes to `log`; ended with the parent."""
    environment = {**home.completed(os.environ, home.environment(settings.home, dags_folder())), **variables}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "callback_survey.airflow.dag_test", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        except BaseException:
            _stop(process)
            raise
        finally:
            process.wait()


def _is_made_by(process: subprocess.Popen[bytes], airflow_home: Path, log: Path) -> bool:
    """Wait until the process has made the home's database. False where it was there. Raises SurveyError where it cannot."""
    if home.is_prepared(airflow_home):
        return False
    while process.poll() is None:
        if home.is_prepared(airflow_home):
            return True
        time.sleep(_POLL_SECONDS)
    if not home.is_prepared(airflow_home):
        said = log.read_text(encoding="utf-8", errors="replace")
        raise home.not_made(str(home.folder_of(airflow_home) / home.DATABASE), said)
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """`dags test` does not listen to SIGTERM; started by a shell in the background, it does not hear SIGINT either."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _follow(process: subprocess.Popen[bytes], log: Path) -> Iterator[Event]:
    """The run's events as its steps append them, until the process has ended and all are read."""
    seen = 0
    while True:
        has_ended = process.poll() is not None
        events = progress.read(log)
        yield from events[seen:]
        seen = len(events)
        if has_ended:
            return
        time.sleep(_POLL_SECONDS)


def _error(settings: Settings, events: list[Event], log: Path) -> SurveyError:
    """What the run's alerts said: they hold the reason of each failure in words, and were sent from the tasks."""
    run_id = events[0].run_id if events else "(not started)"
    records = [record for _, record in alerts.run_records(settings.alerts, f"{QUARTER_DAG}/{run_id}")]
    told = [record for record in records if record["severity"] == "fail"]
    lines = [line for record in told for line in record["said"]]
    problems = [record["problem"] for record in told]
    kind = next((kind for kind, names in _ENDS if any(problem.startswith(names) for problem in problems)), SurveyError)
    is_served = all(problem.startswith("DocumentsFailed/") for problem in problems) and problems
    return kind(
        f"the tables of the run {run_id} are served, but documents are missing"
        if is_served
        else f"the run {run_id} failed; what was served before remains served",
        where=str(log),
        next_step="fix the problems above, then run the quarter again",
        alert_lines=lines,
    )
