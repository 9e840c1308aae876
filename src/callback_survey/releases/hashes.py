"""The hashes of a release's files: in release.json, and as SHA256SUMS, which `sha256sum -c` checks without this package.

What is frozen after the tables are served, the documents, adds its lines to SHA256SUMS. Nothing that stood there changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from callback_survey.releases.model import DOCUMENTS, RELEASE_FILE, SUMS_FILE, Release
from callback_survey.storage import files

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


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


def text(folder: Path, hashes: Mapping[str, str]) -> str:
    """What SHA256SUMS has to say first: the given hashes, and that of release.json as it lies there."""
    return lines({**hashes, RELEASE_FILE: files.sha256_of(folder / RELEASE_FILE)})


def lines(hashes: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))


def added(release: Release) -> dict[str, str]:
    """The documents that SHA256SUMS lists and release.json does not: they were frozen after it. Empty where none were."""
    path = release.folder / SUMS_FILE
    told = path.read_text(encoding="utf-8", errors="replace").splitlines() if release.files and path.is_file() else []
    found = {match[2]: match[1] for line in told if (match := _LINE.fullmatch(line)) is not None}
    return {name: digest for name, digest in found.items() if _is_document(name) and name not in release.files}


def listed(release: Release) -> dict[str, str]:
    """Every file whose hash a release holds, whenever it was frozen."""
    return {**release.files, **added(release)}


def has_documents(release: Release) -> bool:
    """Whether its documents are part of a release. One from before all files were listed is as it is, and gets none."""
    return not release.files or any(map(_is_document, release.files)) or bool(added(release))


def _is_document(name: str) -> bool:
    return name.startswith(f"{DOCUMENTS}/")
