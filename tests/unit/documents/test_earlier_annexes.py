"""Releases from before `annexes` had a table for each of two forms; documents read them as they read one of today."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from callback_survey.documents.earlier_annexes import table_sql
from callback_survey.documents.marts import QuarterMarts

KEYS = "'r' as region_code, '2018Q1' as quarter"


@pytest.fixture
def release() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two departments. Satisfaction has a form and is filled in, realisation has one and is not; 办理提速率 has none."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table region_rates as select {KEYS}, * from (values ('satisfaction', 2), ('realisation', 2), ('pace', 1))
                t (measure, rated_department_count);
            create table annex_satisfaction as select {KEYS}, * from (values
                (1, 'd2', '乙', 8, 4, 75.00::decimal(5, 2), null::decimal(5, 2), 0.00::decimal(5, 2), 0.00, 25.00::decimal(5, 2)),
                (2, 'd1', '甲', 9, 5, 60.00, 40.00, 0.00, 0.00, 0.00)
            ) t (row_number, department_code, department_name, valid_frame_count, sample_count, satisfied_pct,
                fairly_satisfied_pct, basically_satisfied_pct, rather_dissatisfied_pct, dissatisfied_pct);
            create table annex_realisation as select {KEYS}, * from (values
                (1, 'd1', '甲', 9, 5, null::decimal(5, 2), null::decimal(5, 2)), (2, 'd2', '乙', 8, 4, null, null)
            ) t (row_number, department_code, department_name, valid_frame_count, sample_count, within_one_visit_pct,
                two_or_more_visits_pct);
            create table department_rates as select {KEYS}, * from (values
                ('pace', 'd1', '甲', 9, 5, null), ('pace', 'd2', '乙', 8, 4, 50.00)
            ) t (measure, department_code, department_name, valid_frame_count, sample_count, rate_pct);
            create table department_answers as select {KEYS}, * from (values
                ('satisfaction', 'd2', 'fairly_satisfied', '比较满意', 2, null::decimal(5, 2), true),
                ('realisation', 'd1', 'solved', '解决', 1, 80.00, false), ('realisation', 'd1', 'unsolved', '未解决', 2, 20.00, false),
                ('pace', 'd1', 'fast', '快', 1, null, false), ('pace', 'd2', 'fast', '快', 1, 50.00, false)
            ) t (measure, department_code, answer_code, answer_label, answer_order, answer_pct, is_suppressed);
            """
        )
        yield connection


def annex(release: duckdb.DuckDBPyConnection, measure: str) -> list[tuple[object, ...]]:
    """Number, name, and the counts and shares as (label, value), the masked ones as *."""
    rows = release.execute(
        f"""
        select row_number, department_name,
            list(figure_label || ' ' || case when is_suppressed then '*' else coalesce(figure_count::text, figure_pct::text, '—') end
                order by figure_order)
        from ({table_sql(QuarterMarts(release, "main", "r", "2018Q1"))})
        where region_code = 'r' and quarter = '2018Q1' and measure = $1
        group by all order by all
        """,
        [measure],
    ).fetchall()
    return [(number, name, *figures) for number, name, figures in rows]


def test_a_form_has_its_printed_heads_and_what_was_masked_is(release: duckdb.DuckDBPyConnection) -> None:
    counts = ("有效样本框 8", "抽样数 4")
    shares = (
        "满意率（%） 75.00",
        "比较满意率（%） *",
        "基本满意率（%） 0.00",
        "不太满意率（%） 0.00",
        "不满意率（%） 25.00",
    )
    assert annex(release, "satisfaction")[0] == (1, "乙", *counts, *shares)


def test_a_form_without_a_share_though_there_are_rates_was_of_another_scale(release: duckdb.DuckDBPyConnection) -> None:
    rated = [
        (1, "甲", "有效样本框 9", "抽样数 5", "解决（%） 80.00", "未解决（%） 20.00"),
        (2, "乙", "有效样本框 8", "抽样数 4"),
    ]
    assert annex(release, "realisation") == rated
    release.execute("update region_rates set rated_department_count = 0")
    assert annex(release, "realisation")[1][4:] == ("实现率（%）（零上门/一次） —", "未实现率（%）（两次及以上） —")


def test_a_measure_without_a_form_is_ordered_as_one_with_a_form(release: duckdb.DuckDBPyConnection) -> None:
    assert annex(release, "pace") == [
        (1, "乙", "有效样本框 8", "抽样数 4", "快（%） 50.00"),
        (2, "甲", "有效样本框 9", "抽样数 5", "快（%） —"),
    ]


def test_a_release_from_before_masks_masks_nothing(release: duckdb.DuckDBPyConnection) -> None:
    release.execute("alter table department_answers drop column is_suppressed")
    assert "比较满意率（%） —" in annex(release, "satisfaction")[0]


def test_figures_are_counts_and_percentages_of_two_decimals(release: duckdb.DuckDBPyConnection) -> None:
    sql = table_sql(QuarterMarts(release, "main", "r", "2018Q1"))
    assert release.execute(f"select max(figure_pct) from ({sql})").fetchone() == (Decimal("80.00"),)
