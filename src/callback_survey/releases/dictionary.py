"""The data dictionary of a release: every table and column with its type and meaning, as they were when it was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callback_survey.releases.model import Release
from callback_survey.storage import files, spreadsheet

CSV_FILE, JSON_FILE = "dictionary.csv", "dictionary.json"
HEADER = ("table", "column", "type", "is_key", "description")


def write(release: Release, folder: Path) -> None:
    """For people, as a CSV that a spreadsheet opens (a table's own line has no column), and for programs as JSON."""
    spreadsheet.write_csv(folder / CSV_FILE, HEADER, _lines(release))
    files.write_json(folder / JSON_FILE, {name: _described(details) for name, details in release.tables.items()})


def _lines(release: Release) -> Iterator[tuple[str, ...]]:
    for name, details in release.tables.items():
        yield name, "", "", "", " ".join(details["description"].split())
        for column in _described(details)["columns"]:
            is_key = "yes" if column["is_key"] else ""
            yield name, column["column"], column["type"], is_key, " ".join(column["description"].split())


def _described(details: dict[str, Any]) -> dict[str, Any]:
    columns = [
        {
            "column": column,
            "type": kind,
            "is_key": column in details["key"],
            "description": details["column_descriptions"].get(column, ""),
        }
        for column, kind in details["column_types"].items()
    ]
    return {"description": details["description"], "row_count": details["row_count"], "columns": columns}
