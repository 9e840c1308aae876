"""An Airflow that was there before: it gets the DAG files, its pool and a word on what it lacks; and it may keep our secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from callback_survey.airflow import deployment
from callback_survey.airflow import home as airflow_home
from callback_survey.airflow import settings as airflow_settings
from callback_survey.airflow.quarter import QUARTER_DAG, quarter_of
from callback_survey.errors import UsageError
from callback_survey.settings import load_settings
from callback_survey.watch.doctor import Finding
from homes import REPOSITORY

KEY = "k" * 32


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an Airflow that knows nothing of us, with its database."""
    folder = tmp_path_factory.mktemp("another")
    environment = {**os.environ, "AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "false"}
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return folder


def examined(tmp_path: Path, *, makes_pool: bool = False) -> dict[str, Finding]:
    settings = load_settings({}, home=tmp_path / "home")
    return {finding.subject: finding for finding in deployment.ask(settings, makes_pool=makes_pool).findings}


def test_the_dag_files_are_written_and_what_a_person_changed_is_not_written_over(tmp_path: Path) -> None:
    written = deployment.write_dags(tmp_path / "dags")
    shipped = {path.name: path.read_bytes() for path in (REPOSITORY / "dags").glob("callback_*.py")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "dags").iterdir()} == shipped
    assert {path.name for path in written} == shipped.keys()
    assert deployment.write_dags(tmp_path / "dags") == []
    changed = tmp_path / "dags" / "callback_watch.py"
    changed.write_text("# mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"callback_watch\.py"):
        deployment.write_dags(tmp_path / "dags")
    assert changed.read_text(encoding="utf-8") == "# mine"
    assert deployment.write_dags(tmp_path / "dags", replaces=True) == [changed]


def test_the_pool_is_looked_for_made_on_request_and_never_changed(
    another: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(another))
    before = examined(tmp_path)
    assert before["Airflow"].state == "ok"
    assert (before["pool"].state, before["pool"].next_step) == ("fail", "callback-survey airflow init")
    made = examined(tmp_path, makes_pool=True)
    assert (made["pool"].state, made["pool"].found) == ("ok", "made: warehouse, 1 slot")
    # its DAG processor has read none of our files
    assert (made["DAGs"].state, "callback_quarter" in made["DAGs"].found) == ("warn", True)
    command = [sys.executable, "-m", "airflow", "pools", "set", "warehouse", "4", "mine"]
    subprocess.run(command, capture_output=True, check=True)
    wider = examined(tmp_path, makes_pool=True)["pool"]
    assert (wider.state, "4 slots" in wider.found) == ("warn", True)


def test_the_airflow_under_the_home_needs_no_dag_files_and_wins_over_another(
    another: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(another))
    airflow_home.prepare(tmp_path / "home", REPOSITORY / "dags")
    found = examined(tmp_path)
    assert {subject: finding.state for subject, finding in found.items()} == {
        "Airflow": "ok",
        "pool": "ok",
        "DAGs": "ok",
    }


def test_an_airflow_without_its_tables_is_told_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "empty"))
    found = examined(tmp_path)["Airflow"]
    assert (found.state, "airflow db migrate" in found.next_step) == ("fail", True)


def test_without_any_airflow_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)
    assert examined(tmp_path)["Airflow"].state == "ok"


def test_the_secrets_that_airflow_s_database_keeps_are_found_as_a_task_finds_them(
    another: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(another))
    for command in (
        ["variables", "set", "callback_survey_privacy_key", KEY],
        ["connections", "add", "callback_survey_postgres", "--conn-uri", "postgres://u:p@database:5432/marts"],
    ):
        subprocess.run([sys.executable, "-m", "airflow", *command], capture_output=True, check=True)
    answer = deployment.ask(load_settings({}, home=tmp_path / "home"))
    assert answer.secrets == {"PRIVACY_KEY": KEY, "POSTGRES_URL": "postgres://u:p@database:5432/marts"}
    assert KEY not in repr(answer)


def test_a_backfill_over_a_year_is_a_run_for_each_of_its_quarters(
    another: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(another))
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "false")
    deployment.write_dags(another / "dags")
    subprocess.run([sys.executable, "-m", "airflow", "dags", "reserialize"], capture_output=True, check=True)
    year = ["--from-date", "2018-01-01", "--to-date", "2018-12-31"]
    command = [sys.executable, "-m", "airflow", "backfill", "create", "--dag-id", QUARTER_DAG, *year, "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    begins = [datetime.fromisoformat(found) for found in re.findall(r"^\| (\d\S+ \S+)", done.stdout, re.MULTILINE)]
    quarters = [str(quarter_of({"params": {}, "data_interval_start": begin})[0]) for begin in begins]
    assert quarters == ["2018Q1", "2018Q2", "2018Q3", "2018Q4"]


@pytest.fixture
def kept_by_airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a secrets backend holds; here Airflow's own, which reads variables of the environment."""
    for name in [name for name in os.environ if name.startswith("CALLBACK_SURVEY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AIRFLOW_VAR_CALLBACK_SURVEY_PRIVACY_KEY", KEY)
    monkeypatch.setenv("AIRFLOW_VAR_CALLBACK_SURVEY_ALERT_URLS", "json://127.0.0.1:9")
    monkeypatch.setenv("AIRFLOW_VAR_CALLBACK_SURVEY_MIRROR", "sftp://copier:p4ss@store/survey")
    monkeypatch.setenv("AIRFLOW_VAR_CALLBACK_SURVEY_METRICS_URL", "https://sender:t0ken@collector/v1/metrics")
    monkeypatch.setenv("AIRFLOW_CONN_CALLBACK_SURVEY_POSTGRES", "postgres://publisher:p%40ss@database:5432/marts")
    airflow_settings._kept.cache_clear()
    yield
    airflow_settings._kept.cache_clear()


@pytest.mark.usefixtures("kept_by_airflow")
def test_a_task_finds_its_secrets_with_airflow_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    found = airflow_settings.load_settings()
    assert found.read_privacy_key() == KEY.encode()
    assert found.alert_urls == ("json://127.0.0.1:9",)
    assert found.postgres_url == "postgres://publisher:p%40ss@database:5432/marts"
    assert found.mirror == "sftp://copier:p4ss@store/survey"
    assert found.metrics_url == "https://sender:t0ken@collector/v1/metrics"
    assert found.approver_urls == ()
    monkeypatch.setenv("CALLBACK_SURVEY_POSTGRES_URL", "")
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY_FILE", "/kept/elsewhere")
    mine = airflow_settings.load_settings()
    assert (mine.postgres_url, mine.privacy_key) == (None, None)


@pytest.mark.usefixtures("kept_by_airflow")
def test_what_airflow_kept_is_masked_in_its_logs_also_one_address_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.log import redact

    addresses = ["json://one:pass-of-one@first:9", "json://two:pass-of-two@second:9"]
    monkeypatch.setenv("AIRFLOW_VAR_CALLBACK_SURVEY_ALERT_URLS", " ".join(addresses))
    found = airflow_settings.load_settings()
    assert found.alert_urls == tuple(addresses)
    for said in (KEY, found.mirror, found.metrics_url, *addresses, "pass-of-two"):
        assert redact(f"no answer from {said}") == "no answer from ***"
    assert redact("no answer from second") == "no answer from second"


def test_the_commands_airflow_run_and_standalone_ask_airflow_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question costs a task a call: what a parent has set, also to nothing, is not asked for."""
    from callback_survey.airflow.run import task_environment

    asked: list[str] = []
    load_settings(task_environment(load_settings({})), secret=lambda name: asked.append(name))
    assert asked == []
