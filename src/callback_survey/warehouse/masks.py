"""What the last revision of each quarter masked, as relations that the models read: a later revision masks it, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from callback_survey.scope import Scope
from callback_survey.storage import duck

_KEYS = ("region_code", "quarter", "department_code", "measure")
# What each relation holds besides, with types: without a row, nothing was released, or nothing of this kind.
_RATES = {"suppression_reason": "text"}
_ANSWERS = {"answer_code": "text"}


def write(connection: duckdb.DuckDBPyConnection, released: Mapping[Scope, Path]) -> None:
    """Create raw.released_masks and raw.released_answer_masks over the marts of the last revisions, one folder each."""
    relations = (
        ("released_masks", _RATES, _rates(connection, released)),
        ("released_answer_masks", _ANSWERS, _answers(connection, released)),
    )
    for name, columns, parts in relations:
        selected = " union all ".join(parts) or _nothing({**dict.fromkeys(_KEYS, "text"), **columns})
        connection.execute(f"create or replace view raw.{name} as {selected}")


def _rates(connection: duckdb.DuckDBPyConnection, released: Mapping[Scope, Path]) -> Iterator[str]:
    """Departments of which something was published or masked; where nobody had answered, neither was."""
    for marts in released.values():
        path = marts / "department_rates.parquet"
        # releases from before there were masks published every rate
        reason = "suppression_reason" if _has_masks(connection, path) else "null::text as suppression_reason"
        yield f"select {', '.join([*_KEYS, reason])} from {duck.read_parquet([path])} where answered_count > 0"


def _answers(connection: duckdb.DuckDBPyConnection, released: Mapping[Scope, Path]) -> Iterator[str]:
    for marts in released.values():
        path = marts / "department_answers.parquet"
        if path.is_file() and _has_masks(connection, path):
            yield f"select {', '.join([*_KEYS, *_ANSWERS])} from {duck.read_parquet([path])} where is_suppressed"


def _has_masks(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    found = connection.execute(f"describe from {duck.read_parquet([path])}").fetchall()
    return "is_suppressed" in {name for name, *_ in found}


def _nothing(columns: Mapping[str, str]) -> str:
    return f"select {', '.join(f'null::{kind} as {name}' for name, kind in columns.items())} where false"
