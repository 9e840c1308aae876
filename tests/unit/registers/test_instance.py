"""A new instance is a ready folder, and nothing is written over what is there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from callback_survey.cli import language, main
from callback_survey.register_layers import read_table
from callback_survey.settings import load_settings
from homes import REPOSITORY
from lakes import tree_of

SHIPPED = REPOSITORY / "dbt_project" / "seeds"


def test_the_folder_has_registers_exports_settings_a_key_and_a_readme(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "有 空格 our's"
    assert main.main(["init", str(folder), "--region", "330108", "--name", "浙江省/杭州市/滨江区"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "exports",
        "notices.toml",
        "privacy.key",
        "registers",
        "settings.env",
    ]
    assert read_table(folder / "registers" / "regions.csv").rows == [
        (2, ["330000", "浙江省", "", "province", "false", "", ""]),
        (3, ["330100", "杭州市", "330000", "city", "false", "", ""]),
        (4, ["330108", "滨江区", "330100", "district", "true", "", ""]),
    ]
    for path in (folder / "registers").glob("*.csv"):
        assert read_table(path).header == read_table(SHIPPED / path.name).header
    assert oct((folder / "privacy.key").stat().st_mode)[-3:] == "600"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "register propose --region 330108 --quarter 2018Q1" in readme and "An upgrade of the program" in readme
    assert "callback-survey register propose --region 330108" in capsys.readouterr().out


def test_a_shell_reads_the_settings_and_the_pipeline_takes_them(tmp_path: Path) -> None:
    folder = tmp_path / "our's $HOME"
    with pytest.raises(SystemExit):
        main.main(["init"])
    assert main.main(["init", str(folder)]) == 2, "Airflow would read the sign in the home's path"
    folder = tmp_path / "有 空格 our's"
    assert main.main(["init", str(folder)]) == 0
    command = ["sh", "-c", 'set -a; . "$1"; set +a; env', "sh", str(folder / "settings.env")]
    printed = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    ).stdout
    settings = load_settings(dict(line.split("=", 1) for line in printed.splitlines() if "=" in line))
    assert (settings.home, settings.exports, settings.registers) == tuple(
        folder / name for name in ("home", "exports", "registers")
    )
    assert len(settings.read_privacy_key()) >= 32


def test_nothing_is_written_over_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    before = tree_of(tmp_path)
    assert main.main(["init", str(tmp_path / "mine"), "--region", "330108"]) == 2
    assert "the folder exists and is not empty" in capsys.readouterr().err
    assert main.main(["init", str(tmp_path / "other"), "--region", "33010"]) == 2
    assert tree_of(tmp_path) == before
    (tmp_path / "empty").mkdir()
    assert main.main(["init", str(tmp_path / "empty")]) == 0


def test_whoever_wants_another_region_in_an_instance_is_told_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    assert main.main(["init", str(folder), "--region", "330108"]) == 0
    before = tree_of(tmp_path)
    capsys.readouterr()
    assert main.main(["init", str(folder), "--region", "330111"]) == 2
    told = capsys.readouterr().err
    assert "put its files into exports/330111/<quarter>" in told
    assert "callback-survey register propose --region 330111 --quarter <quarter>" in told
    assert main.main(["init", str(folder), "--region", "330111", "--language", "zh"]) == 2
    assert "要在已有的单位文件夹中增加地区 330111，把该地区的文件放入 exports/330111/<季度>" in capsys.readouterr().err
    assert tree_of(tmp_path) == before


def test_a_region_whose_name_nobody_gave_is_asked_for_by_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["init", str(tmp_path / "new"), "--region", "330108", "--name", "浙江省/杭州市"]) == 0
    monkeypatch.setenv("CALLBACK_SURVEY_REGISTERS", str(tmp_path / "new" / "registers"))
    assert main.main(["register", "check"]) == 2
    told = capsys.readouterr().err
    assert "registers/regions.csv line 4: region 330108 has no name" in told
    assert f"where: {tmp_path / 'new' / 'registers' / 'regions.csv'}" in told


@pytest.mark.parametrize(
    ("program", "named"),
    [
        (".venv/bin/callback-survey", ".venv/bin/callback-survey"),
        ("/opt/our tools/callback-survey", "'/opt/our tools/callback-survey'"),
        ("/somewhere/callback_survey/cli/main.py", "python -m callback_survey.cli.main"),
    ],
)
def test_hints_name_commands_as_the_command_was_called(program: str, named: str) -> None:
    def told() -> str:
        language.called_as(program)
        return language.shown("3. callback-survey run --quarter 2018Q1, then /x/callback-survey run; callback-survey")

    from contextvars import copy_context

    found = copy_context().run(told)
    assert found == f"3. {named} run --quarter 2018Q1, then /x/callback-survey run; callback-survey"


def test_a_command_that_the_shell_finds_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "callback-survey"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    language.called_as(str(program))
    assert language.to_copy("callback-survey run") == "callback-survey run"
