"""The task that waits for a person. Only the DAG file imports this module."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException
from airflow.sdk.execution_time.hitl import get_hitl_detail_content_detail

from callback_survey.airflow import notice as steps
from callback_survey.given_text import HEADING_CHARACTERS, MOST_CHARACTERS

if TYPE_CHECKING:
    from airflow.sdk import Context

_PREPARED = "{{{{ ti.xcom_pull(task_ids='prepare')['{}'] }}}}"


class NoticeApproval(HITLOperator):  # type: ignore[misc]  # Airflow brings no types
    """Asks for approval of what the task `prepare` returned. Returns the answer; a rejection is an answer too.

    The deadline is the run's param `hours`, else the setting: read when it asks, because a DAG file that reads settings
    breaks where they are wrong.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {
            "subject": _PREPARED.format("subject"),
            "body": _PREPARED.format("body"),
            "options": [steps.APPROVE, steps.REJECT],
            "params": _form(),
            # without one, Airflow would take the limit of the work before the waiting for the limit of the waiting
            "response_timeout": timedelta(hours=72),
        }
        super().__init__(**kwargs)

    def execute(self, context: Context) -> Any:
        if context["ti"].try_number > 1 and (answer := _given(context["ti"].id)) is not None:
            return self.execute_complete(context, answer)
        hours = steps.hours_to_wait(context)
        self.response_timeout = timedelta(hours=hours)
        if issuer := _prepared(context)["issuer"]:
            self.params[steps.ISSUER] = issuer
        self.assigned_users = steps.approvers()
        steps.tell_approver(context, _prepared(context), hours)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        steps.require_printable(_prepared(context), answer)
        return answer

    def process_trigger_event_error(self, event: dict[str, Any]) -> None:
        if event["error_type"] == "timeout":
            from airflow.sdk import get_current_context

            context = get_current_context()
            missed = steps.unanswered(context, _prepared(context), steps.hours_to_wait(context))
            raise missed or AirflowSkipException("it was decided elsewhere, or a later revision took its place")
        super().process_trigger_event_error(event)


def _form() -> dict[str, Param]:
    def text(title: str, description: str, max_length: int = HEADING_CHARACTERS) -> Param:
        return Param("", type=["null", "string"], maxLength=max_length, title=title, description=description)

    day = Param(None, type=["null", "string"], format="date", title="成文日期", description="签发时必填，印在落款处")
    blank = Param(
        False, type="boolean", title="留空签发", description="勾选后，没有填的文号、印发单位、日期留空，由人手写"
    )
    return {
        steps.NUMBER: text("文号", "签发时必填，如 某跑改办〔2018〕5号"),
        steps.ISSUER: text("印发单位", "签发时必填；默认是本地区自己写明的，或上次印发的单位"),
        steps.DATE: day,
        steps.SIGNATORY: text("签发人", "印在文号旁边；不印就空着"),
        steps.BLANK: blank,
        steps.CORRECTION: text(
            "更正原因", "代替已印发的通报时必填，印在更正说明里；首次印发的不填", max_length=MOST_CHARACTERS
        ),
        steps.PERSON: text("决定人", "以 admin 等公用账号登录的必填本人姓名；用本人账号登录的不填"),
        steps.REASON: text("退回理由", "退回时填写", max_length=MOST_CHARACTERS),
    }


def _given(ti_id: UUID) -> dict[str, Any] | None:
    """The answer that a worker was given and killed over: asking again would throw it away, and nobody would know.

    Airflow also tries again where an answer comes within seconds of the question, before the executor has reported that the
    asking is done. A task that a person has cleared is another one, and asks.
    """
    try:
        found = get_hitl_detail_content_detail(ti_id)
    except AirflowRuntimeError:  # nothing was asked yet
        return None
    if not found.response_received or not found.chosen_options:
        return None
    user = found.responded_by_user
    return {
        "chosen_options": list(found.chosen_options),
        "params_input": found.params_input or {},
        "responded_at": found.responded_at,
        "responded_by_user": {"id": user.id, "name": user.name} if user else None,
    }


def _prepared(context: Context) -> Mapping[str, Any]:
    found: Mapping[str, Any] = context["ti"].xcom_pull(task_ids="prepare")
    return found
