"""What Airflow calls when a task or a run fails. Only DAG files import this module.

Parsing a DAG file must stay cheap, so nothing here imports Apprise or a data library before something has failed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from callback_survey.alerts.message import Alert, alert_from_error
from callback_survey.alerts.outbox import resend_unsent, run_records, send

if TYPE_CHECKING:
    from airflow.sdk import Context

logger = logging.getLogger(__name__)

# Airflow reports a task as failed before it calls the task's notifier, so the run's callback can be the earlier of the
# two. It waits this long for the task's own, better message to be claimed.
GRACE_SECONDS = 10.0


class Notify(BaseNotifier):  # type: ignore[misc]  # Airflow brings no types
    """`on_failure_callback` of a task: tells what failed, once per run and problem, after the last retry."""

    def notify(self, context: Context) -> None:
        _guarded(lambda urls, outbox: send(_task_alert(context), urls=urls, outbox=outbox))


def notify_run(context: Context) -> None:
    """`on_failure_callback` of a DAG: speaks only if nothing else has.

    A killed worker never calls its task's notifier. A plain function, because `airflow dags test` breaks a DAG-level
    BaseNotifier. What a task's notifier could not send, or died sending, is tried again instead of said in other words.
    """

    def speak(urls: tuple[str, ...], outbox: Path) -> None:
        run_id = _run_key(context)
        if not _has_claimed_failure(outbox, run_id):
            send(_run_alert(context, run_id), urls=urls, outbox=outbox)
        else:
            resend_unsent(outbox, urls=urls, run_id=run_id)

    _guarded(speak)


def _guarded(tell: Callable[[tuple[str, ...], Path], object]) -> None:
    """Call with the configured channels. An alert that cannot even be made is logged; it never fails a run again."""
    try:
        from callback_survey import settings

        found = settings.load()
        tell(found.alert_urls, found.alerts)
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


def _task_alert(context: Context) -> Alert:
    ti: Any = context["ti"]
    return alert_from_error(
        context.get("exception"),
        run_id=_run_key(context),
        step=_step(ti),
        region_code=_param(context, "region"),
        quarter=_param(context, "quarter"),
        next_step=f"查看日志，排除原因后在 Airflow 中清除（Clear）任务 {ti.task_id}，从失败处继续",
        link=_link(ti),
    )


def _run_alert(context: Context, run_id: str) -> Alert:
    ti: Any = context.get("ti")
    reason = str(context.get("reason") or "run failed")
    return alert_from_error(
        f"运行失败，没有任务报告原因（可能是工作进程被终止）：{reason}",
        run_id=run_id,
        step=_step(ti) if ti is not None else "整个运行",
        region_code=_param(context, "region"),
        quarter=_param(context, "quarter"),
        next_step="查看调度器和工作进程的日志，排除原因后在 Airflow 中清除（Clear）失败的任务，从失败处继续",
        link=_link(ti) if ti is not None else None,
    )


def _run_key(context: Context) -> str:
    """DAG and run, because a run id is unique within its DAG only; a cleared run may fail, and speak, again."""
    dag_run: Any = context.get("dag_run")
    cleared = getattr(dag_run, "clear_number", 0) or 0
    dag: Any = context.get("dag")
    run_id = context.get("run_id") or getattr(dag_run, "run_id", "unknown")
    return f"{dag.dag_id if dag is not None else 'unknown'}/{run_id}" + (f" 第{cleared}次清除后" if cleared else "")


def _step(ti: Any) -> str:
    map_index = getattr(ti, "map_index", -1)
    if map_index is None or map_index < 0:
        return str(ti.task_id)
    return f"{ti.task_id}[{getattr(ti, 'rendered_map_index', None) or map_index}]"


def _param(context: Context, name: str) -> str | None:
    params: Any = context.get("params") or {}
    value = params.get(name)
    return str(value) if value else None


def _link(ti: Any) -> str | None:
    """The task's log page, where Airflow knows under which address people open it."""
    from airflow.sdk.configuration import conf

    return str(ti.log_url) if conf.get("api", "base_url", fallback=None) else None
