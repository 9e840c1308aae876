"""The help of a command in Chinese: `wording/help.toml` over what argparse writes in English; and in colour, in both."""

from __future__ import annotations

import argparse
import copy
import re
import tomllib
from functools import cache
from importlib import resources
from unicodedata import east_asian_width

# what stands beside a command in an example, two spaces off
_BESIDE = re.compile(r"(.*?\S {2,}|  +)(\S.*)")
_COMMAND = "  "
_TITLE = re.compile(r"^\S[^\n]*?[:：](?=$| ?callback-survey)", flags=re.MULTILINE)
# options, sub-commands and the commands of examples, up to what is said of them
_TYPED = re.compile(r"(?<=^  )(?:-|callback-survey |  [a-z][a-z-]*(?=$|  )).*?(?=$|  )", flags=re.MULTILINE)
_BOLD, _COLOUR, _PLAIN = "\033[1m", "\033[36m", "\033[0m"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help beside its option, wrapped by the width that Chinese characters take on a terminal."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        # an example's line is kept as it is: it is to be copied
        lines = [[line] if line.startswith(_COMMAND) else _wrapped(line, width) for line in text.split("\n")]
        return "\n".join(indent + part for parts in lines for part in parts)

    def add_usage(self, usage: str | None, actions: object, groups: object, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or _texts()["words"]["usage: "])  # type: ignore[arg-type]


def formatted(parser: argparse.ArgumentParser) -> str:
    formatter = _Formatter(prog=parser.prog)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups)
    formatter.add_text(_block(parser.description))
    for group in parser._action_groups:
        formatter.start_section(_texts()["titles"].get(group.title or "", group.title))
        formatter.add_arguments([_turned(action) for action in group._group_actions])
        formatter.end_section()
    formatter.add_text(_block(parser.epilog))
    # argparse puts its own colon behind the title of a section
    return re.sub(rf"^({'|'.join(_titles())}):$", r"\1：", formatter.format_help(), flags=re.MULTILINE)


def coloured(plain: str) -> str:
    """The help for a terminal: titles in bold, and what is to be typed in colour. Nothing moves."""
    titled = _TITLE.sub(f"{_BOLD}\\g<0>{_PLAIN}", plain)
    return _TYPED.sub(f"{_COLOUR}\\g<0>{_PLAIN}", titled)


def usage(parser: argparse.ArgumentParser) -> str:
    formatter = _Formatter(prog=parser.prog)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups)
    return formatter.format_help()


def complaint(message: str) -> str:
    """What argparse says of wrong arguments."""
    from callback_survey.wording.translation import Template, in_chinese

    for english, chinese in _texts()["complaints"].items():
        found = Template(english, chinese).read(message)
        if found is not None:
            return found.text
    return in_chinese(message)


def text(english: str) -> str:
    return _texts()["texts"].get(english, english)


def _titles() -> list[str]:
    return list(_texts()["titles"].values())


@cache
def _texts() -> dict[str, dict[str, str]]:
    found = resources.files("callback_survey.wording").joinpath("help.toml").read_text(encoding="utf-8")
    return tomllib.loads(found)


def _turned(action: argparse.Action) -> argparse.Action:
    turned = copy.copy(action)
    turned.help = text(action.help) if action.help and action.help != argparse.SUPPRESS else action.help
    if isinstance(turned, argparse._SubParsersAction):
        turned._choices_actions = [_turned(choice) for choice in turned._choices_actions]
    return turned


def _block(english: str | None) -> str | None:
    """A description or an epilog: paragraphs as they are, lines of examples by what stands beside the command."""
    if english is None:
        return None
    return "\n\n".join(_paragraph(part) for part in english.split("\n\n"))


def _paragraph(english: str) -> str:
    head, *lines = english.split("\n")
    words = _texts()["words"]
    if head not in words:
        return text(" ".join(english.split("\n")))
    return "\n".join([words[head], *map(_example, lines)])


def _example(line: str) -> str:
    found = _BESIDE.fullmatch(line)
    return found[1] + text(found[2]) if found and text(found[2]) != found[2] else line


def _wrapped(line: str, width: int) -> list[str]:
    """A line in parts that fit: between any two wide characters, but neither before a mark nor inside a Latin word."""
    lines, room = [""], width
    for piece in re.findall(r"[!-~]+[，。、；：）]*| |.[，。、；：）]*", line):
        taken = sum(2 if east_asian_width(character) in "WF" else 1 for character in piece)
        if taken > room and lines[-1]:
            lines.append("")
            room = width
        if piece != " " or lines[-1]:
            lines[-1] += piece
            room -= taken
    return [line.rstrip() for line in lines]
