"""The daily look at what callbacks cannot see. This file says what runs and when; `callback_survey.watch.look` says how.

Schedule: 08:00 every day, Shanghai time. The same look from cron, `callback-survey watch`, also sees when this one is silent.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable, task

from callback_survey.airflow import policy
from callback_survey.airflow import quarter as steps
from callback_survey.airflow.callbacks import notify_run
from callback_survey.local_time import TIME_ZONE

with DAG(
    "callback_watch",
    description="Daily: report late deliveries, outdated figures, unsent alerts, a full disk, hanging runs; start new deliveries",
    doc_md=steps.WATCH_DOCUMENTATION,
    schedule=CronTriggerTimetable("0 8 * * *", timezone=TIME_ZONE),
    start_date=pendulum.datetime(2018, 1, 1, tz=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    tags=["callback-survey", "daily"],
    on_failure_callback=notify_run,
    default_args=policy.default_args(hours=0.5),
):

    @task
    def look(**context: Any) -> list[dict[str, Any]]:
        return steps.watch(context)

    # One run per quarter, named by what is delivered: the same delivery never starts a second one.
    TriggerDagRunOperator.partial(
        task_id="start", trigger_dag_id=steps.QUARTER_DAG, logical_date=None, skip_when_already_exists=True
    ).expand_kwargs(look())
