"""The pipeline's serving step with PostgreSQL: the files first, then the copy; what failed is made up for by the next run."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from callback_survey.airflow import run
from callback_survey.cli import summary
from callback_survey.errors import SurveyError, UsageError
from callback_survey.pipeline import steps
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.settings import load_settings
from callback_survey.storage import files
from copies import Copy
from homes import QUARTER, REGION, Home, Served
from postgres_servers import PASSWORD

AVERAGE = "select average_pct::text from marts.region_rates where measure = 'satisfaction'"


def run_of(home: Home) -> Run:
    return Run(load_settings(home.environment), "serve-again")


@pytest.fixture
def unserved(corrected: Served, tmp_path: Path) -> Home:
    """Two revisions are released, and nothing is served yet."""
    home = corrected.home.copy(tmp_path / "home")
    files.remove_tree(home.serving)
    return home


def test_a_server_that_is_down_keeps_no_file_back_and_the_next_run_publishes(copy: Copy, unserved: Home) -> None:
    down = replace(copy.server, port=1).url(copy.database, copy.publisher)
    with pytest.raises(
        SurveyError, match=r"PostgreSQL cannot be reached(.|\n)*served files are already switched"
    ) as failed:
        steps.serve(run_of(unserved.with_settings(POSTGRES_URL=down)))
    assert failed.value.exit_code == 1
    average = unserved.averages()["satisfaction"]
    up = unserved.with_settings(POSTGRES_URL=copy.url, POSTGRES_READER=copy.server.new_role())
    for _ in range(2):
        report = steps.serve(run_of(up))
        assert copy.run(AVERAGE) == [(average,)]
    reader = up.variables["POSTGRES_READER"]
    assert copy.run(AVERAGE, user=reader) == [(average,)]
    (comment,) = copy.run("select obj_description('marts'::regnamespace)")[0]
    assert f"version {report.version}" in comment
    assert copy.run("select revision, is_served from marts.releases order by 1") == [(1, False), (2, True)]


def test_the_summary_says_where_the_copy_is_without_the_password(copy: Copy, corrected: Served) -> None:
    settings = load_settings(corrected.home.with_settings(POSTGRES_URL=copy.url).environment)
    text = io.StringIO()
    summary.show_quarter(Console(file=text, width=160), settings, Scope(REGION, QUARTER))
    place = f"postgresql://{copy.publisher}@127.0.0.1:{copy.server.port}/{copy.database}, schema marts"
    assert f"  postgres {place}" in text.getvalue().splitlines()


def test_what_a_run_writes_down_holds_no_password(copy: Copy, unserved: Home) -> None:
    wrong = copy.server.url(copy.database, copy.publisher, "Wr0ng/word")
    with pytest.raises(SurveyError):
        steps.serve(run_of(unserved.with_settings(POSTGRES_URL=wrong)))
    for path in (unserved.path / "logs").rglob("*"):
        if path.is_file():
            assert b"Wr0ng" not in path.read_bytes(), path


def test_a_task_gets_the_settings_and_their_text_does_not_hold_the_url(copy: Copy, tmp_path: Path) -> None:
    settings = load_settings({"CALLBACK_SURVEY_POSTGRES_URL": copy.url, "CALLBACK_SURVEY_POSTGRES_READER": "analysts"})
    again = load_settings(run.task_environment(settings))
    assert (again.postgres_url, again.postgres_reader) == (copy.url, "analysts")
    assert PASSWORD not in repr(settings) and copy.url not in repr(settings)


@pytest.mark.parametrize("url", ["mysql://user:secret@host/db", "host=127.0.0.1 password=secret", "secret"])
def test_anything_but_a_postgresql_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="POSTGRES_URL is not a PostgreSQL URL") as refused:
        load_settings({"CALLBACK_SURVEY_POSTGRES_URL": url})
    assert "secret" not in str(refused.value)
