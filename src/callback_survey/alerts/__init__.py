"""Alerts: what is said when something fails, to whom, and the record that it was said.

Light to import: Apprise is loaded when a message is sent, Airflow only by `callback_survey.alerts.airflow`.
"""

from __future__ import annotations

from callback_survey.alerts.channels import ChannelResult
from callback_survey.alerts.message import Alert, alert_from_error, render
from callback_survey.alerts.outbox import Delivery, has_sent, resend_unsent, send

__all__ = ["Alert", "ChannelResult", "Delivery", "alert_from_error", "has_sent", "render", "resend_unsent", "send"]
