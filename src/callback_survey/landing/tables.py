"""The tables of a landed delivery in the lake, in the form of today: an earlier version kept two answers in columns of the calls."""

from __future__ import annotations

from pathlib import Path

from callback_survey.landing.ledger import LandingReport
from callback_survey.storage import duck

_QUESTIONS_THEN = ("satisfaction", "visits")


def table_sql(report: LandingReport, dataset: str, lake: Path) -> str | None:
    """SQL for the rows of a dataset (`frame`, `calls`, `answers`, `published` or `rejects`); None where the delivery has none."""
    name = report.lake_files.get(dataset)
    if dataset == "calls" and name is not None and "answers" not in report.lake_files:
        then = [column for question in _QUESTIONS_THEN for column in (question, f"{question}_code")]
        return f"(select * exclude ({', '.join(then)}) from {duck.read_parquet([lake / name])})"
    if dataset == "answers" and name is None and "calls" in report.lake_files:
        return _answers_then(lake / report.lake_files["calls"])
    return None if name is None else duck.read_parquet([lake / name])


def _answers_then(calls: Path) -> str:
    parts = [
        f"select region_code, quarter, delivery_id, file, line, '{question}' as question, {question} as answer, "
        f"{question}_code as answer_code from {duck.read_parquet([calls])} where {question} is not null"
        for question in _QUESTIONS_THEN
    ]
    return f"({' union all '.join(parts)})"
