"""`make bi` says what is missing before it starts anything. That it starts: tests/browser/test_superset.py (make test-bi)."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from homes import REPOSITORY


def start(home: Path, port: int) -> subprocess.CompletedProcess[str]:
    # what is looked at first needs no Superset, so any Python says it
    command = [sys.executable, str(REPOSITORY / "bi" / "start.py"), "--home", str(home), "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_served_marts_it_says_what_to_run_and_makes_nothing(tmp_path: Path) -> None:
    done = start(tmp_path, 1)
    assert (done.returncode, done.stdout) == (2, "")
    assert "serving/marts.duckdb" in done.stderr
    assert "make run" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving" / "marts.duckdb").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start(tmp_path, port)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
    assert "make bi BI_PORT=" in done.stderr
    assert not (tmp_path / "superset" / "admin_password").exists()
