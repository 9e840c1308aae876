"""What Airflow's callbacks tell, in a real run and by themselves."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import callback_survey
from callback_survey.alerts import render, send
from receivers import ALERT, Receiver, no_sleep
from sent_alerts import has_sent

DAG_FILE = """
import pendulum
from airflow.sdk import DAG, task
from callback_survey.airflow.callbacks import Notify, notify_run
from callback_survey.errors import GateFailed

def dag(name, **default_args):
    return DAG(name, schedule=None, start_date=pendulum.datetime(2018, 1, 1, tz="Asia/Shanghai"),
               on_failure_callback=notify_run, default_args=default_args)

with dag("told", on_failure_callback=[Notify()]):
    @task(retries=1, retry_delay=0)
    def build(ti=None):
        raise ValueError(f"try {ti.try_number} failed")

    @task(retries=1, retry_delay=0)
    def mends_itself(ti=None):
        if ti.try_number == 1:
            raise ValueError("only once")

    @task
    def land(region):
        if region != "330110":
            raise GateFailed("rows missing", region_code=region, quarter="2018Q1", alert_lines=["区教育局：缺 3 行"])

    build()
    mends_itself()
    land.expand(region=["330109", "330110"])

with dag("silent"):
    @task
    def build():
        raise ValueError("no notifier on this task")
    build()
"""


@pytest.fixture
def airflow(tmp_path: Path, receiver: Receiver) -> Callable[..., str]:
    """Runs the real Airflow command in a home of its own, with the receiver as the only alert channel."""
    (tmp_path / "airflow" / "dags").mkdir(parents=True)
    (tmp_path / "airflow" / "dags" / "alerting.py").write_text(DAG_FILE, encoding="utf-8")
    source = Path(callback_survey.__file__).parents[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CALLBACK_SURVEY"))},
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": str(source),
        "CALLBACK_SURVEY_HOME": str(tmp_path / "home"),
        "CALLBACK_SURVEY_DBT_PROJECT": str(source.parent / "dbt_project"),
        "CALLBACK_SURVEY_ALERT_URLS": receiver.url,
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "airflow", *arguments]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        return done.stdout + done.stderr

    return run


def test_a_real_airflow_run_tells_each_final_failure_once(airflow: Callable[..., str], receiver: Receiver) -> None:
    airflow("db", "migrate")

    log = airflow("dags", "test", "told")

    titles = sorted(message["title"] for message in receiver.messages)
    assert titles == [
        "【失败】330109 2018Q1：关口没有通过：rows missing",
        "【失败】程序出错：ValueError: try 2 failed",
    ], log
    assert "区教育局：缺 3 行" in receiver.text
    assert "步骤：land（接收交付，含第一道关口）[0]" in receiver.text
    assert "运行：told/manual__" in receiver.text

    receiver.messages.clear()
    log = airflow("dags", "test", "silent")

    (message,) = receiver.messages
    assert "没有任务报告原因" in message["title"], log


class FakeTask:
    task_id, map_index, log_url = "build", -1, "http://airflow.example/log"


class FakeDag:
    dag_id = "callback_quarter"


def context(**more: Any) -> Any:
    return {"dag": FakeDag, "run_id": "manual__1", "ti": FakeTask, "params": {"quarter": "2018Q1"}, **more}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, receiver: Receiver) -> Path:
    """Settings that send to the receiver; gives the outbox they name."""
    from callback_survey.airflow import callbacks as airflow

    monkeypatch.setattr(airflow, "GRACE_SECONDS", 0.0)
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_DBT_PROJECT", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_ALERT_URLS", receiver.url)
    (tmp_path / "dbt_project.yml").touch()
    return tmp_path / "alerts"


def test_the_run_is_silent_once_a_task_has_spoken(configured: Path, receiver: Receiver) -> None:
    from callback_survey.airflow.callbacks import Notify, notify_run

    Notify().notify(context(exception=ValueError("broken")))
    notify_run(context(reason="task_failure"))

    (message,) = receiver.messages
    assert "ValueError: broken" in message["title"]
    assert has_sent(configured, "callback_quarter/manual__1")


def test_the_run_speaks_where_only_a_warning_was_sent(configured: Path, receiver: Receiver) -> None:
    from callback_survey.airflow.callbacks import notify_run

    warning = replace(ALERT, severity="warn", run_id="callback_quarter/manual__1")
    send(warning, urls=[receiver.url], outbox=configured)
    notify_run(context(reason="task_failure"))

    assert [message["type"] for message in receiver.messages] == ["warning", "failure"]


def test_the_run_waits_for_the_task_that_is_about_to_speak(
    configured: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from callback_survey.airflow import callbacks as airflow

    monkeypatch.setattr(airflow, "GRACE_SECONDS", 30.0)
    run_callback = threading.Thread(target=airflow.notify_run, args=(context(reason="task_failure"),), daemon=True)
    run_callback.start()
    time.sleep(0.3)
    airflow.Notify().notify(context(exception=ValueError("broken")))
    run_callback.join(timeout=60)

    (message,) = receiver.messages
    assert "ValueError: broken" in message["title"]


def test_the_run_repeats_what_the_task_could_not_send(configured: Path, receiver: Receiver) -> None:
    from callback_survey.airflow.callbacks import notify_run

    unsent = replace(ALERT, run_id="callback_quarter/manual__1")
    receiver.answer = 500
    send(unsent, urls=[receiver.url], outbox=configured, sleep=no_sleep)
    receiver.answer, receiver.messages = 200, []

    notify_run(context(reason="task_failure"))

    (message,) = receiver.messages
    assert message["title"] == render(unsent)[0]


def test_a_cleared_run_that_fails_again_is_told_again(configured: Path, receiver: Receiver) -> None:
    from callback_survey.airflow.callbacks import Notify

    class Cleared:
        clear_number = 1

    for more in ({}, {"dag_run": Cleared}, {"dag_run": Cleared}):
        Notify().notify(context(exception=ValueError("broken"), **more))

    assert len(receiver.messages) == 2


def test_the_same_run_id_of_another_dag_is_another_run(configured: Path, receiver: Receiver) -> None:
    from callback_survey.airflow.callbacks import Notify

    class Other:
        dag_id = "callback_notice"

    for dag in (FakeDag, Other):
        Notify().notify(context(exception=ValueError("broken"), dag=dag))

    assert len(receiver.messages) == 2


def test_a_watch_that_fails_in_airflow_is_told_and_told_again_when_it_has_looked(
    configured: Path, receiver: Receiver
) -> None:
    from callback_survey.airflow.callbacks import Notify, notify_run
    from callback_survey.alerts import Place, tell
    from callback_survey.settings import load_settings

    class Watch:
        dag_id = "callback_watch"

    failed = context(exception=OSError("disk"), dag=Watch, params={})
    Notify().notify(failed)
    notify_run(failed)
    for _ in range(2):
        tell.tell_dag_passed(load_settings(), "callback_watch", Place("later", "look"))

    assert [message["type"] for message in receiver.messages] == ["failure", "success"]
    assert "callback-survey watch" in receiver.messages[0]["message"]


@pytest.mark.parametrize(
    ("more", "scope"),
    [
        ({"params": {"quarter": None}, "data_interval_start": datetime(2018, 1, 20, tzinfo=UTC)}, "2018Q1"),
        ({"params": {"quarter": "2018Q2", "region": "330110"}}, "330110 2018Q2"),
        ({"params": {"quarter": None}}, "未涉及单个地区"),
    ],
)
def test_the_scope_is_that_of_the_run_also_of_a_scheduled_one(
    configured: Path, receiver: Receiver, more: dict[str, Any], scope: str
) -> None:
    from callback_survey.airflow.callbacks import Notify

    Notify().notify(context(exception=OSError("disk"), **more))

    assert f"地区和季度：{scope}" in receiver.messages[0]["message"]


def test_a_mapped_task_is_about_the_region_it_is_named_by(configured: Path, receiver: Receiver) -> None:
    from callback_survey.airflow.callbacks import Notify

    class Landing(FakeTask):
        task_id, map_index, rendered_map_index = "land", 1, "330110"

    Notify().notify(context(exception=OSError("disk"), ti=Landing))

    assert receiver.messages[0]["title"].startswith("【失败】330110 2018Q1：")


def test_settings_that_cannot_be_read_are_logged_and_never_raised(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from callback_survey.airflow.callbacks import Notify, notify_run

    monkeypatch.setenv("CALLBACK_SURVEY_MEMORY_LIMIT", "plenty")

    Notify().notify(context(exception=ValueError("broken")))
    notify_run(context())

    assert caplog.text.count("the alert could not be made or sent") == 2


def test_dag_files_pay_nothing_for_the_notifier() -> None:
    heavy = {"pandas", "duckdb", "dbt", "great_expectations", "apprise", "requests"}
    code = f"import sys, callback_survey.airflow.callbacks; print(sorted({heavy!r} & sys.modules.keys()))"
    source = str(Path(callback_survey.__file__).parents[1])

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"
