"""Gate 1, the delivery as files: is it whole, are its columns what they say, and is nothing personal left in it?"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule
from callback_survey.landing import personal
from callback_survey.landing.ledger import LandingReport
from callback_survey.landing.tables import BESIDE
from callback_survey.storage import duck

_CAUSES = """
    select dataset, reason, count(*) as row_count, arg_min(file, (file, line)), arg_min(line, (file, line)),
        arg_min(detail, (file, line))
    from rejects
    group by dataset, reason
    order by row_count desc, reason
"""


def facts(connection: duckdb.DuckDBPyConnection, report: LandingReport) -> dict[str, pd.DataFrame]:
    """Tables of facts about the files of a delivery; `connection` has a view per landed dataset, and `rejects`."""
    phones = {"phones": _phones(report)} if "frame" in report.lake_files else {}
    return {
        **phones,
        "datasets": _datasets(connection, report),
        "files": _files(report),
        "delivery": _delivery(report),
        "accounts": _accounts(connection, report),
        "text_columns": _text_columns(connection, report),
    }


def checks(rules: Mapping[str, Rule]) -> list[Check]:
    from . import of_deliveries

    limit, usable = rules["reject_share"].number(), rules["phones_usable"].number()
    return [
        Check(
            "delivery_whole",
            facts="accounts",
            expectation=of_deliveries.ExpectDeliveryLandedWhole(),
            example="{name}: {fault}",
            shows=("name", "fault"),
            allows="rows read = rows accepted + rows rejected, and that many in the lake",
        ),
        Check(
            "manifest_present",
            facts="delivery",
            expectation=of_deliveries.ExpectManifestGiven(),
            example="{name}: {table_count} tables, accepted without a manifest because the run allows it",
            shows=("name", "table_count"),
            allows="a manifest.json with names, rows and hashes",
        ),
        Check(
            "columns_in_place",
            facts="files",
            expectation=of_deliveries.ExpectColumnsUnderTheirHeaders(),
            example="{file}: {swapped}",
            shows=("file", "swapped"),
            allows="every column holds what its header says",
        ),
        Check(
            "parts_alike",
            facts="files",
            expectation=of_deliveries.ExpectPartsOfOneDatasetAlike(),
            example="{file}: without {lacking}, which another part of {dataset} has",
            shows=("file", "dataset", "lacking"),
            allows="the same columns in every part of a dataset",
        ),
        Check(
            "everything_read",
            facts="delivery",
            expectation=of_deliveries.ExpectEverythingRead(),
            example="{remarks}",
            shows=("remarks",),
            allows="every file and every sheet is visible and holds a known table",
        ),
        Check(
            "no_personal_data",
            facts="text_columns",
            expectation=of_deliveries.ExpectNoPersonalData(),
            example="{dataset}.{column}: {cell_count} cells, first {place}",
            shows=("dataset", "column", "cell_count", "place"),
            allows="0",
        ),
        Check(
            "phones_usable",
            facts="phones",
            expectation=of_deliveries.ExpectUsablePhonesInFrame(max_value=usable),
            example="{file}: {invalid_count} of {filled_count} phones are no phones, such as {examples}",
            shows=("file", "invalid_count", "filled_count", "examples"),
            allows=f"at most {usable:g} % of the phones of a frame are none",
            rows_may_be_missing=True,
            nothing="no frame has a phone",
        ),
        Check(
            "reject_share",
            facts="datasets",
            expectation=of_deliveries.ExpectRejectedRowsWithinShare(max_value=limit),
            example="{dataset}: {rejected_count} of {read_count} rows rejected ({reject_pct:.2f} %): {causes}",
            shows=("dataset", "rejected_count", "read_count", "reject_pct", "causes"),
            allows=f"at most {limit:g} % of a dataset",
        ),
    ]


def _datasets(connection: duckdb.DuckDBPyConnection, report: LandingReport) -> pd.DataFrame:
    """One row per dataset, with the reasons of its rejects, the most frequent first."""
    causes: dict[str, list[str]] = {}
    for dataset, reason, row_count, file, line, detail in connection.execute(_CAUSES).fetchall():
        seen = (
            f": {detail.partition('；')[0]}" if detail else ""
        )  # what would have been allowed is in the list of rejects
        causes.setdefault(dataset, []).append(f"{reason} {row_count}, first {file} line {line}{seen}")
    rows = []
    for dataset in sorted({file.dataset for file in report.files}):
        files = [file for file in report.files if file.dataset == dataset]
        read, rejected = sum(file.read_count for file in files), sum(file.rejected_count for file in files)
        told = "；".join(causes.get(dataset, ())) or "there is no row"
        rows.append((dataset, read, rejected, 100 * rejected / read if read else 100.0, told))
    return pd.DataFrame(rows, columns=["dataset", "read_count", "rejected_count", "reject_pct", "causes"])


def _phones(report: LandingReport) -> pd.DataFrame:
    """One row per frame that has phones."""
    rows = [
        (
            file.name,
            file.phones.filled_count,
            file.phones.invalid_count,
            100 * file.phones.invalid_count / file.phones.filled_count,
            "、".join(file.phones.examples),
        )
        for file in report.files
        if file.phones is not None and file.phones.filled_count
    ]
    return pd.DataFrame(rows, columns=["file", "filled_count", "invalid_count", "invalid_pct", "examples"])


def _delivery(report: LandingReport) -> pd.DataFrame:
    values = (report.name, report.has_manifest, len(report.files), "；".join(report.remarks))
    return pd.DataFrame([values], columns=["name", "has_manifest", "table_count", "remarks"])


def _accounts(connection: duckdb.DuckDBPyConnection, report: LandingReport) -> pd.DataFrame:
    """One row per table read and per dataset in the lake, with what does not add up."""
    rows = []
    for file in report.files:
        judged = file.accepted_count + file.rejected_count
        rows.append((file.name, "" if judged == file.read_count else f"{file.read_count} rows read, {judged} judged"))
    for dataset in report.lake_files:
        if dataset in BESIDE.values():
            [row] = [name for name, beside in BESIDE.items() if beside == dataset]
            astray = _count(connection, f"select count(*) from {dataset} anti join {row} using (file, line)")
            rows.append(
                (dataset, f"{astray} rows of {dataset} belong to no row of {row} in the lake" if astray else "")
            )
            continue
        expected = report.count("rejected_count") if dataset == "rejects" else _accepted(report, dataset)
        stored = _count(connection, f"select count(*) from {dataset}")
        rows.append((dataset, "" if stored == expected else f"{expected} rows landed, {stored} in the lake"))
    return pd.DataFrame(rows, columns=["name", "fault"])


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(duck.one_row(connection, query)[0])


def _accepted(report: LandingReport, dataset: str) -> int:
    return sum(file.accepted_count for file in report.files if file.dataset == dataset)


def _text_columns(connection: duckdb.DuckDBPyConnection, report: LandingReport) -> pd.DataFrame:
    """One row per text column of the lake's files: how many cells hold a number of a person, as the scrubber knows them."""
    # the cell is not shown, and where a file's name is the culprit, neither is that
    rows = [
        (dataset, column.name, column.cell_count, f"on line {column.first_line}")
        for dataset in report.lake_files
        for column in personal.text_columns(connection, dataset, report.quarter)
    ]
    return pd.DataFrame(rows, columns=["dataset", "column", "cell_count", "place"])


def _files(report: LandingReport) -> pd.DataFrame:
    """One row per table read: what its header lacks of the other parts', and what is misplaced."""
    present: dict[str, set[str]] = {}
    for file in report.files:
        # of two annexes each has its own figures: they are no parts of one another
        if file.dataset != "published":
            present.setdefault(file.dataset, set()).update(file.columns)
    rows = [
        (
            file.name,
            file.dataset,
            "；".join(file.swapped),
            "、".join(sorted(present.get(file.dataset, set()) - set(file.columns))),
        )
        for file in report.files
    ]
    return pd.DataFrame(rows, columns=["file", "dataset", "swapped", "lacking"])
