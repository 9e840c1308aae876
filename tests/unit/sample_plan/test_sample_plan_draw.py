"""The draw: checked against hashlib, stable when a sample grows, and writable only with a seed that can be read again."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from callback_survey.sample_plan import draw
from callback_survey.sample_plan.draw import Department

CASES = [(f"d{number % 3}", f"案-{number:04d}") for number in range(300)]
NAMES = {"d0": "区甲局", "d1": "区乙局", "d2": "区丙局"}


@pytest.fixture
def frame() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table valid_cases (department_code text, case_id text, case_token text, phone_token text)"
        )
        connection.executemany(
            "insert into valid_cases values (?, ?, ?, ?)",
            [[code, case, f"c:{case}", f"p:{case}"] for code, case in CASES],
        )
        yield connection


def drawn(connection: duckdb.DuckDBPyConnection, seed: str, **sizes: int) -> dict[str, list[str]]:
    """The drawn case numbers of each department, in order."""
    departments = {code: Department(NAMES[code], size) for code, size in sizes.items()}
    count = draw.draw(connection, departments, seed)
    rows = connection.execute("select department_code, case_id from call_list order by department_code, draw_number")
    found: dict[str, list[str]] = {}
    for code, case_id in rows.fetchall():
        found.setdefault(code, []).append(case_id)
    assert count == sum(len(cases) for cases in found.values())
    return found


def test_the_first_cases_by_the_hash_of_seed_and_case_are_drawn(frame: duckdb.DuckDBPyConnection) -> None:
    for seed in ("2018Q2", "种子 7", "a|b"):
        expected = {
            code: sorted(
                (case for department, case in CASES if department == code),
                key=lambda case: hashlib.sha256(f"{seed}|{case}".encode()).hexdigest(),
            )[:size]
            for code, size in (("d0", 5), ("d1", 100), ("d2", 1))
        }
        assert drawn(frame, seed, d0=5, d1=100, d2=1) == expected


def test_the_order_of_the_frame_decides_nothing(frame: duckdb.DuckDBPyConnection) -> None:
    before = drawn(frame, "s", d0=20, d1=20)
    frame.execute("create or replace table valid_cases as select * from valid_cases order by random()")
    assert drawn(frame, "s", d0=20, d1=20) == before


def test_a_larger_sample_keeps_the_smaller_one_and_leaves_other_departments_alone(
    frame: duckdb.DuckDBPyConnection,
) -> None:
    small, large = drawn(frame, "s", d0=10, d1=10), drawn(frame, "s", d0=25, d1=10)
    assert large["d0"][:10] == small["d0"]
    assert large["d1"] == small["d1"]


def test_another_seed_draws_other_cases(frame: duckdb.DuckDBPyConnection) -> None:
    assert set(drawn(frame, "s", d0=10)["d0"]) != set(drawn(frame, "t", d0=10)["d0"])


def test_no_more_than_the_frame_and_nothing_of_a_department_without_a_size(frame: duckdb.DuckDBPyConnection) -> None:
    found = drawn(frame, "s", d0=1000, d1=0)
    assert {code: len(cases) for code, cases in found.items()} == {"d0": 100}


def test_every_case_has_the_same_chance(frame: duckdb.DuckDBPyConnection) -> None:
    """Over 300 seeds a case is among 20 of 100 about 60 times; 6 standard deviations of luck are 41."""
    counts: dict[str, int] = {}
    for number in range(300):
        for case in drawn(frame, f"seed {number}", d0=20)["d0"]:
            counts[case] = counts.get(case, 0) + 1
    assert len(counts) == 100
    assert all(abs(count - 60) < 41 for count in counts.values())


def test_the_list_is_safe_in_a_spreadsheet_and_exact_in_parquet(
    frame: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    frame.execute("update valid_cases set case_id = '=1+1' where case_id = '案-0000'")
    drawn(frame, "s", d0=100)
    list_csv, parquet = draw.write_list(frame, tmp_path)
    with list_csv.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == draw.COLUMNS
    assert [int(row["draw_number"]) for row in rows] == list(range(1, 101))
    assert "'=1+1" in {row["case_id"] for row in rows}
    exact = duckdb.sql(f"select case_id from read_parquet('{parquet}')").fetchall()
    assert ("=1+1",) in exact and len(exact) == 100


def test_a_made_seed_is_new_each_time() -> None:
    assert draw.new_seed() != draw.new_seed()
