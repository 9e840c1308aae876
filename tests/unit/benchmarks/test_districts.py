"""The invented districts of the benchmark: deliveries of the sample's shape that stand apart from each other."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest

from benchmarks import __main__, districts, measure, page, pandas_script, script
from benchmarks.measure import Cost
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


def test_both_scripts_count_the_same(two: Path, tmp_path: Path) -> None:
    pandas, duck = tmp_path / "rates.csv", tmp_path / "rates.parquet"
    pandas_script.main(two / "exports", two / "registers", pandas)
    script.main(two / "exports", two / "registers", duck)
    __main__.verify_peers(duck, pandas)
    lines = pandas.read_text(encoding="utf-8").splitlines()
    pandas.write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(SystemExit, match="990002-034"):
        __main__.verify_peers(duck, pandas)


def test_a_measured_process_has_its_costs_and_those_of_what_it_started() -> None:
    started = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(20_000_000))'], check=True)"
    found = measure.cost(
        "two processes", [sys.executable, "-c", started + "; print('Time  land 1.5 s, gate 1 2.0 s')"], {}
    )
    assert found.cpu_seconds > 0 and found.tree_mb > 0
    assert found.steps == {"land": 1.5, "gate 1": 2.0}


def test_a_run_that_fails_is_no_measurement() -> None:
    with pytest.raises(SystemExit, match="exit code 3"):
        measure.cost("one that fails", [sys.executable, "-c", "raise SystemExit(3)"], {})


def test_the_page_has_a_table_and_a_picture_for_each_size(tmp_path: Path) -> None:
    for count in (1, 90):
        costs = [asdict(Cost(what, 2.0 * count, 1.0, 100, {"land": 1.0})) for what in ("script", "first run")]
        run = {"districts": count, "bytes": 10**7, "formats": "html", **measure.machine(), "costs": costs}
        (tmp_path / f"districts-{count}.json").write_text(json.dumps(run), encoding="utf-8")
    text = page.write(tmp_path).read_text(encoding="utf-8")
    assert text.count("<table>") == 2 and text.count("<svg") == 3
    assert "90 districts, 10 MB of CSV" in text


def test_a_script_that_was_left_out_is_no_measure_of_the_others(tmp_path: Path) -> None:
    costs = [Cost("pandas_script", 2.0, 1.0, 100), Cost("first run", 4.0, 1.0, 100)]
    assert measure.base(costs) is None
    run = {"districts": 900, "bytes": 10**9, "formats": "html", **measure.machine()}
    told = json.dumps({**run, "costs": [asdict(cost) for cost in costs]})
    (tmp_path / "districts-900.json").write_text(told, encoding="utf-8")
    assert "<td>4.0</td><td>1.0</td><td>100</td><td></td>" in page.write(tmp_path).read_text(encoding="utf-8")
