"""Real receivers on 127.0.0.1 for the tests of alerts: an HTTP server, a mail server's handler, and one alert."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
import time
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from callback_survey.alerts import Alert

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
    next_step="请提供方更正",
    link="http://airflow.example/dags/callback_quarter",
    retry="callback-survey run --region 330109 --quarter 2018Q1",
    runbook=("docs/runbook.md#sample_within_frame",),
    checks_page="http://survey.example/checks/run/index.html",
    region_name="萧山区",
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
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def text(self) -> str:
        return "\n".join(f"{message['title']}\n{message['message']}" for message in self.messages)


class Mailbox:
    """A mail server's handler that keeps the messages."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def no_sleep(_seconds: float) -> None:
    """Instead of a back-off."""
