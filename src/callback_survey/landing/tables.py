"""The tables of a landed delivery in the lake, in the form of today: an earlier version kept two answers in columns of the calls, and
the figures of two annexes in columns of their lines."""

from __future__ import annotations

from pathlib import Path

from callback_survey.landing.ledger import LandingReport
from callback_survey.object_storage import Place
from callback_survey.storage import duck
from callback_survey.storage.lakes import near

# What a row says several of has a table beside it
BESIDE = {"calls": "answers", "published": "figures"}
_QUESTIONS_THEN = ("satisfaction", "visits")
_FIGURES_THEN = {
    "satisfaction": (
        "satisfied_pct",
        "fairly_satisfied_pct",
        "basically_satisfied_pct",
        "rather_dissatisfied_pct",
        "dissatisfied_pct",
    ),
    "realisation": ("within_one_visit_pct", "two_or_more_visits_pct"),
}
_COLUMNS_THEN = {
    "calls": [column for question in _QUESTIONS_THEN for column in (question, f"{question}_code")],
    "published": [column for columns in _FIGURES_THEN.values() for column in columns],
}
_KEYS = ", ".join(("region_code", "quarter", "delivery_id", "file", "line"))


def table_sql(report: LandingReport, dataset: str, lake: Place) -> str | None:
    """SQL for the rows of a dataset: `frame`, `calls`, `answers`, `published`, `figures` or `rejects`. None where the delivery has none."""
    name = report.lake_files.get(dataset)
    if dataset in BESIDE and name is not None and BESIDE[dataset] not in report.lake_files:
        return f"(select * exclude ({', '.join(_COLUMNS_THEN[dataset])}) from {duck.read_parquet([near(lake / name)])})"
    if name is None and dataset == "answers" and "calls" in report.lake_files:
        return _answers_then(near(lake / report.lake_files["calls"]))
    if name is None and dataset == "figures" and "published" in report.lake_files:
        return _figures_then(near(lake / report.lake_files["published"]))
    return None if name is None else duck.read_parquet([near(lake / name)])


def _answers_then(calls: Path) -> str:
    parts = [
        f"select {_KEYS}, '{question}' as question, {question} as answer, {question}_code as answer_code "
        f"from {duck.read_parquet([calls])} where {question} is not null"
        for question in _QUESTIONS_THEN
    ]
    return f"({' union all '.join(parts)})"


def _figures_then(published: Path) -> str:
    """A line is of the annex of which it has a column, blank or not: a column that its table did not have was NULL."""
    parts = [
        f"select {_KEYS}, '{measure}' as measure, '{figure}' as figure, {figure} as printed "
        f"from {duck.read_parquet([published])} where coalesce({', '.join(columns)}) is not null"
        for measure, columns in _FIGURES_THEN.items()
        for figure in columns
    ]
    return f"({' union all '.join(parts)})"
