"""A frozen table as documents describe it: its columns with type, label and meaning, its key, and what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callback_survey.releases.model import Release
from callback_survey.warehouse.references import Reference, references

# DuckDB's types by the words that both standards use; they differ in that for a moment.
TYPES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "number"),
    "BOOLEAN": "boolean",
    "DATE": "date",
    "VARCHAR": "string",
}
MOMENTS = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


@dataclass(frozen=True)
class FrozenColumn:
    name: str
    type: str
    is_key: bool
    label: str
    description: str


@dataclass(frozen=True)
class FrozenTable:
    name: str
    label: str
    description: str
    row_count: int
    csv_sha256: str
    key: tuple[str, ...]
    columns: tuple[FrozenColumn, ...]
    references: tuple[Reference, ...]


def tables_of(release: Release) -> Iterator[FrozenTable]:
    """The tables of a release, by its release.json: one from before labels were kept has none."""
    keys = {name: tuple(details["key"]) for name, details in release.tables.items()}
    for name, details in release.tables.items():
        labels, meanings = details.get("column_labels_zh", {}), details["column_descriptions"]
        columns = tuple(
            FrozenColumn(column, kind, column in keys[name], labels.get(column, ""), _line(meanings.get(column, "")))
            for column, kind in details["column_types"].items()
        )
        yield FrozenTable(
            name=name,
            label=details.get("label_zh", ""),
            description=_line(details["description"]),
            row_count=details["row_count"],
            csv_sha256=details["csv_sha256"],
            key=keys[name],
            columns=columns,
            references=tuple(_told(references(name, details["column_types"].keys(), keys), keys[name])),
        )


def _told(found: Sequence[Reference], key: Sequence[str]) -> Iterator[Reference]:
    """Those that every program takes as SQL does: some call one of several columns broken where only one of these is empty, such as
    the department of a finding about the whole region."""
    for reference in found:
        if len(reference.columns) == 1 or set(reference.columns) <= set(key):
            yield reference


def _line(text: str) -> str:
    return " ".join(text.split())
