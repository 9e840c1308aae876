"""A run killed at any point serves nothing half-written, and the next run ends as if it had not happened."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from homes import PATIENCE_SECONDS, QUARTER, Home, Outcome, Served, contents, reported


@dataclass(frozen=True)
class Survived:
    """A home over which a correction was run again and again, and killed at one point after the other."""

    home: Home
    served_after_kill: dict[str, dict[str, str]]
    left_after_kill: dict[str, list[str]]
    build_log: Path
    outcome: Outcome


def served_files(home: Home) -> dict[str, str]:
    """What readers open, by content: through the links, as they do."""
    return {
        name: digest
        for part in ("marts.duckdb", "parquet")
        for name, digest in contents_behind(home.serving / part).items()
    }


def half_written(home: Home) -> list[str]:
    """What was written aside and not yet renamed, or is scratch."""
    return [
        path.relative_to(home.path).as_posix()
        for folder in ("lake", "releases", "serving")
        for path in (home.path / folder).rglob(".*")
    ]


def contents_behind(link: Path) -> dict[str, str]:
    target = link.resolve()
    if target.is_file():
        return {link.name: contents(target.parent)[target.name]}
    return {f"{link.name}/{name}": digest for name, digest in contents(target).items()}


def kill_when(home: Home, has_come: Callable[[Path], bool], log: Path) -> None:
    """Start the command and kill it, without warning, as soon as it has come to a point."""
    process = home.with_settings(PROGRESS_LOG=str(log)).start("run", "--quarter", QUARTER)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not has_come(log):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.001)
    finally:
        # the command alone: a dbt process it has started lives on, and must hold the warehouse until it is done
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def survived(small: Home, corrected_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survived]:
    folder = tmp_path_factory.mktemp("killed")
    home = small.copy(folder / "home", exports=corrected_exports)
    points: dict[str, Callable[[Path], bool]] = {
        "land": lambda log: any((home.path / "lake").glob(".landing-*/work")),
        "build": lambda log: len(reported(log, "build", "said")) >= 20,
        "release": lambda log: any(home.revisions.glob(".r2-*/marts/*.parquet")),
        "serve": lambda log: any(home.serving.glob("versions/.*/marts.duckdb")),
        "documents": lambda log: any(home.revisions.glob(".documents-r2-*/*")),
    }
    served, left = {}, {}
    for name, has_come in points.items():
        kill_when(home, has_come, folder / f"{name}.jsonl")
        served[name], left[name] = served_files(home), half_written(home)
    yield Survived(home, served, left, folder / "build.jsonl", home.run("run", "--quarter", QUARTER))


def test_a_kill_among_the_documents_leaves_the_new_tables_served(small: Home, survived: Survived) -> None:
    """They need no documents. A notice does, and none can be approved of what a killed run left."""
    assert survived.served_after_kill["documents"] == served_files(survived.home) != served_files(small)


@pytest.mark.parametrize("point", ["land", "build", "release", "serve"])
def test_a_kill_leaves_what_is_served_byte_for_byte(small: Home, survived: Survived, point: str) -> None:
    assert len(served_files(small)) > 10
    assert survived.served_after_kill[point] == served_files(small)


def test_the_next_run_ends_well_and_equals_a_run_that_was_never_killed(survived: Survived, corrected: Served) -> None:
    assert survived.outcome.code == 0, survived.outcome.err
    assert survived.home.averages() == corrected.home.averages() == {"satisfaction": "83.33", "realisation": "72.50"}
    for part in ("marts", "csv"):
        assert contents(survived.home.revisions / "r2" / part) == contents(corrected.home.revisions / "r2" / part)
    documents = [
        json.loads((home.revisions / "r2" / "release.json").read_text(encoding="utf-8"))
        for home in (survived.home, corrected.home)
    ]
    for name in ("content_hash", "revision", "reason", "delivery_id", "input_files"):
        assert documents[0][name] == documents[1][name], name


def test_restricted_records_and_lake_equal_those_of_a_clean_run(survived: Survived, corrected: Served) -> None:
    for part in ("serving/restricted", "lake/raw"):
        assert contents(survived.home.path / part) == contents(corrected.home.path / part)


def test_there_is_one_second_revision_and_the_first_is_unchanged(small: Home, survived: Survived) -> None:
    assert sorted(path.name for path in survived.home.revisions.iterdir()) == ["r1", "r2"]
    assert contents(survived.home.revisions / "r1") == contents(small.revisions / "r1")


def test_the_kills_came_in_the_middle_of_the_work(survived: Survived) -> None:
    """Otherwise the tests above would prove nothing."""
    for point, name in (
        ("land", "lake/.landing-"),
        ("release", "/.r2-"),
        ("serve", "serving/versions/."),
        ("documents", "/.documents-r2-"),
    ):
        assert any(name in left for left in survived.left_after_kill[point]), point
    assert not reported(survived.build_log, "build", "done")


def test_nothing_half_written_is_left_lying_about(survived: Survived) -> None:
    assert half_written(survived.home) == []
