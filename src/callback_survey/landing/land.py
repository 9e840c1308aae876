"""One delivery into the lake. Rows stream from the file through DuckDB into Parquet; Python never holds more than a batch."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from callback_survey import files
from callback_survey.exports import delivery as deliveries
from callback_survey.exports import formats, headers
from callback_survey.exports.delivery import DeliveredFile, Delivery
from callback_survey.landing import ledger
from callback_survey.landing.ledger import FileRecord, LandingReport
from callback_survey.privacy import (
    MOBILE_NUMBER,
    TokenKey,
    is_valid_phone_sql,
    normalised_phone_sql,
    scrub,
    scrub_sql,
    token_sql,
)
from callback_survey.warehouse import connect

_VOCABULARY = ("answer_spellings", "disposition_spellings")
_INTERNAL = "reject_reason, reject_detail, row_text"


def identify(delivery: Delivery, delivered: Sequence[DeliveredFile], *, seeds: Path, key: TokenKey) -> str:
    """The identity of a delivery: its bytes, and the rules and key they are read with. Same identity, same lake files."""
    content = {
        "delivery": [delivery.region_code, delivery.quarter],
        "files": [[file.path.name, file.sha256, file.row_count] for file in delivered],
        "rules": _rules_fingerprint(seeds),
        "key": key.key_id,
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def land(
    delivery: Delivery, *, lake: Path, seeds: Path, secret: bytes, memory_limit: str, run_id: str
) -> LandingReport:
    """Land a delivery, or return the report of the identical one landed before (`is_new` False).

    The delivery is not current yet: gate 1 decides that. Raises DeliveryRefused, with nothing left in the lake, where it
    is not what its manifest says, cannot be read, or lacks a required column.
    """
    key = TokenKey.from_secret(secret)
    manifest = deliveries.verify(delivery)
    delivered = manifest.files
    delivery_id = identify(delivery, delivered, seeds=seeds, key=key)
    before = ledger.find(lake, delivery.region_code, delivery.quarter, delivery_id)
    if before is not None:
        return before
    with _workbench(lake, delivery_id, memory_limit) as (connection, folder):
        _define_rules(connection, seeds, key)
        records = [_read(connection, delivery, file, seeds) for file in delivered]
        lake_files = {
            dataset: _store(connection, dataset, delivery, delivery_id, lake, folder)
            for dataset in dict.fromkeys([*(file.dataset for file in delivered), "rejects"])
        }
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
    )
    ledger.record(lake, report)
    return report


def _rules_fingerprint(seeds: Path) -> str:
    """Changes when an accepted header, spelling or cell rule does: the same bytes then mean something else."""
    digest = hashlib.sha256(_macros().encode())
    package = resources.files("callback_survey")
    for part in sorted(package.joinpath("landing/sql").iterdir(), key=lambda part: part.name):
        digest.update(part.read_bytes())
    digest.update(package.joinpath("exports/headers.toml").read_bytes())
    for name in _VOCABULARY:
        digest.update((seeds / f"{name}.csv").read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _workbench(lake: Path, delivery_id: str, memory_limit: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A scratch database on disk, beside the lake, gone afterwards: memory stays within the limit.

    The folder is locked while its landing lives. One that nobody locks is what a killed landing left: it is removed, for
    its spill files may hold phone numbers.
    """
    lake.mkdir(parents=True, exist_ok=True)
    folder = lake / f".landing-{delivery_id}-{uuid.uuid4().hex[:8]}"
    with _locked(lake):  # nobody sweeps between the making of a folder and its lock
        for leftover in lake.glob(".landing-*"):
            # one that goes away just now has ended well
            with suppress(FileNotFoundError), _locked(leftover, is_patient=False) as is_free:
                if is_free:
                    files.remove_tree(leftover)
        folder.mkdir()
        alive = ExitStack()
        alive.enter_context(_locked(folder))
    with alive:
        try:
            with connect(folder / "scratch.duckdb", memory_limit=memory_limit, spill=folder / "spill") as connection:
                yield connection, folder
        finally:
            files.remove_tree(folder)


@contextmanager
def _locked(folder: Path, *, is_patient: bool = True) -> Iterator[bool]:
    """Hold the lock of a folder; without patience, yields False where another process or landing holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _macros() -> str:
    """The cell rules as SQL, with those of `privacy` filled in. The key is not in it: the macros look it up."""
    pads = token_sql("t").replace("$inner_pad", "(select inner_pad from token_key)")
    definitions = {
        "token": pads.replace("$outer_pad", "(select outer_pad from token_key)"),
        "normalised_phone": normalised_phone_sql("t"),
        "is_valid_phone": is_valid_phone_sql("t"),
        "scrubbed": scrub_sql("t"),
        "mobile_number": MOBILE_NUMBER,
    }
    macros = _sql("macros")
    for name, definition in definitions.items():
        macros = macros.replace(f"{{{name}}}", definition)
    return macros


def _define_rules(connection: duckdb.DuckDBPyConnection, seeds: Path, key: TokenKey) -> None:
    """Macros, the padded key, and the accepted spellings as tables."""
    connection.execute(
        "create temp table token_key as select $1::blob as inner_pad, $2::blob as outer_pad",
        [key.inner_pad, key.outer_pad],
    )
    connection.execute(_macros())
    spellings = [
        (row["question"], headers.fold(row["spelling"]), row["answer_code"], row["is_or_more"] == "true")
        for row in _seed(seeds, "answer_spellings")
    ]
    spellings += [
        ("disposition", headers.fold(row["spelling"]), row["disposition_code"], False)
        for row in _seed(seeds, "disposition_spellings")
    ]
    connection.execute("create temp table spellings (question text, spelling text, code text)")
    connection.executemany("insert into spellings values (?, ?, ?)", [row[:3] for row in spellings])
    connection.execute("create temp table or_more (question text, minimum integer, code text)")
    connection.executemany(
        "insert into or_more values (?, ?, ?)",
        [(question, int(spelling), code) for question, spelling, code, or_more in spellings if or_more],
    )


def _allowed(seeds: Path) -> dict[str, str]:
    """The accepted words of each question, for the reader of a reject."""
    answers = _seed(seeds, "answer_spellings")
    words = {
        question: [row["spelling"] for row in answers if row["question"] == question]
        for question in ("satisfaction", "visits")
    }
    words["dispositions"] = [row["spelling"] for row in _seed(seeds, "disposition_spellings")]
    return {f"allowed_{question}": "、".join(spellings) for question, spellings in words.items()}


def _read(connection: duckdb.DuckDBPyConnection, delivery: Delivery, file: DeliveredFile, seeds: Path) -> FileRecord:
    """Stream one file into the scratch table of its dataset, judged row by row."""
    columns = [column.name for column in headers.columns_of(file.dataset)]
    try:
        table = formats.open_table(file.path, file.dataset)
        _stream(connection, table, columns)
    except (formats.Unreadable, headers.HeaderNotRecognised) as error:
        raise deliveries.refused(
            delivery, f"{file.path.name} cannot be read", [f"{file.path.name}: {error}"]
        ) from error
    parameters = {"region_code": delivery.region_code, **_allowed(seeds)}
    query = _sql(file.dataset)
    used = {name: value for name, value in parameters.items() if f"${name}" in query}
    is_first = not connection.execute("select 1 from duckdb_tables() where table_name = $1", [file.dataset]).fetchone()
    connection.execute(
        f"{f'create table {file.dataset} as' if is_first else f'insert into {file.dataset}'} {query}", used
    )
    read, rejected = _counts(connection, file)
    if read != file.row_count:
        fault = f"{file.path.name}: {read} records, the manifest says {file.row_count}"
        raise deliveries.refused(delivery, "a file does not hold the records its manifest lists", [fault])
    return FileRecord(
        name=file.path.name,
        dataset=file.dataset,
        sha256=file.sha256,
        encoding=table.encoding,
        header_line=table.header_line,
        read_count=read,
        accepted_count=read - rejected,
        rejected_count=rejected,
        unknown_columns=tuple(scrub(header) for header in table.match.unknown),
    )


def _stream(connection: duckdb.DuckDBPyConnection, table: formats.Table, columns: list[str]) -> None:
    """The records of a file, batch by batch, as temp table `source` (file, line, fault, and the dataset's columns)."""
    incoming = table.schema(columns).empty_table()
    connection.register("incoming", incoming)
    connection.execute("create or replace temp table source as select ''::text as file, * from incoming")
    for batch in table.batches(columns):
        connection.register("incoming", batch)
        connection.execute("insert into source select $1 as file, * from incoming", [table.path.name])
    connection.unregister("incoming")


def _counts(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> tuple[int, int]:
    """Records read, and how many of them were judged unacceptable; counted apart, so that a lost row shows."""
    read = connection.execute("select count(*) from source").fetchone()
    judged = connection.execute(
        f"select count(*), count(reject_reason) from {file.dataset} where file = $1", [file.path.name]
    ).fetchone()
    assert read is not None and judged is not None
    if read[0] != judged[0]:
        raise AssertionError(f"{file.path.name}: {read[0]} records read, {judged[0]} judged")
    return read[0], judged[1]


def _store(
    connection: duckdb.DuckDBPyConnection, dataset: str, delivery: Delivery, delivery_id: str, lake: Path, folder: Path
) -> str:
    """Write a dataset's accepted rows (or all rejects) as Parquet named by its content. Returns the name in the lake."""
    keys = f"'{delivery.region_code}' as region_code, '{delivery.quarter}' as quarter, '{delivery_id}' as delivery_id"
    if dataset == "rejects":
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where not temporary order by 1"
            ).fetchall()
        ]
        rows = " union all ".join(
            f"select {keys}, '{table}' as dataset, file, line, reject_reason as reason, reject_detail as detail, "
            f"department_name, row_text from {table} where reject_reason is not null"
            for table in tables
        )
        order = "dataset, file, line"
    else:
        rows = f"select {keys}, * exclude ({_INTERNAL}) from {dataset} where reject_reason is null"
        order = "file, line"
    part = folder / f"{dataset}.parquet"
    connection.sql(f"{rows} order by {order}").write_parquet(str(part), compression="zstd")
    relative = Path(
        "raw",
        dataset,
        f"region={delivery.region_code}",
        f"quarter={delivery.quarter}",
        f"{files.sha256_of(part)}.parquet",
    )
    target = lake / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    files.sync(part)
    os.replace(part, target)
    files.sync(target.parent)
    return str(relative)


def _sql(name: str) -> str:
    return resources.files("callback_survey").joinpath(f"landing/sql/{name}.sql").read_text(encoding="utf-8")


def _seed(seeds: Path, name: str) -> list[dict[str, Any]]:
    with (seeds / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
