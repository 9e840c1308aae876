"""Releases made by hand, for the tests of serving and of what is shown of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from callback_survey import files
from callback_survey.checks.model import CheckReport, CheckResult
from callback_survey.releases import Release

WARNING = CheckResult(
    "marts", "marts", "reconciliation_exact", "Expect", "warn", "fail", "1 of 68 rows", "equal", ("区教育局: 97.56",)
)
PASS = CheckResult("marts", "marts", "shares_sum_to_100", "Expect", "fail", "pass", "0 of 68 rows", "100.00", ())
TABLES: dict[str, tuple[list[str], str]] = {
    "department_rates": (["region_code", "quarter", "department_code"], "One row per department."),
    "departments": (["department_code"], "The register; it's a dimension."),
}


def make_release(
    root: Path,
    *,
    region: str = "330109",
    quarter: str = "2018Q1",
    revision: int = 1,
    released_at: str = "2018-04-20T06:00:00+00:00",
    marker: str = "a",
    names: dict[str, str] | None = None,
    row_count: int = 3,
    tables: dict[str, str] | None = None,
) -> Release:
    """A release whose rates carry `marker` in every row. `names` are the departments as this release knows them;
    `tables` replaces its tables by queries."""
    folder = root / region / quarter / f"r{revision}"
    (folder / "marts").mkdir(parents=True)
    names = {"d0": "甲", "d1": "乙", "d2": "丙"} if names is None else names
    register = ", ".join(f"('{code}', '{name}')" for code, name in names.items())
    queries = tables or {
        "department_rates": f"select '{region}' as region_code, '{quarter}' as quarter, 'd' || i as department_code, "
        f"'{marker}' as marker, 94.77::decimal(5, 2) as rate_pct from range({row_count}) t(i)",
        "departments": f"from (values {register}) t (department_code, department_name)",
    }
    described: dict[str, dict[str, Any]] = {}
    with duckdb.connect() as connection:
        for name, query in queries.items():
            path = folder / "marts" / f"{name}.parquet"
            connection.execute(f"copy ({query}) to '{path}' (format parquet)")
            counted = connection.execute(f"select count(*) from '{path}'").fetchone()
            key, description = TABLES.get(name, (["region_code"], "A table."))
            described[name] = {
                "row_count": counted[0] if counted else 0,
                "key": key,
                "order_by": key,
                "description": description,
                "column_descriptions": {},
                "parquet_sha256": files.sha256_of(path),
            }
    CheckReport("run-1", "marts", region, quarter, (WARNING, PASS)).write(folder / "checks")
    document = {
        "region_code": region,
        "quarter": quarter,
        "revision": revision,
        "released_at": released_at,
        "run_id": "run-1",
        "reason": "first release",
        "content_hash": f"hash-{region}-{quarter}-{revision}-{marker}",
        "delivery_id": "delivery-1",
        "input_files": {"frame.csv": "sha"},
        "data_note": None,
        "code_fingerprint": "code-1",
        "tables": described,
        "warning_count": 1,
    }
    files.write_json(folder / "release.json", document)
    return Release.read(folder)
