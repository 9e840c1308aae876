"""The deliveries on disk: each written whole with its manifest last, and compared with what the generator makes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from callback_survey.deliveries.delivery import MANIFEST_NAME
from callback_survey.quarter import Quarter
from callback_survey.storage.files import sha256_of, written_aside
from sample_exports.make import hotline
from sample_exports.make.files import SampleFile
from sample_exports.make.occasions import occasions
from sample_exports.make.reconstruct import DEFAULT_SEED, REGION_CODE, files_of


@dataclass(frozen=True)
class Made:
    """A delivery that is made: whose and when, what its sender says of it, and its files for a seed."""

    region_code: str
    quarter: Quarter
    note: str
    files_of: Callable[[int], list[SampleFile]]


def deliveries_made() -> tuple[Made, ...]:
    """All of them: those of Xiaoshan, then those of the hotline."""
    return (
        *(Made(REGION_CODE, one.quarter, one.note, partial(files_of, one)) for one in occasions()),
        *(
            Made(hotline.REGION_CODE, quarter, hotline.note(quarter), partial(hotline.files_of, quarter))
            for quarter in hotline.QUARTERS
        ),
    )


def write_sample_exports(
    out: Path, *, seed: int = DEFAULT_SEED, quarters: Sequence[Quarter] | None = None
) -> list[Path]:
    """Write the deliveries under `out`/<region> and return their files, each delivery's manifest last.

    Without `quarters`, all there are.
    """
    return [path for made in _chosen(quarters) for path in _write_delivery(out, made, seed)]


def check_sample_exports(
    out: Path, *, seed: int = DEFAULT_SEED, quarters: Sequence[Quarter] | None = None
) -> list[str]:
    """What is wrong with the deliveries under `out`: one line per fault, none if they are what the generator makes.

    Compressed bytes may differ between builds of zlib: files are compared unpacked, and the manifest with the files as
    they stand.
    """
    faults = [
        f"{made.quarter}/{fault}" for made in _chosen(quarters) for fault in _faults(out, made, made.files_of(seed))
    ]
    known = {delivery_folder(out, made) for made in deliveries_made()}
    regions = dict.fromkeys(folder.parent for folder in sorted(known) if folder.parent.is_dir())
    present = [folder for region in regions for folder in sorted(region.iterdir())]
    return faults + [f"{folder.name}: does not belong here" for folder in present if folder not in known]


def quarters_made() -> tuple[Quarter, ...]:
    return tuple(made.quarter for made in deliveries_made())


def delivery_folder(out: Path, made: Made) -> Path:
    return out / made.region_code / str(made.quarter)


def _chosen(quarters: Sequence[Quarter] | None) -> list[Made]:
    return [made for made in deliveries_made() if quarters is None or made.quarter in quarters]


def _write_delivery(out: Path, made: Made, seed: int) -> list[Path]:
    """The old manifest goes first: a reader never takes a half-written folder for a complete delivery."""
    files = made.files_of(seed)
    folder = delivery_folder(out, made)
    manifest = folder / MANIFEST_NAME
    manifest.unlink(missing_ok=True)
    packed = {file.name: _packed(file) for file in files}
    for name, data in packed.items():
        _write(folder / name, data)
    _write(manifest, _manifest(made.note, files, packed))
    return [*(folder / name for name in packed), manifest]


def _faults(out: Path, made: Made, files: Sequence[SampleFile]) -> list[str]:
    folder = delivery_folder(out, made)
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
        "note": made.note,
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
