"""What the watch looks for in the lake: numbers of people that an older rule left in, and what killed landings left behind.

A run searches what it lands (check no_personal_data). What an older version landed, with fewer forms in its rule, nobody would
look at again. A lake file never changes, so it is searched once for each version of the rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb

from callback_survey.errors import DamagedFile
from callback_survey.landing import personal
from callback_survey.landing.workbench import left_scratch as left_by_landings
from callback_survey.object_storage import Place
from callback_survey.privacy import holds_personal_number_sql, scrub_sql
from callback_survey.settings import Settings
from callback_survey.storage import duck, lakes
from callback_survey.storage.files import read_json, write_json
from callback_survey.watch.problems import Facts, Problem

_FILES_SHOWN = 10


def in_lake(settings: Settings) -> list[Problem]:
    found = {path: columns for path, columns in _searched(settings).items() if columns}
    if not found:
        return []
    details: list[tuple[str, Facts]] = [
        ("personal_line", {"path": path, "columns": tuple(columns)})
        for path, columns in list(found.items())[:_FILES_SHOWN]
    ]
    if len(found) > _FILES_SHOWN:
        details.append(("personal_more", {"count": str(len(found) - _FILES_SHOWN)}))
    facts = {"count": str(len(found)), "lake": str(settings.lake)}
    signature = hashlib.sha256("\n".join(found).encode()).hexdigest()[:16]
    return [Problem("personal/lake", "fail", "personal", facts, signature, tuple(details))]


def left_scratch(settings: Settings) -> list[Problem]:
    folders = [str(path) for path in left_by_landings(settings.lake)]
    if not folders:
        return []
    facts = {"count": str(len(folders)), "paths": ", ".join(folders[:_FILES_SHOWN])}
    return [Problem("personal/scratch", "fail", "leftover", facts, " ".join(folders))]


def _searched(settings: Settings) -> Mapping[str, list[str]]:
    """The columns with numbers of people, of each file of the lake by its path below it. Remembered in `<home>/watch`."""
    rule = hashlib.sha256((scrub_sql("t") + holds_personal_number_sql("t")).encode()).hexdigest()[:16]
    remembered = settings.watch / "searched.json"
    known = read_json(remembered) if remembered.is_file() else {}
    before: Mapping[str, list[str]] = known.get("files", {}) if known.get("rule") == rule else {}
    paths = lakes.raw_files(settings.lake)
    files = {path: before[path] for path in paths if path in before}
    new = [path for path in paths if path not in before]
    for path in new:
        columns = _columns(settings, settings.lake / path)
        if columns is not None:
            files[path] = columns
    if new or len(before) != len(files):
        write_json(remembered, {"rule": rule, "files": files})
    return files


def _columns(settings: Settings, path: Place) -> list[str] | None:
    """`comment (3)` for each column with such cells; None where the file cannot be read, which the run tells."""
    try:
        with duck.connect(Path(":memory:"), memory_limit=settings.memory_limit, spill=settings.watch) as connection:
            found = personal.text_columns(
                connection, duck.read_parquet([lakes.near(path)]), path.parent.name.removeprefix("quarter=")
            )
    except (duckdb.Error, DamagedFile, FileNotFoundError):
        return None
    return [f"{column.name} ({column.cell_count})" for column in found if column.cell_count]
