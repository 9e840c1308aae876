"""Nothing a run leaves behind contains a phone number or an applicant's name: no file, no column of any table, no log."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from pathlib import Path

import duckdb
import pytest

from homes import Served
from personal_data import APPLICANT, IDENTITY_CARD, PERSONAL, PHONE, found_in


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """One file of each kind that a home holds, each with one phone number or name where the search must find it."""
    (tmp_path / "run.log").write_text("called 15400010002 twice", encoding="utf-8")
    (tmp_path / "counts.json").write_text('{"n": 15400010002}', encoding="utf-8")
    (tmp_path / "alert.json").write_text('{"title": "样例申请人000001"}', encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("create table t as select 7 as n, ['a', '(15400010002)'] as list")
        connection.execute(f"copy t to '{tmp_path / 'list.parquet'}' (format parquet, compression zstd)")
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as connection:
        connection.execute("create schema raw; create table raw.t as select '15400010002' as comment")
    with contextlib.closing(sqlite3.connect(tmp_path / "airflow.db")) as connection:
        connection.execute("create table xcom (value blob)")
        connection.execute("insert into xcom values (?)", [b'"15400010002"'])
        connection.commit()
    return tmp_path


def test_the_search_finds_what_is_planted_in_every_kind_of_file(planted: Path) -> None:
    found = {place.partition(":")[0] for place in found_in(planted)}
    assert found == {path.name for path in planted.iterdir()}


def test_the_search_takes_no_digest_and_no_measured_time_for_a_phone_number(tmp_path: Path) -> None:
    digest = "a15400010002b154000100023"
    (tmp_path / "release.json").write_text(f'{{"hash": "{digest}", "seconds": 0.15400010002}}', encoding="utf-8")
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as connection:
        connection.execute("create table t as select $1 as token", [digest])
    assert found_in(tmp_path) == []


def test_the_exports_do_hold_what_must_not_pass(served: Served) -> None:
    with duckdb.connect() as connection:
        counts = connection.execute(
            "select count(*) filter (regexp_full_match(联系电话, '154[0-9]{8}')), count(*) filter (starts_with(申请人, $1)) "
            f"from read_csv('{served.home.exports}/330109/2018Q1/frame.csv.gz', all_varchar = true)",
            [APPLICANT],
        ).fetchone()
    assert counts is not None and min(counts) > 50_000


def test_no_phone_number_and_no_applicant_anywhere_under_the_home(served: Served, tmp_path: Path) -> None:
    kinds = {path.suffix for path in served.home.path.rglob("*") if path.is_file()}
    assert {".parquet", ".duckdb", ".db", ".json", ".jsonl", ".log", ".html", ".csv"} <= kinds
    # a copy, so that opening Airflow's database cannot touch the one that other tests copy
    home = tmp_path / "home"
    shutil.copytree(served.home.path, home, symlinks=True)
    assert found_in(home) == []


def test_later_quarters_bring_no_phone_number_and_no_applicant_either(five_quarters: Served, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(five_quarters.home.path, home, symlinks=True)
    assert found_in(home) == []
    assert PERSONAL.search(five_quarters.outcome.out + five_quarters.outcome.err) is None


def test_numbers_that_people_typed_into_comments_are_scrubbed(served: Served) -> None:
    with duckdb.connect() as connection:
        landed = f"read_parquet('{served.home.path}/lake/raw/calls/*/*/*.parquet')"
        scrubbed = connection.execute(f"select count(*) from {landed} where comment like '%[号码]%'").fetchall()
        comments = connection.execute(f"select comment from {landed} where comment is not null").fetchall()
    assert scrubbed[0][0] >= 4  # three phone numbers and one identity number were typed in
    assert [comment for (comment,) in comments if re.search(f"{PHONE}|{IDENTITY_CARD}", comment)] == []


def test_what_the_run_said_names_no_person(served: Served) -> None:
    assert served.outcome.out
    assert PERSONAL.search(served.outcome.out + served.outcome.err) is None
