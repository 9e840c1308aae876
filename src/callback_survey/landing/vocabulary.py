"""The words that a delivery may use for answers and outcomes of calls, and the figures that its annexes may print: those of the
scales that hold in its region and quarter, read from the seeds that dbt loads too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries import headers
from callback_survey.registers import Figure, Question, figures_in, questions_in, rows, scales_in
from callback_survey.scope import Scope
from callback_survey.storage.spreadsheet import is_true

_DISPOSITION = "disposition"


@dataclass(frozen=True)
class Spelling:
    """A word, its code, and whether every larger number means the same. A mark for nothing is no answer."""

    question: str
    written: str
    code: str
    is_or_more: bool = False
    is_answer: bool = True

    @property
    def folded(self) -> str:
        return headers.fold(self.written)


@dataclass(frozen=True)
class Vocabulary:
    """The questions that are asked, the spellings of each and of the outcome of a call, in the order of the seeds, what a mark in
    the column of an answer says (yes or no), and the figures of annexes."""

    questions: tuple[Question, ...]
    spellings: tuple[Spelling, ...]
    marks: tuple[tuple[str, bool], ...]
    figures: tuple[Figure, ...]

    @classmethod
    def read(cls, seeds: Path, scope: Scope) -> Vocabulary:
        """Raises UsageError where a measure has no definition, and so its question no scale."""
        questions = {scale: question for question, scale in scales_in(seeds, scope).items()}
        answers = [
            Spelling(questions[row["scale"]], row["spelling"], row["answer_code"], is_true(row["is_or_more"]))
            for row in rows.read(seeds, "answer_spellings")
            if row["scale"] in questions
        ]
        outcomes = [
            Spelling(_DISPOSITION, row["spelling"], row["disposition_code"])
            for row in rows.read(seeds, "disposition_spellings")
        ]
        marks = [
            Spelling(question, row["spelling"], row["answer_code"], is_answer=False)
            for question in dict.fromkeys(questions.values())
            for row in rows.read(seeds, "nothing_spellings")
        ]
        # the scale's own words come first: what is a mark for nothing elsewhere may be an answer of it. And each folded
        # mark once: one that is listed in two widths would count a row twice
        known = {(word.question, word.folded) for word in answers}
        nothing = {(mark.question, mark.folded): mark for mark in reversed(marks)}
        return cls(
            questions_in(seeds, scope),
            (*answers, *(mark for key, mark in nothing.items() if key not in known), *outcomes),
            tuple((row["spelling"], is_true(row["is_marked"])) for row in rows.read(seeds, "mark_spellings")),
            figures_in(seeds, scope),
        )

    def allowed(self, question: str = _DISPOSITION) -> str:
        """The accepted words of a question, or for how a call ended, for the reader of a reject."""
        return "、".join(word.written for word in self.spellings if word.question == question and word.is_answer)
