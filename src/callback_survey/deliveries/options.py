"""A column for each answer of a question, with a mark in the one that was given: 满意度-满意, 满意度：满意, 满意度/满意, 满意度[满意]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# What stands between the question and the answer of a folded header
_BETWEEN = re.compile(r"[-—–_:/|]+")
_BRACKETS = re.compile(r"(.+?)[-—–_:/|]*[(\[【〔{<《](.+)[)\]】〕}>》]")


@dataclass(frozen=True)
class Option:
    """A column of one answer: its name among the columns of a table, the question, the answer as a folded word, the header.

    `is_known`: the word is an answer of the question. Another one beside these is read too: a mark there is an answer that nobody
    registered, and must not be lost.
    """

    question: str
    word: str
    header: str
    is_known: bool

    @property
    def name(self) -> str:
        return f"{self.question}={self.word}"


def splits(folded: str) -> Iterator[tuple[str, str]]:
    """What may be a question and its answer in a folded header, the longest question first."""
    if match := _BRACKETS.fullmatch(folded):
        yield match[1], match[2]
    for between in reversed([*_BETWEEN.finditer(folded)]):
        if between.start() > 0 and between.end() < len(folded):
            yield folded[: between.start()], folded[between.end() :]


def lacking(scales: Iterable[Mapping[str, str]], words: set[str]) -> list[str]:
    """The first words of the answers without a column, of the scale that lacks fewest: in one that is left out a mark would be
    lost."""
    missing = []
    for answers in scales:
        found = {answers[word] for word in words if word in answers}
        first: dict[str, str] = {}
        for word, code in answers.items():
            first.setdefault(code, word)
        missing.append([word for code, word in first.items() if code not in found])
    return min(missing, key=len, default=[])
