"""The pipeline's steps as Airflow's tasks call them: a task context and JSON values in, JSON values out.

Imported while DAG files are parsed, so it imports nothing heavy; each step imports what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callback_survey.errors import NothingDelivered, UsageError
from callback_survey.local_time import local_date
from callback_survey.quarter import Quarter

QUARTER_DAG = "callback_quarter"
# what the form of a run by hand proposes
EXAMPLE_QUARTERS = ["2018Q1", "2018Q2", "2018Q3", "2018Q4"]
_PARAMETER_ALLOWS = f'a new run of {QUARTER_DAG} with the parameter "without_manifest": true'

DOCUMENTATION = """\
# callback_quarter: one quarter of call-back surveys

`discover → land (one task per region, with gate 1) → build → gate (2) → release → revise_following → serve →
documents (one task per region) → announce → complete`

**When**: at 06:00 on 20 January, April, July and October, Shanghai time, for the quarter before; or by hand with
`{"quarter": "2018Q1", "region": "123456"}` (leave `region` out for all regions that delivered).

**What readers see meanwhile**: the figures served before. Nothing is released before both gates have passed. The tables are
served before their documents are made; a notice can be approved once they are there.

## When it fails
| task | what it means | look at |
|---|---|---|
| discover | the requested quarter has no delivery folder, or the run names no quarter | the folder in the message |
| land | the delivery is incomplete, unreadable, or failed gate 1; other regions continue | the alert: file, row or department |
| build | dbt failed: a fault of the pipeline, not of the data | dbt's errors in the message; full log in `logs/dbt/dbt.log` |
| gate | gate 2 failed for every region | the alert: departments, observed and allowed values |
| release, revise_following, serve | the disk, permissions, or a build by another run | fix the cause, then clear the task |
| documents | those of a region could not be made; its tables are served | the alert: fix the cause, clear it with those after it |
| announce | the new releases could not be announced, so no notice waits for approval yet | the message; then clear the task |
| verdict | some regions were released; at least one (or the quarter after a corrected one) failed gate 2 | the alert |
| complete | another task failed; this one only sets the state of the run | that task |

After a fault of the machine, fix it and clear the failed task. After a corrected delivery, start a new run; the same files
change nothing. A verdict is not retried. Each failure of a run is alerted once. Warnings are sent as one message per run.
A recovery is sent when a quarter that failed is served.
"""

WATCH_DOCUMENTATION = """\
# callback_watch: what callbacks cannot see

`look → start (one run of callback_quarter per quarter that has a new complete delivery)`

**When**: at 08:00 every day, Shanghai time. Each problem is alerted when it is new, when it changes, and when it is solved.

**What readers see meanwhile**: the figures served before. The watch does not change them.

## When it fails
| task | what it means | look at |
|---|---|---|
| look | the watch itself failed: nothing is being monitored | the alert and the log; then run `callback-survey watch` |
| start | the run of a complete delivery could not be started | whether Airflow knows callback_quarter; run it by hand |

A problem that was found is an alert and does not fail the task. After fixing a fault, clear the failed task. Run
`callback-survey watch` from cron as well: it reports when this DAG no longer runs.
"""


def discover(context: Mapping[str, Any]) -> list[dict[str, str]]:
    """The deliveries to land. Empty for a scheduled quarter without any; an asked-for one raises NothingDelivered."""
    from callback_survey.pipeline import steps

    quarter, is_asked_for = quarter_of(context)
    try:
        found = steps.discover(_run(context), quarter, context["params"].get("region"))
    except NothingDelivered:
        if is_asked_for:
            raise
        return []
    return [{key: str(value) for key, value in asdict(delivery).items()} for delivery in found]


def land(context: Mapping[str, Any], delivery: Mapping[str, str]) -> dict[str, Any]:
    from callback_survey.deliveries.delivery import Delivery
    from callback_survey.pipeline import steps

    found = Delivery(delivery["region_code"], delivery["quarter"], Path(delivery["folder"]))
    return steps.land(_run(context), found).as_json()


def build(context: Mapping[str, Any], landed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from callback_survey.airflow import lineage
    from callback_survey.landing import LandingReport
    from callback_survey.pipeline import steps

    reports = [LandingReport.from_json(dict(report)) for report in landed if report is not None]
    run = _run(context)
    built = steps.build(run, reports)
    if not built.is_standing:
        lineage.report_dbt(run.settings, context["ti"])
    return built.as_json()


def gate(context: Mapping[str, Any], built: Mapping[str, Any]) -> dict[str, Any]:
    from callback_survey.pipeline import steps
    from callback_survey.warehouse.build import BuildReport

    return steps.gate(_run(context), BuildReport.from_json(dict(built))).as_json()


def release(context: Mapping[str, Any], built: Mapping[str, Any], verdicts: Mapping[str, Any]) -> dict[str, Any]:
    """The verdicts, with what could not be released among the failed."""
    from callback_survey.pipeline import steps
    from callback_survey.pipeline.verdicts import GateReport
    from callback_survey.warehouse.build import BuildReport

    report = GateReport.from_json(dict(verdicts))
    return steps.release(_run(context), BuildReport.from_json(dict(built)), report).verdicts.as_json()


def revise_following(context: Mapping[str, Any], verdicts: Mapping[str, Any]) -> dict[str, Any]:
    from callback_survey.pipeline import following
    from callback_survey.pipeline.verdicts import GateReport

    return following.revise(_run(context), GateReport.from_json(dict(verdicts))).as_json()


def serve(context: Mapping[str, Any], judged: Mapping[str, Any]) -> list[str]:
    """The regions of which something is served without documents."""
    from callback_survey.pipeline import documenting, steps
    from callback_survey.pipeline.verdicts import GateReport

    run = _run(context)
    report = steps.serve(run)
    steps.mirror(run)
    steps.require_served(report, GateReport.from_json(dict(judged)).passed)
    lacking = documenting.lacking(run.settings, context["params"].get("region"))
    return list(dict.fromkeys(release.region_code for release in lacking))


def documents(context: Mapping[str, Any], region_code: str) -> list[str]:
    """The releases of a region that have their documents now. Raises what kept others from being made, after these are there."""
    from callback_survey.pipeline import documenting

    # the regions are side by side already
    found = documenting.document(_run(context), region_code, workers=1)
    documenting.require_made(found)
    return [release.name for release in found.made]


def announce(
    context: Mapping[str, Any], judged: Mapping[str, Any], made: Sequence[Sequence[str] | None] | None
) -> list[str]:
    """The partition keys (`region|quarter`) of the releases, served and with documents, that no event tells of yet.

    Here a quarter has passed: what was told as failed of it before is told as over.
    """
    from callback_survey import alerts
    from callback_survey.pipeline import steps
    from callback_survey.pipeline.verdicts import GateReport

    run, place = _run(context), place_of(context, "announce")
    found = steps.documented(run)
    keys, names = {release.key for release in found}, {name for of_region in made or () for name in of_region or ()}
    passed = [scope for scope in GateReport.from_json(dict(judged)).passed if scope.key in keys]
    alerts.tell_passed(run.settings, [(scope.region_code, scope.quarter) for scope in passed], place)
    alerts.tell_released(run.settings, [release for release in found if release.name in names], place)
    return [release.key for release in steps.unannounced(run, found)]


def remember_announced(context: Mapping[str, Any]) -> None:
    """Called when the announcing task has succeeded, and its events are stored with it."""
    from callback_survey.airflow.settings import load_settings
    from callback_survey.serving import serve as serving

    serving.remember_announced(load_settings().serving)


def verdict(context: Mapping[str, Any], verdicts: Mapping[str, Any] | None) -> bool:
    """Tell the warnings of both gates, whatever became of the run; then fail for a region that gate 2 held back.

    False where gate 2 has judged nothing.
    """
    from callback_survey import alerts
    from callback_survey.airflow.settings import load_settings

    alerts.tell_warnings(load_settings(), str(context["run_id"]), place_of(context, "gates"))
    return complete(verdicts)


def complete(verdicts: Mapping[str, Any] | None) -> bool:
    """Raises GateFailed for a region that gate 2 held back. False where nothing was delivered and nothing was run."""
    if verdicts is None:
        return False
    from callback_survey.pipeline import steps
    from callback_survey.pipeline.verdicts import GateReport

    steps.complete(GateReport.from_json(dict(verdicts)))
    return True


def watch(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Look once and tell what is new. Returns the runs of callback_quarter to start: none while one is under way."""
    from callback_survey.airflow.settings import load_settings
    from callback_survey.alerts import tell
    from callback_survey.watch import look as watching

    settings, run_id = load_settings(), run_key(context)
    report = watching.watch(
        settings,
        run_id=run_id,
        starts=True,
        # a queued run may wait for ever, such as that of a paused DAG: it must not stop the watch from looking
        is_running=context["ti"].get_dr_count(QUARTER_DAG, states=["running"]) > 0,
        is_scheduled=getattr(context["dag_run"], "run_type", None) == "scheduled",
    )
    tell.tell_dag_passed(settings, str(context["dag"].dag_id), place_of(context, "look"))
    return watching.runs_to_start(report.to_start)


def run_key(context: Mapping[str, Any]) -> str:
    """DAG and run, because a run id is unique within its DAG only; a cleared run may fail, and speak, again."""
    dag_run: Any = context.get("dag_run")
    cleared = getattr(dag_run, "clear_number", 0) or 0
    dag: Any = context.get("dag")
    run_id = context.get("run_id") or getattr(dag_run, "run_id", "unknown")
    return f"{dag.dag_id if dag is not None else 'unknown'}/{run_id}" + (f" (cleared {cleared})" if cleared else "")


def place_of(context: Mapping[str, Any], step: str) -> Any:
    """Where a task tells something that is no failure."""
    from callback_survey.airflow.callbacks import link_of
    from callback_survey.alerts import Place

    ti = context.get("ti")
    return Place(run_key(context), step, link=link_of(ti) if ti is not None else None)


def _run(context: Mapping[str, Any]) -> Any:
    from callback_survey.airflow import lineage
    from callback_survey.airflow.settings import load_settings
    from callback_survey.run import Run

    is_manifest_optional = bool(context["params"].get("without_manifest"))
    settings = load_settings()
    lineage.report(str(getattr(context.get("ti"), "task_id", "")), settings)
    # a parent that follows the steps is the command `airflow run`
    allowing = "callback-survey airflow run --without-manifest" if settings.progress_log else _PARAMETER_ALLOWS
    return Run(settings, str(context["run_id"]), is_manifest_optional=is_manifest_optional, allowing=allowing)


def quarter_of(context: Mapping[str, Any]) -> tuple[Quarter, bool]:
    """The quarter to run, and whether a person asked for it: the param, else the data interval's, else an error."""
    asked = context["params"].get("quarter")
    if asked:
        return Quarter.parse(asked), True
    start = context.get("data_interval_start")
    if start is None:
        raise UsageError(
            "the run has neither a quarter nor a data interval",
            expected='the parameter "quarter"',
            next_step='trigger with {"quarter": "2018Q1"}',
        )
    # The interval ends on the due date, so it starts within the quarter: 20 January to 20 April is the first one
    return Quarter.containing(local_date(start)), False
