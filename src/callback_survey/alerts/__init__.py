"""Alerts: what is said when something fails, warns or passes again, to whom, and the record that it was said.

Light to import: Apprise is loaded when a message is sent, Airflow only by `callback_survey.airflow.callbacks`.
"""

from __future__ import annotations

from callback_survey.alerts.channels import ChannelResult
from callback_survey.alerts.compose import Place
from callback_survey.alerts.message import Alert, render
from callback_survey.alerts.outbox import Delivery, resend_unsent, send
from callback_survey.alerts.tell import (
    forget_waiting,
    remind_approvers,
    tell_dag_passed,
    tell_failure,
    tell_passed,
    tell_released,
    tell_waiting,
    tell_warnings,
)
from callback_survey.alerts.waiting import Waiting

__all__ = [
    "Alert",
    "ChannelResult",
    "Delivery",
    "Place",
    "Waiting",
    "forget_waiting",
    "remind_approvers",
    "render",
    "resend_unsent",
    "send",
    "tell_dag_passed",
    "tell_failure",
    "tell_passed",
    "tell_released",
    "tell_waiting",
    "tell_warnings",
]
