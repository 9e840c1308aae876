"""Freezing a quarter's marts as its next revision: written aside, renamed into place, never changed again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.checks.model import CheckReport
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.landing.ledger import LandingReport
from callback_survey.releases import contract, datapackage, dictionary, hashes, journal
from callback_survey.releases.code_version import code_version
from callback_survey.releases.difference import against
from callback_survey.releases.model import RELEASE_FILE, Release, combined_hash, content_hashes, numbers, revisions
from callback_survey.scope import Scope
from callback_survey.storage import duck, files, spreadsheet
from callback_survey.warehouse.published import PublishedTable


def freeze_marts(
    connection: duckdb.DuckDBPyConnection,
    landed: LandingReport,
    checks: Sequence[CheckReport],
    tables: Sequence[PublishedTable],
    content: Mapping[str, str],
    *,
    releases: Path,
    public: Path,
    run_id: str,
    code_fingerprint: str,
    changed_rows: Sequence[DatasetDifference] = (),
    compared_with: dict[str, str | int] | None = None,
) -> Release | None:
    """Freeze the marts of a region's quarter as its next revision, or return None where nothing in them is new. What people read
    of it is frozen later (`documents`). `content` holds the hash of each table's rows in it.

    Another note of the sender on the same figures is a revision, too: readers are told what the data are.

    A number is used once: also one whose folder was moved away counts, if the journal or the issued notices in `public` name it.

    `connection` is the warehouse, whose lock the caller holds: two runs cannot write one revision.
    """
    scope = landed.scope
    combined = combined_hash(content, compared_with)
    earlier = revisions(releases, scope)
    if earlier and earlier[-1].content_hash in content_hashes(content, compared_with, earlier[-1].data_note):
        if earlier[-1].data_note == landed.data_note:
            return None
        # the figures stay; what readers are told of them does not
        combined = combined_hash(content, compared_with, landed.data_note)
    revision = _next_number(releases, public, scope)
    folder = scope.folder(releases)
    _sweep(folder)
    aside = folder / f".r{revision}-{os.getpid()}"
    aside.mkdir(parents=True)
    difference = against(connection, earlier[-1], tables, changed_rows) if earlier else None
    new = Release(
        region_code=scope.region_code,
        quarter=scope.quarter,
        revision=revision,
        released_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        reason=_reason(earlier[-1] if earlier else None, landed, code_fingerprint, compared_with, difference),
        content_hash=combined,
        delivery_id=landed.delivery_id,
        input_files={file.name: file.sha256 for file in landed.files},
        data_note=landed.data_note,
        difference=difference,
        compared_with=compared_with,
        code_fingerprint=code_fingerprint,
        tables={table.name: _export(connection, table, aside, scope, content) for table in tables},
        warning_count=sum(len(report.warnings) for report in checks),
        folder=aside,
        accepted=tuple(_accepted(checks)),
        code_version=code_version(),
    )
    for report in checks:
        report.write(aside / "checks")
    for description in (dictionary, datapackage, contract):
        description.write(new, aside)
    return _seal(new)


def _seal(new: Release) -> Release:
    """Make what was written aside a revision: its last files, its name. None of its files changes any more."""
    _write_sums(new)
    target = new.folder.with_name(f"r{new.revision}")
    os.rename(new.folder, target)
    files.sync(target.parent)
    return Release.read(target)


def _next_number(releases: Path, public: Path, scope: Scope) -> int:
    decided = journal.used_numbers(journal.entries(releases, scope.region_code, scope.quarter))
    return 1 + max(numbers(releases, scope) | numbers(public, scope) | decided, default=0)


def _write_sums(new: Release) -> None:
    """The last files of a release: what it is, with the hash of every other file, and all hashes for `sha256sum -c`."""
    document = asdict(replace(new, files=hashes.hashes_of(new.folder)))
    del document["folder"]
    files.write_json(new.folder / RELEASE_FILE, document)
    hashes.write(new.folder)
    files.sync_tree(new.folder)


def _export(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    folder: Path,
    scope: Scope,
    content: Mapping[str, str],
) -> dict[str, Any]:
    """Write a mart as Parquet, and as a CSV that is safe to open in a spreadsheet."""
    parquet, csv = folder / "marts" / f"{table.name}.parquet", folder / "csv" / f"{table.name}.csv"
    for path in (parquet, csv):
        path.parent.mkdir(exist_ok=True)
    connection.execute(f"create or replace temp table released as {table.query()}", table.parameters(scope))
    ordered = f"select * from released order by {', '.join(table.order_by)}"
    connection.execute(f"copy ({ordered}) to {duck.text(parquet)} (format parquet, compression zstd)")
    types = {name: kind for name, kind, *_ in connection.execute("describe released").fetchall()}
    rows = connection.execute(ordered)
    row_count = spreadsheet.write_csv(csv, [column[0] for column in rows.description or ()], iter(rows.fetchone, None))
    return {
        "row_count": row_count,
        "key": list(table.key),
        "order_by": list(table.order_by),
        "description": table.description,
        "column_descriptions": table.column_descriptions,
        "label_zh": table.label,
        "column_labels_zh": table.column_labels,
        "column_types": types,
        "content_hash": content[table.name],
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


def _reason(
    before: Release | None,
    landed: LandingReport,
    code_fingerprint: str,
    compared_with: dict[str, str | int] | None,
    difference: Mapping[str, Any] | None,
) -> str:
    if before is None or difference is None:
        return "first release"
    changed = []
    # the same files under another id were read by other rules, which is said below
    if before.input_files != {file.name: file.sha256 for file in landed.files}:
        changed.append("a corrected delivery")
    elif before.data_note != landed.data_note:
        changed.append("a corrected note of the sender")
    if difference["is_other_method"]:
        changed.append(_reason_of_method(difference["signs"]))
    elif before.code_fingerprint != code_fingerprint:
        changed.append("changed rules or registers")
    if before.compared_with != compared_with:
        changed.append(_reason_of_comparison(before.compared_with, compared_with))
    return " and ".join(changed) or "the same delivery and rules gave other figures"


def _reason_of_method(moved: Sequence[Mapping[str, str]]) -> str:
    """The figures may be the same; what was said of their certainty is not."""
    names = "、".join(f"{one['department_name']}（{one['measure_name']}）" for one in moved)
    if not names:
        return "another method of testing, which moved no sign"
    return f"another method of testing, which moved the signs of {names}"


def _reason_of_comparison(before: Mapping[str, str | int] | None, now: Mapping[str, str | int] | None) -> str:
    if not before or not now:
        return "another quarter to compare with"
    # only a rollback goes to an earlier revision
    became = (
        "was corrected" if int(now["revision"]) > int(before["revision"]) else f"was rolled back to r{now['revision']}"
    )
    return f"{now['quarter']}, which it is compared with, {became}"


def _sweep(folder: Path) -> None:
    """Remove what a killed run left half written. The caller holds the warehouse lock, so nobody is writing here."""
    for leftover in folder.glob(".r*-*"):
        files.remove_tree(leftover)
