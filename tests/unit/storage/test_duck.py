"""Paths and names get into DuckDB's SQL as what they are, whatever they are called."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from callback_survey.storage import duck

NAMES = ["plain", "it's", 'say "so"', "a';drop table t;--", "三 月", "{name}", "50%", "a[1]*?"]


@pytest.mark.parametrize("name", NAMES)
def test_texts_and_names_come_back_as_they_were(name: str) -> None:
    with duckdb.connect() as connection:
        relation = connection.sql(f"select {duck.text(name)} as {duck.name(name)}")
        assert relation.columns == [name]
        assert relation.fetchall() == [(name,)]


def test_the_folder_of_a_file_is_no_column_and_a_quote_in_its_path_no_end(tmp_path: Path) -> None:
    folder = tmp_path / "region=330109" / "it's"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as n) to {duck.text(folder / 'a.parquet')} (format parquet)")
        assert connection.sql(f"from {duck.read_parquet([folder / 'a.parquet'])}").columns == ["n"]


def test_options_are_passed_on(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for name, column in (("a", "x"), ("b", "y")):
            connection.execute(f"copy (select 1 as {column}) to {duck.text(tmp_path / f'{name}.parquet')}")
        both = duck.read_parquet([tmp_path / "a.parquet", tmp_path / "b.parquet"], union_by_name=True)
        assert connection.sql(f"from {both} order by x").fetchall() == [(1, None), (None, 1)]


def test_no_block_of_a_file_is_kept(tmp_path: Path) -> None:
    with duck.connect(tmp_path / "a.duckdb", memory_limit="100MB", spill=tmp_path / "spill") as connection:
        kept = duck.one_row(connection, "select current_setting('enable_external_file_cache')")
        assert kept == (False,)


@pytest.mark.parametrize(
    ("row_count", "most", "threads"),
    [(0, 8, 1), (122_880, 8, 1), (122_881, 8, 2), (10_000_000, 8, 8), (10_000_000, 1, 1), (10_000_000, None, 6)],
)
def test_as_many_threads_as_have_rows_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_count: int, most: int | None, threads: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    wanted = duck.threads_for(row_count, most)
    with duck.connect(
        tmp_path / "a.duckdb", memory_limit="100MB", spill=tmp_path / "spill", threads=wanted
    ) as connection:
        assert duck.one_row(connection, "select current_setting('threads')") == (threads,)
