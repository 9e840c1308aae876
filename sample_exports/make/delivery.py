"""The deliveries on disk: each written whole with its manifest last, and compared with what the generator makes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

from callback_survey.deliveries.delivery import MANIFEST_NAME
from callback_survey.quarter import Quarter
from callback_survey.storage.files import sha256_of, written_aside
from sample_exports.make.occasions import Occasion, occasions
from sample_exports.make.reconstruct import DEFAULT_SEED, REGION_CODE, SampleFile, files_of


def write_sample_exports(
    out: Path, *, seed: int = DEFAULT_SEED, quarters: Sequence[Quarter] | None = None
) -> list[Path]:
    """Write the deliveries under `out`/330109 and return their files, each delivery's manifest last.

    Without `quarters`, all there are.
    """
    return [path for occasion in _chosen(quarters) for path in _write_delivery(out, occasion, seed)]


def check_sample_exports(
    out: Path, *, seed: int = DEFAULT_SEED, quarters: Sequence[Quarter] | None = None
) -> list[str]:
    """What is wrong with the deliveries under `out`: one line per fault, none if they are what the generator makes.

    Compressed bytes may differ between builds of zlib: files are compared unpacked, and the manifest with the files as
    they stand.
    """
    chosen = _chosen(quarters)
    faults = [
        f"{occasion.quarter}/{fault}"
        for occasion in chosen
        for fault in _faults(out, occasion, files_of(occasion, seed))
    ]
    known = {str(occasion.quarter) for occasion in occasions()}
    present = {path.name for path in (out / REGION_CODE).iterdir()} if (out / REGION_CODE).is_dir() else set()
    return faults + [f"{name}: does not belong here" for name in sorted(present - known)]


def quarters_made() -> tuple[Quarter, ...]:
    return tuple(occasion.quarter for occasion in occasions())


def delivery_folder(out: Path, quarter: Quarter) -> Path:
    return out / REGION_CODE / str(quarter)


def _chosen(quarters: Sequence[Quarter] | None) -> list[Occasion]:
    return [occasion for occasion in occasions() if quarters is None or occasion.quarter in quarters]


def _write_delivery(out: Path, occasion: Occasion, seed: int) -> list[Path]:
    """The old manifest goes first: a reader never takes a half-written folder for a complete delivery."""
    files = files_of(occasion, seed)
    folder = delivery_folder(out, occasion.quarter)
    manifest = folder / MANIFEST_NAME
    manifest.unlink(missing_ok=True)
    packed = {file.name: _packed(file) for file in files}
    for name, data in packed.items():
        _write(folder / name, data)
    _write(manifest, _manifest(occasion.note, files, packed))
    return [*(folder / name for name in packed), manifest]


def _faults(out: Path, occasion: Occasion, files: Sequence[SampleFile]) -> list[str]:
    folder = delivery_folder(out, occasion.quarter)
    expected = {file.name for file in files} | {MANIFEST_NAME}
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    faults = [f"{name}: missing" for name in sorted(expected - present)]
    faults += [f"{name}: does not belong here" for name in sorted(present - expected)]
    if faults:
        return faults
    faults = [
        f"{file.name}: not what the generator makes" for file in files if _unpacked(folder / file.name) != file.content
    ]
    entries = {
        "note": occasion.note,
        "files": [{"name": f.name, "rows": f.row_count, "sha256": sha256_of(folder / f.name)} for f in files],
    }
    if json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8")) != entries:
        faults.append(f"{MANIFEST_NAME}: does not describe the files beside it")
    return faults


def _packed(file: SampleFile) -> bytes:
    if not file.name.endswith(".gz"):
        return file.content
    buffer = io.BytesIO()
    # no name and no time in the header, so that the same content gives the same bytes
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as packer:
        packer.write(file.content)
    return buffer.getvalue()


def _unpacked(path: Path) -> bytes | None:
    """The file's content, or None where it cannot be unpacked."""
    data = path.read_bytes()
    try:
        return gzip.decompress(data) if path.name.endswith(".gz") else data
    except (OSError, EOFError):
        return None


def _manifest(note: str, files: list[SampleFile], packed: dict[str, bytes]) -> bytes:
    entries = [
        {"name": file.name, "rows": file.row_count, "sha256": hashlib.sha256(packed[file.name]).hexdigest()}
        for file in files
    ]
    return (json.dumps({"note": note, "files": entries}, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _write(path: Path, data: bytes) -> None:
    with written_aside(path) as aside:
        aside.write_bytes(data)
