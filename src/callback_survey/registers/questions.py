"""The questions of the survey, and the columns in which exports bring their answers: rows of registers, for all that lands a call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries import headers
from callback_survey.deliveries.headers import Column, Dataset, fold
from callback_survey.registers import rows
from callback_survey.registers.definitions import definitions_in, scales_in
from callback_survey.scope import Scope
from callback_survey.storage.spreadsheet import is_true

# Of a delivery whose region nobody has said yet, that it brings answers is all that can be asked
_ANY = "answers"


@dataclass(frozen=True)
class Question:
    """A question: its code, what people call it (its first header), and the headers that mean it; `patterns` of a header in full."""

    question: str
    name: str
    headers: tuple[str, ...]
    patterns: tuple[str, ...] = ()

    def column(self, *, is_required: bool) -> Column:
        return Column(
            name=self.question,
            headers=tuple(dict.fromkeys(map(fold, (self.question, *self.headers)))),
            is_required=is_required,
            one_of=None if is_required else _ANY,
            patterns=tuple(re.compile(pattern) for pattern in self.patterns),
        )


def questions_of(seeds: Path) -> tuple[Question, ...]:
    """Every question of the registers, in the order of their measures."""
    by_order = sorted(rows.read(seeds, "measures"), key=lambda row: int(row["measure_order"]))
    listed = rows.read(seeds, "question_headers")
    found = []
    for question in dict.fromkeys(row["question"] for row in by_order):
        own = [row for row in listed if row["question"] == question]
        plain = tuple(row["header"] for row in own if not is_true(row["is_pattern"]))
        patterns = tuple(row["header"] for row in own if is_true(row["is_pattern"]))
        found.append(Question(question, plain[0] if plain else question, plain, patterns))
    return tuple(found)


def questions_in(seeds: Path, scope: Scope) -> tuple[Question, ...]:
    """Those that are asked in a region and quarter: the questions of the measures that have a definition there."""
    asked = {definition.question for definition in definitions_in(seeds, scope).values()}
    return tuple(question for question in questions_of(seeds) if question.question in asked)


def datasets_for(asked: Sequence[Question]) -> tuple[Dataset, ...]:
    """What a delivery may hold where these questions are asked: each has a column among the calls."""
    return headers.datasets(tuple(question.column(is_required=True) for question in asked))


def datasets_of_any_region(seeds: Path) -> tuple[Dataset, ...]:
    """The same for files of which no region is known: one question at least has a column."""
    return headers.datasets(tuple(question.column(is_required=False) for question in questions_of(seeds)))


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
