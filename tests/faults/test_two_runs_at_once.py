"""Two runs at once, and readers all the while: the second waits and says for whom, and readers never meet a lock."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from homes import PATIENCE_SECONDS, QUARTER, Home, Outcome, reported, until

# A reader of its own process: asks once, waits for a line, asks again over the same connection, then over a new one.
READER = """
import sys, duckdb
def ask(connection):
    query = "select average_pct::text from marts.region_rates where measure = 'satisfaction'"
    print(connection.execute(query).fetchone()[0], flush=True)
kept = duckdb.connect(sys.argv[1], read_only=True)
ask(kept)
sys.stdin.readline()
ask(kept)
kept.close()
ask(duckdb.connect(sys.argv[1], read_only=True))
"""


@dataclass(frozen=True)
class Together:
    home: Home
    first_pid: int
    first: Outcome
    second: Outcome
    waited_for: str
    read_during: str
    read_after: list[str]
    is_locked: bool
    refused_writer: str


@pytest.fixture(scope="module")
def together(small: Home, corrected_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    """A correction is frozen while its dbt writes; a reader and a second run come; then it goes on."""
    folder = tmp_path_factory.mktemp("together")
    home = small.copy(folder / "home", exports=corrected_exports)
    logs = [folder / "first.jsonl", folder / "second.jsonl"]
    command = ("run", "--quarter", QUARTER)
    first = home.with_settings(PROGRESS_LOG=str(logs[0])).start(*command)
    until("the first run to build", lambda: len(reported(logs[0], "build", "said")) >= 5 or first.poll() is not None)
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        is_locked, refused = lock_is_held(home), refusal_of_the_warehouse(home)
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, str(home.serving / "marts.duckdb")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert reader.stdout is not None
        read_during = reader.stdout.readline().strip()
        second = home.with_settings(PROGRESS_LOG=str(logs[1])).start(*command)
        until("the second run to wait", lambda: bool(reported(logs[1], "wait", "done")) or second.poll() is not None)
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    said = [process.communicate(timeout=PATIENCE_SECONDS) for process in (first, second)]
    read_after = reader.communicate("\n", timeout=PATIENCE_SECONDS)[0].split()
    waited_for = reported(logs[1], "wait", "done")[0].message
    outcomes = [Outcome(process.returncode, *texts) for process, texts in zip((first, second), said, strict=True)]
    yield Together(home, first.pid, outcomes[0], outcomes[1], waited_for, read_during, read_after, is_locked, refused)


def lock_is_held(home: Home) -> bool:
    with (home.path / "warehouse" / "warehouse.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def refusal_of_the_warehouse(home: Home) -> str:
    """What DuckDB says to a reader of the private file while it is written: the reason why nobody is sent there."""
    try:
        with duckdb.connect(str(home.path / "warehouse" / "warehouse.duckdb"), read_only=True):
            return ""
    except duckdb.IOException as error:
        return str(error)


def test_the_served_file_is_read_by_another_process_while_a_run_is_writing(together: Together) -> None:
    assert together.is_locked and "Conflicting lock" in together.refused_writer
    assert together.read_during == "75.00"


def test_a_reader_that_holds_the_old_file_reads_on_and_a_new_one_sees_the_new(together: Together) -> None:
    assert together.read_after == ["75.00", "83.33"]


def test_the_second_run_waits_and_says_for_whom(together: Together) -> None:
    assert f"(pid {together.first_pid})" in together.waited_for
    assert "waiting for the warehouse, held by run cli-" in together.waited_for


def test_both_runs_end_well_and_release_the_correction_once(together: Together) -> None:
    assert (together.first.code, together.second.code) == (0, 0), together.first.err + together.second.err
    assert sorted(path.name for path in together.home.revisions.iterdir()) == ["r1", "r2"]
    first, second = (
        next(line for line in outcome.out.splitlines() if line.startswith("✔ release"))
        for outcome in (together.first, together.second)
    )
    assert first.endswith("330109 2018Q1 r2") and second.endswith("nothing new")
