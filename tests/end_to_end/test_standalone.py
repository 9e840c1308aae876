"""The user interface of `make airflow`, for real: the login works, only loopback listens, and nothing is left behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

RUN = """
import sys
from pathlib import Path
from callback_survey.airflow.standalone import standalone
standalone(Path(sys.argv[1]), Path(sys.argv[2]), port=int(sys.argv[3]))
"""
DAG = """
from airflow.sdk import DAG, task
with DAG("a_dag", schedule=None):
    @task
    def one() -> None: ...
    one()
"""


def ask(url: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), headers=headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        return json.load(answer)


def test_it_comes_up_with_a_login_on_loopback_only_and_goes_without_a_trace(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "a_dag.py").write_text(DAG)
    command = [sys.executable, "-u", "-c", RUN, str(tmp_path / "home"), str(dags), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    family: list[psutil.Process] = []
    try:
        assert process.stdout is not None
        said = next((line for line in process.stdout if "ready" in line), "")
        assert said, "it ended before it was ready"
        password = said.split("password ")[1].strip()
        url = f"http://127.0.0.1:{port}"
        token = ask(f"{url}/auth/token", {"username": "admin", "password": password})["access_token"]
        assert paused_dags(url, token) == {"a_dag": True}
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        listening = {
            connection.laddr
            for member in family
            for connection in member.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {("127.0.0.1", port)}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(family) > 5
    assert [member for member in family if member.is_running()] == []


def paused_dags(url: str, token: str) -> dict[str, bool]:
    """Once the DAG processor has read the folder, within a minute."""
    deadline = time.monotonic() + 60
    while not (found := ask(f"{url}/api/v2/dags", token=token)["dags"]) and time.monotonic() < deadline:
        time.sleep(0.5)
    return {dag["dag_id"]: dag["is_paused"] for dag in found}
