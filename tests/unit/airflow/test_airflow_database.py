"""Old runs leave the database of a home's own Airflow by Airflow's own command; an Airflow of somebody else is not touched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callback_survey.airflow import database, home
from callback_survey.airflow.run import dags_folder
from callback_survey.errors import SurveyError
from callback_survey.settings import Settings, load_settings


def settings_of(folder: Path) -> Settings:
    return load_settings({"CALLBACK_SURVEY_HOME": str(folder / "home")})


def logged(settings: Settings) -> list[str]:
    with closing(sqlite3.connect(home.folder_of(settings.home) / "airflow.db")) as connection:
        return [event for (event,) in connection.execute("select event from log where event like 'test%' order by 1")]


def test_where_the_home_has_no_airflow_nothing_is_done(tmp_path: Path) -> None:
    assert not database.clean(settings_of(tmp_path), 6)
    assert not (tmp_path / "home").exists()


def test_what_is_older_goes_and_the_rest_stays_and_no_copy_is_kept(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    home.prepare(settings.home, dags_folder())
    now = datetime.now(UTC)
    moments = {"test-old": now - timedelta(days=400), "test-new": now - timedelta(days=3)}
    with closing(sqlite3.connect(home.folder_of(settings.home) / "airflow.db")) as connection:
        for event, moment in moments.items():
            said = (f"{moment:%Y-%m-%d %H:%M:%S.%f}", event)
            connection.execute("insert into log (dttm, event) values (?, ?)", said)
        connection.commit()
    assert database.clean(settings, 6)
    assert logged(settings) == ["test-new"]
    with closing(sqlite3.connect(home.folder_of(settings.home) / "airflow.db")) as connection:
        kept = connection.execute("select name from sqlite_master where name like '_airflow_deleted%'").fetchall()
    assert kept == []


def test_what_airflow_says_against_it_is_told(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    folder = home.folder_of(settings.home)
    folder.mkdir(parents=True)
    (folder / "airflow.db").write_bytes(b"no database")
    with pytest.raises(SurveyError, match="Airflow did not remove its old runs: ") as caught:
        database.clean(settings, 6)
    assert caught.value.where == str(folder / "airflow.db")
