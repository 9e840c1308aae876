"""A finished English text in Chinese. Messages are raised and stored in English; here they are turned where they are shown.

`chinese/*.toml` maps each message to its Chinese, with the same `{names}` for what is filled in. What is filled in is turned
too where it is itself a message or a list of them. Names, figures, paths, commands and what people wrote stay as they are,
and so does a text that no entry fits. Where several fit, the one that leaves the least in English is taken. A name that ends
in `count`, `pct`, `number`, `line` or `points` stands for a number; one that ends in `by` or `reason`, for the words of a
person, and one that ends in `literal` for what is typed as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import NamedTuple

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_NUMBER_NAME = re.compile(r"(?:.*_)?(?:count|pct|number|line|points)(?:_[0-9])?")
_OWN_WORDS_NAME = re.compile(r"(?:.*_)?(?:by|reason)")
_LITERAL_NAME = re.compile(r"(?:.*_)?literals?")
_NUMBER = r"[-+−±]?[0-9][0-9,]*(?:\.[0-9]+)?"
_LATIN = re.compile("[A-Za-z]")
_MANY = 8
# lists as they are written, how they read in Chinese, and whether each part must be known
_LISTS = (("; ", "；", False), ("；", "；", False), (" and ", "；", True), (", ", "，", False), ("、", "、", False))


class Reading(NamedTuple):
    """A text in Chinese, and how many Latin letters of it no entry fitted."""

    text: str
    left_count: int


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
    def has_own_words(self) -> bool:
        return any(map(_OWN_WORDS_NAME.fullmatch, self.names))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = [re.escape(self.literals[0])]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            parts += [f"({_NUMBER})" if is_number(name) else "(.*?)", re.escape(literal)]
        return re.compile("".join(parts))

    def read(self, text: str) -> Reading | None:
        """The Chinese of a text that this template fits."""
        if not all(literal in text for literal in self.literals):
            return None
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        values = dict(zip(self.names, match.groups(), strict=True))
        turned = {name: _inside(name, value) for name, value in values.items()}
        filled = PLACEHOLDER.sub(lambda place: turned[place[1]].text, self.chinese)
        return Reading(filled, sum(one.left_count for one in turned.values()))


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
    """The messages with something to fill in: those with most text of their own first, then those that ask for numbers."""
    found = [Template(english, chinese) for english, chinese in catalogue().items() if PLACEHOLDER.search(english)]
    return sorted(found, key=lambda one: (-sum(map(len, one.literals)), -sum(map(is_number, one.names))))


def in_chinese(text: str) -> str:
    """The text in Chinese, or as it is where it is no message of ours."""
    return _read(text).text


@lru_cache(maxsize=4096)
def _read(text: str) -> Reading:
    core = text.strip()
    if not _LATIN.search(core):
        return Reading(text, 0)
    found, left_count = _best(core)
    if found == core and "\n" in core:
        lines = [_read(line) for line in text.split("\n")]
        return Reading("\n".join(one.text for one in lines), sum(one.left_count for one in lines))
    return Reading(text.replace(core, found, 1), left_count)


def _inside(name: str, value: str) -> Reading:
    """What is filled in; spaces that part English words part nothing in Chinese."""
    if _LITERAL_NAME.fullmatch(name):
        return Reading(value, 0)
    if _OWN_WORDS_NAME.fullmatch(name):
        return Reading(value, len(_LATIN.findall(value)))
    turned = _read(value)
    return turned if turned.text == value else turned._replace(text=turned.text.strip())


def _best(text: str) -> Reading:
    """Of the entries that fit, and of the lists that the text may be, what leaves the least in English; of those alike the first."""
    if text in catalogue():
        return Reading(catalogue()[text], 0)
    unchanged = Reading(text, len(_LATIN.findall(text)))
    # an entry that only sets other signs is better than none
    best = unchanged._replace(left_count=unchanged.left_count + 1)
    for found in _readings(text):
        if found.left_count < best.left_count:
            best = found
            if not best.left_count:
                break
    return unchanged if best.text == text else best


def _readings(text: str) -> Iterator[Reading]:
    """By each entry that fits; as a list; as what something is said of: `departments.csv line 5: …`; and with a remark behind it."""
    if text.count(_LISTS[0][0]) >= _MANY:
        # what is this long is a list, and each part is short
        if (found := _list_read(text, *_LISTS[0])) is not None:
            yield found
        return
    for template in templates():
        if (found := template.read(text)) is not None:
            yield found
            if template.has_own_words:  # what a person wrote is not ours to read otherwise
                return
    if "\n" in text:
        return
    for how in _LISTS:
        if (found := _list_read(text, *how)) is not None:
            yield found
    place, _, said = text.partition(": ")
    if said and (_read(said).text != said or _read(place).text != place):
        yield Reading(f"{_read(place).text}：{_read(said).text}", _read(place).left_count + _read(said).left_count)
    before, _, remark = text.rpartition(" (")
    if before and f"({remark}" in catalogue():
        yield Reading(f"{_read(before).text}{catalogue()[f'({remark}']}", _read(before).left_count)


def _list_read(text: str, separator: str, joint: str, needs_all: bool) -> Reading | None:
    """A list of messages, of which one may hold the separator itself; None where no part of it is known (`needs_all`: where one is not)."""
    parts = text.split(separator)
    if len(parts) == 1:
        return None
    is_known = [_read(part).text != part for part in parts]
    if not (all(is_known) if needs_all else any(is_known)):
        return None
    # the best reading of the first so many parts
    best = [Reading("", 0)]
    for index, part in enumerate(parts):
        choices = [(best[index], part)]
        if index and len(parts) > 2:
            choices.append((best[index - 1], f"{parts[index - 1]}{separator}{part}"))
        read = [(before, _read(piece)) for before, piece in choices]
        before, found = min(read, key=lambda one: one[0].left_count + one[1].left_count)
        joined = found.text if before is best[0] else f"{before.text}{joint}{found.text}"
        best.append(Reading(joined, before.left_count + found.left_count))
    return best[-1]
