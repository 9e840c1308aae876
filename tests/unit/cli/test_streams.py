"""What is printed is readable in the terminal's encoding, and what that lacks is replaced and told: never an error, never mojibake."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from callback_survey.cli import main
from homes import Home

GBK = [{"PYTHONIOENCODING": "gbk"}, {"LC_ALL": "zh_CN.GBK"}, {"LANG": "zh_CN.GB2312"}, {"LC_ALL": "zh_CN.gb18030"}]
NOTE = "the encoding of this terminal, ascii, lacks"


def printed(tmp_path: Path, variables: dict[str, str], *options: str) -> subprocess.CompletedProcess[bytes]:
    """A run that finds nothing: it prints a step with its mark, an error, and a path with Chinese characters."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))}
    given = {"CALLBACK_SURVEY_PRIVACY_KEY": "a key for tests only, 32 characters or more"}
    home, exports = tmp_path / "萧山区" / "家", tmp_path / "萧山区" / "交付"
    exports.mkdir(parents=True)
    command = [sys.executable, "-m", "callback_survey.cli.main", *options, "run", "--quarter", "2018Q1"]
    return subprocess.run(
        [*command, "--home", str(home), "--exports", str(exports)],
        env={**kept, **given, **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("variables", GBK, ids=str)
def test_a_terminal_in_gbk_gets_gbk(tmp_path: Path, variables: dict[str, str]) -> None:
    run = printed(tmp_path, variables, "--language", "zh")
    assert run.returncode == 2
    mark = "✘" if "18030" in str(variables) else "×"
    assert f"{mark} 查找交付" in run.stdout.decode("gb18030")
    said = run.stderr.decode("gb18030")
    assert "没有 2018Q1 的交付" in said
    assert f"{tmp_path}/萧山区/交付" in said
    assert "?" not in said


def test_what_a_terminal_lacks_is_replaced_and_told_with_the_remedy(tmp_path: Path) -> None:
    run = printed(tmp_path, {"PYTHONIOENCODING": "ascii"}, "--language", "zh")
    assert run.returncode == 2
    assert "x ????" in run.stdout.decode("ascii")
    *_, note = run.stderr.decode("ascii").splitlines()
    assert note.startswith(NOTE)
    assert "Set LANG=zh_CN.UTF-8" in note


def test_under_the_locale_c_names_of_files_stay_what_they_are(tmp_path: Path) -> None:
    run = printed(tmp_path, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert run.returncode == 2
    assert f"{tmp_path}/萧山区/交付" in run.stderr.decode("utf-8")
    assert (tmp_path / "萧山区" / "家" / "logs").is_dir()


def test_a_terminal_in_utf_8_gets_everything_and_no_note(tmp_path: Path) -> None:
    run = printed(tmp_path, {"LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1"})
    assert "✘ discover" in run.stdout.decode("utf-8")
    assert "encoding of this terminal" not in run.stderr.decode("utf-8")


def test_a_byte_of_a_name_that_is_no_text_is_shown_as_that(tmp_path: Path) -> None:
    program = "from callback_survey.cli import streams; streams.prepare(); print('\\udcb2\\udce2 甲')"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=tmp_path)
    assert run.stdout.decode("utf-8") == "\\xb2\\xe2 甲\n"


@pytest.mark.parametrize("command", [["deliveries", "--json"], ["register", "check"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_fault_to_tell(tmp_path: Path, command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "CALLBACK_SURVEY_HOME": str(tmp_path), "PYTHONUNBUFFERED": ""}
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-m", "callback_survey.cli.main", *command],
            env=environment,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_run_goes_on_to_its_end_when_who_looked_on_has_left(small_exports: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", small_exports, "a key for tests only, 32 characters or more")
    process = home.start("run", "--quarter", "2018Q1")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, said = process.communicate()
    assert (process.returncode, said) == (0, "")
    assert home.averages()["satisfaction"] == "75.00"


def test_a_pipe_to_another_process_that_broke_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: object) -> int:
        raise BrokenPipeError(32, "Broken pipe", "a worker")

    parser = argparse.ArgumentParser()
    parser.set_defaults(command=broken)
    monkeypatch.setattr(main, "_parser", lambda: parser)
    assert main.main([]) == 1
    assert "Broken pipe" in capsys.readouterr().err
