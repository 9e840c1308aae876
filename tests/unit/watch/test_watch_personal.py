"""The watch finds numbers of people that an older rule left in the lake, and what killed landings left, and names no cell."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from callback_survey.settings import Settings, load_settings
from callback_survey.watch import personal
from callback_survey.wording.catalogue import Words

PHONE = "154.0000.0001"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "dbt_project").mkdir()
    (tmp_path / "dbt_project" / "dbt_project.yml").touch()
    return load_settings(
        {"CALLBACK_SURVEY_HOME": str(tmp_path / "home"), "CALLBACK_SURVEY_DBT_PROJECT": str(tmp_path / "dbt_project")}
    )


def landed(settings: Settings, comment: str, case_id: str = "XS-1", region: str = "330109") -> Path:
    """A lake file as some version wrote it."""
    folder = settings.lake / "raw" / "calls" / f"region={region}" / "quarter=2018Q1"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256((comment + case_id).encode()).hexdigest()}.parquet"
    with duckdb.connect() as connection:
        relation = connection.sql(
            "select 'calls.csv' as file, 2::bigint as line, $1 as case_id, $2 as comment",
            params=[case_id, comment],
        )
        relation.write_parquet(str(path))
    return path


def test_a_number_that_an_older_rule_left_in_is_told_with_file_and_column(settings: Settings) -> None:
    landed(settings, "请打[号码]")
    path = landed(settings, f"请打{PHONE}", region="330110")
    (problem,) = personal.in_lake(settings)
    assert (problem.name, problem.severity, problem.facts["count"]) == ("personal", "fail", "1")
    assert problem.lines(Words("zh")) == [f"{path.relative_to(settings.lake).as_posix()}：comment (1)"]
    assert PHONE not in str(problem)


def test_a_case_number_that_is_a_phone_is_told_and_a_long_one_is_none(settings: Settings) -> None:
    landed(settings, "", "201801234567890")
    assert personal.in_lake(settings) == []
    landed(settings, "", "15400000001")
    (problem,) = personal.in_lake(settings)
    assert problem.lines(Words("zh"))[0].endswith("：case_id (1)")


def test_a_file_is_searched_once_and_forgotten_when_it_is_gone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = landed(settings, f"请打{PHONE}")
    assert len(personal.in_lake(settings)) == 1
    with monkeypatch.context() as patched:
        patched.setattr(personal, "_columns", lambda *_: pytest.fail("a lake file never changes"))
        assert len(personal.in_lake(settings)) == 1
    with monkeypatch.context() as patched:
        patched.setattr(personal, "scrub_sql", lambda _: "another rule")
        searched: list[Path] = []
        patched.setattr(personal, "_columns", lambda _, file: searched.append(file))
        personal.in_lake(settings)
        assert searched == [path], "another rule searches everything again"
    path.unlink()
    assert personal.in_lake(settings) == []


def test_a_file_that_cannot_be_read_is_tried_again(settings: Settings) -> None:
    path = landed(settings, f"请打{PHONE}")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert personal.in_lake(settings) == []
    path.write_bytes(whole)
    assert len(personal.in_lake(settings)) == 1


def test_an_empty_home_has_no_such_problem_and_stays_empty(settings: Settings) -> None:
    assert personal.in_lake(settings) == personal.left_scratch(settings) == []
    assert not settings.watch.exists()


def test_what_a_killed_landing_left_is_told(settings: Settings) -> None:
    folder = settings.lake / ".landing-d1-killed"
    folder.mkdir(parents=True)
    (problem,) = personal.left_scratch(settings)
    assert (problem.name, problem.severity) == ("leftover", "fail")
    assert problem.facts == {"count": "1", "paths": str(folder)}
