"""`--language`: errors, lines and tables in Chinese; English unless somebody asks, by the option or the setting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from callback_survey.cli.language import choose, explained, shown
from callback_survey.cli.main import main
from callback_survey.errors import UsageError
from callback_survey.settings import terminal_language

ASKED = ["releases", "show", "--region", "330109", "--quarter", "2018Q9"]
ENGLISH = "error: not a quarter: '2018Q9'"
CHINESE = "问题：不是季度：'2018Q9'\n  应为：年份和季度，如 2018Q1（Q1 至 Q4）\n  下一步：callback-survey run --quarter 2018Q1"


@pytest.fixture(autouse=True)
def _back_to_english(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.delenv("CALLBACK_SURVEY_LANGUAGE", raising=False)
    yield
    choose("en")


@pytest.mark.parametrize("arguments", [["--language", "zh", *ASKED], [*ASKED, "--language", "zh"]])
def test_the_option_may_stand_before_or_after_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.strip() == CHINESE


def test_without_the_option_the_setting_decides_and_without_a_setting_it_is_english(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(ASKED) == 2
    assert capsys.readouterr().err.startswith(ENGLISH)
    monkeypatch.setenv("CALLBACK_SURVEY_LANGUAGE", "zh")
    assert main(ASKED) == 2
    assert capsys.readouterr().err.strip() == CHINESE
    assert main([*ASKED, "--language", "en"]) == 2
    assert capsys.readouterr().err.startswith(ENGLISH)


def test_a_setting_that_is_no_language_is_told() -> None:
    assert terminal_language({}) == "en"
    with pytest.raises(UsageError, match="CALLBACK_SURVEY_LANGUAGE"):
        terminal_language({"CALLBACK_SURVEY_LANGUAGE": "fr"})


def test_an_empty_list_is_told_in_the_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliveries", "--home", str(tmp_path), "--language", "zh"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/lake 下还没有接收过交付\n"


def test_a_table_has_its_headings_and_states_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.text import Text

    from callback_survey.cli.terminal import Column, open_console, say, show_table

    choose("zh")
    console = open_console()
    show_table(console, [Column("region"), Column("state")], [["330109", Text("superseded", style="dim")]])
    say(console, Text.assemble(("Checks", "bold"), "  7: 6 passed, 1 warned, 0 had nothing to compare"))
    assert capsys.readouterr().out.splitlines() == [
        "地区    状态",
        "330109  已被取代",
        "检查  7 项：通过 6 项，提醒 1 项，无可比对 0 项",
    ]


def test_the_lines_of_an_error_are_told_one_by_one() -> None:
    choose("zh")
    error = UsageError("port 8080 is already in use", alert_lines=["frame.csv: not a regular file"])
    assert explained(error) == "问题：端口 8080 已被占用\n  frame.csv：不是普通文件"
    assert shown("some other text") == "some other text"


def test_english_loads_no_catalogue() -> None:
    code = (
        "from callback_survey.cli.main import main; main(['deliveries', '--home', '/nonexistent']);"
        "from callback_survey.wording import translation; print(translation.groups.cache_info().currsize)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "0"
