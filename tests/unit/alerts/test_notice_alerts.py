"""What is told of a notice that nobody decided about, or whose approval came too late; and when that is over."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from callback_survey import alerts
from callback_survey.airflow.notice import problem_key
from callback_survey.errors import ApprovalOutdated, NotAnswered, UsageError
from callback_survey.scope import Scope
from callback_survey.settings import load_settings
from receivers import Receiver


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, receiver: Receiver) -> Path:
    """Settings that send to the receiver; gives the outbox they name."""
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_DBT_PROJECT", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_ALERT_URLS", receiver.url)
    (tmp_path / "dbt_project.yml").touch()
    return tmp_path / "alerts"


def fail(
    error: Exception, task: str = "approval", *, release: str | None = "330109|2018Q1", key: str | None = None
) -> None:
    """A task of callback_notice fails; the run is about `release` by its parameter, or about `key` by its event."""
    from callback_survey.airflow.callbacks import Notify

    ti = SimpleNamespace(task_id=task, map_index=-1, log_url="http://airflow.example/log")
    dag_run = SimpleNamespace(run_id="manual__1", partition_key=key, clear_number=0)
    context: dict[str, Any] = {"dag": SimpleNamespace(dag_id="callback_notice"), "dag_run": dag_run, "ti": ti}
    params = {"release": release, "hours": None}
    Notify().notify({**context, "run_id": "manual__1", "params": params, "exception": error})


@pytest.mark.parametrize("run", [{}, {"release": None, "key": "330109|2018Q1"}], ids=["by hand", "by its event"])
def test_a_notice_that_nobody_decided_about_is_told_with_the_way_on(receiver: Receiver, run: dict[str, Any]) -> None:
    fail(NotAnswered("nobody decided"), **run)
    [told] = receiver.messages
    assert "330109 2018Q1：通报到期无人批准或退回" in told["title"]
    assert "a-notice-waits-for-approval" in told["message"]
    assert "清除（Clear）任务 approval" in told["message"]
    assert "callback-survey approve --region 330109 --quarter 2018Q1 --dry-run" in told["message"]


def test_clearing_is_no_way_on_for_an_approval_that_came_too_late(receiver: Receiver) -> None:
    fail(ApprovalOutdated("readers see r2"), "issue")
    assert "an-approval-came-too-late" in receiver.text
    assert "所批准的版本已被取代，没有印发" in receiver.text
    assert "清除（Clear）" not in receiver.text


def test_an_undecided_notice_stays_open_until_that_one_is_decided(receiver: Receiver) -> None:
    for quarter in ("2018Q1", "2018Q2"):
        fail(NotAnswered(f"nobody decided about {quarter}"), release=f"330109|{quarter}")
    # the quarter is served again: that does not answer the question
    alerts.tell_passed(load_settings(), [("330109", "2018Q1")], alerts.Place("later", "serve"))
    for _ in range(2):
        alerts.tell_dag_passed(load_settings(), problem_key(Scope("330109", "2018Q2")), alerts.Place("later", "issue"))
    assert [message["type"] for message in receiver.messages] == ["failure", "failure", "success"]
    assert "callback_notice 330109 2018Q2" in receiver.messages[-1]["message"]


def test_a_run_that_names_no_release_leaves_nothing_open(configured: Path, receiver: Receiver) -> None:
    fail(UsageError("the run names no release"), "prepare", release=None)
    assert len(receiver.messages) == 1
    assert not list((configured / "open").glob("*"))
