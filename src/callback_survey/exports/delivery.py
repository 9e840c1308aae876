"""Deliveries and their manifests: which folders there are, and whether a folder is what its manifest says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from callback_survey.errors import DeliveryRefused
from callback_survey.files import sha256_of
from callback_survey.privacy import scrub
from callback_survey.quarter import Quarter

MANIFEST_NAME = "manifest.json"
DATASETS = ("frame", "calls", "published")
_REGION = re.compile(r"\d{6}")


@dataclass(frozen=True)
class Delivery:
    """One folder of exports: a region's quarter, whole."""

    region_code: str
    quarter: str
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.region_code} {self.quarter}"


@dataclass(frozen=True)
class DeliveredFile:
    """A file as its manifest lists it and as it was found; `row_count` is data records by the manifest."""

    path: Path
    dataset: str
    row_count: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files of a complete delivery, and what its sender says of the data as a whole (`"note"`, optional)."""

    files: tuple[DeliveredFile, ...]
    note: str | None


def discover(exports: Path, quarter: Quarter, region_code: str | None = None) -> list[Delivery]:
    """The deliveries of a quarter, by region code. A folder whose name is no region code is not a delivery."""
    folders = sorted(exports.glob("*/")) if exports.is_dir() else []
    return [
        Delivery(folder.name, str(quarter), folder / str(quarter))
        for folder in folders
        if _REGION.fullmatch(folder.name)
        and region_code in (None, folder.name)
        and (folder / str(quarter)).is_dir()
        and any((folder / str(quarter)).iterdir())
    ]


def verify(delivery: Delivery) -> Manifest:
    """The files of a delivery, checked against the manifest: names, hashes, and that none is missing or unlisted.

    Row counts are checked while the files are read. Raises DeliveryRefused naming each fault.
    """
    entries, note = _read_manifest(delivery)
    present = {path.name for path in delivery.folder.iterdir() if path.name != MANIFEST_NAME}
    faults = [f"{name}: listed in the manifest, not in the folder" for name in sorted(set(entries) - present)]
    faults += [f"{name}: in the folder, not in the manifest" for name in sorted(present - set(entries))]
    files: list[DeliveredFile] = []
    for name in sorted(present & set(entries)):
        path, entry = delivery.folder / name, entries[name]
        dataset = dataset_of(name)
        if path.is_symlink() or not path.is_file():
            faults.append(f"{name}: not a regular file")
        elif dataset is None:
            faults.append(f"{name}: the name starts with none of {', '.join(DATASETS)}")
        elif (found := sha256_of(path)) != entry.sha256:
            faults.append(f"{name}: sha256 {found[:12]}…, the manifest says {entry.sha256[:12]}…")
        else:
            files.append(DeliveredFile(path, dataset, entry.row_count, found))
    datasets = {file.dataset for file in files}
    if not faults and datasets not in ({"published"}, {"frame", "calls"}, {"frame", "calls", "published"}):
        faults.append(f"found {', '.join(sorted(datasets)) or 'nothing'}; a delivery is frame and calls, or published")
    if faults:
        raise refused(delivery, "the delivery is not what its manifest says", faults)
    return Manifest(tuple(files), note)


def dataset_of(name: str) -> str | None:
    return next((dataset for dataset in DATASETS if name.startswith(dataset)), None)


def refused(delivery: Delivery, what: str, faults: list[str], *, where: str | None = None) -> DeliveryRefused:
    """The error of a delivery that cannot be landed. It is quarantined whole: no part of it is used."""
    return DeliveryRefused(
        f"{delivery.name}: {what}",
        where=where or str(delivery.folder),
        next_step="ask the sender for the whole folder again, with a new manifest.json, and run the quarter again",
        region_code=delivery.region_code,
        quarter=delivery.quarter,
        alert_lines=faults,
    )


class _Entry(NamedTuple):
    row_count: int
    sha256: str


def _read_manifest(delivery: Delivery) -> tuple[dict[str, _Entry], str | None]:
    path = delivery.folder / MANIFEST_NAME
    expected = 'expected {"files": [{"name": "frame.csv", "rows": 123, "sha256": "…"}]}'
    if not path.is_file():
        raise refused(delivery, "there is no manifest.json, so the upload is not complete", [expected])
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        listed = [(file["name"], _Entry(file["rows"], file["sha256"])) for file in document["files"]]
        note = document.get("note")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refused(delivery, "manifest.json cannot be read", [f"{error!r}", expected], where=str(path)) from error
    is_whole = all(
        isinstance(name, str)
        and Path(name).name == name
        and isinstance(entry.row_count, int)
        and isinstance(entry.sha256, str)
        for name, entry in listed
    )
    entries = dict(listed)
    if not is_whole or len(entries) != len(listed) or not isinstance(note, str | None):
        raise refused(delivery, "manifest.json lists a file twice or wrongly", [expected], where=str(path))
    return entries, scrub(note) if note else None
