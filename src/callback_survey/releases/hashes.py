"""The hashes of a release's files: in release.json, and as SHA256SUMS, which `sha256sum -c` checks without this package."""

from __future__ import annotations

from pathlib import Path

from callback_survey.releases.model import RELEASE_FILE, SUMS_FILE
from callback_survey.storage import files


def hashes_of(folder: Path) -> dict[str, str]:
    """Every file of a release by its path, but for the two that hold these hashes."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if not path.is_dir()}
    return {
        name: files.sha256_of(path) if path.is_file() else "not a file"
        for name, path in found.items()
        if name not in (RELEASE_FILE, SUMS_FILE)
    }


def write(folder: Path) -> None:
    files.write_text(folder / SUMS_FILE, text(folder, hashes_of(folder)))


def text(folder: Path, hashes: dict[str, str]) -> str:
    """What SHA256SUMS has to say: the given hashes, and that of release.json as it lies there."""
    complete = {**hashes, RELEASE_FILE: files.sha256_of(folder / RELEASE_FILE)}
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(complete.items()))
