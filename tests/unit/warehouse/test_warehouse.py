"""One run writes at a time: the lock waits, says for whom, and outlives a killed parent whose child still writes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from callback_survey.errors import SurveyError
from callback_survey.settings import load_settings
from callback_survey.storage import duck, locks
from callback_survey.warehouse import database as warehouse_module
from callback_survey.warehouse import project
from callback_survey.warehouse.database import Warehouse
from lakes import SAMPLE_REGISTERS

# A run in a process of its own: takes the lock, says so, and keeps it until its standard input ends.
HOLDER = """
import sys
from pathlib import Path
from callback_survey.warehouse.database import Warehouse
warehouse = Warehouse(Path(sys.argv[1]), "1GB", "run-of-another-process")
with warehouse.lock():
    print("held", flush=True)
    sys.stdin.read()
"""
# A run that starts a child with the lock and is then killed; the child lives until standard input ends.
KILLED_PARENT = """
import os, signal, subprocess, sys
from pathlib import Path
from callback_survey.warehouse.database import Warehouse
warehouse = Warehouse(Path(sys.argv[1]), "1GB", "run-that-was-killed")
with warehouse.lock():
    child = [sys.executable, "-c", "import sys; print('child', flush=True); sys.stdin.read()"]
    subprocess.Popen(child, pass_fds=[warehouse.lock_descriptor])
    sys.stdin.close()
    os.kill(os.getpid(), signal.SIGKILL)
"""
# A person who has the file open in a program of their own, which knows of no lock of ours.
OPENED = """
import sys
from pathlib import Path
import duckdb
connection = duckdb.connect(str(Path(sys.argv[1], "warehouse.duckdb")), read_only=True)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "POLL_SECONDS", 0.005)


def made(folder: Path, run_id: str = "run-1", waiting: Callable[[str], None] = lambda message: None) -> Warehouse:
    return Warehouse(folder / "warehouse", "1GB", run_id, waiting)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a script over the warehouse and returns once it has said its first word."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, str(tmp_path / "warehouse")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() in ("held\n", "child\n")
        return process

    yield run
    for process in started:
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        process.wait(timeout=10)


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def test_a_second_run_waits_and_is_told_once_who_holds_the_warehouse(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = start(HOLDER)
    told: list[str] = []
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            end(holder)
            holder.wait()

    monkeypatch.setattr(locks, "time", SimpleNamespace(monotonic=time.monotonic, sleep=wait))
    with made(tmp_path, waiting=told.append).lock():
        assert len(waits) == 3, "it got the lock once the other was gone, and not before"
    assert told == [f"waiting for the warehouse, held by run run-of-another-process (pid {holder.pid})"]


def test_a_killed_parent_does_not_free_the_warehouse_while_its_child_lives(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    parent = start(KILLED_PARENT)
    assert parent.wait(timeout=10) == -signal.SIGKILL
    told: list[str] = []

    def waiting(message: str) -> None:
        told.append(message)
        end(parent)  # the child reads the same pipe: now it ends, and the lock with it

    with made(tmp_path, waiting=waiting).lock():
        pass
    assert told == [f"waiting for the warehouse, held by run run-that-was-killed (pid {parent.pid})"]


def test_a_run_gives_up_after_the_wait_and_names_who_to_look_at(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = start(HOLDER)
    monkeypatch.setattr(warehouse_module, "WAIT_SECONDS", 0)
    with pytest.raises(SurveyError) as given_up, made(tmp_path).lock():
        pytest.fail("two runs hold the warehouse")
    assert f"held by run run-of-another-process (pid {holder.pid})" in str(given_up.value)
    assert "next: check that run" in str(given_up.value)


def test_a_person_who_has_the_file_open_is_named_and_waited_for(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    with made(tmp_path).open(read_only=False) as connection:
        connection.execute("create table a as select 1 as b")
    reader, told = start(OPENED), []

    def waiting(message: str) -> None:
        told.append(message)
        end(reader)

    with made(tmp_path, waiting=waiting).open(read_only=False) as connection:
        connection.execute("insert into a values (2)")
    (said,) = told
    assert said.startswith(f"waiting for the warehouse, open in pid {reader.pid} (")


def test_a_run_gives_up_on_a_file_that_stays_open_and_says_what_can_be_read(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with made(tmp_path).open(read_only=False):
        pass
    reader = start(OPENED)
    monkeypatch.setattr(warehouse_module, "WAIT_SECONDS", 0)
    with pytest.raises(SurveyError) as given_up, made(tmp_path).open(read_only=False):
        pytest.fail("it is open for writing twice")
    assert f"the warehouse is open in pid {reader.pid}" in given_up.value.what
    assert "serving/marts.duckdb can be read at any time" in str(given_up.value)


def test_a_killed_run_frees_the_warehouse_by_itself(
    tmp_path: Path, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    holder = start(HOLDER)
    holder.kill()
    holder.wait(timeout=10)
    with made(tmp_path, waiting=pytest.fail).lock():
        pass


def test_a_holder_that_has_not_said_its_name_yet_is_another_run(tmp_path: Path) -> None:
    first, told = made(tmp_path), []
    with first.lock():
        os.ftruncate(first.lock_descriptor, 0)

        def waiting(message: str) -> None:
            told.append(message)
            raise TimeoutError

        with pytest.raises(TimeoutError), made(tmp_path, waiting=waiting).lock():
            pytest.fail("two runs hold the warehouse")
    assert told == ["waiting for the warehouse, held by another run"]


def test_the_lock_is_reentrant_and_freed_with_the_outermost(tmp_path: Path) -> None:
    warehouse = made(tmp_path)
    with warehouse.lock():
        descriptor = warehouse.lock_descriptor
        with warehouse.lock(), warehouse.open(read_only=False) as connection:
            connection.execute("create table a as select 1 as b")
            assert warehouse.lock_descriptor == descriptor
        assert warehouse.lock_descriptor == descriptor
    with made(tmp_path, "run-2", waiting=pytest.fail).open() as connection:
        assert connection.execute("from a").fetchall() == [(1,)]


def test_the_lock_is_freed_when_its_run_fails(tmp_path: Path) -> None:
    warehouse = made(tmp_path)
    with pytest.raises(ValueError, match="broken"), warehouse.lock():
        raise ValueError("broken")
    with made(tmp_path, "run-2", waiting=pytest.fail).lock():
        pass
    with pytest.raises(AssertionError, match="not held"):
        _ = warehouse.lock_descriptor


def test_the_name_of_an_earlier_holder_does_not_stay(tmp_path: Path) -> None:
    for run_id in ("a-run-with-a-very-long-name" * 5, "short"):
        with made(tmp_path, run_id).lock():
            text = (tmp_path / "warehouse" / "warehouse.lock").read_text(encoding="utf-8")
            assert text == f'{{"pid": {os.getpid()}, "run_id": "{run_id}"}}'


def test_connections_are_bounded_and_fetch_nothing(tmp_path: Path) -> None:
    with duck.connect(tmp_path / "a.duckdb", memory_limit="123MB", spill=tmp_path / "spill") as connection:
        settings = dict(
            connection.execute(
                "select name, value from duckdb_settings() where name in "
                "('memory_limit', 'temp_directory', 'autoinstall_known_extensions', 'autoload_known_extensions')"
            ).fetchall()
        )
    assert settings.pop("memory_limit").startswith("117")  # 123 million bytes, told in MiB
    assert settings == {
        "temp_directory": str(tmp_path / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def test_a_read_only_connection_cannot_write(tmp_path: Path) -> None:
    warehouse = made(tmp_path)
    with warehouse.open(read_only=False) as connection:
        connection.execute("create table a as select 1 as b")
    with warehouse.open() as connection, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.execute("insert into a values (2)")


def test_a_name_that_cannot_be_written_costs_neither_the_lock_nor_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk: a lock left behind by the error would stop the same process from ever going on."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with Warehouse(tmp_path, "1GB", "first").lock():
            pass
    monkeypatch.setattr(warehouse_module, "WAIT_SECONDS", 0)
    with Warehouse(tmp_path, "1GB", "second").lock():
        pass


@pytest.mark.parametrize("has_own_registers", [True, False])
def test_whoever_only_reads_what_dbt_wrote_finds_the_project_where_dbt_does(
    tmp_path: Path, has_own_registers: bool
) -> None:
    variables = {"CALLBACK_SURVEY_HOME": str(tmp_path / "home"), "CALLBACK_SURVEY_EXPORTS": str(tmp_path)}
    if has_own_registers:
        variables["CALLBACK_SURVEY_REGISTERS"] = str(SAMPLE_REGISTERS)
    settings = load_settings(variables)
    if not has_own_registers:
        settings = replace(settings, registers=None)
    warehouse = Warehouse(settings.warehouse, "1GB", "run-1")
    place = project.place_of(settings, warehouse)
    assert (place == settings.dbt_project) is not has_own_registers
    with warehouse.lock():
        assert project.project_of(settings, warehouse) == place
    assert (place / "dbt_project.yml").is_file()
