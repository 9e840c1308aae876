"""Alerts arrive once, tell no secret, and never make things worse. The receivers are real servers."""

from __future__ import annotations

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
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

import callback_survey
from callback_survey.alerts import channels, render, resend_unsent, send
from homes import FIXTURES
from receivers import ALERT, Mailbox, Receiver, free_port, no_sleep
from sent_alerts import has_sent

# Data contract §2: the form a phone number must not have in anything that leaves.
MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")


def record_of(outbox: Path) -> dict[str, Any]:
    (path,) = outbox.glob("*/*.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


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
    port = free_port()
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
    assert "duty" not in told
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


def test_a_service_that_raises_is_a_channel_that_failed(
    receiver: Receiver, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("a service's own mistake")

    monkeypatch.setattr(channels, "_notify", broken)

    delivery = send(ALERT, urls=[receiver.url], outbox=outbox, sleep=no_sleep)

    assert delivery.channels[0].detail == "RuntimeError"


def test_a_text_too_long_for_the_service_comes_in_parts(receiver: Receiver, outbox: Path) -> None:
    long = replace(ALERT, lines=tuple(f"{number} " + "长" * 2_000 for number in range(30)))

    assert send(long, urls=[receiver.url], outbox=outbox).state == "sent"

    assert len(receiver.messages) > 1
    assert receiver.text.count("长") == 60_000


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
from receivers import ALERT
print("ready", flush=True)
sys.stdin.readline()
print(send(ALERT, urls=[sys.argv[1]], outbox=Path(sys.argv[2])).is_repeat, flush=True)
"""


def start_sender(url: str, outbox: Path) -> subprocess.Popen[str]:
    """Another process that is ready to send ALERT as soon as it gets a line."""
    paths = [str(Path(callback_survey.__file__).parents[1]), str(FIXTURES)]
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

    assert [delivery.state for delivery in resend_unsent(outbox, urls_of=lambda _: [receiver.url])] == ["sent"]
    assert resend_unsent(outbox, urls_of=lambda _: [receiver.url]) == []
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

    assert [delivery.state for delivery in resend_unsent(outbox, urls_of=lambda _: urls)] == ["sent"]

    assert (len(receiver.messages), len(other.messages)) == (1, 1)
    other.close()


def test_two_channels_of_one_host_are_told_apart(
    receiver: Receiver, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notify = channels._notify

    def second_is_down(service: Any, url: str, *text: Any) -> bool:
        return "second" not in url and notify(service, url, *text)

    urls = [receiver.url, receiver.url + "-second"]
    with monkeypatch.context() as outage:
        outage.setattr(channels, "_notify", second_is_down)
        assert send(ALERT, urls=urls, outbox=outbox, sleep=no_sleep).state == "partly_sent"

    assert [delivery.state for delivery in resend_unsent(outbox, urls_of=lambda _: urls)] == ["sent"]
    assert len(receiver.messages) == 2


def test_later_means_this_run_where_one_is_asked_for(outbox: Path, refused_url: str, receiver: Receiver) -> None:
    for run_id in ("one", "two"):
        send(replace(ALERT, run_id=run_id), urls=[refused_url], outbox=outbox, sleep=no_sleep)

    resend_unsent(outbox, urls_of=lambda _: [receiver.url], run_id="two")

    assert has_sent(outbox, "two")
    assert not has_sent(outbox, "one")


def test_a_warning_does_not_count_as_having_told_of_the_failure(receiver: Receiver, outbox: Path) -> None:
    assert not has_sent(outbox, ALERT.run_id)
    send(replace(ALERT, severity="warn"), urls=[receiver.url], outbox=outbox)
    assert not has_sent(outbox, ALERT.run_id)
    send(ALERT, urls=[receiver.url], outbox=outbox)
    assert has_sent(outbox, ALERT.run_id)
