"""Airflow's user interface and scheduler on one machine, on loopback only, until Ctrl-C.

`airflow standalone` is not used: it gives no way to keep the log servers of scheduler and triggerer from listening on all
interfaces, and on TERM it leaves its children behind. Task logs are read from the folder that everything here shares.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from callback_survey.airflow.home import (
    DEFAULT_PORT,
    completed,
    environment,
    folder_of,
    foreign,
    login,
    passwords_file,
    prepare,
)
from callback_survey.errors import SurveyError, UsageError
from callback_survey.logins import Login
from callback_survey.storage import locks

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
_AIRFLOW = (sys.executable, "-m", "airflow")
_START_SECONDS = 180
_STOP_SECONDS = 20
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def standalone(
    home: Path,
    dags: Path,
    *,
    port: int = DEFAULT_PORT,
    users: Sequence[Login] = (),
    variables: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Run Airflow until it is told to stop (INT, TERM, HUP); then nothing that it started is left.

    `users` log in besides the administrator.
    `variables` are what the tasks must find in their environment, such as the place of the privacy key. Raises UsageError
    where another one is running or the port is taken, SurveyError where a component ends by itself.
    """
    folder_of(home).mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(folder_of(home) / "standalone.lock") as lock, _stop_signals() as is_told_to_stop:
        _require_free(port)
        prepare(home, dags)
        user, password = login(home, users)
        logs = home / "logs" / "airflow"
        if strange := foreign(os.environ, environment(home, dags, port=port, users=users)):
            say(f"not used, of another Airflow: {', '.join(strange)}")
        say(f"Airflow is starting; its output is written to {logs}")
        children: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, arguments in COMPONENTS.items():
                given = _complete(environment(home, dags, port=port, users=users), variables or {})
                children[name] = _start(arguments, given, logs / f"{name}.log", lock)
                _write_pids(lock, [os.getpid(), *(child.pid for child in children.values())])
            url = f"http://127.0.0.1:{port}"
            if _watch(children, logs, is_told_to_stop, lambda: _is_healthy(url), _START_SECONDS):
                say(f"Airflow is ready: {url}   user {user}   password {password}")
                if users:
                    names = ", ".join(f"{one.name} ({one.role})" for one in users)
                    say(f"also: {names}; their passwords are in {passwords_file(home)}")
                say("DAGs are paused; unpausing one runs its latest quarter at once. Stop with Ctrl-C.")
                _watch(children, logs, is_told_to_stop, lambda: False, None)
            say("Airflow is stopping")
        finally:
            _stop(children)


def _complete(airflow: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    # A proxy set for this machine must not be asked for our own API server.
    direct = ",".join(part for part in (os.environ.get("NO_PROXY", ""), "127.0.0.1,localhost") if part)
    return {**completed(os.environ, airflow), **variables, "NO_PROXY": direct, "no_proxy": direct}


def _start(arguments: Sequence[str], variables: Mapping[str, str], log: Path, lock: int) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [*_AIRFLOW, *arguments],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C goes to this process alone, which then stops each component in its turn.
            process_group=0,
            # Should this process be killed outright, the components go on, and so does the lock: no second scheduler.
            pass_fds=(lock,),
        )


def _watch(
    children: Mapping[str, subprocess.Popen[bytes]],
    logs: Path,
    is_told_to_stop: Callable[[], bool],
    is_done: Callable[[], bool],
    seconds: float | None,
) -> bool:
    """True once `is_done`, False when told to stop. Raises SurveyError when a component ends, or after `seconds`."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not is_told_to_stop():
        for name, child in children.items():
            if child.poll() is not None:
                raise _failed(
                    f"Airflow's {name} stopped unexpectedly (exit code {child.returncode})", logs / f"{name}.log"
                )
        if is_done():
            return True
        if deadline is not None and time.monotonic() > deadline:
            raise _failed(f"Airflow was not ready after {seconds:.0f} s", logs / "api-server.log")
        time.sleep(0.5)
    return False


def _failed(what: str, log: Path) -> SurveyError:
    last_lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
    return SurveyError(what, where=str(log), next_step="read the log", alert_lines=last_lines)


def _is_healthy(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/api/v2/monitor/health", timeout=5) as answer:
            health: dict[str, dict[str, Any]] = json.load(answer)
    except OSError:
        return False
    return all(
        health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor", "triggerer")
    )


def _stop(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    # Workers, parsers and tasks are children of the components, some in process groups of their own: a group is not enough.
    psutil: Any = importlib.import_module("psutil")

    def with_descendants(processes: Iterable[Any]) -> set[Any]:
        found = set()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                found |= {process, *process.children(recursive=True)}
        return found

    running = [psutil.Process(child.pid) for child in children.values() if child.poll() is None]
    family = with_descendants(running)
    for process in running:
        process.terminate()
    _, alive = psutil.wait_procs(family, timeout=_STOP_SECONDS)
    left = with_descendants(alive)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)
    for child in children.values():
        child.wait()


@contextmanager
def _only_one(path: Path) -> Iterator[int]:
    """Two schedulers on one SQLite file fight over it."""
    descriptor = locks.open_lock(path)
    try:
        if not locks.take_if_free(descriptor):
            pids = path.read_text(encoding="utf-8").strip()
            raise UsageError(
                "Airflow is already running on this home",
                where=str(path.parent),
                next_step=f"stop it with: kill {pids}",
            )
        _write_pids(descriptor, [os.getpid()])
        yield descriptor
    finally:
        os.close(descriptor)


def _write_pids(lock: int, pids: Iterable[int]) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, (" ".join(map(str, pids)) + "\n").encode("ascii"), 0)


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(f"port {port} is already in use", next_step="choose another with --port") from error


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Signals only leave a mark: no exception can then fall into the middle of a start or a stop."""
    seen: list[int] = []

    def mark(number: int, _frame: FrameType | None) -> None:
        seen.append(number)

    before = {number: signal.signal(number, mark) for number in _SIGNALS}
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
