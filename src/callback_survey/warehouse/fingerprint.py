"""Hashes over the dbt project: by which files a warehouse was built, and of which files the compiled SQL is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

_SOURCES = (".sql", ".yml", ".csv", ".md")
# Roll-ups are made of releases: a changed one changes what is served, not what is built or released.
_NOT_BUILT = ("target", "models/rollups")
# Registers are no part of any SQL.
_NOT_COMPILED = ("target", "seeds")


def code_fingerprint(dbt_project: Path) -> str:
    """A hash over the models, macros, registers and rules: what turns a delivery into figures."""
    return _hash_of(dbt_project, _NOT_BUILT)


def sql_fingerprint(dbt_project: Path) -> str:
    """A hash over what dbt makes SQL of, roll-ups included, and how it is described."""
    return _hash_of(dbt_project, _NOT_COMPILED)


def parse_fingerprint(dbt_project: Path) -> str:
    """A hash over all that dbt reads, and where it lies: a parse keeps the paths of registers."""
    everything = _hash_of(dbt_project, ("target",))
    return hashlib.sha256(f"{dbt_project.resolve()}\0{everything}".encode()).hexdigest()[:16]


def _hash_of(dbt_project: Path, left_out: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in dbt_project.rglob("*") if path.suffix in _SOURCES):
        name = path.relative_to(dbt_project)
        if not any(name.is_relative_to(folder) for folder in left_out):
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
