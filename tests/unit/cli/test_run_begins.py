"""A run that cannot begin is told like one that fails: nobody looks at the terminal of a crontab."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.cli.main import main
from callback_survey.settings import load_settings
from callback_survey.watch.look import watch
from homes import REPOSITORY
from receivers import Receiver

KEY = "a key for tests that is long enough to be one"
COMMANDS = [("run",), ("airflow", "run")]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, receiver: Receiver, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in {"ALERT_URLS": receiver.url, "DBT_PROJECT": str(REPOSITORY / "dbt_project")}.items():
        monkeypatch.setenv(f"CALLBACK_SURVEY_{name}", value)
    for name in ("PRIVACY_KEY", "PRIVACY_KEY_FILE"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    return monkeypatch


def unwritable_home(tmp_path: Path) -> Path:
    """A folder that not even root can make: its parent is a file, as a mount that went away may leave one."""
    (tmp_path / "file").write_text("no folder")
    return tmp_path / "file" / "home"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_home_that_cannot_be_written_is_told_and_ends_with_1(
    environment: pytest.MonkeyPatch,
    receiver: Receiver,
    tmp_path: Path,
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setenv("CALLBACK_SURVEY_PRIVACY_KEY", KEY)
    home = unwritable_home(tmp_path)
    assert main([*command, "--quarter", "2018Q1", "--home", str(home), "--language", "en"]) == 1
    said = capsys.readouterr().err
    assert "the run cannot begin: Not a directory" in said and "Traceback" not in said
    (message,) = receiver.messages
    assert "2018Q1" in message["title"] and str(tmp_path) in message["message"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_missing_key_is_told_and_ends_with_2(
    environment: pytest.MonkeyPatch, receiver: Receiver, tmp_path: Path, command: tuple[str, ...]
) -> None:
    environment.setenv("CALLBACK_SURVEY_PRIVACY_KEY_FILE", str(tmp_path / "gone.key"))
    assert main([*command, "--quarter", "2018Q1", "--home", str(tmp_path / "home")]) == 2
    (message,) = receiver.messages
    assert "2018Q1" in message["title"]


def test_a_dry_run_tells_nobody(environment: pytest.MonkeyPatch, receiver: Receiver, tmp_path: Path) -> None:
    environment.setenv("CALLBACK_SURVEY_PRIVACY_KEY_FILE", str(tmp_path / "gone.key"))
    assert main(["run", "--dry-run", "--quarter", "2018Q1", "--home", str(tmp_path / "home")]) == 2
    assert receiver.messages == []


def test_the_watch_sees_a_home_it_cannot_write(
    environment: pytest.MonkeyPatch, receiver: Receiver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = unwritable_home(tmp_path)
    report = watch(load_settings(home=home), run_id="watch-1")
    assert [problem.name for problem in report.problems] == ["unwritable"]
    (message,) = receiver.messages
    assert str(home) in message["title"] + message["message"]
    assert main(["watch", "--home", str(home), "--language", "en"]) == 4
    assert "cannot be written: Not a directory" in capsys.readouterr().out
