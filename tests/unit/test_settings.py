"""Settings come from the environment or from options; a missing or weak key is an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.airflow import run
from callback_survey.cli.main import main
from callback_survey.errors import UsageError
from callback_survey.setting_values import PREFIX
from callback_survey.settings import RUNBOOKS, Settings, load_settings
from lakes import REPOSITORY

KEY = "0123456789abcdef" * 2


def load(**variables: str) -> Settings:
    return load_settings({f"CALLBACK_SURVEY_{name}": value for name, value in variables.items()})


def test_without_any_variable_everything_is_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = load()
    assert (found.home, found.exports) == (tmp_path / "var", tmp_path / "sample_exports")
    assert found.dbt_project == REPOSITORY / "dbt_project"
    assert (found.memory_limit, found.alert_urls, found.progress_log) == ("2GB", (), None)


def test_the_home_holds_all_that_is_written(tmp_path: Path) -> None:
    found = load(HOME=str(tmp_path))
    names = ("lake", "warehouse", "releases", "serving", "logs", "checks", "alerts")
    assert [getattr(found, name) for name in names] == [tmp_path / name for name in names]


def test_without_registers_of_ones_own_the_shipped_ones_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load()
    assert found.registers is None and found.seeds == found.written_registers == REPOSITORY / "dbt_project" / "seeds"
    (tmp_path / "sample_exports" / "registers").mkdir(parents=True)
    assert load().registers == load().written_registers == tmp_path / "sample_exports" / "registers"


def test_options_win_over_the_environment(tmp_path: Path) -> None:
    environment = {"CALLBACK_SURVEY_HOME": "/elsewhere", "CALLBACK_SURVEY_EXPORTS": "/elsewhere"}
    settings = load_settings(environment, home=tmp_path / "home", exports=tmp_path / "exports")
    assert (settings.home, settings.exports) == (tmp_path / "home", tmp_path / "exports")


def test_the_process_environment_is_read_when_none_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path))
    assert load_settings().home == tmp_path


def test_relative_paths_become_absolute_before_a_step_changes_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = load(HOME="h", EXPORTS="e", PRIVACY_KEY_FILE="k", PROGRESS_LOG="p")
    paths = (found.home, found.exports, found.privacy_key_file, found.progress_log)
    assert paths == tuple(tmp_path / name for name in "hekp")


def test_an_empty_variable_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(HOME=" ", MEMORY_LIMIT="", PRIVACY_KEY_FILE="", ALERT_URLS=" ") == load()


def test_alert_urls_are_separated_by_white_space() -> None:
    assert load(ALERT_URLS=" json://a \n mailto://b ").alert_urls == ("json://a", "mailto://b")


def test_alerts_lead_to_the_runbook_in_their_language_unless_another_one_is_named() -> None:
    for language, runbook in RUNBOOKS.items():
        assert load(LANGUAGE=language).runbook == runbook
        assert (REPOSITORY / runbook).is_file()
    assert load().runbook == "docs/runbook.zh-CN.md"
    assert load(LANGUAGE="zh", RUNBOOK="https://docs.example/runbook").runbook == "https://docs.example/runbook"


@pytest.mark.parametrize("size", ["2GB", "512MB", "1.5 GiB", "800mb", "1tb"])
def test_a_memory_limit_is_a_size(size: str) -> None:
    assert load(MEMORY_LIMIT=size).memory_limit == size


@pytest.mark.parametrize("size", ["2", "GB", "80%", "-1GB", "2GB; drop table x"])
def test_any_other_memory_limit_is_refused(size: str) -> None:
    with pytest.raises(UsageError, match=r"MEMORY_LIMIT(.|\n)*such as 2GB"):
        load(MEMORY_LIMIT=size)


@pytest.mark.parametrize(("text", "hours"), [("", 72), ("24", 24), ("0.5", 0.5)])
def test_a_notice_waits_for_hours_or_parts_of_them_and_tasks_get_the_same(text: str, hours: float) -> None:
    found = load(APPROVAL_HOURS=text)
    assert found.approval_hours == hours
    assert load_settings(run.task_environment(found)).approval_hours == hours


@pytest.mark.parametrize("text", ["0", "0.0", "-1", "three days", "1e9"])
def test_a_notice_cannot_wait_for_no_time_or_nobody_knows_how_long(text: str) -> None:
    with pytest.raises(UsageError, match="APPROVAL_HOURS"):
        load(APPROVAL_HOURS=text)


def test_a_folder_that_is_no_dbt_project_is_refused_with_the_setting_to_correct(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load(DBT_PROJECT=str(tmp_path))
    assert str(tmp_path) in str(refused.value)
    assert "next: leave CALLBACK_SURVEY_DBT_PROJECT empty" in str(refused.value)


def test_the_key_is_read_from_the_variable_or_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert load(PRIVACY_KEY=KEY).read_privacy_key() == KEY.encode()
    assert load(PRIVACY_KEY_FILE=str(tmp_path / "key")).read_privacy_key() == KEY.encode()


def test_the_variable_wins_over_the_file(tmp_path: Path) -> None:
    found = load(PRIVACY_KEY=KEY, PRIVACY_KEY_FILE=str(tmp_path / "not there"))
    assert found.read_privacy_key() == KEY.encode()


def test_any_text_of_32_characters_is_a_key() -> None:
    chinese = "钥" * 32
    assert load(PRIVACY_KEY=chinese).read_privacy_key() == chinese.encode()
    with pytest.raises(UsageError, match="31 characters") as refused:
        load(PRIVACY_KEY="k" * 31).read_privacy_key()
    assert "at least 32" in str(refused.value)
    assert "k" * 31 not in str(refused.value), "an error goes to logs and alerts"


def test_no_key_stops_with_the_command_that_makes_one() -> None:
    with pytest.raises(UsageError, match="no privacy key is set") as refused:
        load().read_privacy_key()
    assert "CALLBACK_SURVEY_PRIVACY_KEY" in str(refused.value)
    assert "openssl rand -hex 32" in str(refused.value)


def test_an_empty_key_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no privacy key is set"):
        load(PRIVACY_KEY_FILE=str(tmp_path / "key")).read_privacy_key()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x80" * 20], ids=["missing", "not text"])
def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match="the privacy key file cannot be read") as refused:
        load(PRIVACY_KEY_FILE=str(path)).read_privacy_key()
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(("sign", "program"), [("#", "dbt"), ("?", "DuckDB"), ("$", "Airflow")])
def test_a_home_that_a_program_would_look_for_elsewhere_is_refused_at_once(
    tmp_path: Path, sign: str, program: str
) -> None:
    with pytest.raises(UsageError, match=f"the home has a .? in its path: {program}") as refused:
        load_settings({}, home=tmp_path / f"a{sign}HOME")
    assert refused.value.where == str(tmp_path / f"a{sign}HOME")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["verify", "deliveries", "checks", "watch", "status", "run"])
def test_a_home_that_is_a_file_is_no_home_that_is_whole(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    arguments = ["--quarter", "2018Q1"] if command == "run" else []
    assert main([command, "--home", str(tmp_path / "home"), *arguments]) == 2
    assert "error: the home is a file" in capsys.readouterr().err


def test_a_home_with_a_line_end_is_refused_and_shown_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line end") as refused:
        load_settings({}, home=tmp_path / "a\nb")
    assert "a\\nb" in str(refused.value.where)


@pytest.mark.parametrize("name", ["家 庭", "a'b\"c", "100%25", "[x]*{y}", "a;b&c", "a@b:c"])
def test_every_other_name_of_a_home_is_fine(tmp_path: Path, name: str) -> None:
    assert load_settings({}, home=tmp_path / name).home == tmp_path / name


def test_months_of_retention_are_given_by_kind_and_none_is_removed_without(tmp_path: Path) -> None:
    assert load_settings({}).retention == {}
    found = load_settings({f"{PREFIX}RETENTION": " logs=12 cases=24 "}).retention
    assert list(found.items()) == [("cases", 24), ("logs", 12)]


@pytest.mark.parametrize(
    "text", ["cases", "cases=", "cases=0", "cases=-1", "cases=2.5", "rows=24", "cases=24 cases=12"]
)
def test_any_other_retention_is_refused_before_anything_could_go(text: str) -> None:
    with pytest.raises(UsageError, match="RETENTION is not valid") as caught:
        load_settings({f"{PREFIX}RETENTION": text})
    assert caught.value.expected is not None and "old-versions" in caught.value.expected


@pytest.mark.parametrize("text", ["bucket/survey", "s3://", "://bucket", r"C:\survey"])
def test_a_mirror_is_an_address(text: str) -> None:
    with pytest.raises(UsageError, match="MIRROR is not an address"):
        load_settings({f"{PREFIX}MIRROR": text})


def test_duckdb_builds_unless_spark_is_asked_for_and_its_address_given() -> None:
    assert (load().engine, load(SPARK_REMOTE="sc://spark").spark_remote) == ("duckdb", None)
    found = load(ENGINE="spark", SPARK_REMOTE="sc://spark:15002/;token=secret")
    assert (found.engine, found.spark_remote) == ("spark", "sc://spark:15002/;token=secret")
    assert "secret" not in repr(found)
    tasks = load_settings(run.task_environment(found))
    assert (tasks.engine, tasks.spark_remote) == (found.engine, found.spark_remote)


@pytest.mark.parametrize("address", ["", "spark:15002", "https://token:secret@spark"])
def test_spark_without_an_address_of_spark_connect_is_refused(address: str) -> None:
    with pytest.raises(
        UsageError, match=r"SPARK_REMOTE names no Spark Connect server(.|\n)*sc://host:15002"
    ) as refused:
        load(ENGINE="spark", SPARK_REMOTE=address)
    assert "secret" not in str(refused.value)


def test_another_engine_is_refused() -> None:
    with pytest.raises(UsageError, match=r"ENGINE is not valid: 'Spark'(.|\n)*duckdb or spark"):
        load(ENGINE="Spark", SPARK_REMOTE="sc://spark")


def test_settings_that_are_printed_tell_no_secret() -> None:
    secrets = {
        "PRIVACY_KEY": "a key of at least thirty-two characters",
        "ALERT_URLS": "json://token-1@example.org",
        "ALERT_URLS_FAIL": "json://token-2@example.org",
        "ALERT_URLS_WARN": "json://token-3@example.org",
        "ALERT_URLS_RELEASED": "json://token-4@example.org",
        "APPROVER_URLS": "json://token-5@example.org",
        "POSTGRES_URL": "postgresql://survey:token-6@127.0.0.1/marts",
        "MIRROR": "sftp://survey:token-7@example.org/survey",
        "METRICS_URL": "http://127.0.0.1:4318/v1/metrics?token-8",
    }
    told = repr(load_settings({f"CALLBACK_SURVEY_{name}": value for name, value in secrets.items()}))
    assert "token-" not in told and secrets["PRIVACY_KEY"] not in told
