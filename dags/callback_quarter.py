"""The quarter, end to end. This file says what runs and when; `callback_survey.pipeline.steps` says how.

Schedule: 06:00 on the 20th of January, April, July and October, Shanghai time: the day deliveries are due.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import DAG, CronDataIntervalTimetable, Param, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from callback_survey.airflow import policy
from callback_survey.airflow import quarter as steps
from callback_survey.airflow.assets import MARTS
from callback_survey.airflow.callbacks import notify_run
from callback_survey.local_time import TIME_ZONE

with DAG(
    "callback_quarter",
    description="Land, check, build, check, release, serve and document a quarter of call-back surveys",
    doc_md=steps.DOCUMENTATION,
    schedule=CronDataIntervalTimetable("0 6 20 1,4,7,10 *", timezone=TIME_ZONE),
    start_date=pendulum.datetime(2017, 1, 1, tz=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    tags=["callback-survey", "quarterly"],
    params={
        "quarter": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}Q[1-4]$",
            title="Quarter (季度)",
            description="The quarter to run, such as 2018Q1. A scheduled run takes the quarter before.",
            examples=steps.EXAMPLE_QUARTERS,
        ),
        "region": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{6}$",
            title="Region (地区)",
            description="Six-digit division code. Empty: every region that delivered.",
            examples=["123456"],
        ),
        "without_manifest": Param(
            False,
            type="boolean",
            title="Without manifest (没有清单)",
            description="Accept a delivery without a manifest.json, unverified.",
        ),
    },
    on_failure_callback=notify_run,
    default_args=policy.default_args(),
):

    @task
    def discover(**context: Any) -> list[dict[str, str]]:
        found = steps.discover(context)
        if not found:
            raise AirflowSkipException("the scheduled quarter has no deliveries")
        return found

    @task(map_index_template="{{ task.op_kwargs['delivery']['region_code'] }}")
    def land(delivery: dict[str, str], **context: Any) -> dict[str, Any]:
        return steps.land(context, delivery)

    @task(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, pool="warehouse")
    def build(landed: list[dict[str, Any]], **context: Any) -> dict[str, Any]:
        return steps.build(context, landed)

    @task(pool="warehouse")
    def gate(built: dict[str, Any], **context: Any) -> dict[str, Any]:
        return steps.gate(context, built)

    @task(pool="warehouse")
    def release(built: dict[str, Any], verdicts: dict[str, Any], **context: Any) -> dict[str, Any]:
        return steps.release(context, built, verdicts)

    # a correction also moves the changes of the quarter after it
    @task(pool="warehouse")
    def revise_following(released: dict[str, Any], **context: Any) -> dict[str, Any]:
        return steps.revise_following(context, released)

    @task(pool="warehouse")
    def serve(judged: dict[str, Any], **context: Any) -> list[str]:
        return steps.serve(context, judged)

    # readers have their tables: what people read of them may take its time, and fail of one region alone
    @task(map_index_template="{{ task.op_kwargs['region'] }}")
    def documents(region: str, **context: Any) -> list[str]:
        return steps.documents(context, region)

    # Of those regions whose documents are there, whatever became of the others: a notice can be approved then. ALL_DONE, as none
    # are made where nothing is new; what was served before a failure is none of this run's news.
    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[MARTS], on_success_callback=steps.remember_announced)
    def announce(
        judged: dict[str, Any] | None,
        served: list[str] | None,
        made: list[list[str]] | None,
        *,
        outlet_events: Any,
        **context: Any,
    ) -> None:
        if judged is None or served is None:
            raise AirflowSkipException("nothing was served")
        new = steps.announce(context, judged, made)
        if not new:  # succeeding without a key would emit an event that belongs to no quarter
            raise AirflowSkipException("no new release")
        for key in new:
            outlet_events[MARTS].add_partitions(key)

    # A task of its own: where another region was refused at landing, the leaf below does not run, and nobody would hear
    # of the regions that gate 2 held back, nor of any warning. Nor would they where a later task broke: hence ALL_DONE.
    @task(trigger_rule=TriggerRule.ALL_DONE)
    def verdict(verdicts: dict[str, Any] | None, judged: dict[str, Any] | None, **context: Any) -> None:
        if not steps.verdict(context, judged or verdicts):
            raise AirflowSkipException("no region reached gate 2")

    # The leaf decides the run's colour. It also runs where `documents` and `announce` were skipped because nothing was new.
    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def complete(verdicts: dict[str, Any] | None) -> None:
        if not steps.complete(verdicts):
            raise AirflowSkipException("there were no deliveries")

    landed = land.expand(delivery=discover())
    built = build(landed)
    verdicts = gate(built)
    judged = revise_following(release(built, verdicts))
    served = serve(judged)
    made = documents.expand(region=served)
    [landed, verdict(verdicts, judged), made, announce(judged, served, made)] >> complete(judged)
