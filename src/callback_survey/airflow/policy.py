"""What every task of every DAG gets: an owner, the notifier, retries that help machines and not verdicts, and a limit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from callback_survey.airflow.callbacks import Notify

# a verdict or a wrong setting is the same the second time
_FINAL = (
    "GateFailed",
    "DeliveryRefused",
    "DeliveryMisplaced",
    "RowsRemoved",
    "UsageError",
    "NothingDelivered",
    "RegisterError",
    "ApprovalOutdated",
    "NotAnswered",
)


def default_args(hours: float = 2) -> dict[str, Any]:
    """The `default_args` of a DAG whose tasks end within so many hours."""
    rules = [
        RetryRule(
            exception=f"callback_survey.errors.{name}",
            action=RetryAction.FAIL,
            reason="a retry cannot change this result",
        )
        for name in _FINAL
    ]
    return {
        "owner": "callback-survey",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=hours),
        "on_failure_callback": [Notify()],
        "retry_policy": ExceptionRetryPolicy(rules=rules),
    }
