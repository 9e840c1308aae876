"""`--help` and complaints about arguments, in Chinese: every line of them, and nothing that no line asks for."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from importlib import resources

import pytest

from callback_survey.cli.main import _parser, main

TEXTS = tomllib.loads(resources.files("callback_survey.wording").joinpath("help.toml").read_text(encoding="utf-8"))
# two words that follow each other; commands, options and names stand alone
_COMMANDS = re.compile(r"callback-survey\s+[a-z]+(?:\s+[a-z]+)?")
_ENGLISH = re.compile(r"(?<!-)\b[A-Za-z]{2,} [a-z]{2,}\b(?!_)")


def parsers(parser: argparse.ArgumentParser, *path: str) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from parsers(below, *path, name)


def english_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from [action.help] if action.help else []
        if isinstance(action, argparse._SubParsersAction):
            yield from (choice.help for choice in action._choices_actions if choice.help)
    for block in f"{parser.description or ''}\n\n{parser.epilog or ''}".split("\n\n"):
        head, *lines = block.split("\n")
        if head in TEXTS["words"]:
            yield from (found[1] for line in lines if (found := re.match(r"(?:.*\S {2,}| {20,})([^\s-].*)", line)))
        elif head:
            yield " ".join(block.split("\n"))


PARSERS = dict(parsers(_parser()))


def test_every_text_has_its_chinese_and_no_entry_outlives_its_text() -> None:
    asked = {text for parser in PARSERS.values() for text in english_of(parser)}
    assert asked == set(TEXTS["texts"])


@pytest.mark.parametrize("path", PARSERS, ids=" ".join)
def test_the_help_of_a_command_holds_no_english(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*path, "--help", "--language", "zh"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("用法：callback-survey")
    _, _, rest = shown.partition("\n\n")
    examples = re.compile(r"^  (?:callback-survey|0 8|    ).*$", re.MULTILINE)
    assert _ENGLISH.findall(_COMMANDS.sub("", examples.sub("", rest))) == []
    # what a reader would have to scroll for: a line is no wider than argparse makes an English one
    assert all(len(line) <= 80 for line in rest.split("\n") if not examples.match(line))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "缺少参数：--quarter"),
        (["run", "--quarter"], "参数 --quarter 后应有一个值"),
        (["run", "--quarter", "2018Q1", "--no-such"], "没有这样的参数：--no-such"),
        (["releases", "frob"], "参数 action：没有 'frob' 这一项"),
        (["airflow", "standalone", "--port", "x"], "参数 --port：'x' 不是有效的值"),
        (["run", "--quarter", "2018Q1", "--dry-run=1"], "参数 --dry-run 不带值"),
        (
            ["plan", "--region", "330109", "--quarter", "2018Q2", "--frame", "a", "--exports", "b"],
            "不能与 --frame 同时使用",
        ),
    ],
)
def test_a_complaint_is_chinese_and_says_what_is_wrong(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--language=zh"])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.startswith("用法：") and "error:" not in complaint


def test_the_setting_chooses_the_language_of_help_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLBACK_SURVEY_LANGUAGE", "zh")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "显示本说明" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help", "--language", "en"])
    assert "show this help message and exit" in capsys.readouterr().out
