"""On call: the message arrives through real receivers from a real Airflow run, says all that is needed, and is followed by its recovery.

A department has more called cases than valid frame rows; the delivery is mended and run again; then another one comes late.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from callback_survey.airflow import home as airflow_home
from deliveries import OFFICES, rows_of, with_office, write_delivery
from homes import PATIENCE_SECONDS, QUARTER, REGION, REPOSITORY, Home, Outcome
from receivers import Mailbox, Receiver, free_port


@dataclass(frozen=True)
class OnCall:
    """What came over HTTP and by mail: after the broken delivery, after the mended one, and from two looks of the watch."""

    home: Home
    broken: Outcome
    mended: Outcome
    watched: tuple[Outcome, Outcome]
    after_broken: list[dict[str, Any]]
    after_mended: list[dict[str, Any]]
    after_watch: list[dict[str, Any]]
    mails: list[EmailMessage]


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box, port = Mailbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"mailto://127.0.0.1:{port}/oncall@example.org?from=survey@example.org&mode=insecure"
    server.stop()


@pytest.fixture(scope="module")
def on_call(small: Home, mailbox: tuple[Mailbox, str], tmp_path_factory: pytest.TempPathFactory) -> OnCall:
    folder = tmp_path_factory.mktemp("on-call")
    box, mail_url = mailbox
    receiver = Receiver()
    urls = {"ALERT_URLS": f"{receiver.url} {mail_url}", "WATCH_FREE_DISK": "1KB"}
    home = small.copy(folder / "home", exports=folder / "exports").with_settings(**urls)

    def new_messages() -> list[dict[str, Any]]:
        found, receiver.messages = receiver.messages, []
        return found

    run = ("airflow", "run", "--region", REGION, "--quarter", QUARTER)
    write_delivery(home.exports / REGION / QUARTER, rows_of(with_office("区民政局", unreachable=5)))
    broken, after_broken = home.run(*run), new_messages()
    write_delivery(home.exports / REGION / QUARTER, rows_of(OFFICES))
    mended, after_mended = home.run(*run), new_messages()
    write_delivery(
        home.exports / REGION / "2018Q2", rows_of(OFFICES, completed_on="2018-05-14", called_on="2018-07-10")
    )
    airflow(home, "dags", "reserialize")
    watched = (airflow(home, "dags", "test", "callback_watch"), airflow(home, "dags", "test", "callback_watch"))
    receiver.close()
    return OnCall(home, broken, mended, watched, after_broken, after_mended, new_messages(), box.messages)


def airflow(home: Home, *arguments: str) -> Outcome:
    process = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env={**os.environ, **home.environment, **airflow_home.environment(home.path, REPOSITORY / "dags")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


def failures(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in messages if message["type"] == "failure"]


def test_one_message_says_what_failed_by_how_much_and_what_to_do(on_call: OnCall) -> None:
    assert on_call.broken.code == 3
    [message] = failures(on_call.after_broken)
    lines = [line.strip() for line in message["message"].splitlines()]
    for part in (
        "问题：第二道关口（结果检查）没有通过：抽样数超过有效样本框 等 2 项检查",
        f"地区和季度：{REGION} {QUARTER}（萧山区）",
        "步骤：gate（第二道关口）",
        "区民政局（满意率）: 抽样 4 > 有效样本框 3",
        "docs/runbook.zh-CN.md#sample_within_frame",
        "docs/runbook.zh-CN.md#called_inside_valid_frame",
    ):
        assert part in lines, message["message"]
    assert re.search(rf"^读者现在看到：{QUARTER} 第1版，.* 定稿；本次失败没有改动它$", message["message"], re.MULTILINE)
    assert f"callback-survey run --region {REGION} --quarter {QUARTER}" in message["message"]


def test_its_check_page_and_its_run_can_be_found(on_call: OnCall) -> None:
    [message] = failures(on_call.after_broken)
    fields = dict(line.split("：", 1) for line in message["message"].splitlines() if "：" in line)
    assert list(Path(fields["检查页面"]).parent.rglob(f"marts-{REGION}-{QUARTER}.json"))
    assert fields["运行"].startswith("callback_quarter/manual__")
    assert "/dags/callback_quarter/runs/" in fields["运行记录"]


def test_the_mended_run_brings_the_recovery_once(on_call: OnCall) -> None:
    assert on_call.mended.code == 0, on_call.mended.err
    [message] = [message for message in on_call.after_mended if message["type"] != "warning"]
    assert message["title"] == f"【恢复】{REGION} {QUARTER}：恢复正常"
    assert f"读者现在看到：{QUARTER} 第1版" in message["message"]


def test_the_mail_says_the_same_as_the_webhook(on_call: OnCall) -> None:
    [failed, recovered] = [mail for mail in on_call.mails if mail["Subject"][:4] in ("【失败】", "【恢复】")]
    [message] = failures(on_call.after_broken)
    assert failed["Subject"] == message["title"]
    assert failed.get_content().strip().splitlines() == message["message"].splitlines()
    assert "恢复正常" in recovered["Subject"]


def test_the_watch_starts_one_run_for_what_has_come_and_never_a_second_one(on_call: OnCall) -> None:
    for outcome in on_call.watched:
        assert outcome.code == 0, outcome.err[-2000:]
    with contextlib.closing(sqlite3.connect(on_call.home.path / "airflow" / "airflow.db")) as connection:
        started = connection.execute("select run_id, state, conf from dag_run where run_id like 'watch__%'").fetchall()
    [(run_id, state, conf)] = started
    assert run_id.startswith("watch__2018Q2__")
    assert state == "queued"
    assert REGION in str(conf)


def test_what_the_watch_sees_arrives_too(on_call: OnCall) -> None:
    first, second = [message["title"] for message in on_call.after_watch]
    assert "到期未发布" in first, "told once, by the first look"
    # no scheduler runs here, so the run that the first look started is queued still
    assert second == f"【提醒】巡检：{REGION} 2018Q2 的交付已由巡检启动处理，至今没有接收"
