"""A manifest for a folder of files: what a sender promises, written from what the files hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from callback_survey.deliveries.delivery import MANIFEST_NAME, told
from callback_survey.deliveries.formats import open_tables
from callback_survey.deliveries.headers import Dataset, HeaderNotRecognised
from callback_survey.deliveries.kinds import is_left_behind
from callback_survey.deliveries.parts import missing_parts
from callback_survey.deliveries.table import Table, Unreadable
from callback_survey.errors import UsageError
from callback_survey.privacy import holds_personal_number
from callback_survey.storage.files import copy_hashed

Say = Callable[[str], None]


def draft(
    folder: Path, work: Path, *, known: Sequence[Dataset], note: str = "", say: Say = lambda line: None
) -> dict[str, Any]:
    """The manifest of a folder: every file with its number of records and its SHA-256, as landing will count them.

    Each file is hashed while it is copied into `work`, and read from the copy. Raises UsageError that names every file which
    cannot be read, and where there is a manifest already: it may be the sender's word.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", next_step="give the folder that holds the files of one quarter")
    if os.path.lexists(folder / MANIFEST_NAME):
        raise UsageError(
            f"{folder} has a {MANIFEST_NAME} already",
            next_step="delete it first, if the files were changed on purpose",
        )
    paths = sorted(path for path in folder.iterdir() if not is_left_behind(path.name))
    faults = [f"part {missing} is missing" for missing in missing_parts(path.name for path in paths)]
    files: list[dict[str, Any]] = []
    datasets: set[str] = set()
    for path in paths:
        try:
            found, tables = _described(path, work, known)
        except (Unreadable, HeaderNotRecognised) as error:
            faults.append(f"{told(path.name)}: {error}")
            continue
        files.append(found)
        datasets |= {table.dataset for table in tables}
        say(f"{path.name}: {found['rows']:,} records, {_listed(tables)}")
    if not faults and not datasets:
        faults = ["no file holds a known table"]
    if faults:
        raise UsageError(
            f"no manifest was written: {folder} cannot be landed as it is",
            next_step="mend these files, then write the manifest again",
            alert_lines=faults,
        )
    return {**({"note": note} if note else {}), "files": files}


def _described(path: Path, work: Path, known: Sequence[Dataset]) -> tuple[dict[str, Any], tuple[Table, ...]]:
    if holds_personal_number(path.name):
        raise Unreadable("the name of a file contains a phone or identity number")
    if path.is_symlink() or not path.is_file():
        raise Unreadable("not a regular file")
    copy = work / path.name
    try:
        sha256 = copy_hashed(path, copy)
        tables = open_tables(copy, work, known=known).tables
        rows = sum(_record_count(table) for table in tables)
    finally:
        copy.unlink(missing_ok=True)
    return {"name": path.name, "rows": rows, "sha256": sha256}, tables


def _record_count(table: Table) -> int:
    return sum(batch.num_rows for batch in table.batches(table.known.column_names))


def _listed(tables: tuple[Table, ...]) -> str:
    return ", ".join(sorted({table.dataset for table in tables})) or "no known table"
