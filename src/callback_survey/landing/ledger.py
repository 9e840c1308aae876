"""The landing ledger: what was landed, from which bytes, with what result, and which delivery is current.

One JSON file per delivery and one pointer per region and quarter, all inside the lake, so that the lake explains itself
and the warehouse can be rebuilt from it. Mapped landings of different regions never touch the same file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from callback_survey import files


@dataclass(frozen=True)
class FileRecord:
    """One delivered file: read = accepted + rejected, always."""

    name: str
    dataset: str
    sha256: str
    encoding: str
    header_line: int
    read_count: int
    accepted_count: int
    rejected_count: int
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True)
class LandingReport:
    """What landing made of a delivery. `lake_files` are relative to the lake, by dataset (and `rejects`).

    `data_note` is what the sender's manifest says of the data as a whole, such as that they are a reconstruction; it
    stays with them up to the notice.
    """

    region_code: str
    quarter: str
    delivery_id: str
    source_folder: str
    landed_at: str
    run_id: str
    key_id: str
    files: tuple[FileRecord, ...]
    lake_files: dict[str, str]
    data_note: str | None = None
    is_new: bool = True

    @property
    def name(self) -> str:
        return f"{self.region_code} {self.quarter}"

    def count(self, kind: str) -> int:
        """Sum of `read_count`, `accepted_count` or `rejected_count` over the files."""
        return sum(getattr(file, kind) for file in self.files)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> LandingReport:
        records = tuple(
            FileRecord(**{**record, "unknown_columns": tuple(record["unknown_columns"])}) for record in value["files"]
        )
        return cls(**{**value, "files": records})


def folder(lake: Path, region_code: str, quarter: str) -> Path:
    return lake / "ledger" / f"region={region_code}" / f"quarter={quarter}"


def find(lake: Path, region_code: str, quarter: str, delivery_id: str) -> LandingReport | None:
    """The report of a delivery landed before, if all its lake files are still there."""
    path = folder(lake, region_code, quarter) / f"{delivery_id}.json"
    if not path.is_file():
        return None
    report = replace(LandingReport.from_json(files.read_json(path)), is_new=False)
    return report if all((lake / name).is_file() for name in report.lake_files.values()) else None


def record(lake: Path, report: LandingReport) -> None:
    files.write_json(folder(lake, report.region_code, report.quarter) / f"{report.delivery_id}.json", report.as_json())


def current(lake: Path, region_code: str, quarter: str) -> LandingReport | None:
    """The delivery that models read, or None where none has passed gate 1."""
    pointer = folder(lake, region_code, quarter) / "current.json"
    return find(lake, region_code, quarter, files.read_json(pointer)["delivery_id"]) if pointer.is_file() else None


def make_current(lake: Path, report: LandingReport, *, run_id: str) -> None:
    """From now on models read this delivery of its region and quarter. Called once gate 1 has passed."""
    pointer = folder(lake, report.region_code, report.quarter) / "current.json"
    if pointer.is_file() and files.read_json(pointer)["delivery_id"] == report.delivery_id:
        return
    files.write_json(pointer, {"delivery_id": report.delivery_id, "run_id": run_id})
