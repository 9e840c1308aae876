"""What is published is listed once, in dbt's exposures, and its content has a hash that files and storage do not change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback_survey.scope import Scope
from callback_survey.warehouse.published import (
    RESTRICTED,
    PublishedTable,
    Scoping,
    content_hash,
    content_hashes,
    published_tables,
)

KEY = ("department_code", "measure")
COLUMNS = "department_code text, measure text, rate_pct decimal(5, 2), rate double, note text, is_flagged boolean"
ROWS: list[tuple[Any, ...]] = [
    ("d1", "satisfaction", 94.77, 0.9477, "区档案局", True),
    ("d2", "satisfaction", 74.42, 32 / 43, None, False),
    ("d2", "realisation", None, None, "", None),
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def hash_of(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]], columns: str = COLUMNS, name: str = "t"
) -> str:
    connection.execute(f"create or replace temp table {name} ({columns})")
    if rows:
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
    return content_hash(connection, name, KEY)


@given(st.permutations(ROWS))
def test_the_order_in_storage_does_not_matter(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]
) -> None:
    assert hash_of(connection, rows) == hash_of(connection, ROWS)


def test_neither_the_relation_nor_the_writer_of_a_file_matters(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    expected = hash_of(connection, ROWS)
    assert hash_of(connection, ROWS, name="another_name") == expected
    connection.execute("create or replace temp table t as from another_name order by note")
    for name, options in {"a": "compression zstd", "b": "compression snappy, row_group_size 2048"}.items():
        connection.execute(f"copy t to '{tmp_path / name}.parquet' (format parquet, {options})")
        connection.execute(f"create or replace temp view v as from read_parquet('{tmp_path / name}.parquet')")
        assert content_hash(connection, "v", KEY) == expected
    assert (tmp_path / "a.parquet").read_bytes() != (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (0, 2, 94.76),
        (0, 3, 0.9477000000000001),
        (0, 5, False),
        (1, 4, ""),
        (2, 4, None),
        (2, 2, 0),
        (2, 5, False),
        (0, 0, "d3"),
        (0, 4, "区 档案局"),
    ],
)
def test_every_changed_value_changes_it_and_null_is_not_empty(
    connection: duckdb.DuckDBPyConnection, row: int, column: int, value: Any
) -> None:
    changed = [list(cells) for cells in ROWS]
    changed[row][column] = value
    assert hash_of(connection, [tuple(cells) for cells in changed]) != hash_of(connection, ROWS)


@pytest.mark.parametrize(
    ("column", "changed"),
    [("rate_pct decimal(5, 2)", "rate_pct decimal(6, 2)"), ("rate double", "rate float"), ("note text", "remark text")],
)
def test_types_and_names_of_columns_belong_to_it(
    connection: duckdb.DuckDBPyConnection, column: str, changed: str
) -> None:
    assert hash_of(connection, ROWS[2:], COLUMNS.replace(column, changed)) != hash_of(connection, ROWS[2:])


def test_added_removed_and_repeated_rows_change_it(connection: duckdb.DuckDBPyConnection) -> None:
    hashes = [hash_of(connection, rows) for rows in ([], ROWS[:1], ROWS[:2], ROWS, [*ROWS, ROWS[0]])]
    assert len(set(hashes)) == len(hashes)


def test_rows_beyond_one_batch_count_too(connection: duckdb.DuckDBPyConnection) -> None:
    many = "select 'd' || lpad(i::text, 6, '0') as department_code, 'm' as measure, {} as value from range(25000) t(i)"
    hashes = []
    for value in ("i", "i + (i = 24999)::int", "i + (i = 10000)::int"):
        connection.execute(f"create or replace temp table many as {many.format(value)}")
        hashes.append(content_hash(connection, "many", KEY))
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("scoping", get_args(Scoping))
def test_the_hashes_of_many_scopes_are_those_of_the_rows_of_each(
    connection: duckdb.DuckDBPyConnection, scoping: Scoping
) -> None:
    connection.execute("""
        create schema if not exists marts;
        create or replace table marts.rates as
        select region_code, quarter, 'd' || lpad(i::text, 6, '0') as department_code, i % 7 as value
        from (
            select region_code, quarter, unnest(range(row_count)) as i
            from (values ('330109', '2018Q1', 10001), ('330109', '2018Q2', 3), ('330110', '2018Q1', 20000))
                t (region_code, quarter, row_count)
        )
        order by value
    """)
    order = ("region_code", "quarter", "department_code")
    table = PublishedTable("rates", order, order, scoping, "", {})
    scopes = [
        Scope("330109", "2018Q1"),
        Scope("330109", "2018Q2"),
        Scope("330110", "2018Q1"),
        Scope("330111", "2018Q3"),
    ]
    found = content_hashes(connection, [table], scopes)
    assert list(found) == scopes
    for scope in scopes:
        connection.execute(f"create or replace temp table own as {table.query()}", table.parameters(scope))
        assert found[scope] == {"rates": content_hash(connection, "own", order)}
    different = {"region_quarter": 4, "region": 3, "quarter": 3, "all": 1}
    assert len({hashes["rates"] for hashes in found.values()}) == different[scoping]


def node(name: str, scope: str = "region_quarter", **columns: str) -> dict[str, Any]:
    return {
        "alias": name,
        "description": f" About {name}.\n",
        "config": {"meta": {"key": ["region_code", "code"], "order_by": ["code", "region_code"], "scope": scope}},
        "columns": {column: {"description": f"{text}\n"} for column, text in columns.items()},
    }


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    nodes = {"m.rates": node("rates", code="The code."), "m.dim": node("dim", "region"), "m.cases": node("cases")}
    nodes["m.secret"] = node("not_published")
    document = {
        "nodes": nodes,
        "exposures": {
            "e.1": {"name": "callback_restricted", "depends_on": {"nodes": ["m.cases"]}},
            "e.2": {
                "name": "callback_marts",
                "depends_on": {"nodes": ["m.rates", "m.dim"]},
                "config": {"meta": {"tables": {"rates": "比率"}, "labels": {"code": "代码"}}},
            },
        },
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_the_exposure_is_the_list_of_published_tables(manifest: Path) -> None:
    dim, rates = published_tables(manifest)
    assert (dim.name, rates.name) == ("dim", "rates")
    assert (rates.key, rates.order_by) == (("region_code", "code"), ("code", "region_code"))
    assert (rates.description, rates.column_descriptions) == ("About rates.", {"code": "The code."})
    assert (rates.label, rates.column_labels) == ("比率", {"code": "代码"})
    assert [table.name for table in published_tables(manifest, RESTRICTED)] == ["cases"]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("region_quarter", [("1", "2018Q1")]),
        ("region", [("1", "2018Q1"), ("1", "2018Q2")]),
        ("quarter", [("1", "2018Q1"), ("2", "2018Q1")]),
        ("all", [("1", "2018Q1"), ("1", "2018Q2"), ("2", "2018Q1")]),
    ],
)
def test_a_release_takes_the_rows_of_its_region_and_quarter_as_far_as_a_table_has_them(
    manifest: Path, scope: str, found: list[tuple[str, str]]
) -> None:
    document = json.loads(manifest.read_text(encoding="utf-8"))
    meta = {"key": ["region_code"], "order_by": ["region_code", "quarter"], "scope": scope}
    document["nodes"]["m.rates"]["config"]["meta"] = meta
    manifest.write_text(json.dumps(document), encoding="utf-8")
    table = published_tables(manifest)[1]
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create table marts.rates (region_code text, quarter text)")
        connection.execute("insert into marts.rates values ('2', '2018Q1'), ('1', '2018Q2'), ('1', '2018Q1')")
        assert connection.execute(table.query(), table.parameters(Scope("1", "2018Q1"))).fetchall() == found
