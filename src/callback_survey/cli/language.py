"""The language of what the command line prints, and the name by which it was called. English loads nothing for it."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from io import TextIOBase
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from callback_survey.cli import help_text
from callback_survey.errors import SurveyError
from callback_survey.setting_values import Language
from callback_survey.settings import terminal_language

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_LANGUAGE: ContextVar[Language] = ContextVar("language", default="en")
_CALLED: ContextVar[str] = ContextVar("called", default="callback-survey")
_NAME = re.compile(r"(?<![\w/.-])callback-survey(?= [a-z])")
HELP = "zh or en: the language of what is printed (default: CALLBACK_SURVEY_LANGUAGE if set, else English)"


class Parser(argparse.ArgumentParser):
    """A parser with `--language`; so are those of its sub-commands, and the option may stand before or after them.

    Its help and its complaints are in the language that is chosen when they are asked for.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # without a default, so that a sub-command does not undo what was given before it
        self.add_argument("--language", choices=("zh", "en"), default=argparse.SUPPRESS, help=HELP)

    def format_help(self) -> str:
        return super().format_help() if chosen() == "en" else help_text.formatted(self)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        to = sys.stdout if file is None else file
        self._print_message(help_text.coloured(self.format_help()) if _is_colour_wanted(to) else self.format_help(), to)

    def format_usage(self) -> str:
        return super().format_usage() if chosen() == "en" else help_text.usage(self)

    def error(self, message: str) -> NoReturn:
        if chosen() == "en":
            super().error(message)
        self.exit(2, f"{self.format_usage()}{self.prog}：{help_text.complaint(message)}\n")


def _is_colour_wanted(file: object) -> bool:
    """A terminal that shows colours, of a person who did not say https://no-color.org."""
    is_terminal = isinstance(file, TextIOBase) and file.isatty()
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def asked_in(arguments: Sequence[str]) -> Language | None:
    """What the option says in arguments that are not parsed yet: help and complaints come while they are."""
    words = " ".join(arguments).replace("--language=", "--language ").split()
    given = [word for before, word in pairwise(words) if before == "--language"]
    return "zh" if given[-1:] == ["zh"] else "en" if given[-1:] == ["en"] else None


def choose(language: Language | None) -> None:
    """Print in this language from now on; in that of the setting where none is given."""
    _LANGUAGE.set(language or terminal_language())


def chosen() -> Language:
    return _LANGUAGE.get()


def called_as(program: str) -> None:
    """Name commands in hints from now on as this one was called, so that a person can copy them."""
    path = Path(program)
    if path.suffix == ".py":
        _CALLED.set("python -m callback_survey.cli.main")
    elif shutil.which(path.name) != str(path):
        _CALLED.set(shlex.quote(str(path)))


def to_copy(text: str) -> str:
    """A text of ours with its commands as they can be called here."""
    called = _CALLED.get()
    return text if called == "callback-survey" else _NAME.sub(lambda _: called, text)


def shown(text: str) -> str:
    """A text of ours, which is in English, in the language that is chosen."""
    if chosen() == "en":
        return to_copy(text)
    from callback_survey.wording.translation import in_chinese

    return to_copy(in_chinese(text))


def show(text: str) -> None:
    print(shown(text))


def explained(error: SurveyError) -> str:
    """An error with its explanation, for standard error."""
    if chosen() == "en":
        return to_copy(f"error: {error}")
    labels = (("位置", error.where), ("应为", error.expected), ("下一步", error.next_step))
    lines = [f"问题：{shown(error.what)}", *(f"  {shown(line)}" for line in error.alert_lines)]
    return "\n".join([*lines, *(f"  {label}：{shown(text)}" for label, text in labels if text)])
