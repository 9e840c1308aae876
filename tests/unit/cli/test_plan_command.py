"""`callback-survey plan`: what is asked for wrongly is told at once, with exit code 2 and the next step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from callback_survey.cli import main

HEAVY = ("airflow", "dbt", "duckdb", "great_expectations", "pandas", "pyarrow", "rich")
LOADED = f"""
import sys
from callback_survey.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print("loaded:", sorted(name for name in {HEAVY!r} if name in sys.modules), "code:", code)
"""
ASKED = ("plan", "--region", "330109", "--quarter", "2018Q2")


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRIVACY_KEY", "PRIVACY_KEY_FILE", "EXPORTS", "DBT_PROJECT", "PROGRESS_LOG"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "--quarter", "2018Q2"), "required: --region"),
        (("plan", "--region", "330109"), "required: --quarter"),
        (("plan", "--region", "33010", "--quarter", "2018Q2"), "not a region code: '33010'"),
        (("plan", "--region", "330109", "--quarter", "2018Q5"), "not a quarter: '2018Q5'"),
        ((*ASKED, "--margin", "0"), "not a margin: '0'"),
        ((*ASKED, "--margin", "nan"), "not a margin: 'nan'"),
        ((*ASKED, "--margin", "three"), "such as 3 or 2.5"),
        ((*ASKED, "--sizes", "all"), "invalid choice: 'all'"),
        ((*ASKED, "--frame", "a", "--exports", "b"), "not allowed with argument"),
    ],
)
def test_a_usage_error_ends_with_2_before_anything_is_loaded(arguments: tuple[str, ...], words: str) -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True)
    assert words in ended.stderr
    assert ended.stdout == "loaded: [] code: 2\n"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((), ["the frame is unknown for 330109 2018Q2", "next: give the folder that holds the frame"]),
        (("--frame", "absent"), ["no privacy key is set"]),
        (("--seed", "call 13812345678"), ["--seed contains a phone or identity number"]),
        (("--seed", " "), ["--seed is empty"]),
        (("--seed", "two\nlines"), ["--seed cannot be printed: it has more than one line"]),
        (("--seed", "x" * 301), ["--seed cannot be printed: it has 301 characters"]),
    ],
)
def test_what_cannot_be_planned_is_told_and_writes_nothing(
    more: tuple[str, ...], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([*ASKED, *more]) == 2
    told = capsys.readouterr().err
    assert [word for word in words if word not in told] == []
    assert "13812345678" not in told
    assert not (tmp_path / "home").exists()


def test_a_missing_folder_and_an_unknown_region_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY", "k" * 32)
    assert main.main([*ASKED, "--exports", str(tmp_path / "none")]) == 2
    told = capsys.readouterr().err
    assert "no folder with a frame of 330109 2018Q2" in told
    assert f"where: {tmp_path / 'none' / '330109' / '2018Q2'}" in told
    assert main.main(["plan", "--region", "999999", "--quarter", "2018Q2"]) == 2
    assert "no department of region 999999 is registered for 2018Q2" in capsys.readouterr().err


def test_help_shows_commands_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["plan", "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for words in (
        "callback-survey plan --region 123456 --quarter 2018Q2",
        "default 3",
        "at 95 %",
        "tokens, without phone numbers",
    ):
        assert words in printed
