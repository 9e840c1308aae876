"""What the warehouse was last built of, so that a run with nothing new need not build it again.

A build is a function of its deliveries, of the models and registers, of the quarters its changes are computed from and of
what the last revisions mask. All four are told by their identities: a delivery's id, a hash, a revision's number. The
note is worth nothing without the stamp of the same build inside the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.errors import DamagedFile
from callback_survey.landing.ledger import LandingReport
from callback_survey.scope import Scope
from callback_survey.storage import duck, files
from callback_survey.warehouse.compared import Comparison
from callback_survey.warehouse.database import Warehouse

_NOTE = "built.json"


@dataclass(frozen=True)
class Note:
    """A build and what it was made of; keys are those of scopes. `masking` are the revisions, such as r1, that it masked by.

    `released` are those that were made of it, or found to be equal: building again by them would mask the same.
    """

    code: str
    deliveries: Mapping[str, str]
    compared: Mapping[str, str]
    masking: Mapping[str, str]
    build_id: str = ""
    released: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        code: str,
        landed: Sequence[LandingReport],
        compared: Mapping[Scope, Comparison],
        released: Mapping[Scope, Path],
    ) -> Note:
        """What a build of these would be noted as; `code` is the fingerprint of models and registers."""
        return cls(
            code=code,
            deliveries={report.scope.key: report.delivery_id for report in landed},
            compared={scope.key: f"{found.quarter} {found.revision}" for scope, found in compared.items()},
            masking={scope.key: _revision(marts) for scope, marts in released.items()},
        )

    def is_also(self, wanted: Note) -> bool:
        """Whether building `wanted` would give what this build gave."""
        given = (self.code, self.deliveries, self.compared)
        return given == (wanted.code, wanted.deliveries, wanted.compared) and all(
            wanted.masking.get(key) == self.masking.get(key)
            or (key in self.released and wanted.masking.get(key) == self.released[key])
            for key in wanted.deliveries
        )


def read(warehouse: Warehouse) -> Note | None:
    """The note of the last build, if that came to its end; None where there is none or it cannot be read."""
    try:
        found: dict[str, Any] = files.read_json(warehouse.folder / _NOTE)
        return Note(**found)
    except (FileNotFoundError, DamagedFile, TypeError):
        return None


def write(warehouse: Warehouse, note: Note, build_id: str) -> None:
    files.write_json(warehouse.folder / _NOTE, asdict(replace(note, build_id=build_id)))


def add_released(warehouse: Warehouse, build_id: str, released: Mapping[Scope, Path]) -> None:
    """Note what was released of a build: the marts of the last revision of each scope. The caller holds the warehouse lock."""
    note = read(warehouse)
    if note is not None and note.build_id == build_id:
        revisions = {scope.key: _revision(marts) for scope, marts in released.items()}
        write(warehouse, replace(note, released={**note.released, **revisions}), build_id)


def released_of(warehouse: Warehouse, build_id: str) -> Mapping[str, str]:
    """What was released of a build, or found to be equal, so far: by the key of each scope the revision, such as r1."""
    note = read(warehouse)
    return note.released if note is not None and note.build_id == build_id else {}


def standing(warehouse: Warehouse, wanted: Note, manifest: Path) -> str | None:
    """The id of the build that stands in the warehouse, if it is the one `wanted`; None where it has to be built.

    Neither a warehouse that cannot be opened nor a `manifest` that cannot be read is an error here: a build makes them anew.
    """
    note = read(warehouse)
    if note is None or not note.is_also(wanted) or not warehouse.is_of(wanted.code):
        return None
    try:
        files.read_json(manifest)
        with duck.connect(
            warehouse.path, memory_limit=warehouse.memory_limit, spill=warehouse.spill, read_only=True
        ) as connection:
            stamped = duck.first_row(connection, "select build_id from raw.build")
    except (duckdb.Error, FileNotFoundError, DamagedFile):
        return None
    return note.build_id if stamped == (note.build_id,) else None


def may_stand(warehouse: Warehouse, code: str, scopes: Iterable[Scope]) -> bool:
    """Whether the last build may turn out to be the one that is wanted, by what is known before anything is landed."""
    note = read(warehouse)
    return note is not None and note.code == code and {*note.deliveries} == {scope.key for scope in scopes}


def _revision(marts: Path) -> str:
    """The name of the revision that a folder of marts belongs to."""
    return marts.parent.name
