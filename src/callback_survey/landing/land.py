"""One delivery into the lake. Rows stream from the file through DuckDB into Parquet; Python never holds more than a batch."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.deliveries import delivery as deliveries
from callback_survey.deliveries import folders
from callback_survey.deliveries.delivery import DeliveredFile, Delivery, Manifest
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.kinds import TEXT, kind_of
from callback_survey.errors import DeliveryRefused, SurveyError
from callback_survey.landing import ledger, removed
from callback_survey.landing.judge import read_file
from callback_survey.landing.ledger import FileRecord, LandingReport
from callback_survey.landing.tables import BESIDE
from callback_survey.landing.vocabulary import Vocabulary
from callback_survey.landing.workbench import PACKAGE_READERS, define_rules, rules_fingerprint, workbench
from callback_survey.object_storage import Place
from callback_survey.privacy import TokenKey
from callback_survey.registers import datasets_in
from callback_survey.storage import duck, files, lakes

logger = logging.getLogger(__name__)

_INTERNAL = "reject_reason, reject_detail, row_text"
_WHOLE = ({"published"}, {"frame", "calls"}, {"frame", "calls", "published"})


def identify(delivery: Delivery, manifest: Manifest, *, seeds: Path, key: TokenKey) -> str:
    """The identity of a delivery: its bytes, what its sender says of them, and the rules and key they are read with.

    Same identity, same lake files. A corrected note is a correction: it stands in the notice.
    """
    content: dict[str, Any] = {
        "delivery": [delivery.region_code, delivery.quarter],
        "files": [[file.path.name, file.sha256, file.row_count] for file in manifest.files],
        "rules": rules_fingerprint(Vocabulary.read(seeds, delivery.scope)),
        "key": key.key_id,
    }
    if any(kind_of(file.path) != TEXT for file in manifest.files):
        content["packages"] = PACKAGE_READERS
    if manifest.note is not None:
        content["note"] = manifest.note
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def land(
    delivery: Delivery,
    *,
    lake: Place,
    seeds: Path,
    secret: bytes,
    memory_limit: str,
    run_id: str,
    is_manifest_optional: bool = False,
    allowing: str = deliveries.RUN_ALLOWS,
    is_frame_enough: bool = False,
    threads: int | None = None,
) -> LandingReport:
    """Land a delivery, or return the report of the identical one landed before (`is_new` False).

    Where a file of that one is damaged in the lake, it is landed again, which puts the same bytes in its place.

    `is_frame_enough` takes a frame without calls: a sample is planned before anybody is called. Such a landing belongs
    into a lake of its own; no quarter can be built from it. `threads` is how many it may take at most, None all processors; what is
    landed is the same with each.

    The delivery is not current yet: gate 1 decides that. Raises DeliveryRefused, with nothing left in the lake but the
    ledger's record of the refusal, where it is not what its manifest says, cannot be read, or lacks a required column; and
    RowsRemoved where this delivery was landed before and its time has passed.
    """
    key = TokenKey.from_secret(secret)
    manifest = deliveries.verify(delivery, is_manifest_optional=is_manifest_optional, allowing=allowing)
    ledger.require_key(lake, key.key_id)
    delivery_id = identify(delivery, manifest, seeds=seeds, key=key)
    digest = deliveries.content_digest(delivery.folder)
    gone = removed.same_content(lake, delivery.scope, delivery_id, digest)
    if gone is not None:
        raise removed.explained(gone)
    before = ledger.find(lake, delivery.scope, delivery_id)
    damaged = ledger.damaged_files(lake, before) if before is not None else []
    if before is not None and not damaged:
        return before
    if damaged:
        logger.warning("%s: damaged in the lake, landed again: %s", delivery.name, ", ".join(damaged))
    with workbench(lake, delivery_id, memory_limit, _threads(manifest, threads)) as (connection, folder):
        (folder / "work").mkdir()
        try:
            vocabulary = Vocabulary.read(seeds, delivery.scope)
            define_rules(connection, vocabulary, key)
            words = {"region_code": delivery.region_code, "allowed_dispositions": vocabulary.allowed()}
            known = datasets_in(seeds, delivery.scope)
            records, remarks, passed_over, missing = _read_files(
                connection, delivery, manifest.files, folder, known, words
            )
            remarks += _said_of_parts(delivery, manifest, missing) + folders.beside(delivery)
            datasets = _whole(delivery, known, records, remarks, is_frame_enough=is_frame_enough)
            lake_files = {
                dataset: _store(connection, dataset, delivery, delivery_id, lake, folder)
                for dataset in [*datasets, *(BESIDE[dataset] for dataset in datasets if dataset in BESIDE), "rejects"]
            }
        except duckdb.Error as error:
            # its text may quote a cell: what it is about is told, the cell is not, nor the chained error
            raise SurveyError(
                f"{delivery.name}: {type(error).__name__} while landing: {_without_values(error)}",
                where=str(delivery.folder),
                next_step="this is a fault of the pipeline or the machine, not of the delivery",
                region_code=delivery.region_code,
                quarter=delivery.quarter,
            ) from None
    report = LandingReport(
        region_code=delivery.region_code,
        quarter=delivery.quarter,
        delivery_id=delivery_id,
        source_folder=str(delivery.folder),
        landed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        key_id=key.key_id,
        files=tuple(records),
        lake_files=lake_files,
        data_note=manifest.note,
        remarks=tuple(remarks),
        passed_over=(*manifest.passed_over, *passed_over),
        has_manifest=manifest.is_given,
        content_digest=digest,
        is_mended=bool(damaged),
    )
    ledger.record(lake, report)
    return report


def _threads(manifest: Manifest, most: int | None) -> int | None:
    counts = [file.row_count for file in manifest.files if file.row_count is not None]
    if len(counts) < len(manifest.files):
        return most  # nobody said how many rows there are
    return duck.threads_for(sum(counts), most)


def _read_files(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    delivered: Sequence[DeliveredFile],
    folder: Path,
    known: Sequence[Dataset],
    parameters: Mapping[str, str],
) -> tuple[list[FileRecord], list[str], list[str], list[str]]:
    """The tables read, remarks on what was not, what programs had left in archives, and the parts missing there.

    Each file is read from a copy in `folder`.

    Every file is tried, so that the sender hears of all faults at once. Raises DeliveryRefused if there is one.
    """
    records: list[FileRecord] = []
    remarks: list[str] = []
    passed_over: list[str] = []
    missing: list[str] = []
    refusals: list[DeliveryRefused] = []
    for file in delivered:
        try:
            with deliveries.own_copy(delivery, file, folder / "delivered") as copy:
                found, opened = read_file(connection, delivery, copy, folder / "work", known, parameters)
        except DeliveryRefused as refusal:
            refusals.append(refusal)
        else:
            records += found
            remarks += opened.remarks
            passed_over += opened.passed_over
            missing += opened.missing_parts
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        faults = [line for refusal in refusals for line in refusal.alert_lines]
        expected = next((refusal.expected for refusal in refusals if refusal.expected), None)
        raise deliveries.refused(delivery, f"{len(refusals)} files cannot be landed", faults, expected=expected)
    return records, remarks, passed_over, missing


def _said_of_parts(delivery: Delivery, manifest: Manifest, in_archives: Sequence[str]) -> list[str]:
    """Remarks on parts that a manifest does not list either. Without one nothing says that they were never meant to be there:
    raises DeliveryRefused."""
    if in_archives and not manifest.is_given:
        raise deliveries.refused(
            delivery,
            "the delivery is incomplete, even without a manifest to compare with",
            [f"part {missing} is missing" for missing in in_archives],
        )
    return [
        f"part {missing} is missing, and the manifest does not list it"
        for missing in (*manifest.missing_parts, *in_archives)
    ]


def _whole(
    delivery: Delivery,
    known: Sequence[Dataset],
    records: Sequence[FileRecord],
    remarks: Sequence[str],
    *,
    is_frame_enough: bool,
) -> list[str]:
    """The datasets of the delivery, which must be frame and calls, with or without the annexes, or the annexes alone.

    Where one is missing, what was not read is named: it may be there.
    """
    found = {record.dataset for record in records}
    if is_frame_enough and "frame" not in found:
        fault = f"found {', '.join(sorted(found)) or 'nothing'}; a sample is drawn from a frame"
        raise deliveries.refused(delivery, "there is no frame", [fault, *remarks])
    if not is_frame_enough and found not in _WHOLE:
        fault = f"found {', '.join(sorted(found)) or 'nothing'}; a delivery is frame and calls, or published"
        raise deliveries.refused(
            delivery, "the delivery is incomplete", [fault, *_in_one_table(known, records), *remarks]
        )
    return sorted(found)


def _in_one_table(known: Sequence[Dataset], records: Sequence[FileRecord]) -> list[str]:
    """A table that holds frame and calls side by side, a row per case: which call a row is of cannot be told where there were two."""
    frame, calls, _ = known
    lacking = {"frame": (calls, 4), "calls": (frame, 2)}  # the required columns that only the other one has
    return [
        f"{record.name} holds the columns of frame and calls in one table; expected two tables: "
        "a row per case (办件编号、部门名称、办结日期、联系电话), and a row per call (办件编号、回访时间、回访结果、满意度、跑动次数)"
        for record in records
        if record.dataset in lacking
        and lacking[record.dataset][0].count_recognised(record.unknown_columns) >= lacking[record.dataset][1]
    ]


def _store(
    connection: duckdb.DuckDBPyConnection, dataset: str, delivery: Delivery, delivery_id: str, lake: Place, folder: Path
) -> str:
    """Write a dataset's accepted rows (or all rejects) as Parquet named by its content. Returns the name in the lake."""
    keys = f"'{delivery.region_code}' as region_code, '{delivery.quarter}' as quarter, '{delivery_id}' as delivery_id"
    if dataset == "rejects":
        tables = connection.execute(
            "select table_name from duckdb_tables() where not temporary and not list_contains($1, table_name) order by 1",
            [[*BESIDE.values()]],
        ).fetchall()
        rows = " union all ".join(
            f"select {keys}, '{table}' as dataset, file, line, reject_reason as reason, reject_detail as detail, "
            f"department_name, row_text from {table} where reject_reason is not null"
            for (table,) in tables
        )
        order = "dataset, file, line"
    elif dataset in BESIDE.values():
        rows = f"select {keys}, * from {dataset}"
        order = "file, line, question" if dataset == "answers" else "file, line, figure"
    else:
        rows = f"select {keys}, * exclude ({_INTERNAL}) from {dataset} where reject_reason is null"
        order = "file, line"
    part = folder / f"{dataset}.parquet"
    connection.sql(f"{rows} order by {order}").write_parquet(str(part), compression="zstd")
    region, quarter = f"region={delivery.region_code}", f"quarter={delivery.quarter}"
    relative = Path("raw", dataset, region, quarter, f"{files.sha256_of(part)}.parquet")
    lakes.add(part, lake / str(relative))
    return str(relative)


def _without_values(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return re.sub(r"\"[^\"]*\"|'[^']*'", "'…'", text)
