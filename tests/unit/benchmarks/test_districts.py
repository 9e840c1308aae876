"""The invented districts of the benchmark: deliveries of the sample's shape that stand apart from each other."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from benchmarks import districts, script
from homes import QUARTER, REGION, SAMPLE_EXPORTS


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("districts")
    assert list(districts.write(folder, 2)) == ["990001", "990002"]
    return folder


def test_each_has_a_whole_delivery_with_case_numbers_of_its_own(two: Path) -> None:
    frames = []
    for code in districts.codes(2):
        delivery = two / "exports" / code / QUARTER
        manifest = json.loads((delivery / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["note"].startswith("虚构数据")
        for file in manifest["files"]:
            text = (delivery / file["name"]).read_bytes()
            assert file["sha256"] == hashlib.sha256(text).hexdigest()
            assert file["rows"] == len(text.splitlines()) - 1
        frames.append((delivery / "frame.csv").read_text(encoding="utf-8").splitlines())
    sample = json.loads((SAMPLE_EXPORTS / REGION / QUARTER / "manifest.json").read_text(encoding="utf-8"))
    assert {len(frame) - 1 for frame in frames} == {
        file["rows"] for file in sample["files"] if file["name"] == "frame.csv.gz"
    }
    first, second = ({line.partition(",")[0] for line in frame[1:]} for frame in frames)
    assert not first & second


def test_each_has_departments_of_its_own(two: Path) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select region_code, count(*) from read_csv('{two}/registers/departments.csv', all_varchar = true) "
            "where starts_with(department_code, region_code) group by all order by all"
        ).fetchall()
    assert [region for region, _ in found] == districts.codes(2)
    assert len({count for _, count in found}) == 1 and found[0][1] > 30


def test_the_script_counts_what_the_printed_annexes_say(two: Path) -> None:
    """区教育局 has 74.42 % in the notice; the whole district's mean of rounded rates is 94.77 and that of the script's."""
    target = two / "rates.parquet"
    script.main(two / "exports", two / "registers", target)
    with duckdb.connect() as connection:
        found = connection.execute(
            "select region_code, count(*), "
            "round(avg(round(100.0 * satisfied_count / satisfaction_count, 2)), 2)::decimal(5, 2)::text "
            f"from '{target}' where satisfaction_count > 0 group by all order by all"
        ).fetchall()
    assert found == [(code, 34, "94.77") for code in districts.codes(2)]
