"""Releases frozen by the code itself, from a small warehouse: for what must know every file of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from published import PASS, WARNING

from callback_survey import documents, releases
from callback_survey.checks.model import CheckReport
from callback_survey.landing.ledger import FileRecord, LandingReport
from callback_survey.publication import PublishedTable
from callback_survey.releases import Release

KEY = ("region_code", "quarter", "department_code", "measure")
TABLES = [
    PublishedTable(
        "department_rates", KEY, KEY, "region_quarter", "Rates; one row\nper department.", {"rate": "Not printed."}
    ),
    PublishedTable(
        "departments", ("department_code",), ("department_code",), "all", "Register.", {"name": "=Name, 全称"}
    ),
]
LANDED = LandingReport(
    *("330109", "2018Q1", "delivery-1", "", "", "run-0", "key"),
    (FileRecord("frame.csv", "frame", "hash-of-frame", "utf-8-sig", 1, 3, 3, 0, ()),),
    {},
)
WAREHOUSE = """
    create schema marts;
    create table marts.department_rates as
    select '330109' as region_code, '2018Q1' as quarter, code as department_code, name as department_name,
        'satisfaction' as measure, 7::bigint as answered_count, 1 / 3 as rate, pct::decimal(5, 2) as rate_pct, pct < 80 as is_below_average
    from (values ('d1', '区档案局', 94.77), ('d2', '区教育局', 74.42), ('d3', '区旅游局', null)) t (code, name, pct);
    create table marts.departments as from (values ('d1', '区档案局'), ('d2', '区教育局')) t (department_code, name);
"""


def write_documents(connection: duckdb.DuckDBPyConnection, new: Release, folder: Path, **options: Any) -> None:
    """In place of `documents.write`, which needs all marts and has tests of its own."""
    (folder / "charts").mkdir(parents=True)
    (folder / "notice.html").write_text("通报", encoding="utf-8")
    (folder / "charts" / "satisfaction.svg").write_text("<svg/>", encoding="utf-8")


def freeze(connection: duckdb.DuckDBPyConnection, root: Path, monkeypatch: Any) -> Release:
    with monkeypatch.context() as patch:
        patch.setattr(documents, "write", write_documents)
        found = releases.release(
            connection,
            LANDED,
            [CheckReport("run-1", "marts", "330109", "2018Q1", (PASS, WARNING))],
            TABLES,
            releases=root,
            run_id="run-1",
            code_fingerprint="code-1",
        )
    assert found is not None
    return found
