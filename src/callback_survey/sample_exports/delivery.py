"""The delivery on disk: written whole with its manifest last, and compared with what the generator makes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path

from callback_survey.exports.delivery import MANIFEST_NAME
from callback_survey.files import sha256_of, written_aside
from callback_survey.sample_exports.frame import QUARTER
from callback_survey.sample_exports.reconstruct import DEFAULT_SEED, REGION_CODE, SampleFile, reconstruct

# Travels with the data up to the notice and the served table of releases.
DATA_NOTE = "样例数据：办件明细与回访记录是按2018年一季度通报的数字重建的样例，不是真实个案"


def write_sample_exports(out: Path, *, seed: int = DEFAULT_SEED) -> list[Path]:
    """Write the delivery under `out`/330109/2018Q1 and return its files, the manifest last.

    The old manifest goes first: a reader never takes a half-written folder for a complete delivery.
    """
    files = reconstruct(seed)
    folder = delivery_folder(out)
    manifest = folder / MANIFEST_NAME
    manifest.unlink(missing_ok=True)
    packed = {file.name: _packed(file) for file in files}
    for name, data in packed.items():
        _write(folder / name, data)
    _write(manifest, _manifest(files, packed))
    return [*(folder / name for name in packed), manifest]


def check_sample_exports(out: Path, *, seed: int = DEFAULT_SEED) -> list[str]:
    """What is wrong with the delivery under `out`: one line per fault, none if it is what the generator makes.

    Compressed bytes may differ between builds of zlib: files are compared unpacked, and the manifest with the files as
    they stand.
    """
    folder = delivery_folder(out)
    files = reconstruct(seed)
    expected = {file.name for file in files} | {MANIFEST_NAME}
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    faults = [f"{name}: missing" for name in sorted(expected - present)]
    faults += [f"{name}: does not belong here" for name in sorted(present - expected)]
    if faults:
        return faults
    faults = [
        f"{file.name}: not what the generator makes with seed {seed}"
        for file in files
        if _unpacked(folder / file.name) != file.content
    ]
    entries = {
        "note": DATA_NOTE,
        "files": [{"name": f.name, "rows": f.row_count, "sha256": sha256_of(folder / f.name)} for f in files],
    }
    if json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8")) != entries:
        faults.append(f"{MANIFEST_NAME}: does not describe the files beside it")
    return faults


def delivery_folder(out: Path) -> Path:
    return out / REGION_CODE / str(QUARTER)


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


def _manifest(files: list[SampleFile], packed: dict[str, bytes]) -> bytes:
    entries = [
        {"name": file.name, "rows": file.row_count, "sha256": hashlib.sha256(packed[file.name]).hexdigest()}
        for file in files
    ]
    return (json.dumps({"note": DATA_NOTE, "files": entries}, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _write(path: Path, data: bytes) -> None:
    with written_aside(path) as aside:
        aside.write_bytes(data)
