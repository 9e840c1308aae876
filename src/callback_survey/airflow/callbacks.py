"""What Airflow calls when a task or a run fails. Only DAG files import this module.

Parsing a DAG file must stay cheap, so nothing here imports Apprise or a data library before something has failed.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from callback_survey.airflow import notice
from callback_survey.airflow import quarter as airflow_steps
from callback_survey.alerts import tell
from callback_survey.alerts.compose import Place
from callback_survey.alerts.outbox import run_records
from callback_survey.errors import UsageError
from callback_survey.scope import Scope
from callback_survey.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

logger = logging.getLogger(__name__)

# Airflow reports a task as failed before it calls the task's notifier, so the run's callback can be the earlier of the
# two. It waits this long for the task's own, better message to be claimed.
GRACE_SECONDS = 10.0
# how what a DAG does that is about no quarter is done without it
_BY_HAND = {"callback_retention": "callback-survey retention --remove"}


class Notify(BaseNotifier):  # type: ignore[misc]  # Airflow brings no types
    """`on_failure_callback` of a task: tells what failed, once per run and problem, after the last retry."""

    def notify(self, context: Context) -> None:
        _guarded(lambda settings: _tell(settings, context, context.get("exception")))


def notify_run(context: Context) -> None:
    """`on_failure_callback` of a DAG: speaks only if nothing else has.

    A killed worker never calls its task's notifier. A plain function, because `airflow dags test` breaks a DAG-level
    BaseNotifier. What a task's notifier could not send, or died sending, is tried again instead of said in other words.
    """

    def speak(settings: Settings) -> None:
        run_id = airflow_steps.run_key(context)
        if not _has_claimed_failure(settings.alerts, run_id):
            _tell(settings, context, str(context.get("reason") or "run failed"), step="run")
        else:
            tell.resend(settings, run_id)

    _guarded(speak)


def _tell(settings: Settings, context: Context, error: Any, step: str | None = None) -> None:
    tell.tell_failure(settings, error, _place(context, step), checks_of=str(context.get("run_id")))


def _guarded(speak: Callable[[Settings], object]) -> None:
    """Call with the settings. An alert that cannot even be made is logged; it never fails a run again."""
    try:
        from callback_survey.airflow.settings import load_settings

        speak(load_settings())
    except Exception:
        logger.exception("the alert could not be made or sent")


def _has_claimed_failure(outbox: Path, run_id: str, sleep: Callable[[float], None] = time.sleep) -> bool:
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        if any(record["severity"] == "fail" for _, record in run_records(outbox, run_id)):
            return True
        if time.monotonic() >= deadline:
            return False
        sleep(0.5)


def _place(context: Context, step: str | None) -> Place:
    """What Airflow knows of the task: its scope, its page, and what can be cleared to go on."""
    ti: Any = context.get("ti")
    dag: Any = context.get("dag")
    params: Any = context.get("params") or {}
    dag_id = str(dag.dag_id) if dag is not None and "quarter" not in params else None
    found = Place(
        run_id=airflow_steps.run_key(context),
        step=step or (_step(ti) if ti is not None else "run"),
        region_code=_region(ti, params),
        quarter=_quarter(context),
        link=link_of(ti) if ti is not None else None,
        task=str(ti.task_id) if ti is not None else "",
        dag=dag_id,
        command=_BY_HAND.get(dag_id, "callback-survey watch") if dag_id else None,
    )
    return _of_notice(context, found) if dag_id == notice.NOTICE_DAG else found


def _of_notice(context: Context, place: Place) -> Place:
    """A notice is about one release, and what is open of it closes with a decision about that one."""
    try:
        region, quarter = notice.release_key(context)
    except UsageError:  # the run itself fails with it, and nothing stays open
        return replace(place, dag=None, command="callback-survey approve --help")
    command = f"callback-survey approve --region {region} --quarter {quarter} --dry-run"
    key = notice.problem_key(Scope(region, quarter))
    return replace(place, region_code=region, quarter=quarter, dag=key, command=command)


def _step(ti: Any) -> str:
    map_index = getattr(ti, "map_index", -1)
    if map_index is None or map_index < 0:
        return str(ti.task_id)
    return f"{ti.task_id}[{getattr(ti, 'rendered_map_index', None) or map_index}]"


def _region(ti: Any, params: Any) -> str | None:
    """The run's region, else that of a mapped task, which is named by it."""
    named = params.get("region") or getattr(ti, "rendered_map_index", None)
    return str(named) if named and re.fullmatch("[0-9]{6}", str(named)) else None


def _quarter(context: Context) -> str | None:
    """The quarter of the run, asked for or scheduled; None for a DAG that is about none."""
    if "quarter" not in (context.get("params") or {}):
        return None
    try:
        return str(airflow_steps.quarter_of(context)[0])
    except UsageError:  # the run itself fails with it
        return None


def link_of(ti: Any) -> str | None:
    """The task's log page, where Airflow knows under which address people open it."""
    from airflow.sdk.configuration import conf

    return str(ti.log_url) if conf.get("api", "base_url", fallback=None) else None
