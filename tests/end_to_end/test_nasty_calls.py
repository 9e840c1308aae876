"""Calls as they should not be, through the real pipeline: what the findings say of them, and who is to be called back."""

from __future__ import annotations

import pytest

from deliveries import OFFICES, Rows, rows_of, write_delivery
from homes import QUARTER, REGION, Home

WHAT_WAS_SAID = "窗口的张三让我打15400005678再问"
DISSATISFIED = "select department_name, reason_code, answered_on::text, due_on::text from dissatisfied order by all"


def nasty_rows() -> dict[str, Rows]:
    """The small delivery with a column for reasons; each department gets its own fault.

    区经信局: its first case says 不满意 first and 满意 on the next day. 区教育局: the calls of a case name 区民政局, and an
    answer comes from a refusal. 区民政局: two of its cases are one person's, and its two dissatisfied people say why.
    """
    rows = rows_of(OFFICES)
    frame, calls = rows["frame.csv"], rows["calls.csv"]
    calls[0].append("原因")
    for call in calls[1:]:
        call.append("")
    by_case = {call[0]: call for call in calls[1:]}
    by_case["BJ01-0000"][2] = "2018-04-11 09:00:00"
    calls.append(["BJ01-0000", "区经信局", "2018-04-10 09:00:00", "成功", "不满意", "一次", "1", "态度差"])
    by_case["BJ02-0000"][1] = "区民政局"
    by_case["BJ02-0001"][3] = "拒访"
    people = {row[0]: row for row in frame[1:]}
    people["BJ03-0001"][3] = people["BJ03-0000"][3]
    by_case["BJ03-0002"][7] = " 等待 时间长"
    by_case["BJ03-0003"][7] = WHAT_WAS_SAID
    return rows


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Home:
    folder = tmp_path_factory.mktemp("nasty")
    write_delivery(folder / "exports" / REGION / QUARTER, nasty_rows())
    home = Home(folder / "home", folder / "exports", privacy_key)
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    return home


def test_each_fault_is_a_finding_of_its_department(nasty: Home) -> None:
    found = nasty.query(
        "select finding_code, department_name, measure, evidence from findings "
        "where finding_code not in ('notice_circulated_before_date', 'flagged_with_few_answers')"
    )
    assert found == [
        ("answer_changed", "区经信局", "satisfaction", "satisfaction: changed 1, better 1, worse 0"),
        ("person_called_twice", "区民政局", None, "persons 1, cases 2"),
        ("department_mismatch", "区教育局", None, "cases 1: 区民政局 (1)"),
        ("disposition_contradicts_answer", "区教育局", None, "cases 1: 拒访 (1)"),
    ]


def test_the_last_answer_decides_who_is_called_back_and_the_reason_is_a_code(nasty: Home) -> None:
    """区经信局's case ended content. 10 April 2018 is a Tuesday; five working days later it is the 17th."""
    files = nasty.serving / "restricted" / "dissatisfied_cases" / "**" / "*.parquet"
    rows = nasty.query(DISSATISFIED.replace("dissatisfied", f"'{files}'"))
    assert rows == [
        ("区教育局", "none", "2018-04-10", "2018-04-17"),
        ("区民政局", "other", "2018-04-10", "2018-04-17"),
        ("区民政局", "slow", "2018-04-10", "2018-04-17"),
    ]


def test_what_a_person_said_is_in_no_table(nasty: Home) -> None:
    import duckdb

    with duckdb.connect(str(nasty.path / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        assert len(tables) > 50
        for (table,) in tables:
            count = f"select count(*) from {table} as t where contains(to_json(t)::text, '张三')"
            assert connection.execute(count).fetchone() == (0,), table
