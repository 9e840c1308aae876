"""Looking into the lake from the command line: what was landed, and what was rejected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

from callback_survey.cli.terminal import NOTHING, Cell, Column, in_language, say, show_table
from callback_survey.errors import UsageError
from callback_survey.landing import ledger, removed
from callback_survey.landing.ledger import Entry, LandingReport, Refusal
from callback_survey.object_storage import Place
from callback_survey.scope import Scope
from callback_survey.storage import duck, spreadsheet
from callback_survey.storage.lakes import near

REJECT_COLUMNS = ("file", "line", "dataset", "department_name", "reason", "detail", "row_text")
_EXAMPLES_SHOWN = 20
_COLOURS = {"current": "green", "refused": "red", "gate failed": "red"}


def show_deliveries(console: Console, entries: Sequence[Entry], *, with_files: bool) -> None:
    """One line a delivery: when it came, what became of it, how many rows; with its files underneath where asked for."""
    columns = [Column(title) for title in ("region", "quarter", "delivery", "time (UTC)", "state")]
    columns += [Column("rows read", "right"), Column("rows rejected", "right"), Column("what", is_free=True)]
    show_table(console, columns, [_row(entry) for entry in entries])
    if with_files:
        for entry in entries:
            if entry.report is not None:
                show_files(console, entry.report)


def as_values(entry: Entry) -> dict[str, Any]:
    """A line of the list for a program, with its tables, or with why it was refused."""
    told: dict[str, Any] = {"region_code": entry.region_code, "quarter": entry.quarter, "id": entry.name}
    told |= {"at": entry.at, "state": entry.state.replace(" ", "_")}
    if entry.report is None:
        return {**told, "what": entry.refusal and entry.refusal.what, "faults": entry.refusal and entry.refusal.faults}
    counts = {name: entry.report.count(name) for name in ("read_count", "accepted_count", "rejected_count")}
    kept = ("source_folder", "run_id", "key_id", "has_manifest")
    files = [
        {name: getattr(file, name) for name in ("name", "dataset", "sha256", "read_count", "rejected_count")}
        for file in entry.report.files
    ]
    return {**told, **counts, **{name: getattr(entry.report, name) for name in kept}, "files": files}


def _row(entry: Entry) -> list[Cell]:
    at, state = entry.at[:19].replace("T", " "), Text(entry.state, style=_COLOURS.get(entry.state, "dim"))
    if entry.report is not None:
        report = entry.report
        counts = [f"{report.count('read_count'):,}", f"{report.count('rejected_count'):,}"]
        told = _what(report)
    else:
        counts, told = ["", ""], _refused(entry.refusal)
    return [entry.region_code, entry.quarter, entry.name, at, state, *counts, told]


def _refused(refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    what = refusal.what.removeprefix(f"{refusal.region_code} {refusal.quarter}: ")
    return f"{what}: {'; '.join(refusal.faults)}" if refusal.faults else what


def _what(report: LandingReport) -> str:
    parts = [f"{len(report.files)} tables", f"key {report.key_id}"]
    parts += [] if report.has_manifest else ["without manifest"]
    return ", ".join(parts)


def show_files(console: Console, report: LandingReport) -> None:
    """Each table read: what it was taken for, how many rows, and what about it a person may want to know."""
    console.print()
    say(console, Text.assemble((f"{report.name} {report.delivery_id}", "bold"), f"  from {report.source_folder}"))
    for file in report.files:
        notes = [
            f"{file.encoding}, separated by {file.separator}, header on line {file.header_line}"
            if file.separator
            else f"{file.encoding}, header on line {file.header_line}"
        ]
        notes += [f"lines below the table: {len(file.footer_lines)}"] if file.footer_lines else []
        notes += [f"columns not kept: {'、'.join(file.unknown_columns)}"] if file.unknown_columns else []
        notes += file.notes
        say(
            console,
            f"  {file.name}: {file.dataset}, {file.read_count:,} read, {file.rejected_count:,} rejected; "
            f"sha256 {file.sha256[:12]}…; {'; '.join(notes)}",
        )
    for remark in report.remarks:
        say(console, f"  {remark}")
    if report.passed_over:
        say(console, f"  passed over, left there by programs: {'、'.join(report.passed_over)}")


def find_delivery(lake: Place, scope: Scope, delivery_id: str | None) -> LandingReport:
    """The current delivery of a region's quarter, else the one landed last, or the one asked for by its id."""
    landed = [entry for entry in ledger.entries(lake, scope.region_code, scope.quarter) if entry.report is not None]
    wanted = [entry for entry in landed if delivery_id in (None, entry.report.delivery_id if entry.report else None)]
    current = [entry for entry in wanted if entry.state == "current"]
    chosen = (current or wanted)[-1:]
    if not chosen or chosen[0].report is None:
        raise UsageError(
            f"no landed delivery {delivery_id} of {scope.name}"
            if delivery_id
            else f"no delivery of {scope.name} was landed",
            where=str(lake),
            next_step="callback-survey deliveries lists them",
        )
    if (gone := removed.find(lake, scope, chosen[0].report.delivery_id)) is not None:
        raise removed.explained(gone)
    return chosen[0].report


def show_rejects(console: Console, lake: Place, report: LandingReport) -> None:
    """How many rows were rejected for which reason, and the first of them."""
    with duckdb.connect() as connection:
        source = _rejects(connection, lake, report)
        reasons = connection.execute(
            f"select dataset, reason, count(*) from {source} group by all order by 3 desc, 1, 2"
        )
        counts = reasons.fetchall()
        told = f" delivery {report.delivery_id}: {sum(row[2] for row in counts):,} rows rejected"
        say(console, Text.assemble((report.name, "bold"), told))
        for dataset, reason, row_count in counts:
            words = (in_language(Text(word)).plain for word in (dataset, reason))
            say(console, f"  {': '.join(words)} {row_count:,}")
        shown = list(_rows(connection, f"{source} limit {_EXAMPLES_SHOWN}"))
    if not shown:
        return
    console.print()
    columns = [Column("file"), Column("line", "right"), Column("department"), Column("reason", is_free=True)]
    show_table(
        console,
        columns,
        [
            [row["file"], str(row["line"]), row["department_name"] or NOTHING, row["detail"] or row["reason"]]
            for row in shown
        ],
    )


def rejects_as_values(lake: Place, report: LandingReport, export: Path | None) -> dict[str, Any]:
    """The same for a program: counts by dataset and reason, and the first rows. All rows are in the file that is exported."""
    with duckdb.connect() as connection:
        source = _rejects(connection, lake, report)
        counted = f"select dataset, reason, count(*) from {source} group by all order by 3 desc, 1, 2"
        counts = connection.execute(counted).fetchall()
        rows = list(_rows(connection, f"{source} limit {_EXAMPLES_SHOWN}"))
    if export is not None:
        export_rejects(lake, report, export)
    return {
        "region_code": report.region_code,
        "quarter": report.quarter,
        "delivery_id": report.delivery_id,
        "rejected_count": sum(row[2] for row in counts),
        "counts": [{"dataset": dataset, "reason": reason, "row_count": count} for dataset, reason, count in counts],
        "first_rows": rows,
        "exported_to": export,
    }


def export_rejects(lake: Place, report: LandingReport, path: Path) -> int:
    """The rejects as a CSV for the sender, safe to open in a spreadsheet. Returns the number of rows."""
    with duckdb.connect() as connection:
        rows = ([row[name] for name in REJECT_COLUMNS] for row in _rows(connection, _rejects(connection, lake, report)))
        return spreadsheet.write_csv(path, REJECT_COLUMNS, rows)


def _rejects(connection: duckdb.DuckDBPyConnection, lake: Place, report: LandingReport) -> str:
    rejects = duck.read_parquet([near(lake / report.lake_files["rejects"])])
    connection.execute(f"create temp view rejects as from {rejects} order by dataset, file, line")
    return "rejects"


def _rows(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(f"select {', '.join(REJECT_COLUMNS)} from {source}")
    while batch := cursor.fetchmany(10_000):
        for row in batch:
            yield dict(zip(REJECT_COLUMNS, row, strict=True))
