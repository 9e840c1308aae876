"""A revision as it lies in its folder, and the revisions there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from callback_survey import files
from callback_survey.checks.model import CheckReport
from callback_survey.errors import DamagedFile

RATES = "department_rates"
_REVISION = re.compile(r"r([1-9]\d*)")


@dataclass(frozen=True)
class Release:
    """One revision of a region's quarter, as its release.json says. `tables` maps a name to rows, key and hashes.

    `compared_with` is the quarter and revision that its changes are changes on; None where there is none before it.
    `accepted` are failed checks that a person accepted, each with gate, check_id, observed, by, reason and at.
    """

    region_code: str
    quarter: str
    revision: int
    released_at: str
    run_id: str
    reason: str
    content_hash: str
    delivery_id: str
    input_files: dict[str, str]
    data_note: str | None
    code_fingerprint: str
    tables: dict[str, dict[str, Any]]
    warning_count: int
    folder: Path
    difference: dict[str, Any] | None = None
    compared_with: dict[str, str | int] | None = None
    accepted: tuple[dict[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.region_code} {self.quarter} r{self.revision}"

    @property
    def notice(self) -> Path:
        return self.folder / "notice" / "notice.html"

    @property
    def key(self) -> str:
        """The partition key of the released asset's events."""
        return f"{self.region_code}|{self.quarter}"

    @property
    def accepted_checks(self) -> str | None:
        """The accepted checks in one line, as the table `releases` shows them."""
        return "；".join("{check_id}（{by}：{reason}）".format(**check) for check in self.accepted) or None

    @classmethod
    def read(cls, folder: Path) -> Release:
        value = files.read_json(folder / "release.json")
        return cls(**{**value, "accepted": tuple(value.get("accepted", ()))}, folder=folder)

    def verify(self) -> None:
        """Raises DamagedFile where a mart is not what was frozen: a bit that fell over would be served as a figure."""
        for name, table in self.tables.items():
            path = self.folder / "marts" / f"{name}.parquet"
            if not path.is_file() or files.sha256_of(path) != table["parquet_sha256"]:
                raise DamagedFile(
                    f"a file of release {self.name} is damaged or lost; what is served was left as it was",
                    where=str(path),
                    expected=f"the bytes that release.json names, sha256 {table['parquet_sha256'][:16]}…",
                    next_step=f"put it back from a backup. Without one, move the folder {self.folder.name} away and run the "
                    f"quarter again: its delivery under the same rules gives content_hash {self.content_hash[:16]}… again",
                    region_code=self.region_code,
                    quarter=self.quarter,
                )

    def check_reports(self) -> list[CheckReport]:
        return [CheckReport.read(path) for path in sorted((self.folder / "checks").glob("*.json"))]


def revisions(releases: Path, region_code: str, quarter: str) -> list[Release]:
    """The revisions of a region's quarter, oldest first."""
    folder = releases / region_code / quarter
    found = [path for path in folder.glob("r*") if _REVISION.fullmatch(path.name) and (path / "release.json").is_file()]
    return [Release.read(path) for path in sorted(found, key=lambda path: int(path.name[1:]))]


def every(releases: Path) -> list[Release]:
    """All revisions of all regions and quarters, in order."""
    folders = sorted(path for path in releases.glob("*/*") if path.is_dir())
    return [found for folder in folders for found in revisions(releases, folder.parent.name, folder.name)]


def latest(releases: Path) -> list[Release]:
    """The latest revision of every region and quarter, in order."""
    return list({found.key: found for found in every(releases)}.values())


def open_marts(release: Release) -> duckdb.DuckDBPyConnection:
    """A release's frozen marts as views in schema main of a database in memory. The caller closes it."""
    connection = duckdb.connect()
    for name in release.tables:
        path = str(release.folder / "marts" / f"{name}.parquet").replace("'", "''")
        connection.execute(f"create view {name} as select * from read_parquet('{path}')")
    return connection
