"""A lake of an earlier version, with the answers in columns of the calls and the figures in columns of the printed lines, is read as
one of today."""

from __future__ import annotations

from pathlib import Path

import duckdb

from callback_survey.landing import LandingReport
from callback_survey.landing.tables import table_sql

KEYS = "'330109' as region_code, '2018Q1' as quarter, 'one' as delivery_id, 'calls.csv' as file"
EARLIER = f"""
    select {KEYS}, 2 as line, 'A' as case_id, '满意' as satisfaction, 'satisfied' as satisfaction_code,
        '/' as visits, null::text as visits_code
    union all
    select {KEYS}, 3, 'B', null, null, '一次', 'one_visit'
"""


def report(lake: Path, **tables: str) -> LandingReport:
    names = {}
    for name, rows in tables.items():
        names[name] = f"{name}.parquet"
        duckdb.sql(rows).write_parquet(str(lake / names[name]))
    return LandingReport("330109", "2018Q1", "one", "", "", "run-1", "k", (), names)


def rows(lake: Path, landed: LandingReport, dataset: str) -> list[dict[str, object]]:
    table = table_sql(landed, dataset, lake)
    return duckdb.sql(f"from {table} order by all").to_arrow_table().to_pylist()


def test_two_answers_in_columns_are_rows_of_their_own(tmp_path: Path) -> None:
    landed = report(tmp_path, calls=EARLIER)
    assert [
        (row["line"], row["question"], row["answer"], row["answer_code"]) for row in rows(tmp_path, landed, "answers")
    ] == [
        (2, "satisfaction", "满意", "satisfied"),
        (2, "visits", "/", None),
        (3, "visits", "一次", "one_visit"),
    ]
    assert set(rows(tmp_path, landed, "calls")[0]) == {
        "region_code",
        "quarter",
        "delivery_id",
        "file",
        "line",
        "case_id",
    }


def test_what_is_landed_today_is_read_as_it_is(tmp_path: Path) -> None:
    landed = report(
        tmp_path,
        calls=f"select {KEYS}, 2 as line, 'A' as case_id",
        answers=f"select {KEYS}, 2 as line, 'pace' as question, '快' as answer, 'fast' as answer_code",
    )
    assert [row["question"] for row in rows(tmp_path, landed, "answers")] == ["pace"]
    assert [row["case_id"] for row in rows(tmp_path, landed, "calls")] == ["A"]


def test_the_columns_of_two_annexes_are_rows_of_their_own(tmp_path: Path) -> None:
    """Line 2 is of the annex of satisfaction, where one share was left blank; line 3 of the other; line 4 printed no share."""
    figures = [
        "satisfied_pct",
        "fairly_satisfied_pct",
        "basically_satisfied_pct",
        "rather_dissatisfied_pct",
        "dissatisfied_pct",
    ]
    names = ", ".join(["line", "department_name", *figures, "within_one_visit_pct", "two_or_more_visits_pct"])
    landed = report(
        tmp_path,
        published=f"""
            select {KEYS}, * from (values
                (2, '甲', '90.00', null::text, '0.00', '0.00', '10.00%', null::text, null::text),
                (3, '甲', null, null, null, null, null, '97.56', '2.44'),
                (4, '乙', null, null, null, null, null, null, null)
            ) as lines ({names})
            """,
    )
    assert [
        (row["line"], row["measure"], row["figure"], row["printed"]) for row in rows(tmp_path, landed, "figures")
    ] == [
        (2, "satisfaction", "basically_satisfied_pct", "0.00"),
        (2, "satisfaction", "dissatisfied_pct", "10.00%"),
        (2, "satisfaction", "fairly_satisfied_pct", None),
        (2, "satisfaction", "rather_dissatisfied_pct", "0.00"),
        (2, "satisfaction", "satisfied_pct", "90.00"),
        (3, "realisation", "two_or_more_visits_pct", "2.44"),
        (3, "realisation", "within_one_visit_pct", "97.56"),
    ]
    assert [row["department_name"] for row in rows(tmp_path, landed, "published")] == ["甲", "甲", "乙"]
    assert not {*figures} & {*rows(tmp_path, landed, "published")[0]}


def test_annexes_alone_answer_nothing(tmp_path: Path) -> None:
    landed = report(tmp_path, published=f"select {KEYS}, 2 as line")
    assert table_sql(landed, "answers", tmp_path) is None
    assert table_sql(landed, "calls", tmp_path) is None
