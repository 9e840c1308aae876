"""A finished English text in Chinese. Messages are raised and stored in English; here they are turned where they are shown.

`chinese/*.toml` maps each message to its Chinese, with the same `{names}` for what is filled in. What is filled in is turned
too where it is itself a message or a list of them. Names, figures, paths, commands and what people wrote stay as they are,
and so does a text that no entry fits. A name that ends in `count`, `pct`, `number`, `line` or `points` stands for a number;
one that ends in `by` or `reason`, for the words of a person.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_NUMBER_NAME = re.compile(r"(?:.*_)?(?:count|pct|number|line|points)(?:_[0-9])?")
_OWN_WORDS_NAME = re.compile(r"(?:.*_)?(?:by|reason)")
_NUMBER = r"[-+−±]?[0-9][0-9,]*(?:\.[0-9]+)?"
_LATIN = re.compile("[A-Za-z]")
# lists as they are written, how they read in Chinese, and whether each part must be known
_LISTS = (("; ", "；", False), ("；", "；", False), (" and ", "；", True), (", ", "，", False), ("、", "、", False))


@dataclass(frozen=True)
class Template:
    """A message with names in braces, and its Chinese."""

    english: str
    chinese: str

    @cached_property
    def literals(self) -> tuple[str, ...]:
        return tuple(PLACEHOLDER.sub("\0", self.english).split("\0"))

    @cached_property
    def names(self) -> list[str]:
        return PLACEHOLDER.findall(self.english)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = [re.escape(self.literals[0])]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            parts += [f"({_NUMBER})" if is_number(name) else "(.*?)", re.escape(literal)]
        return re.compile("".join(parts))

    def filled(self, text: str) -> str | None:
        """The Chinese of a text that this template fits."""
        if not all(literal in text for literal in self.literals):
            return None
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        values = dict(zip(self.names, match.groups(), strict=True))
        turned = {name: value if _OWN_WORDS_NAME.fullmatch(name) else _inside(value) for name, value in values.items()}
        return PLACEHOLDER.sub(lambda place: turned[place[1]], self.chinese)


@cache
def groups() -> dict[str, dict[str, str]]:
    """The catalogue as its files have it: by the module that says a message."""
    folder = resources.files("callback_survey.wording").joinpath("chinese")
    found: dict[str, dict[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        found |= tomllib.loads(file.read_text(encoding="utf-8"))
    return found


@cache
def catalogue() -> dict[str, str]:
    """The Chinese of every message, by its English."""
    return {english: chinese for texts in groups().values() for english, chinese in texts.items()}


def is_number(name: str) -> bool:
    return _NUMBER_NAME.fullmatch(name) is not None


@cache
def templates() -> Sequence[Template]:
    """The messages with something to fill in, those with most text of their own first."""
    found = [Template(english, chinese) for english, chinese in catalogue().items() if PLACEHOLDER.search(english)]
    return sorted(found, key=lambda one: -sum(map(len, one.literals)))


@lru_cache(maxsize=4096)
def in_chinese(text: str) -> str:
    """The text in Chinese, or as it is where it is no message of ours."""
    core = text.strip()
    if not _LATIN.search(core):
        return text
    found = _turned(core)
    if found is None and "\n" in core:
        return "\n".join(map(in_chinese, text.split("\n")))
    return text if found is None else text.replace(core, found, 1)


def _inside(value: str) -> str:
    """What is filled in; spaces that part English words part nothing in Chinese."""
    turned = in_chinese(value)
    return value if turned == value else turned.strip()


def _turned(text: str) -> str | None:
    if text in catalogue():
        return catalogue()[text]
    for template in templates():
        if (found := template.filled(text)) is not None:
            return found
    return None if "\n" in text else _parts_turned(text)


def _parts_turned(text: str) -> str | None:
    """A list, or what something is said of: `departments.csv line 5: …`; None where no part of it is known."""
    for separator, joint, needs_all in _LISTS:
        parts = text.split(separator)
        if len(parts) > 1:
            turned = [in_chinese(part) for part in parts]
            changed = [one != other for one, other in zip(parts, turned, strict=True)]
            if all(changed) if needs_all else any(changed):
                return joint.join(turned)
    place, _, said = text.partition(": ")
    return f"{in_chinese(place)}：{in_chinese(said)}" if said and in_chinese(said) != said else None
