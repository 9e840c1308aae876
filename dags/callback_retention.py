"""What is older than it may be goes, once a month. This file says what runs and when; `callback_survey.retention` says how.

Schedule: 05:00 on the 2nd of each month, Shanghai time.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import DAG, CronTriggerTimetable, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from callback_survey.airflow import policy
from callback_survey.airflow import retention as steps
from callback_survey.airflow.callbacks import notify_run
from callback_survey.local_time import TIME_ZONE

with DAG(
    "callback_retention",
    description="Monthly: remove single cases, logs and the like that are older than the setting says; releases stay",
    doc_md=steps.DOCUMENTATION,
    schedule=CronTriggerTimetable("0 5 2 * *", timezone=TIME_ZONE),
    start_date=pendulum.datetime(2018, 1, 1, tz=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    tags=["callback-survey", "monthly"],
    params={
        "only_look": Param(
            False,
            type="boolean",
            title="Only look (只查看)",
            description="Write what would be removed to the log of the task look, and remove nothing.",
        )
    },
    on_failure_callback=notify_run,
    default_args=policy.default_args(),
):

    @task
    def look() -> list[str]:
        return steps.look()

    @task(pool="warehouse")
    def remove(due: list[str], **context: Any) -> int:
        if context["params"]["only_look"]:
            raise AirflowSkipException(f"only looked: {len(due)} things")
        return steps.remove(context)

    remove(look())
