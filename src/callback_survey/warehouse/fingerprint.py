"""Hashes over the dbt project and its registers: by which files a warehouse was built, and of which files the compiled SQL is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from callback_survey.settings import Settings

_SOURCES = (".sql", ".yml", ".csv", ".md")
_DESCRIBED = (".yml", ".md")
# Roll-ups are made of releases: a changed one changes what is served, not what is built or released.
_NOT_BUILT = ("target", "seeds", "models/rollups")
# Registers are no part of any SQL.
_NOT_COMPILED = ("target", "seeds")


def code_fingerprint(dbt_project: Path, seeds: Path) -> str:
    """A hash over the models, macros, registers and rules: what turns a delivery into figures."""
    return _joined(_hash_of(dbt_project, _NOT_BUILT), _hash_of(seeds))


def build_fingerprint(settings: Settings) -> str:
    """By what a warehouse is made: that code, and the engine. Figures are the same from each engine; where tables lie is not."""
    code = code_fingerprint(settings.dbt_project, settings.seeds)
    return code if settings.engine == "duckdb" else f"{code}-{settings.engine}"


def sql_fingerprint(dbt_project: Path) -> str:
    """A hash over what dbt makes SQL of, roll-ups included, and how it is described."""
    return _hash_of(dbt_project, _NOT_COMPILED)


def project_fingerprint(dbt_project: Path, seeds: Path) -> str:
    """A hash over all that dbt reads."""
    return _joined(_hash_of(dbt_project, _NOT_COMPILED), _hash_of(seeds))


def parse_fingerprint(dbt_project: Path, seeds: Path) -> str:
    """A hash over what dbt parses: of the registers their names and what describes them, not their rows."""
    names = "\0".join(sorted(path.name for path in seeds.glob("*.csv")))
    return _joined(_hash_of(dbt_project, _NOT_COMPILED), _hash_of(seeds, suffixes=_DESCRIBED), names)


def _joined(*hashes: str) -> str:
    return hashlib.sha256("\0".join(hashes).encode()).hexdigest()[:16]


def _hash_of(folder: Path, left_out: Sequence[str] = (), suffixes: Sequence[str] = _SOURCES) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in suffixes):
        name = path.relative_to(folder)
        if not any(name.is_relative_to(folder) for folder in left_out):
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
