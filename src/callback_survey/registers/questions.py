"""The questions of the survey, and the columns in which exports bring their answers: rows of registers, for all that lands a call."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from callback_survey.deliveries import headers
from callback_survey.deliveries.headers import Column, Dataset, fold
from callback_survey.registers import annexes, rows
from callback_survey.registers.definitions import question_of_scales, scales_in
from callback_survey.scope import Scope
from callback_survey.storage.spreadsheet import is_true

# Of a delivery whose region nobody has said yet, that it brings answers is all that can be asked
_ANY = "answers"


@dataclass(frozen=True)
class Question:
    """A question: its code, what people call it (its first header), and the headers that mean it; `patterns` of a header in full.

    `scales` are the scales on which it may be asked, each with the words of its answers and their codes.
    """

    question: str
    name: str
    headers: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    scales: tuple[tuple[tuple[str, str], ...], ...] = ()

    def column(self, *, is_required: bool) -> Column:
        return Column(
            name=self.question,
            headers=tuple(dict.fromkeys(map(fold, (self.question, *self.headers)))),
            is_required=is_required,
            one_of=None if is_required else _ANY,
            patterns=tuple(re.compile(pattern) for pattern in self.patterns),
            scales=tuple({fold(word): code for word, code in words} for words in self.scales),
        )


def questions_of(seeds: Path) -> tuple[Question, ...]:
    """Every question that a definition of a measure asks, in the order of the measures."""
    by_order = sorted(rows.read(seeds, "measures"), key=lambda row: int(row["measure_order"]))
    listed = rows.read(seeds, "question_headers")
    question_of = question_of_scales(seeds)
    scales = [
        (question_of.get(row["scale"], measure["question"]), row["scale"])
        for measure in by_order
        for row in rows.read(seeds, "measure_definitions")
        if row["measure"] == measure["measure"]
    ]
    words = _words(seeds)
    found = []
    for question in dict.fromkeys(asked for asked, _ in scales):
        own = [row for row in listed if row["question"] == question]
        plain = tuple(row["header"] for row in own if not is_true(row["is_pattern"]))
        patterns = tuple(row["header"] for row in own if is_true(row["is_pattern"]))
        own_scales = dict.fromkeys(scale for asked, scale in scales if asked == question)
        answers = tuple(words.get(scale, ()) for scale in own_scales)
        found.append(Question(question, plain[0] if plain else question, plain, patterns, answers))
    return tuple(found)


def questions_in(seeds: Path, scope: Scope) -> tuple[Question, ...]:
    """Those that are asked in a region and quarter: the questions of the measures that have a definition there."""
    scales = scales_in(seeds, scope)
    words = _words(seeds)
    return tuple(
        replace(asked, scales=(words.get(scales[asked.question], ()),))
        for asked in questions_of(seeds)
        if asked.question in scales
    )


def _words(seeds: Path) -> dict[str, tuple[tuple[str, str], ...]]:
    """The words for the answers of each scale, with their codes. A bare number is none: 满意度-1 may be a second column of 满意度."""
    words: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in rows.read(seeds, "answer_spellings"):
        if not fold(row["spelling"]).isdigit():
            words[row["scale"]] = (*words.get(row["scale"], ()), (row["spelling"], row["answer_code"]))
    return words


def datasets_in(seeds: Path, scope: Scope) -> tuple[Dataset, ...]:
    """What a delivery of a region and quarter may hold: each question that is asked has a column among the calls."""
    asked = tuple(question.column(is_required=True) for question in questions_in(seeds, scope))
    return headers.datasets(asked, annexes.published_in(seeds, scope))


def datasets_of_any_region(seeds: Path) -> tuple[Dataset, ...]:
    """The same for files of which no region is known: one question at least has a column."""
    asked = tuple(question.column(is_required=False) for question in questions_of(seeds))
    return headers.datasets(asked, annexes.published_of_any_region(seeds))


def questions_rated_in_numbers(seeds: Path, scope: Scope) -> dict[str, str]:
    """The questions that are answered with 1 to 5, of which 5 is the best answer, with their names."""
    scales = scales_in(seeds, scope)
    best = {row["answer_code"] for row in rows.read(seeds, "answers") if row["answer_order"] == "1"}
    rated = {
        row["scale"]
        for row in rows.read(seeds, "answer_spellings")
        if row["spelling"] == "5" and row["answer_code"] in best
    }
    return {asked.question: asked.name for asked in questions_in(seeds, scope) if scales[asked.question] in rated}
