"""Bad regions do not stop a good one: it is released, each bad one is told once, and the run ends as failed.

Of three regions one is refused at landing and one fails gate 2, so both ways of falling out are seen in one run.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from callback_survey.wording.translation import in_chinese
from deliveries import OFFICES, Office, add_region, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, REPOSITORY, Home, Outcome

REFUSED, STOPPED = "330110", "330111"


@dataclass(frozen=True)
class Mixed:
    home: Home
    outcome: Outcome
    alerts: list[dict[str, Any]]


def in_region(region_code: str, offices: tuple[Office, ...]) -> tuple[Office, ...]:
    """The same departments under names of another region."""
    return tuple(replace(office, name=f"{region_code}{office.name}") for office in offices)


@pytest.fixture(scope="module")
def three_regions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Exports of three regions, and a dbt project whose registers know all three."""
    folder = tmp_path_factory.mktemp("three-regions")
    project, exports = folder / "dbt_project", folder / "exports"
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    for region_code, region_name in ((REFUSED, "余杭区"), (STOPPED, "富阳区")):
        add_region(project, region_code, region_name, [office.name for office in in_region(region_code, OFFICES)])
    write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
    refused = write_delivery(exports / REFUSED / QUARTER, rows_of(in_region(REFUSED, OFFICES)))
    (refused / "calls.csv").unlink()
    stopped = in_region(STOPPED, with_office("区民政局", unreachable=5))
    write_delivery(exports / STOPPED / QUARTER, rows_of(stopped))
    return project, exports


def run_mixed(home: Home, project: Path, *command: str) -> Mixed:
    from receivers import Receiver

    receiver = Receiver()
    watched = home.with_settings(DBT_PROJECT=str(project), ALERT_URLS=receiver.url)
    outcome = watched.run(*command, "--quarter", QUARTER)
    receiver.close()
    return Mixed(home, outcome, receiver.messages)


@pytest.fixture(scope="module")
def by_command(three_regions: tuple[Path, Path], privacy_key: str, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    project, exports = three_regions
    return run_mixed(Home(tmp_path_factory.mktemp("by-command") / "home", exports, privacy_key), project, "run")


@pytest.fixture(scope="module")
def by_airflow(three_regions: tuple[Path, Path], privacy_key: str, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    project, exports = three_regions
    home = Home(tmp_path_factory.mktemp("by-airflow") / "home", exports, privacy_key)
    return run_mixed(home, project, "airflow", "run")


@pytest.fixture(params=["by_command", "by_airflow"])
def mixed(request: pytest.FixtureRequest) -> Mixed:
    found: Mixed = request.getfixturevalue(request.param)
    return found


def alerts_about(mixed: Mixed, region_code: str) -> list[str]:
    return [message["message"] for message in mixed.alerts if region_code in message["title"] + message["message"]]


def test_the_run_fails_with_three(mixed: Mixed) -> None:
    assert mixed.outcome.code == 3


def test_the_good_region_is_released_and_served(mixed: Mixed) -> None:
    assert mixed.home.query("select region_code, quarter, revision, is_served from releases") == [
        (REGION, QUARTER, 1, True)
    ]
    assert mixed.home.averages() == {"satisfaction": "75.00", "realisation": "85.00"}


def test_nothing_of_a_bad_region_is_released_or_served(mixed: Mixed) -> None:
    assert [path.name for path in (mixed.home.path / "releases").iterdir()] == [REGION]
    # what the gates said of the others is served, as the history of checks, and says that nothing of them is
    for table in ("department_rates", "region_rates", "departments", "(from check_results where is_served)"):
        assert mixed.home.query(f"select distinct region_code from {table}") == [(REGION,)]
    restricted = {path.name for path in (mixed.home.serving / "restricted").glob("*/*")}
    assert restricted == {f"region_code={REGION}"}


def test_the_refused_region_is_told_once_with_its_fault(mixed: Mixed) -> None:
    [text] = alerts_about(mixed, REFUSED)
    assert in_chinese("calls.csv: listed in the manifest, not in the folder") in text


def test_the_region_that_gate_two_stopped_is_told_once_with_its_department(mixed: Mixed) -> None:
    [text] = alerts_about(mixed, STOPPED)
    assert f"{STOPPED}区民政局（满意率）: 抽样 4 > 有效样本框 3" in text


def test_no_alert_blames_the_good_region(mixed: Mixed) -> None:
    assert len(mixed.alerts) == 2
    assert alerts_about(mixed, REGION) == []


def test_the_terminal_names_both_bad_regions_and_their_faults(mixed: Mixed) -> None:
    for words in (
        f"{REFUSED} {QUARTER}",
        "calls.csv: listed in the manifest, not in the folder",
        f"{STOPPED} {QUARTER}",
        f"{STOPPED}区民政局（满意率）: 抽样 4 > 有效样本框 3",
    ):
        assert words in mixed.outcome.out + mixed.outcome.err


def test_airflow_marks_the_run_and_the_bad_regions_failed_and_the_rest_done(by_airflow: Mixed) -> None:
    [run_state], states, events = airflow_record(by_airflow.home)
    assert run_state == "failed"
    assert {index: state for task, index, state in states if task == "land"} == {
        0: "success",
        1: "failed",
        2: "success",
    }
    assert {index: state for task, index, state in states if task == "documents"} == {0: "success"}
    assert {task: state for task, index, state in states if index < 0} == {
        "discover": "success",
        "build": "success",
        "gate": "success",
        "verdict": "failed",
        "release": "success",
        "revise_following": "success",
        "serve": "success",
        "announce": "success",
        "complete": "upstream_failed",
    }
    assert events == [f"{REGION}|{QUARTER}"]


def test_a_verdict_is_not_tried_twice(by_airflow: Mixed) -> None:
    with contextlib.closing(sqlite3.connect(by_airflow.home.path / "airflow" / "airflow.db")) as connection:
        tries = connection.execute("select task_id, try_number from task_instance where state = 'failed'").fetchall()
    assert sorted(tries) == [("land", 1), ("verdict", 1)]


def airflow_record(home: Home) -> tuple[list[str], list[tuple[str, int, str]], list[str]]:
    """What Airflow wrote down: states of its runs, states of their tasks, partition keys of the asset's events."""
    with contextlib.closing(sqlite3.connect(home.path / "airflow" / "airflow.db")) as connection:
        runs = [state for (state,) in connection.execute("select state from dag_run").fetchall()]
        states = connection.execute("select task_id, map_index, state from task_instance").fetchall()
        events = [key for (key,) in connection.execute("select partition_key from asset_event").fetchall()]
    return runs, states, events
