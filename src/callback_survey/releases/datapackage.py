"""datapackage.json: a release's CSV files as a Data Package (version 2 of the standard), which programs read and check.

Types, keys, references and hashes are those that were frozen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callback_survey.releases.described import MOMENTS, TYPES, FrozenColumn, FrozenTable, tables_of
from callback_survey.releases.model import Release
from callback_survey.storage import files

FILE = "datapackage.json"
_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {**TYPES, **dict.fromkeys(MOMENTS, "datetime")}


def write(release: Release, folder: Path) -> None:
    files.write_json(folder / FILE, package(release, folder))


def package(release: Release, folder: Path) -> dict[str, Any]:
    return {
        "$schema": _PROFILE,
        "name": f"callback-survey-{release.region_code}-{release.quarter.lower()}-r{release.revision}",
        "title": f"{release.region_code} {release.quarter} r{release.revision}",
        "version": f"{release.revision}.0.0",
        "created": release.released_at,
        **({"description": release.data_note} if release.data_note else {}),
        "resources": [_resource(table, folder) for table in tables_of(release)],
    }


def _resource(table: FrozenTable, folder: Path) -> dict[str, Any]:
    path = f"csv/{table.name}.csv"
    refers = [
        {"fields": list(one.columns), "reference": {"resource": one.table, "fields": list(one.columns)}}
        for one in table.references
    ]
    return {
        "name": table.name,
        "type": "table",
        **({"title": table.label} if table.label else {}),
        "description": table.description,
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        # the mark at the beginning, without which a spreadsheet does not show Chinese
        "encoding": "utf-8-sig",
        "bytes": (folder / path).stat().st_size,
        "hash": f"sha256:{table.csv_sha256}",
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "missingValues": [""],
            "primaryKey": list(table.key),
            **({"foreignKeys": refers} if refers else {}),
        },
    }


def _field(column: FrozenColumn) -> dict[str, Any]:
    kind = _TYPES.get(column.type.partition("(")[0], "any")
    return {
        "name": column.name,
        "type": kind,
        **({"title": column.label} if column.label else {}),
        "description": column.description,
        # as they stand in the file
        **({"trueValues": ["True"], "falseValues": ["False"]} if kind == "boolean" else {}),
        **({"constraints": {"required": True}} if column.is_key else {}),
    }
