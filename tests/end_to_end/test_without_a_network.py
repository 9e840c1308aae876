"""A whole quarter where there is no network: nothing of a run, and nothing of its libraries, needs one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from homes import PATIENCE_SECONDS, QUARTER, REGION, Home

# a network of its own, in which not even the loopback is up
_APART = ["unshare", "--map-root-user", "--net"]
_LOOKS = "import socket; print([name for _, name in socket.if_nameindex()]); socket.create_connection(('127.0.0.1', 9))"


@pytest.fixture(scope="module", autouse=True)
def permitted() -> None:
    try:
        done = subprocess.run([*_APART, "true"], capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        pytest.skip("unshare (util-linux) is not on this machine")
    if done.returncode:
        pytest.skip(f"this machine lets nobody make a network of their own: {done.stderr.strip()}")


def test_in_there_is_no_network_at_all() -> None:
    done = subprocess.run(
        [*_APART, sys.executable, "-c", _LOOKS], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "['lo']\n"
    assert "Network is unreachable" in done.stderr


def test_a_quarter_is_landed_checked_built_released_served_and_documented(
    small_exports: Path, privacy_key: str, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", small_exports, privacy_key, {"DOCUMENTS": "html pdf docx"})
    command = [str(Path(sys.executable).with_name("callback-survey")), "run", "--region", REGION, "--quarter", QUARTER]
    done = subprocess.run(
        [*_APART, *command],
        env=home.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert home.averages()["satisfaction"] == "75.00"
    made = {path.name for path in (home.revisions / "r1" / "notice").iterdir()}
    assert {"notice.html", "notice.pdf", "notice.docx", "companion.html", "companion.pdf", "explore.html"} <= made
