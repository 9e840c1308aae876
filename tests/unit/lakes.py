"""Small deliveries written by hand, and a lake to land them in. Shared by the tests of landing, gates and command line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.checks.gates import check_delivery
from callback_survey.exports.delivery import Delivery
from callback_survey.landing import LandingReport, land, ledger

REPOSITORY = Path(__file__).parents[2]
SEEDS = REPOSITORY / "dbt_project" / "seeds"
SECRET = b"a key for tests only, 32 characters or more"
REGION, QUARTER = "330109", "2018Q1"
FRAME_HEADER = ("办件编号", "部门名称", "办结日期", "联系电话", "事项名称", "申请人")
CALLS_HEADER = ("办件编号", "回访时间", "回访结果", "满意度", "跑动次数")
ONE_CASE = ("XS-1", "区档案局", "2018-03-01", "15400000001", "查档", "样例申请人")
ONE_CALL = ("XS-1", "2018-04-10 09:30:00", "成功", "满意", "零上门")

Rows = Sequence[Sequence[str]]


def as_csv(header: Sequence[str], rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def frame(*rows: Sequence[str]) -> tuple[bytes, int]:
    """A frame file and its number of records."""
    return as_csv(FRAME_HEADER, rows), len(rows)


def calls(*rows: Sequence[str]) -> tuple[bytes, int]:
    return as_csv(CALLS_HEADER, rows), len(rows)


def write_delivery(
    exports: Path,
    files: Mapping[str, tuple[bytes, int]],
    *,
    region: str = REGION,
    quarter: str = QUARTER,
    note: str | None = None,
    has_manifest: bool = True,
) -> Delivery:
    """A complete delivery; `files` maps a name to its bytes and the records its manifest lists."""
    folder = exports / region / quarter
    folder.mkdir(parents=True, exist_ok=True)
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    listed = [
        {"name": name, "rows": rows, "sha256": hashlib.sha256(content).hexdigest()}
        for name, (content, rows) in files.items()
    ]
    manifest: dict[str, Any] = {"files": listed, **({"note": note} if note else {})}
    if has_manifest:
        (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return Delivery(region, quarter, folder)


def tree_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes: equal trees mean nothing was written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@dataclass
class Lake:
    """A lake under test and how it is landed in."""

    folder: Path
    exports: Path
    seeds: Path = SEEDS
    secret: bytes = SECRET
    landed: list[LandingReport] = field(default_factory=list)

    def land(self, delivery: Delivery, *, is_manifest_optional: bool = False) -> LandingReport:
        report = land(
            delivery,
            lake=self.folder,
            seeds=self.seeds,
            secret=self.secret,
            memory_limit="1GB",
            run_id="run-1",
            is_manifest_optional=is_manifest_optional,
        )
        self.landed.append(report)
        return report

    def deliver(self, files: Mapping[str, tuple[bytes, int]], **options: Any) -> LandingReport:
        """Write a delivery and land it."""
        return self.land(write_delivery(self.exports, files, **options))

    def publish(self, report: LandingReport) -> LandingReport:
        """As if gate 1 had passed."""
        ledger.record_verdict(self.folder, report, failed_checks=[], run_id="run-1")
        ledger.make_current(self.folder, report, run_id="run-1")
        return report

    def verdict(self, report: LandingReport) -> dict[str, tuple[str, ...]]:
        """The checks of gate 1 that do not pass, with their examples."""
        checked = check_delivery(report, lake=self.folder, seeds=self.seeds, memory_limit="1GB", run_id="run-1")
        return {result.check_id: result.examples for result in checked.results if not result.is_passed}

    def rows(self, dataset: str, report: LandingReport | None = None) -> list[dict[str, Any]]:
        """The landed rows of a dataset, by file and line; of the last landing unless another is given."""
        path = self.folder / (report or self.landed[-1]).lake_files[dataset]
        with duckdb.connect() as connection:
            found = connection.execute(
                "select * from read_parquet($1, hive_partitioning = false) order by file, line", [str(path)]
            )
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
