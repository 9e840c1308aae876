"""From a served release to an issued notice, with a person in between. This file says what runs and when;
`callback_survey.airflow.notice` says how.

Schedule: the event of each new release that callback_quarter serves; one run per region and quarter.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import DAG, Param, PartitionedAssetTimetable, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from callback_survey.airflow import notice as steps
from callback_survey.airflow import policy
from callback_survey.airflow.approval import NoticeApproval
from callback_survey.airflow.assets import MARTS
from callback_survey.airflow.callbacks import notify_run
from callback_survey.local_time import TIME_ZONE

with DAG(
    "callback_notice",
    description="A person approves a served release; then its notice is issued into the public folder",
    doc_md=steps.DOCUMENTATION,
    schedule=PartitionedAssetTimetable(assets=MARTS),
    start_date=pendulum.datetime(2018, 1, 1, tz=TIME_ZONE),
    catchup=False,
    # a run is mostly a person who has not come yet: one region must not wait for another's
    max_active_runs=1000,
    tags=["callback-survey", "each release"],
    params={
        "release": Param(
            None,
            type=["null", "string"],
            pattern=steps.RELEASE_PATTERN,
            title="Release (发布版本)",
            description="Region and quarter, for a run by hand. A run of a new release knows them.",
            examples=["123456|2018Q1"],
        ),
        "hours": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Hours to wait (等候小时数)",
            description="How long to wait for a person. Empty: CALLBACK_SURVEY_APPROVAL_HOURS.",
            examples=[24, 72],
        ),
    },
    on_failure_callback=notify_run,
    default_args=policy.default_args(),
):

    @task
    def prepare(**context: Any) -> dict[str, Any]:
        request = steps.prepare(context)
        if request is None:
            raise AirflowSkipException("the notice of the served revision is already issued")
        return request

    approval = NoticeApproval(task_id="approval")

    @task
    def issue(request: dict[str, Any], answer: dict[str, Any], **context: Any) -> str:
        folder = steps.issue(context, request, answer)
        if folder is None:
            raise AirflowSkipException("rejected: no notice was issued")
        return folder

    # Also after a rejection, which the served table `releases` tells too.
    @task(pool="warehouse", trigger_rule=TriggerRule.NONE_FAILED)
    def serve(**context: Any) -> None:
        steps.serve(context)

    request = prepare()
    request >> approval
    issue(request, approval.output) >> serve()
