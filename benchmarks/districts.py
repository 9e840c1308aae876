"""Invented districts for the benchmark: the reconstructed quarter of the sample, once for each, under codes and case numbers of
their own. What comes out must be the printed averages, 94.77 and 92.53, for every district."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "sample_exports"
REGION, QUARTER, CASES = "330109", "2018Q1", "XS2018Q1-"
# no division of China has a code of this province
FIRST_CODE = 990001
NOTE = "虚构数据：基准测试用，由样例季度复制而成，不是任何地区的数据"
# registers with a row per region; others hold for all of them
_OWN = ("departments", "department_aliases", "disclosure_rules")


def codes(count: int) -> list[str]:
    return [str(FIRST_CODE + number) for number in range(count)]


def write(folder: Path, count: int) -> Iterator[str]:
    """Write `exports/` and `registers/` of so many districts into `folder`; yields the code of each when it is there."""
    _write_registers(folder / "registers", codes(count))
    delivered = SAMPLE / REGION / QUARTER
    texts = {
        path.name.removesuffix(".gz"): (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
        for path in sorted(delivered.iterdir())
        if path.name.startswith(("frame", "calls"))
    }
    for code in codes(count):
        target = folder / "exports" / code / QUARTER
        target.mkdir(parents=True)
        files = []
        for name, text in texts.items():
            # the same length, so that every district costs the same
            own = text.replace(CASES.encode(), f"B{code[-4:]}{CASES[5:]}".encode())
            (target / name).write_bytes(own)
            rows = own.count(b"\n") - 1
            files.append({"name": name, "rows": rows, "sha256": hashlib.sha256(own).hexdigest()})
        manifest = json.dumps({"note": NOTE, "files": files}, ensure_ascii=False, indent=1)
        (target / "manifest.json").write_text(manifest, encoding="utf-8")
        yield code


def _write_registers(folder: Path, districts: list[str]) -> None:
    folder.mkdir(parents=True)
    for name in _OWN:
        header, rows = _read(name)
        own = [
            [cell.replace(REGION, code) for cell in row]
            for code in districts
            for row in rows
            if REGION in row or any(cell.startswith(f"{REGION}-") for cell in row)
        ]
        _write(folder / f"{name}.csv", header, own)
    header, _ = _read("regions")
    above = {"region_code": "990000", "region_name": "样例省", "region_level": "province", "is_survey_region": "false"}
    rows = [[{**above, "district_count": str(len(districts)), "sign_use": ""}.get(column, "") for column in header]]
    for code in districts:
        row = {
            "region_code": code,
            "region_name": f"样例区{code[-4:]}",
            "parent_region_code": "990000",
            "region_level": "district",
        }
        rows.append([{**row, "is_survey_region": "true"}.get(column, "") for column in header])
    _write(folder / "regions.csv", header, rows)


def _read(name: str) -> tuple[list[str], list[list[str]]]:
    with (SAMPLE / "registers" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
