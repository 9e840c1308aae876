"""Alerts arrive once, say what to do, tell no secret, and never make things worse. Receivers here are real servers."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aiosmtpd.controller import Controller

import callback_survey
from callback_survey.alerts import Alert, alert_from_error, channels, has_sent, render, resend_unsent, send
from callback_survey.errors import GateFailed, UsageError

# Data contract §2: the form a phone number must not have in anything that leaves.
MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
ALERT = Alert(
    severity="fail",
    region_code="330109",
    quarter="2018Q1",
    run_id="callback_quarter/manual__2018-04-20T06:00:00+08:00",
    step="gate",
    problem="sample_within_frame",
    title="抽样数多于有效样本框",
    lines=("区市场监管局：抽样 9829，允许不超过 9828", "区公安分局（户籍）：抽样 6612，允许不超过 6611"),
    readers_see="2017Q4 的结果",
    next_step="callback-survey run --region 330109 --quarter 2018Q1",
    link="http://airflow.example/dags/callback_quarter",
)


class Receiver:
    """An HTTP server on a free port that keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answer = 200
        self.delay_seconds = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append(json.loads(body))
                time.sleep(receiver.delay_seconds)
                self.send_response(receiver.answer)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"json://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def text(self) -> str:
        return "\n".join(f"{message['title']}\n{message['message']}" for message in self.messages)


class Mailbox:
    """A mail server's handler that keeps the messages."""

    def __init__(self) -> None:
        self.messages: list[email.message.EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture(autouse=True)
def _local_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine must not carry what is meant for 127.0.0.1."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "alerts"


@pytest.fixture
def refused_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"json://127.0.0.1:{probe.getsockname()[1]}/"


def no_sleep(_seconds: float) -> None:
    return None


def record_of(outbox: Path) -> dict[str, Any]:
    (path,) = outbox.glob("*/*.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


# What it says


def test_a_message_says_what_where_how_much_and_what_to_do() -> None:
    title, body = render(ALERT)

    assert title == "【失败】330109 2018Q1：抽样数多于有效样本框"
    assert body.splitlines() == [
        "问题：抽样数多于有效样本框",
        "地区和季度：330109 2018Q1",
        "步骤：gate",
        "明细：",
        "  · 区市场监管局：抽样 9829，允许不超过 9828",
        "  · 区公安分局（户籍）：抽样 6612，允许不超过 6611",
        "读者现在看到：2017Q4 的结果",
        "下一步：callback-survey run --region 330109 --quarter 2018Q1",
        "链接：http://airflow.example/dags/callback_quarter",
        "运行：callback_quarter/manual__2018-04-20T06:00:00+08:00",
    ]


def test_a_long_list_is_cut_and_says_how_much_is_missing() -> None:
    _, body = render(replace(ALERT, lines=tuple(f"部门 {number}" for number in range(90))))

    assert "部门 29" in body
    assert "部门 30" not in body
    assert "另有 60 行" in body


def test_a_title_is_one_short_line() -> None:
    title, _ = render(replace(ALERT, title="第一行\n第二行 " + "很长" * 100))

    assert "\n" not in title
    assert len(title) <= 120


@pytest.mark.parametrize(
    "number",
    ["13800138000", "+8613800138000", "008613800138000", "138-0013-8000", "138 0013 8000", "１３８００１３８０００"],
)
def test_no_spelling_of_a_phone_number_leaves(number: str) -> None:
    title, body = render(
        replace(
            ALERT, title=f"号码{number}错", lines=(f"电话：{number}。",), next_step=number, run_id=number, link=number
        )
    )

    assert number not in title + body
    assert "电话：[号码]。" in body


def test_no_identity_number_leaves() -> None:
    assert "110101199003070011" not in render(replace(ALERT, lines=("证件 110101199003070011",)))[1]


@pytest.mark.parametrize(
    "text",
    [
        "XS20180100012345",
        "manual__2018-04-20T06:00:00.123456+00:00",
        "20180420T060000123456",
        "sha256 a13800138000b",
        "1524204000000",
        "90597",
    ],
)
def test_what_the_reader_must_look_up_survives(text: str) -> None:
    assert text in render(replace(ALERT, lines=(text,)))[1]


def test_our_own_errors_bring_their_explanation() -> None:
    error = GateFailed(
        "抽样数多于有效样本框",
        where="marts.department_rates",
        expected="sample ≤ frame",
        region_code="330109",
        quarter="2018Q1",
        alert_lines=["区市场监管局：抽样 9829，允许不超过 9828"],
        next_step="callback-survey run --region 330109 --quarter 2018Q1",
    )

    alert = alert_from_error(
        error, run_id="r", step="gate", region_code="000000", quarter="1999Q1", next_step="清除任务"
    )

    assert (alert.region_code, alert.quarter, alert.title) == ("330109", "2018Q1", "抽样数多于有效样本框")
    assert alert.lines == (
        "区市场监管局：抽样 9829，允许不超过 9828",
        "位置：marts.department_rates",
        "应为：sample ≤ frame",
    )
    assert alert.next_step == "callback-survey run --region 330109 --quarter 2018Q1"


def test_a_remedy_is_followed_by_how_to_go_on() -> None:
    alert = alert_from_error(UsageError("no key", next_step="set the key"), run_id="r", step="land", quarter="2018Q1")

    assert alert.next_step.startswith("set the key\n")
    assert "callback-survey run --quarter 2018Q1" in alert.next_step


def test_of_a_foreign_error_only_type_and_first_line_are_told() -> None:
    alert = alert_from_error(ValueError("broken\nOriginal line: 张三,secret"), run_id="r", step="land")

    assert alert.title == "ValueError: broken"
    assert "张三" not in "".join(render(alert))


def test_data_quoted_by_the_database_is_not_told() -> None:
    with pytest.raises(duckdb.ConversionException, match="张三") as failure:
        duckdb.sql("select cast('张三' as integer)").fetchall()

    alert = alert_from_error(failure.value, run_id="r", step="build")

    assert alert.title.startswith("ConversionException: ")
    assert "张三" not in "".join(render(alert))


def test_an_end_without_an_error_is_told_as_such() -> None:
    assert "没有留下错误信息" in alert_from_error(None, run_id="r", step="build").title


def test_problems_are_told_apart_by_kind_scope_and_text() -> None:
    def problem(what: str, region: str | None = None) -> str:
        return alert_from_error(GateFailed(what, region_code=region), run_id="r", step="gate").problem

    assert problem("a") == problem("a")
    assert len({problem("a"), problem("b"), problem("a", "330109"), problem("a", "330110")}) == 4


# That it arrives


def test_a_webhook_gets_the_message_and_the_record_says_so(receiver: Receiver, outbox: Path) -> None:
    delivery = send(ALERT, urls=[receiver.url], outbox=outbox)

    title, body = render(ALERT)
    assert [(message["title"], message["message"]) for message in receiver.messages] == [(title, body)]
    assert receiver.messages[0]["type"] == "failure"
    assert (delivery.state, delivery.is_repeat) == ("sent", False)
    record = record_of(outbox)
    assert (record["state"], record["subject"], record["body"]) == ("sent", title, body)
    assert record["finished_at"] >= record["created_at"]


def test_a_mail_arrives_as_plain_text_with_chinese_names(outbox: Path) -> None:
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        url = f"mailto://127.0.0.1:{port}/oncall@example.org?from=survey@example.org&mode=insecure"
        delivery = send(ALERT, urls=[url], outbox=outbox)
    finally:
        server.stop()

    assert delivery.state == "sent"
    (message,) = mailbox.messages
    title, body = render(ALERT)
    assert message["Subject"] == title
    assert message["To"] == "oncall@example.org"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().strip().splitlines() == body.splitlines()


def test_no_phone_number_reaches_a_receiver_or_the_outbox(receiver: Receiver, outbox: Path) -> None:
    phone = "13800138000"
    texts = dict.fromkeys(("run_id", "step", "problem", "title", "readers_see", "next_step", "link"), f"x {phone} y")
    leaky = replace(ALERT, lines=(f"{phone} 已投诉",), **texts)  # type: ignore[arg-type]

    send(leaky, urls=[receiver.url], outbox=outbox)

    assert receiver.messages
    assert MOBILE.search(receiver.text) is None
    assert MOBILE.search(json.dumps(record_of(outbox), ensure_ascii=False)) is None
    assert not [path for path in outbox.rglob("*") if MOBILE.search(str(path))]


def test_credentials_reach_neither_record_nor_log(
    receiver: Receiver, outbox: Path, refused_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    host = receiver.url.removeprefix("json://")
    urls = [
        f"json://duty:s3cretword@{host}/t0kenpath?+Authorization=Bearer-t0ken&-key=t0kenquery",
        refused_url.replace("json://", "json://duty:s3cretword@") + "t0kenpath",
        "mailtos://duty:s3cretword@[broken",
        "nosuchservice://duty:s3cretword@host/t0kenpath",
    ]

    delivery = send(ALERT, urls=urls, outbox=outbox, sleep=no_sleep)

    assert [channel.is_sent for channel in delivery.channels] == [True, False, False, False]
    told = caplog.text + json.dumps(record_of(outbox)) + repr(delivery) + delivery.summary
    assert "s3cretword" not in told
    assert "t0ken" not in told
    assert receiver.url.split("/")[2] in told


def test_without_a_channel_it_is_recorded_and_said_but_no_error(outbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    delivery = send(ALERT, urls=[], outbox=outbox)

    assert delivery.state == record_of(outbox)["state"] == "no_channel"
    assert "not sent: no channel configured" in caplog.text


# Receivers that misbehave


def test_an_answer_of_500_is_tried_again_and_kept_for_later(receiver: Receiver, outbox: Path) -> None:
    receiver.answer = 500
    pauses: list[float] = []

    delivery = send(ALERT, urls=[receiver.url], outbox=outbox, sleep=pauses.append)

    assert delivery.state == record_of(outbox)["state"] == "unsent"
    assert delivery.channels[0].detail == "answered 500"
    assert len(receiver.messages) == delivery.channels[0].attempts == 3
    assert pauses == list(channels.BACK_OFF_SECONDS)
    assert not has_sent(outbox, ALERT.run_id)


def test_a_receiver_that_recovers_between_tries_gets_it_once(receiver: Receiver, outbox: Path) -> None:
    receiver.answer = 503

    def recover(_seconds: float) -> None:
        receiver.answer = 200

    assert send(ALERT, urls=[receiver.url], outbox=outbox, sleep=recover).state == "sent"
    assert len(receiver.messages) == 2


def test_a_refused_connection_never_raises(outbox: Path, refused_url: str) -> None:
    delivery = send(ALERT, urls=[refused_url], outbox=outbox, sleep=no_sleep)

    assert delivery.state == "unsent"
    assert delivery.channels[0].detail == "connection failed"


def test_a_slow_receiver_is_not_told_twice(receiver: Receiver, outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "READ_TIMEOUT_SECONDS", 0.3)
    receiver.delay_seconds = 1.0

    delivery = send(ALERT, urls=[receiver.url], outbox=outbox, sleep=no_sleep)

    assert delivery.state == "unsent"
    assert delivery.channels[0].detail == "timed out"
    assert len(receiver.messages) == 1


def test_a_receiver_that_drips_cannot_hold_the_run(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "ATTEMPT_SECONDS", 0.8)
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not stop.wait(0.1):
                    connection.sendall(b"H")

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        delivery = send(ALERT, urls=[f"json://127.0.0.1:{server.getsockname()[1]}/"], outbox=outbox, sleep=no_sleep)
        took = time.monotonic() - started
        stop.set()

    assert delivery.state == "unsent"
    assert "no answer" in delivery.channels[0].detail
    assert took < 5


def test_an_outbox_that_cannot_be_written_does_not_silence_the_alert(receiver: Receiver, tmp_path: Path) -> None:
    blocked = tmp_path / "alerts"
    blocked.write_text("a file where the folder should be", encoding="utf-8")

    delivery = send(ALERT, urls=[receiver.url], outbox=blocked)

    assert (delivery.state, delivery.record) == ("sent", None)
    assert len(receiver.messages) == 1


# Once per run and problem


def test_the_same_problem_of_a_run_is_sent_once(receiver: Receiver, outbox: Path) -> None:
    first = send(ALERT, urls=[receiver.url], outbox=outbox)
    second = send(replace(ALERT, title="said otherwise"), urls=[receiver.url], outbox=outbox)

    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert second.summary == "already reported in this run (sent)"
    assert len(receiver.messages) == 1


def test_another_problem_run_or_severity_is_another_message(receiver: Receiver, outbox: Path) -> None:
    others = (replace(ALERT, problem="x"), replace(ALERT, run_id="r2"), replace(ALERT, severity="recovered"))
    for alert in (ALERT, *others):
        assert not send(alert, urls=[receiver.url], outbox=outbox).is_repeat

    assert [message["type"] for message in receiver.messages] == ["failure", "failure", "failure", "success"]


def test_run_ids_that_look_alike_as_file_names_stay_apart(receiver: Receiver, outbox: Path) -> None:
    for run_id in ("a/b", "a_b", "a:b", "../a_b"):
        assert not send(replace(ALERT, run_id=run_id), urls=[receiver.url], outbox=outbox).is_repeat

    assert len(list(outbox.glob("*/*.json"))) == len(receiver.messages) == 4


SENDER = """
import sys
from pathlib import Path
from callback_survey.alerts import Alert, send
from test_alerts import ALERT
print("ready", flush=True)
sys.stdin.readline()
print(send(ALERT, urls=[sys.argv[1]], outbox=Path(sys.argv[2])).is_repeat, flush=True)
"""


def start_sender(url: str, outbox: Path) -> subprocess.Popen[str]:
    """Another process that is ready to send ALERT as soon as it gets a line."""
    paths = [str(Path(callback_survey.__file__).parents[1]), str(Path(__file__).parent)]
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, url, str(outbox)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sender.stdout is not None
    assert sender.stdout.readline() == "ready\n"
    return sender


def go(sender: subprocess.Popen[str]) -> None:
    assert sender.stdin is not None
    sender.stdin.write("\n")
    sender.stdin.flush()


def test_two_processes_at_once_send_one_message(receiver: Receiver, outbox: Path) -> None:
    receiver.delay_seconds = 0.5
    senders = [start_sender(receiver.url, outbox) for _ in range(2)]
    for sender in senders:
        go(sender)

    answers = sorted(sender.communicate(timeout=60)[0].strip() for sender in senders)

    assert answers == ["False", "True"]
    assert len(receiver.messages) == 1


def test_what_a_killed_process_was_sending_is_taken_over(receiver: Receiver, outbox: Path) -> None:
    receiver.delay_seconds = 5.0
    sender = start_sender(receiver.url, outbox)
    go(sender)
    wait_for(lambda: bool(receiver.messages))
    sender.send_signal(signal.SIGKILL)
    sender.communicate(timeout=60)
    receiver.delay_seconds = 0.0
    assert record_of(outbox)["state"] == "pending"
    assert not has_sent(outbox, ALERT.run_id)

    assert send(ALERT, urls=[receiver.url], outbox=outbox).state == "sent"
    assert record_of(outbox)["state"] == "sent"


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


# Later


def test_unsent_alerts_are_sent_later_and_only_once(receiver: Receiver, outbox: Path) -> None:
    receiver.answer = 500
    send(ALERT, urls=[receiver.url], outbox=outbox, sleep=no_sleep)
    receiver.answer, receiver.messages = 200, []

    assert [delivery.state for delivery in resend_unsent(outbox, urls=[receiver.url])] == ["sent"]
    assert resend_unsent(outbox, urls=[receiver.url]) == []
    (message,) = receiver.messages
    assert "区市场监管局" in message["message"]
    assert "补发：首次记录于" in message["message"]
    assert has_sent(outbox, ALERT.run_id)


def test_only_the_channel_that_missed_it_hears_it_later(receiver: Receiver, outbox: Path) -> None:
    other = Receiver()
    other.answer = 500
    urls = [receiver.url, other.url]
    assert send(ALERT, urls=urls, outbox=outbox, sleep=no_sleep).state == "partly_sent"
    other.answer, other.messages = 200, []

    assert [delivery.state for delivery in resend_unsent(outbox, urls=urls)] == ["sent"]

    assert (len(receiver.messages), len(other.messages)) == (1, 1)
    other.server.shutdown()


def test_later_means_this_run_where_one_is_asked_for(outbox: Path, refused_url: str, receiver: Receiver) -> None:
    for run_id in ("one", "two"):
        send(replace(ALERT, run_id=run_id), urls=[refused_url], outbox=outbox, sleep=no_sleep)

    resend_unsent(outbox, urls=[receiver.url], run_id="two")

    assert has_sent(outbox, "two")
    assert not has_sent(outbox, "one")


def test_a_warning_does_not_count_as_having_told_of_the_failure(receiver: Receiver, outbox: Path) -> None:
    assert not has_sent(outbox, ALERT.run_id)
    send(replace(ALERT, severity="warn"), urls=[receiver.url], outbox=outbox)
    assert not has_sent(outbox, ALERT.run_id)
    send(ALERT, urls=[receiver.url], outbox=outbox)
    assert has_sent(outbox, ALERT.run_id)


# Airflow


DAG_FILE = """
import pendulum
from airflow.sdk import DAG, task
from callback_survey.alerts.airflow import Notify, notify_run
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
    assert titles == ["【失败】330109 2018Q1：rows missing", "【失败】ValueError: try 2 failed"], log
    assert "区教育局：缺 3 行" in receiver.text
    assert "步骤：land[0]" in receiver.text
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
    from callback_survey.alerts import airflow

    monkeypatch.setattr(airflow, "GRACE_SECONDS", 0.0)
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_DBT_PROJECT", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_ALERT_URLS", receiver.url)
    (tmp_path / "dbt_project.yml").touch()
    return tmp_path / "alerts"


def test_the_run_is_silent_once_a_task_has_spoken(configured: Path, receiver: Receiver) -> None:
    from callback_survey.alerts.airflow import Notify, notify_run

    Notify().notify(context(exception=ValueError("broken")))
    notify_run(context(reason="task_failure"))

    (message,) = receiver.messages
    assert "ValueError: broken" in message["title"]
    assert has_sent(configured, "callback_quarter/manual__1")


def test_the_run_speaks_where_only_a_warning_was_sent(configured: Path, receiver: Receiver) -> None:
    from callback_survey.alerts.airflow import notify_run

    warning = replace(ALERT, severity="warn", run_id="callback_quarter/manual__1")
    send(warning, urls=[receiver.url], outbox=configured)
    notify_run(context(reason="task_failure"))

    assert [message["type"] for message in receiver.messages] == ["warning", "failure"]


def test_the_run_waits_for_the_task_that_is_about_to_speak(
    configured: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from callback_survey.alerts import airflow

    monkeypatch.setattr(airflow, "GRACE_SECONDS", 30.0)
    run_callback = threading.Thread(target=airflow.notify_run, args=(context(reason="task_failure"),), daemon=True)
    run_callback.start()
    time.sleep(0.3)
    airflow.Notify().notify(context(exception=ValueError("broken")))
    run_callback.join(timeout=60)

    (message,) = receiver.messages
    assert "ValueError: broken" in message["title"]


def test_the_run_repeats_what_the_task_could_not_send(configured: Path, receiver: Receiver) -> None:
    from callback_survey.alerts.airflow import notify_run

    unsent = replace(ALERT, run_id="callback_quarter/manual__1")
    receiver.answer = 500
    send(unsent, urls=[receiver.url], outbox=configured, sleep=no_sleep)
    receiver.answer, receiver.messages = 200, []

    notify_run(context(reason="task_failure"))

    (message,) = receiver.messages
    assert message["title"] == render(unsent)[0]


def test_a_cleared_run_that_fails_again_is_told_again(configured: Path, receiver: Receiver) -> None:
    from callback_survey.alerts.airflow import Notify

    class Cleared:
        clear_number = 1

    for more in ({}, {"dag_run": Cleared}, {"dag_run": Cleared}):
        Notify().notify(context(exception=ValueError("broken"), **more))

    assert len(receiver.messages) == 2


def test_the_same_run_id_of_another_dag_is_another_run(configured: Path, receiver: Receiver) -> None:
    from callback_survey.alerts.airflow import Notify

    class Other:
        dag_id = "callback_notice"

    for dag in (FakeDag, Other):
        Notify().notify(context(exception=ValueError("broken"), dag=dag))

    assert len(receiver.messages) == 2


def test_settings_that_cannot_be_read_are_logged_and_never_raised(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from callback_survey.alerts.airflow import Notify, notify_run

    monkeypatch.setenv("CALLBACK_SURVEY_MEMORY_LIMIT", "plenty")

    Notify().notify(context(exception=ValueError("broken")))
    notify_run(context())

    assert caplog.text.count("the alert could not be made or sent") == 2


def test_dag_files_pay_nothing_for_the_notifier() -> None:
    heavy = {"pandas", "duckdb", "dbt", "great_expectations", "apprise", "requests"}
    code = f"import sys, callback_survey.alerts.airflow; print(sorted({heavy!r} & sys.modules.keys()))"
    source = str(Path(callback_survey.__file__).parents[1])

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"
