"""The data dictionary of a release: every table and column with its type and meaning, as they were when it was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callback_survey.releases.described import tables_of
from callback_survey.releases.model import Release
from callback_survey.storage import spreadsheet

FILE = "dictionary.csv"
HEADER = ("table", "column", "label_zh", "type", "is_key", "description")


def write(release: Release, folder: Path) -> None:
    """For people: a CSV that a spreadsheet opens. A table's own line has no column. Programs read datapackage.json."""
    spreadsheet.write_csv(folder / FILE, HEADER, _lines(release))


def _lines(release: Release) -> Iterator[tuple[str, ...]]:
    for table in tables_of(release):
        yield table.name, "", table.label, "", "", table.description
        for column in table.columns:
            yield (
                *(table.name, column.name, column.label, column.type),
                *("yes" if column.is_key else "", column.description),
            )
