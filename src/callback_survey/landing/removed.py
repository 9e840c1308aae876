"""Deliveries whose rows were removed when their time had passed: what says so, and what is left of them as a proof.

A mark stands beside the ledger's entry, which stays. It is written before a file is removed, so that a delivery is whole or marked,
and never merely damaged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from callback_survey.errors import RowsRemoved
from callback_survey.landing import ledger
from callback_survey.landing.ledger import LandingReport
from callback_survey.local_time import months_in_words
from callback_survey.object_storage import Place
from callback_survey.scope import Scope
from callback_survey.storage import lakes

# what holds a row per person, case or call; printed annexes have a row per department, and stay
SINGLE_ROWS = ("frame", "calls", "answers", "rejects")


@dataclass(frozen=True)
class RemovedFile:
    """A file that was in the lake: its path there, its hash, and how many rows it held."""

    dataset: str
    path: str
    sha256: str
    row_count: int
    byte_count: int


@dataclass(frozen=True)
class Removal:
    """That the rows of a delivery were removed: when, by which run, and after how many months beyond the end of their quarter."""

    region_code: str
    quarter: str
    delivery_id: str
    removed_at: str
    run_id: str
    months: int
    content_digest: str | None
    files: tuple[RemovedFile, ...]

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Removal:
        return cls(**{**value, "files": tuple(RemovedFile(**file) for file in value["files"])})


def find(lake: Place, scope: Scope, delivery_id: str) -> Removal | None:
    """What says that the rows of a delivery were removed; None where they were not."""
    try:
        return ledger.read(ledger.removed_path(lake, scope, delivery_id), Removal.from_json)
    except FileNotFoundError:
        return None


def all_removed(lake: Place, scope: Scope) -> list[Removal]:
    """Every removal of a region and quarter, the earliest first."""
    paths = ledger.folder(lake, scope).glob(ledger.removed_path(lake, scope, "*").name)
    return sorted((ledger.read(path, Removal.from_json) for path in paths), key=lambda found: found.removed_at)


def same_content(lake: Place, scope: Scope, delivery_id: str, content_digest: str | None) -> Removal | None:
    """The removal of this delivery, or of one with the same content that other rules had been applied to."""
    for found in all_removed(lake, scope):
        if found.delivery_id == delivery_id or (content_digest is not None and found.content_digest == content_digest):
            return found
    return None


def explained(removal: Removal) -> RowsRemoved:
    """The error for whoever needs the rows all the same."""
    return RowsRemoved(
        f"{removal.scope.name}: the rows of delivery {removal.delivery_id} were removed on {removal.removed_at[:10]}, "
        f"{months_in_words(removal.months)} after the quarter, as the setting for retention says",
        expected="figures that stand as they were released: they are served as before, and cannot be computed again",
        next_step="there is nothing to do; a corrected delivery is landed as any other",
        region_code=removal.region_code,
        quarter=removal.quarter,
    )


def remove(lake: Place, report: LandingReport, *, months: int, run_id: str) -> Removal:
    """Mark a delivery and remove its single rows. The caller holds the warehouse, and no delivery lands meanwhile."""
    names = [(dataset, name) for dataset, name in report.lake_files.items() if dataset in SINGLE_ROWS]
    there = lakes.are_there(lake / name for _, name in names)
    found = tuple(_described(lake, *one) for one, is_there in zip(names, there, strict=True) if is_there)
    removal = Removal(
        region_code=report.region_code,
        quarter=report.quarter,
        delivery_id=report.delivery_id,
        removed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        months=months,
        content_digest=report.content_digest,
        files=found,
    )
    lakes.write_json(ledger.removed_path(lake, report.scope, report.delivery_id), asdict(removal))
    finish(lake, removal)
    return removal


def left_over(lake: Place, scope: Scope) -> list[Place]:
    """Files of marked deliveries that a killed removal left: none that a delivery needs which is not marked."""
    marked = all_removed(lake, scope)
    names = {removal.delivery_id for removal in marked}
    needed = {
        path
        for entry in (ledger.entries(lake, scope.region_code, scope.quarter) if marked else [])
        if entry.report is not None and entry.report.delivery_id not in names
        for path in entry.report.lake_files.values()
    }
    listed = {file.path for removal in marked for file in removal.files}
    paths = [lake / path for path in sorted(listed - needed)]
    return [path for path, is_there in zip(paths, lakes.are_there(paths), strict=True) if is_there]


def finish(lake: Place, removal: Removal) -> None:
    """Remove what the marks of a region's quarter name. Called again, it goes on where it was."""
    for path in left_over(lake, removal.scope):
        lakes.remove(path)


def _described(lake: Place, dataset: str, name: str) -> RemovedFile:
    import pyarrow.parquet as parquet

    path = lake / name
    with lakes.opened(path) as file:
        row_count = parquet.read_metadata(file).num_rows
    return RemovedFile(dataset, name, path.stem, row_count, lakes.byte_count(path))
