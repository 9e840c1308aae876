"""dbt by hand: over the warehouse of a home, in its turn, with nothing released; and in the project's folder without any home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from callback_survey.pipeline import by_hand
from callback_survey.run import Run
from callback_survey.storage import locks
from callback_survey.warehouse import unchanged
from callback_survey.warehouse.build import manifest_path
from homes import REPOSITORY, Home, contents
from stepwise import run_of

INLINE = "select measure, average_pct from {{ ref('region_rates') }} order by measure"


def stands(run: Run) -> bool:
    """Whether the next run would take what the warehouse holds for its own."""
    note = unchanged.read(run.warehouse)
    return note is not None and unchanged.standing(run.warehouse, note, manifest_path(run.warehouse)) is not None


def shown(out: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(out[out.index("{\n") :])["show"]
    return rows


def test_what_a_person_builds_is_not_released_and_the_next_run_builds_again(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")
    run, before = run_of(home), contents(home.path / "releases") | contents(home.serving)
    # what only looks leaves the warehouse as it is
    looked = home.run("dbt", "--", "show", "--output", "json", "--inline", INLINE)
    assert looked.code == 0, looked.out + looked.err
    assert {row["measure"]: f"{row['average_pct']:.2f}" for row in shown(looked.out)} == home.averages()
    assert stands(run)
    built = home.run("dbt", "build", "--select", "stg_calls")
    assert built.code == 0, built.out + built.err
    assert "stg_calls" in built.out
    assert not stands(run)
    assert contents(home.path / "releases") | contents(home.serving) == before
    # what describes a release is the run's own manifest, and is left alone
    assert manifest_path(run.warehouse).read_bytes() == manifest_path(run_of(small).warehouse).read_bytes()


def test_where_nothing_is_built_the_delivery_is_landed_and_built_first(
    tmp_path: Path, small: Home, small_exports: Path, privacy_key: str
) -> None:
    home = Home(tmp_path / "home", small_exports, privacy_key)
    outcome = home.run("dbt", "--", "show", "--output", "json", "--inline", INLINE)
    assert outcome.code == 0, outcome.out + outcome.err
    assert {row["measure"]: f"{row['average_pct']:.2f}" for row in shown(outcome.out)} == small.averages()
    assert [line.split()[1] for line in outcome.err.splitlines()] == ["discover", "land", "gate", "build"]
    assert not home.serving.exists() and not (home.path / "releases").exists()


def test_dbt_has_the_warehouse_to_itself_and_readers_of_its_documentation_hold_nobody_up(
    small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small.copy(tmp_path / "home")
    lock = run_of(home).warehouse.folder / "warehouse.lock"
    held = []

    def look(arguments: Sequence[str], environment: dict[str, str], descriptors: Sequence[int] = ()) -> int:
        held.append((arguments, locks.is_held(lock), len(descriptors)))
        return 0

    monkeypatch.setattr(by_hand, "call", look)
    for arguments in (["ls"], ["docs", "serve", "--no-browser"]):
        assert home.run_here("dbt", "--", *arguments).code == 0
    assert held == [(["ls"], True, 1), (["docs", "serve", "--no-browser"], False, 0)]


def test_what_dbt_says_of_a_wrong_command_is_its_own_and_its_exit_code_too(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")
    outcome = home.run("dbt", "--", "ls", "--no-such-option")
    assert (outcome.code, "No such option" in outcome.err) == (2, True), outcome.err
    assert stands(run_of(home))


def test_a_quarter_that_nobody_delivered_is_named(small: Home, tmp_path: Path) -> None:
    outcome = small.copy(tmp_path / "home").run_here("dbt", "--quarter", "2020Q1", "--", "build")
    assert outcome.code == 2
    assert "no delivery for 2020Q1" in outcome.err


def test_a_home_without_anything_says_what_is_missing(tmp_path: Path, privacy_key: str) -> None:
    (tmp_path / "exports").mkdir()
    outcome = Home(tmp_path / "home", tmp_path / "exports", privacy_key).run_here("dbt", "build")
    assert outcome.code == 2
    assert "nothing is landed and nothing is delivered" in outcome.err
    assert "parse" in outcome.err


def test_the_project_is_read_by_plain_dbt_without_a_home(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLBACK_SURVEY_")}
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "--quiet",
        "ls",
        "--select",
        "marts",
        "--resource-type",
        "model",
    ]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "callback_survey.marts.department_rates" in done.stdout.splitlines()
    assert not list(tmp_path.rglob("*.duckdb"))
