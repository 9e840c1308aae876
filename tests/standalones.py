"""Airflow's pages and scheduler over a home under test, as `make airflow` starts them, and its API as a person's browser uses it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homes import Home

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Standalone:
    """A running Airflow: where it is, its login, and a token for its API."""

    url: str
    user: str
    password: str
    token: str

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, is_anonymous: bool = False) -> Any:
        """The JSON answer of a path such as /api/v2/dags. Raises HTTPError, whose `code` says what was refused."""
        return json.loads(self.read(method, path, body, is_anonymous=is_anonymous) or b"null")

    def read(self, method: str, path: str, body: dict[str, Any] | None = None, *, is_anonymous: bool = False) -> bytes:
        return _read(method, self.url + path, body, "" if is_anonymous else self.token)


@contextmanager
def standalone(home: Home) -> Iterator[Standalone]:
    """Start Airflow over a home with the repository's DAGs, and stop it with everything it started."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = str(Path(sys.executable).with_name("callback-survey"))
    process = subprocess.Popen(
        [command, "airflow", "standalone", "--port", str(port)],
        env={**home.environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if "password " in line:
                break
        else:
            raise AssertionError("Airflow ended before it was ready:\n" + "".join(said))
        user, password = said[-1].split("user ")[1].split()[0], said[-1].split("password ")[1].strip()
        url = f"http://127.0.0.1:{port}"
        login = _read("POST", f"{url}/auth/token", {"username": user, "password": password}, "")
        yield Standalone(url, user, password, json.loads(login)["access_token"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _read(method: str, url: str, body: dict[str, Any] | None, token: str) -> bytes:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with _DIRECT.open(request, timeout=30) as answer:
        found: bytes = answer.read()
    return found
