"""A disk that fills up while a quarter is landed, built, released, served or documented: the run fails aloud, and readers notice nothing.

Filled for real where the machine lets an ordinary user mount a tmpfs of their own (`unshare -rm`); and, on every machine,
imitated by a size limit on files, which fails the same writes. One of the two always takes the step `build`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from homes import FIXTURES, PATIENCE_SECONDS, Home, Served, contents
from stepwise import Bases

WORDS = {"tmpfs": "No space left on device", "limit": "File too large"}


@cache
def can_mount() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@dataclass(frozen=True)
class Filled:
    """What was said while the disk was full, by step, and the homes after there was room again."""

    kind: str
    told: dict[str, Any]
    homes: dict[str, Home]


@pytest.fixture(scope="module", params=["tmpfs", "limit"])
def filled(request: pytest.FixtureRequest, bases: Bases, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    kind = request.param
    if kind == "tmpfs" and not can_mount():
        pytest.skip("this machine lets no user mount a tmpfs: the size limit takes all steps instead")
    steps = ("land", *(() if kind == "limit" and can_mount() else ("build",)), "release", "serve", "documents")
    folder = tmp_path_factory.mktemp(f"full-{kind}")
    homes = {step: bases.before[step] for step in steps}
    task = {
        "kind": kind,
        "results": str(folder),
        "homes": {step: str(home.path) for step, home in homes.items()},
        "exports": str(bases.done.exports),
        "key": bases.done.key,
        "said": bases.said,
    }
    program = [sys.executable, str(FIXTURES / "full_disk.py")]
    process = subprocess.run(
        ["unshare", "-rm", *program] if kind == "tmpfs" else program,
        input=json.dumps(task),
        env={**os.environ, "PYTHONPATH": str(FIXTURES), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    return Filled(kind, told, {step: replace(home, path=folder / step) for step, home in homes.items()})


def test_it_fails_in_the_words_of_the_system(filled: Filled) -> None:
    for step in filled.homes:
        assert WORDS[filled.kind] in filled.told[step]["err"], (step, filled.told[step])


def test_the_command_ends_with_one_and_says_that_this_is_the_machine(filled: Filled) -> None:
    for step in {"land", "build"} & set(filled.homes):
        assert filled.told[step]["code"] == 1, filled.told[step]
        assert filled.told[step]["err"].startswith("error: "), filled.told[step]


@pytest.mark.parametrize("home", ["new", "known"])
def test_a_disk_that_is_full_at_the_first_write_is_told_and_ends_with_1(filled: Filled, home: str) -> None:
    """No record of the alert can be written, and it is sent all the same."""
    told = filled.told["first write"][home]
    assert told["code"] == 1, told
    assert WORDS[filled.kind] in told["err"] and "Traceback" not in told["err"]
    (alert,) = told["alerts"]
    assert "2018Q1" in alert and WORDS[filled.kind] in alert


def test_readers_see_what_was_served_before_byte_for_byte(filled: Filled, bases: Bases) -> None:
    for step in filled.homes:
        before = contents(bases.before[step].serving)
        after = {name: digest for name, digest in filled.told[step]["served"].items() if "versions/." not in name}
        assert {name: after.get(name) for name in before} == before, step
        assert [name for name in after if name not in before and not name.startswith("restricted/")] == []


def test_with_room_again_it_ends_as_if_the_disk_had_never_been_full(
    filled: Filled, corrected: Served, bases: Bases
) -> None:
    for step in {"build", "release", "serve", "documents"} & set(filled.homes):
        home = filled.homes[step]
        assert home.averages() == corrected.home.averages()
        for part in ("marts", "csv"):
            assert contents(home.revisions / "r2" / part) == contents(corrected.home.revisions / "r2" / part)
        assert sorted(path.name for path in home.revisions.iterdir()) == ["r1", "r2"]
    assert contents(filled.homes["documents"].revisions / "r2") == contents(bases.done.revisions / "r2")
    if "again" in filled.told:
        assert filled.told["again"]["code"] == 0, filled.told["again"]


def test_a_landing_that_met_a_full_disk_left_nothing_that_counts(filled: Filled, bases: Bases) -> None:
    home = filled.homes["land"]
    for part in ("lake/raw", "lake/ledger", "releases"):
        assert contents(home.path / part) == contents(bases.before["land"].path / part)
    assert [path.name for path in (home.path / "lake").glob(".landing-*")] == []
