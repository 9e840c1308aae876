"""Releases: a quarter's marts, frozen. A revision is written aside, renamed into place, and never touched again.

releases/<region>/<quarter>/r1/   release.json, marts/*.parquet, csv/*.csv, checks/*.json, notice/notice.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from callback_survey import documents, files, spreadsheet
from callback_survey.checks.model import CheckReport
from callback_survey.errors import DamagedFile
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.landing.ledger import LandingReport
from callback_survey.publication import PublishedTable, content_hash

if TYPE_CHECKING:
    from callback_survey.settings import Format

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


def release(
    connection: duckdb.DuckDBPyConnection,
    landed: LandingReport,
    checks: Sequence[CheckReport],
    tables: Sequence[PublishedTable],
    *,
    releases: Path,
    run_id: str,
    code_fingerprint: str,
    changed_rows: Sequence[DatasetDifference] = (),
    compared_with: dict[str, str | int] | None = None,
    formats: Sequence[Format] = ("html",),
) -> Release | None:
    """Freeze the marts of a region's quarter as its next revision, or return None where nothing in them is new.

    `connection` is the warehouse, whose lock the caller holds: two runs cannot write one revision.
    """
    region_code, quarter = landed.region_code, landed.quarter
    hashes = {table.name: _hash_of(connection, table, region_code, quarter) for table in tables}
    combined = sha256(repr([*sorted(hashes.items()), *([compared_with] if compared_with else [])]).encode()).hexdigest()
    earlier = revisions(releases, region_code, quarter)
    if earlier and earlier[-1].content_hash == combined:
        return None
    revision = earlier[-1].revision + 1 if earlier else 1
    folder = releases / region_code / quarter
    _sweep(folder)
    aside = folder / f".r{revision}-{os.getpid()}"
    aside.mkdir(parents=True)
    new = Release(
        region_code=region_code,
        quarter=quarter,
        revision=revision,
        released_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        reason=_reason(earlier[-1] if earlier else None, landed, code_fingerprint, compared_with),
        content_hash=combined,
        delivery_id=landed.delivery_id,
        input_files={file.name: file.sha256 for file in landed.files},
        data_note=landed.data_note,
        difference=_difference(connection, earlier[-1], tables, changed_rows) if earlier else None,
        compared_with=compared_with,
        code_fingerprint=code_fingerprint,
        tables={table.name: _export(connection, table, aside, region_code, quarter, hashes) for table in tables},
        warning_count=sum(len(report.warnings) for report in checks),
        folder=aside,
        accepted=tuple(_accepted(checks)),
    )
    for report in checks:
        report.write(aside / "checks")
    documents.write(connection, new, aside / "notice", schema="marts", formats=formats)
    document = asdict(new)
    del document["folder"]
    files.write_json(aside / "release.json", document)
    files.sync_tree(aside)
    os.rename(aside, folder / f"r{revision}")
    files.sync(folder)
    return Release.read(folder / f"r{revision}")


def _hash_of(connection: duckdb.DuckDBPyConnection, table: PublishedTable, region_code: str, quarter: str) -> str:
    connection.execute(
        f"create or replace temp table released as {table.query()}", table.parameters(region_code, quarter)
    )
    return content_hash(connection, "released", table.order_by)


def _export(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    folder: Path,
    region_code: str,
    quarter: str,
    hashes: dict[str, str],
) -> dict[str, Any]:
    """Write a mart as Parquet, and as a CSV that is safe to open in a spreadsheet."""
    parquet, csv = folder / "marts" / f"{table.name}.parquet", folder / "csv" / f"{table.name}.csv"
    for path in (parquet, csv):
        path.parent.mkdir(exist_ok=True)
    connection.execute(
        f"create or replace temp table released as {table.query()}", table.parameters(region_code, quarter)
    )
    ordered = f"select * from released order by {', '.join(table.order_by)}"
    target = str(parquet).replace("'", "''")
    connection.execute(f"copy ({ordered}) to '{target}' (format parquet, compression zstd)")
    rows = connection.execute(ordered)
    row_count = spreadsheet.write_csv(csv, [column[0] for column in rows.description or ()], iter(rows.fetchone, None))
    return {
        "row_count": row_count,
        "key": list(table.key),
        "order_by": list(table.order_by),
        "description": table.description,
        "column_descriptions": table.column_descriptions,
        "content_hash": hashes[table.name],
        "parquet_sha256": files.sha256_of(parquet),
        "csv_sha256": files.sha256_of(csv),
    }


def _accepted(checks: Sequence[CheckReport]) -> Iterator[dict[str, str]]:
    """The failures that stand in the release because a person accepted them."""
    for report in checks:
        for result in report.accepted:
            yield {
                "gate": result.gate,
                "check_id": result.check_id,
                "observed": result.observed,
                "examples": "；".join(result.examples),
                "by": result.accepted_by,
                "reason": result.accepted_reason,
                "at": result.accepted_at,
            }


def _difference(
    connection: duckdb.DuckDBPyConnection,
    before: Release,
    tables: Sequence[PublishedTable],
    changed_rows: Sequence[DatasetDifference],
) -> dict[str, Any]:
    """What a revision changed against the one before: rows of the delivery, and departments whose figures moved."""
    rows = [asdict(difference) for difference in changed_rows if not difference.is_empty]
    rates = next((table for table in tables if table.name == RATES), None)
    has_both = rates is not None and RATES in before.tables
    return {"against": before.name, "rows": rows, "departments": _moved(connection, before) if has_both else []}


def _moved(connection: duckdb.DuckDBPyConnection, before: Release) -> list[dict[str, Any]]:
    """The departments whose printed rate or flag is another one than in the revision before."""
    path = str(before.folder / "marts" / f"{RATES}.parquet").replace("'", "''")
    moved = connection.execute(
        f"""
        select
            coalesce(later.department_name, earlier.department_name) as department_name,
            coalesce(later.measure, earlier.measure) as measure,
            earlier.rate_pct::text as rate_pct_before,
            later.rate_pct::text as rate_pct_after,
            earlier.is_below_average as is_below_average_before,
            later.is_below_average as is_below_average_after
        from read_parquet('{path}') as earlier
        full join (
            select * from marts.{RATES} where region_code = $region_code and quarter = $quarter
        ) as later using (department_code, measure)
        where (earlier.rate_pct, earlier.is_below_average) is distinct from (later.rate_pct, later.is_below_average)
        order by measure, department_code
        """,
        {"region_code": before.region_code, "quarter": before.quarter},
    )
    names = [column[0] for column in moved.description or ()]
    return [dict(zip(names, row, strict=True)) for row in moved.fetchall()]


def _reason(
    before: Release | None,
    landed: LandingReport,
    code_fingerprint: str,
    compared_with: dict[str, str | int] | None,
) -> str:
    if before is None:
        return "first release"
    changed = []
    if before.delivery_id != landed.delivery_id:
        changed.append("a corrected delivery")
    if before.code_fingerprint != code_fingerprint:
        changed.append("changed rules or registers")
    if before.compared_with != compared_with:
        changed.append(
            "{quarter}, which it is compared with, was corrected".format(**compared_with)
            if before.compared_with and compared_with
            else "another quarter to compare with"
        )
    return " and ".join(changed) or "the same delivery and rules gave other figures"


def _sweep(folder: Path) -> None:
    """Remove what a killed run left half written. The caller holds the warehouse lock, so nobody is writing here."""
    for leftover in folder.glob(".r*-*"):
        files.remove_tree(leftover)
