"""Starting and stopping Airflow's components, with small stand-ins for them; tests/end_to_end starts the real ones."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callback_survey.airflow import standalone
from callback_survey.errors import SurveyError, UsageError

# A component as stubborn as they come: it ignores TERM, and so does its child, which sits in a process group of its own.
STUBBORN = """
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
Path(sys.argv[1], f"{os.getpid()}.pid").touch()
time.sleep(600)
"""
BREAKING = (
    "import sys; print('the reason why'); sys.exit(4 if sys.argv[2] == 'scheduler' else __import__('time').sleep(600))"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(standalone, "prepare", lambda *_: False)
    monkeypatch.setattr(standalone, "_STOP_SECONDS", 0.5)
    yield tmp_path


def act_as(monkeypatch: pytest.MonkeyPatch, program: str, folder: Path) -> None:
    monkeypatch.setattr(standalone, "_AIRFLOW", (sys.executable, "-S", "-c", program, str(folder)))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_component_and_all_their_children(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    act_as(monkeypatch, STUBBORN, home)

    def send_when_all_run() -> None:
        deadline = time.monotonic() + 30
        while len(list(home.glob("*.pid"))) < 8 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    sender = threading.Thread(target=send_when_all_run)
    sender.start()
    standalone.standalone(home, home, port=free_port())
    sender.join()
    started = [int(path.stem) for path in home.glob("*.pid")]
    assert len(started) == 8
    assert [pid for pid in started if is_running(pid)] == []
    assert signal.getsignal(number) is before


def test_a_component_that_ends_is_named_with_its_last_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    act_as(monkeypatch, BREAKING, home)
    with pytest.raises(SurveyError, match=r"scheduler stopped unexpectedly \(exit code 4\)") as failed:
        standalone.standalone(home, home, port=free_port())
    assert "the reason why" in str(failed.value)


def test_a_taken_port_is_refused_before_anything_starts(home: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(UsageError, match=r"port \d+ is already in use"):
            standalone.standalone(home, home, port=listener.getsockname()[1])


def test_a_second_one_on_the_same_home_is_refused_and_told_how_to_stop_the_first(home: Path) -> None:
    (home / "airflow").mkdir()
    with (
        standalone._only_one(home / "airflow" / "standalone.lock"),
        pytest.raises(UsageError, match=rf"(?s)already running.*kill {os.getpid()}") as refused,
    ):
        standalone.standalone(home, home, port=free_port())
    assert refused.value.exit_code == 2
