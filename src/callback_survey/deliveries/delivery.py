"""Deliveries and their manifests: whether a folder is what its manifest says."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from callback_survey.deliveries.encodings import decode
from callback_survey.deliveries.kinds import is_left_behind
from callback_survey.deliveries.parts import missing_parts
from callback_survey.errors import DeliveryRefused
from callback_survey.given_text import MOST_CHARACTERS, fault_in, paragraph
from callback_survey.privacy import holds_personal_number, scrub
from callback_survey.scope import Scope
from callback_survey.storage.files import copy_hashed, sha256_of

MANIFEST_NAME = "manifest.json"
# How a person says that a delivery without a manifest is complete, where nothing else is said
RUN_ALLOWS = "callback-survey run --without-manifest"
_LARGEST_MANIFEST_BYTES = 16 << 20
_HERE = re.compile(r"^(?:[.][/\\]+)+")
_COUNT = re.compile("[0-9]{1,12}(?:[.]0*)?")
_THOUSANDS = re.compile(",(?=[0-9]{3}(?:[^0-9]|$))")
_HASH_DECORATION = re.compile(r"^\s*(?:sha-?256\s*[:=]\s*)?|[\s:-]")


@dataclass(frozen=True)
class Delivery:
    """One folder of exports: a region's quarter, whole."""

    region_code: str
    quarter: str
    folder: Path

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @property
    def name(self) -> str:
        return self.scope.name


@dataclass(frozen=True)
class DeliveredFile:
    """A file as it was found; `row_count` is its data records by the manifest, None where there is no manifest."""

    path: Path
    row_count: int | None
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files of a complete delivery, and what its sender says of the data as a whole (`"note"`, optional).

    `passed_over` lie in the folder too: programs leave them beside others. `missing_parts` of a series of numbered files are
    not listed either.
    """

    files: tuple[DeliveredFile, ...]
    note: str | None
    is_given: bool = True
    passed_over: tuple[str, ...] = ()
    missing_parts: tuple[str, ...] = ()


def verify(delivery: Delivery, *, is_manifest_optional: bool = False, allowing: str = RUN_ALLOWS) -> Manifest:
    """The files of a delivery, checked against the manifest: names, hashes, and that none is missing or unlisted.

    Row counts are checked while the files are read. Without a manifest, which only a person may allow (`allowing` says how), what is
    there is taken, and a gap in numbered parts is all that can be noticed. Raises DeliveryRefused naming each fault.
    """
    if is_manifest_optional and not os.path.lexists(delivery.folder / MANIFEST_NAME):
        return _without_manifest(delivery)
    entries, note = _read_manifest(delivery, allowing)
    present = _present(delivery)
    # one name may be stored in two ways: macOS takes letters and their marks apart
    stored = {unicodedata.normalize("NFC", name): name for name in present}
    entries = {stored.get(unicodedata.normalize("NFC", name), name): entry for name, entry in entries.items()}
    faults = [f"{told(name)}: listed in the manifest, not in the folder" for name in sorted(set(entries) - present)]
    faults += [f"{told(name)}: in the folder, not in the manifest" for name in sorted(present - set(entries))]
    files: list[DeliveredFile] = []
    for name in sorted(present & set(entries)):
        path, entry = delivery.folder / name, entries[name]
        if not _is_regular(path):
            faults.append(f"{name}: not a regular file")
        elif (found := sha256_of(path)) != entry.sha256:
            faults.append(f"{name}: sha256 {found[:12]}…, the manifest says {entry.sha256[:12]}…")
        else:
            files.append(DeliveredFile(path, entry.row_count, found))
    if faults:
        raise refused(delivery, "the delivery does not match its manifest", faults)
    missing = tuple(missing_parts(file.path.name for file in files))
    return Manifest(tuple(files), note, passed_over=_passed_over(delivery), missing_parts=missing)


@contextmanager
def own_copy(delivery: Delivery, file: DeliveredFile, folder: Path) -> Iterator[DeliveredFile]:
    """A delivered file as our own, in `folder`, which nobody changes while it is read; gone afterwards.

    It is hashed while it is copied: what is read is what the manifest's hash is of. Raises DeliveryRefused where the file in the
    exports is not the one that was verified any more.
    """
    folder.mkdir(exist_ok=True)
    copy = folder / file.path.name
    try:
        found = copy_hashed(file.path, copy) if _is_regular(file.path) else None
        if found != file.sha256:
            fault = (
                f"{file.path.name}: sha256 {found[:12]}…, a moment before {file.sha256[:12]}…"
                if found
                else f"{file.path.name}: it is not there any more"
            )
            raise refused(delivery, "a file changed while the delivery was read", [fault])
        yield replace(file, path=copy)
    finally:
        copy.unlink(missing_ok=True)


def content_digest(folder: Path) -> str | None:
    """What a manifest says of the content: names, rows, hashes and the note, whatever else stands in it. None without one.

    Two folders of the same digest hold the same delivery, if they are what their manifests say.
    """
    path = folder / MANIFEST_NAME
    if not _is_regular(path) or path.stat().st_size > _LARGEST_MANIFEST_BYTES:
        return None
    data = path.read_bytes()
    try:
        document = json.loads(decode(data))
        entries = [_entry(file) for file in document["files"]]
        content: list[Any] = sorted([name, str(entry.row_count), entry.sha256] for name, entry in entries)
        # a manifest without a note has the digest that earlier versions gave it
        content += [["note", note]] if (note := _note(document.get("note"))) else []
        data = json.dumps(content).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        pass  # a manifest that cannot be read stands for itself: the delivery is refused, once
    return hashlib.sha256(data).hexdigest()


def folder_digest(folder: Path) -> str:
    """The state of a folder without reading its files: the manifest, and each file's name, size and time.

    A refused delivery that was mended has another one, also where only a torn file came again under the same manifest.
    """
    entries = sorted(path for path in folder.iterdir() if path.name != MANIFEST_NAME) if folder.is_dir() else []
    stats = [(path.name, path.lstat()) for path in entries]
    state = [content_digest(folder), [[told(name), stat.st_size, stat.st_mtime_ns] for name, stat in stats]]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def _without_manifest(delivery: Delivery) -> Manifest:
    paths = [delivery.folder / name for name in sorted(_present(delivery))]
    faults = [f"{told(path.name)}: not a regular file" for path in paths if not _is_regular(path)]
    faults += [f"{told(path.name)}: the name cannot be shown" for path in paths if not path.name.isprintable()]
    faults += [f"part {missing} is missing" for missing in missing_parts(path.name for path in paths)]
    if faults:
        raise refused(delivery, "the delivery is incomplete, even without a manifest to compare with", faults)
    files = tuple(DeliveredFile(path, None, sha256_of(path)) for path in paths)
    return Manifest(files, None, is_given=False, passed_over=_passed_over(delivery))


def _present(delivery: Delivery) -> set[str]:
    """What lies in the folder; what an office program or a file manager leaves beside a file is no part of it."""
    names = {path.name for path in delivery.folder.iterdir()} - {MANIFEST_NAME}
    personal = sorted(told(name) for name in names if holds_personal_number(name))
    if personal:  # names of files are kept in the ledger and in every row
        faults = [f"{name}: the name of a file contains a phone or identity number" for name in personal]
        raise refused(delivery, "a file name cannot be stored", faults)
    return {name for name in names if not is_left_behind(name)}


def _passed_over(delivery: Delivery) -> tuple[str, ...]:
    return tuple(sorted(told(path.name) for path in delivery.folder.iterdir() if is_left_behind(path.name)))


def _is_regular(path: Path) -> bool:
    """Not a link, a folder, a pipe or a device: opening one of those could wait for ever or read something else."""
    return path.is_file() and not path.is_symlink()


def told(name: str) -> str:
    """A name fit for a message: without a person's number, and without what no file can hold (a name in GBK, a line end)."""
    kept = scrub(name) if holds_personal_number(name) else name
    return kept if kept.isprintable() else ascii(kept)


def refused(
    delivery: Delivery,
    what: str,
    faults: list[str],
    *,
    where: str | None = None,
    expected: str | None = None,
    next_step: str = "ask the sender for the whole folder again, with a new manifest.json, and run the quarter again",
    kind: type[DeliveryRefused] = DeliveryRefused,
) -> DeliveryRefused:
    """The error of a delivery that cannot be landed. It is quarantined whole: no part of it is used."""
    return kind(
        f"{delivery.name}: {what}",
        where=where or str(delivery.folder),
        expected=expected,
        next_step=next_step,
        region_code=delivery.region_code,
        quarter=delivery.quarter,
        alert_lines=faults,
    )


class _Entry(NamedTuple):
    """What is listed of a file; without a count where it is listed wrongly."""

    row_count: int | None
    sha256: str


def _entry(file: Any) -> tuple[str, _Entry]:
    """A listed file, in one form: no ./ before its name, rows as a number, the hash in small letters without spaces."""
    name, sha256, rows = file["name"], file["sha256"], file["rows"]
    if not isinstance(name, str) or not isinstance(sha256, str):
        return str(name), _Entry(None, "")
    name = _HERE.sub("", name.strip())
    return name, _Entry(_row_count(rows), _HASH_DECORATION.sub("", sha256.lower()))


def _row_count(rows: Any) -> int | None:
    """A count as a number, or as the text or the decimal that a spreadsheet makes of it; None where it is none."""
    if isinstance(rows, str):
        text = _THOUSANDS.sub("", unicodedata.normalize("NFKC", rows).strip())
        return int(text.partition(".")[0]) if _COUNT.fullmatch(text) else None
    if isinstance(rows, float):
        return int(rows) if rows.is_integer() and rows >= 0 else None
    return rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None


def _read_manifest(delivery: Delivery, allowing: str) -> tuple[dict[str, _Entry], str | None]:
    path = delivery.folder / MANIFEST_NAME
    expected = 'expected {"files": [{"name": "frame.csv", "rows": 123, "sha256": "…"}]}'
    if not os.path.lexists(path):
        optional = f"to accept the files unverified: {allowing}"
        raise refused(delivery, "there is no manifest.json, so the upload is not complete", [expected, optional])
    if not _is_regular(path) or path.stat().st_size > _LARGEST_MANIFEST_BYTES:
        fault = f"not a regular file, or larger than {_LARGEST_MANIFEST_BYTES >> 20} MB"
        raise refused(delivery, "manifest.json cannot be read", [fault, expected], where=str(path))
    try:
        document = json.loads(decode(path.read_bytes()))
        listed = [_entry(file) for file in document["files"]]
        note = document.get("note")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        fault = _fault_in_manifest(error)
        raise refused(delivery, "manifest.json cannot be read", [fault, expected], where=str(path)) from error
    is_whole = all(_is_name(name) and entry.row_count is not None for name, entry in listed)
    if not is_whole or len(dict(listed)) != len(listed):
        raise refused(delivery, "manifest.json lists a file twice or has a wrong entry", [expected], where=str(path))
    if (unprintable := _fault_in_note(note)) is not None:
        asked_for = f"expected one paragraph of at most {MOST_CHARACTERS} characters that can be printed"
        raise refused(
            delivery, "the note in manifest.json cannot be printed", [unprintable, asked_for], where=str(path)
        )
    kept = {name: entry for name, entry in listed if not is_left_behind(name)}
    return kept, _note(note)


def _fault_in_manifest(error: Exception) -> str:
    """In words, and without what the file holds."""
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON: line {error.lineno}, column {error.colno}"
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, KeyError):
        return f"the field {error.args[0]!r} is not there"
    return "it is no list of files with their names"


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name != "" and Path(name).name == name and name.isprintable()


def _fault_in_note(note: Any) -> str | None:
    if note is None:
        return None
    return fault_in(note) if isinstance(note, str) else "it is no text"


def _note(note: str | None) -> str | None:
    """What the sender says of the data, as it is printed: a number of a person in it is no reason to refuse them."""
    return paragraph(scrub(note)) or None if note else None
