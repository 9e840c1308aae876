"""The shares of an annex where the answers are on another scale than the printed form's: a column for each answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any


def has_form(rows: Iterable[Mapping[str, Any]], shares: Iterable[str], rated_department_count: int) -> bool:
    """Whether the annex table holds the shares: those of another scale have no column in it, though there are rates."""
    names = tuple(shares)
    return rated_department_count == 0 or any(row[name] is not None for row in rows for name in names)


def labels_of(answers: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The answers of the scale, best first. `answers` are rows of department_answers in the order of the scale."""
    return tuple(dict.fromkeys(row["answer_label"] for row in answers))


def shares_of(answers: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Decimal | None, ...]]:
    """The shares of each department's answers, by its code, in the same order."""
    found: dict[str, list[Decimal | None]] = {}
    for row in answers:
        found.setdefault(row["department_code"], []).append(row["answer_pct"])
    return {code: tuple(shares) for code, shares in found.items()}
