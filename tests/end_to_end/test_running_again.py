"""The same delivery again, the command line beside Airflow, a lost warehouse, a dry run: the figures stay what they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from unittest import mock

import pytest

from callback_survey.warehouse import published
from homes import QUARTER, REGION, SAMPLE_EXPORTS, Home, Outcome, Served, contents

COMMAND = ("run", "--region", REGION, "--quarter", QUARTER)


@pytest.fixture(scope="module")
def rerun(served: Served, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Outcome]:
    """A copy of the home that Airflow served, in which the command line has built and run the same delivery again."""
    home = served.home.copy(tmp_path_factory.mktemp("rerun") / "home")
    (home.path / "warehouse" / "built.json").unlink()
    return home, home.run(*COMMAND)


@pytest.fixture(scope="module")
def rebuilt(served: Served, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Outcome]:
    """A copy whose warehouse and whose releases are gone: everything is made again from the lake."""
    home = served.home.copy(tmp_path_factory.mktemp("rebuilt") / "home")
    for lost in ("warehouse", "releases", "serving"):
        shutil.rmtree(home.path / lost)
    return home, home.run_here(*COMMAND)


@pytest.fixture(scope="module")
def fresh(privacy_key: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Outcome]:
    """The same delivery through the command line alone, from nothing."""
    home = Home(tmp_path_factory.mktemp("fresh") / "home", SAMPLE_EXPORTS, privacy_key)
    return home, home.run(*COMMAND)


def document(home: Home) -> dict[str, object]:
    found: dict[str, object] = json.loads((home.revisions / "r1" / "release.json").read_text(encoding="utf-8"))
    return found


def test_a_second_run_changes_no_byte_of_serving_and_releases_nothing(
    served: Served, rerun: tuple[Home, Outcome]
) -> None:
    home, outcome = rerun
    assert outcome.code == 0, outcome.err
    assert contents(home.serving) == contents(served.home.serving)
    assert contents(home.path / "releases") == contents(served.home.path / "releases")
    assert [path.name for path in home.revisions.iterdir()] == ["r1"]


def test_what_did_not_change_is_not_built_again(served: Served, rerun: tuple[Home, Outcome], tmp_path: Path) -> None:
    home = rerun[0].copy(tmp_path / "home")
    log = home.path / "logs" / "dbt" / "dbt.log"
    before = log.read_bytes()
    outcome = home.run_here(*COMMAND)
    assert outcome.code == 0, outcome.err
    assert "(nothing changed since)" in outcome.out and log.read_bytes() == before
    assert contents(home.serving) == contents(served.home.serving)
    assert contents(home.path / "releases") == contents(served.home.path / "releases")


def test_what_was_released_of_a_build_is_left_alone_unless_its_single_cases_are_lost(
    small: Home, tmp_path: Path
) -> None:
    home = small.copy(tmp_path / "home")
    lost = next((home.serving / "restricted" / "case_answers").rglob("*.parquet"))
    before = lost.read_bytes()
    with mock.patch.object(published, "content_hashes", wraps=published.content_hashes) as hashed:
        assert home.run_quarter_here().code == 0
        assert [len(call.args[2]) for call in hashed.call_args_list] == [0]
        lost.unlink()
        assert home.run_quarter_here().code == 0
        assert [len(call.args[2]) for call in hashed.call_args_list] == [0, 1]
    assert lost.read_bytes() == before
    assert contents(home.path / "releases") == contents(small.path / "releases")


def test_a_second_run_says_that_nothing_is_new(rerun: tuple[Home, Outcome]) -> None:
    _, outcome = rerun
    said = {line.split()[1]: line for line in outcome.out.splitlines() if line.startswith("✔")}
    assert "(landed before)" in said["land"]
    assert all(said[step].endswith("nothing new") for step in ("release", "serve", "documents"))


def test_the_lake_keeps_one_delivery_when_the_same_bytes_come_again(
    served: Served, rerun: tuple[Home, Outcome]
) -> None:
    home, _ = rerun
    assert contents(home.path / "lake") == contents(served.home.path / "lake")


def test_a_lost_warehouse_is_rebuilt_from_the_lake_to_identical_marts(
    served: Served, rebuilt: tuple[Home, Outcome]
) -> None:
    home, outcome = rebuilt
    assert outcome.code == 0, outcome.err
    assert "(landed before)" in outcome.out
    assert document(home)["content_hash"] == document(served.home)["content_hash"]
    assert contents(home.revisions / "r1" / "csv") == contents(served.home.revisions / "r1" / "csv")
    assert contents(home.revisions / "r1" / "marts") == contents(served.home.revisions / "r1" / "marts")
    restricted = "serving/restricted"
    assert contents(home.path / restricted) == contents(served.home.path / restricted)


def test_command_line_and_airflow_release_the_same_content(served: Served, fresh: tuple[Home, Outcome]) -> None:
    home, outcome = fresh
    assert outcome.code == 0, outcome.err
    by_airflow, by_command = document(served.home), document(home)
    assert "landed before" not in outcome.out
    for name in ("content_hash", "tables", "input_files", "delivery_id", "reason", "warning_count"):
        assert by_command[name] == by_airflow[name], name
    assert contents(home.path / "lake" / "raw") == contents(served.home.path / "lake" / "raw")


def test_command_line_and_airflow_end_with_the_same_figures(served: Served, fresh: tuple[Home, Outcome]) -> None:
    def figures(out: str) -> str:
        return out[out.index("样例数据") : out.index("Files")]

    assert figures(fresh[1].out) == figures(served.outcome.out)


def test_a_dry_run_over_an_empty_home_says_first_and_writes_nothing(tmp_path: Path, privacy_key: str) -> None:
    home = Home(tmp_path / "home", SAMPLE_EXPORTS, privacy_key)
    outcome = home.run_here(*COMMAND, "--dry-run")
    assert (outcome.code, outcome.err) == (0, "")
    assert "would be the first" in outcome.out and "frame.csv.gz: 90,961 rows" in outcome.out
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_of_what_is_current_says_nothing_new(served: Served) -> None:
    before = contents(served.home.path)
    outcome = served.home.run_here(*COMMAND, "--dry-run")
    assert outcome.code == 0 and "unchanged, already landed and current" in outcome.out
    assert contents(served.home.path) == before


def built_kinds(home: Home) -> set[str]:
    """The kinds of nodes that dbt last built; what it does at the end of every build (`operation`) is none."""
    path = home.path / "warehouse" / "dbt" / "run_results.json"
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return {result["unique_id"].split(".")[0] for result in results} - {"operation"}


def test_registers_are_loaded_and_tested_once_and_again_only_into_a_new_warehouse(
    served: Served, rerun: tuple[Home, Outcome], rebuilt: tuple[Home, Outcome]
) -> None:
    assert built_kinds(served.home) >= {"seed", "model", "test"}
    assert built_kinds(rerun[0]) == {"model", "test"}
    assert built_kinds(rebuilt[0]) >= {"seed", "model", "test"}
