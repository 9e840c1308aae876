"""Small deliveries on disk for tests: rows in, a folder as the survey company sends it out. Nothing in them is real."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

Rows = list[list[str]]
FRAME_HEADER = ["办件编号", "部门名称", "办结日期", "联系电话", "事项名称", "申请人"]
CALLS_HEADER = ["办件编号", "部门名称", "回访时间", "回访结果", "满意度", "跑动次数", "第几次"]


@dataclass(frozen=True)
class Office:
    """A department of a small delivery: `frame` cases, the first `called` of them called, all with two answers.

    `called` above `frame` makes called cases that no frame row knows. The last `unreachable` frame rows hold no valid
    phone number and must be excluded.
    """

    name: str
    frame: int
    called: int
    satisfied: int
    one_visit: int
    unreachable: int = 0


# Satisfaction 100.00, 75.00, 50.00: average 75.00, and only 区民政局 strictly below it.
# Realisation 80.00, 100.00, 75.00: average 85.00, 区经信局 and 区民政局 below it.
OFFICES = (
    Office("区经信局", frame=12, called=5, satisfied=5, one_visit=4),
    Office("区教育局", frame=10, called=4, satisfied=3, one_visit=4),
    Office("区民政局", frame=8, called=4, satisfied=2, one_visit=3),
)


def with_office(name: str, **changes: int) -> tuple[Office, ...]:
    """The three departments, one of them changed."""
    return tuple(replace(office, **changes) if office.name == name else office for office in OFFICES)


def rows_of(
    offices: Sequence[Office], *, completed_on: str = "2018-02-14", called_on: str = "2018-04-10"
) -> dict[str, Rows]:
    """A frame and its calls; for 2018Q1 unless the days say otherwise."""
    # copies: a test may add columns to its own
    frame, calls = [list(FRAME_HEADER)], [list(CALLS_HEADER)]
    for number, office in enumerate(offices, start=1):
        for index in range(office.frame):
            # the range 154 belongs to no network; a number with a letter is no number
            phone = f"154{number:04d}{index:04d}"
            is_reachable = index < office.frame - office.unreachable
            frame.append(
                [
                    _case(number, index),
                    office.name,
                    completed_on,
                    phone if is_reachable else "无",
                    "样例事项",
                    "样例申请人",
                ]
            )
        for index in range(office.called):
            satisfaction = "满意" if index < office.satisfied else "不满意"
            visits = "一次" if index < office.one_visit else "两次及以上"
            moment = f"{called_on} 09:{index:02d}:00"
            calls.append([_case(number, index), office.name, moment, "成功", satisfaction, visits, "1"])
    return {"frame.csv": frame, "calls.csv": calls}


def write_delivery(folder: Path, files: Mapping[str, Rows]) -> Path:
    """Write each table under its name (.csv or .csv.gz), then the manifest, which comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        (folder / name).write_bytes(encoded(rows, is_compressed=name.endswith(".gz")))
    seal(folder, {name: len(rows) - 1 for name, rows in files.items()})
    return folder


def encoded(rows: Rows, *, is_compressed: bool = False) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    data = text.getvalue().encode("utf-8")
    return gzip.compress(data, mtime=0) if is_compressed else data


def seal(folder: Path, row_counts: Mapping[str, int]) -> None:
    """The manifest of the files as they stand now."""
    entries = [
        {"name": name, "rows": row_count, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
        for name, row_count in row_counts.items()
    ]
    (folder / "manifest.json").write_text(json.dumps({"files": entries}), encoding="utf-8")


def add_region(dbt_project: Path, region_code: str, region_name: str, offices: Sequence[str]) -> None:
    """Register a region and its departments in a copy of the dbt project."""
    _append(dbt_project / "seeds" / "regions.csv", [[region_code, region_name, "330100", "district", "true"]])
    departments = [
        [f"{region_code}-{number:03d}", region_code, name, "2018Q1", ""] for number, name in enumerate(offices, start=1)
    ]
    _append(dbt_project / "seeds" / "departments.csv", departments)


def copy_region(dbt_project: Path, region_code: str, copied_code: str, region_name: str) -> None:
    """Register a region with the departments, aliases and printed order of another one."""
    _append(dbt_project / "seeds" / "regions.csv", [[copied_code, region_name, "330100", "district", "true"]])
    for name in ("departments", "department_aliases", "annex_order"):
        path = dbt_project / "seeds" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if region_code in row]
        _append(path, [[cell.replace(region_code, copied_code) for cell in row] for row in rows])


def read_table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _case(number: int, index: int) -> str:
    return f"BJ{number:02d}-{index:04d}"


def _append(path: Path, rows: Rows) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
