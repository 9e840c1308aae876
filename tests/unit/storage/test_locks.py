"""Locks hold among processes, end with their holder, and say who holds them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callback_survey.errors import SurveyError
from callback_survey.storage import locks

HOLD = """
import os, sys
from pathlib import Path
from callback_survey.storage import locks
descriptor = locks.open_lock(Path(sys.argv[1]))
locks.take(descriptor)
locks.sign(descriptor, {"pid": os.getpid()})
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(path: Path, code: str = HOLD) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_lock_that_another_process_holds_is_seen_and_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".lock"
    with holder(path) as other:
        assert locks.is_held(path)
        with locks.held_if_free(path) as is_ours:
            assert not is_ours
        descriptor = locks.open_lock(path)
        assert locks.holder_of(descriptor) == {"pid": other.pid}
        waits: list[None] = []
        assert not locks.take_within(descriptor, 0, waiting=lambda: waits.append(None))
        assert len(waits) == 1
    # the holder was killed: its lock is gone with it
    assert not locks.is_held(path)
    assert locks.take_within(descriptor, 0, waiting=pytest.fail)


def test_looking_whether_a_lock_is_held_takes_it_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    assert not locks.is_held(path), "there is no such file yet"
    with locks.held(path):
        assert locks.is_held(path)
    assert not locks.is_held(path)


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_who_did_not_sign_legibly_is_nobody(tmp_path: Path, content: str) -> None:
    path = tmp_path / ".lock"
    path.write_text(content)
    assert locks.holder_of(locks.open_lock(path)) is None


@pytest.mark.parametrize("is_folder", [False, True])
def test_nobody_waits_for_ever_and_the_holder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_folder: bool
) -> None:
    monkeypatch.setattr(locks, "WAIT_SECONDS", 0)
    path = tmp_path / "folder"
    path.mkdir() if is_folder else path.touch()
    code = (
        HOLD
        if not is_folder
        else HOLD.replace("(Path(sys.argv[1]))", "(Path(sys.argv[1]), is_folder=True)").replace(
            'locks.sign(descriptor, {"pid": os.getpid()})', ""
        )
    )
    with holder(path, code) as other:
        with pytest.raises(SurveyError) as refused, locks.held(path, is_folder=is_folder):
            pytest.fail("it is held by another process")
        named = f"pid {other.pid} ({Path(sys.executable).name} -c"
        assert refused.value.what.startswith(f"folder is held by {named}")
        assert f"waiting for {path}, held by {named}" in caplog.text
    with locks.held(path, is_folder=is_folder):
        pass


def test_those_who_share_a_lock_do_not_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "WAIT_SECONDS", 0)
    path = tmp_path / ".lock"
    with (
        locks.held(path, is_shared=True),
        locks.held(path, is_shared=True),
        pytest.raises(SurveyError),
        locks.held(path),
    ):
        pytest.fail("it is shared by others")
    with locks.held(path), pytest.raises(SurveyError), locks.held(path, is_shared=True):
        pytest.fail("somebody is alone with it")
