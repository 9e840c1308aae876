"""Help on a terminal is in colour, the same text to the letter; anywhere else, and for who does not want it, it is plain."""

from __future__ import annotations

import os
import pty
import re
import sys
from collections.abc import Callable, Iterator
from typing import IO

import pytest

from callback_survey.cli.main import main

ESCAPES = re.compile(r"\033\[\d+m")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """What a command's help prints on a terminal."""
    opened: list[IO[str]] = []
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def show(*arguments: str) -> str:
        person, program = pty.openpty()
        terminal = os.fdopen(program, "w", encoding="utf-8")
        opened.append(terminal)
        monkeypatch.setattr(sys, "stdout", terminal)
        with pytest.raises(SystemExit):
            main([*arguments, "--help"])
        terminal.flush()
        shown = os.read(person, 100_000).decode()
        os.close(person)
        return shown.replace("\r\n", "\n")

    yield show
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize(
    ("language", "titles"), [("en", ("usage:", "options:", "examples:")), ("zh", ("用法：", "选项：", "示例："))]
)
def test_titles_are_bold_and_what_is_typed_is_in_colour(
    printed: Callable[..., str], language: str, titles: tuple[str, ...]
) -> None:
    shown = printed("run", "--language", language)
    assert all(f"\033[1m{title}\033[0m" in shown for title in titles)
    assert "\033[36m-h, --help\033[0m" in shown
    assert "\033[36mcallback-survey run --quarter 2018Q1\033[0m" in shown


def test_nothing_but_the_colour_is_another(
    printed: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = printed("run")
    monkeypatch.undo()
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    plain = capsys.readouterr().out
    assert ESCAPES.search(plain) is None
    assert ESCAPES.sub("", shown) == plain


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colour_has_none(
    printed: Callable[..., str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert ESCAPES.search(printed("run")) is None
