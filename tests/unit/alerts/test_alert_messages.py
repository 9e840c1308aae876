"""What an alert says: what failed, where, by how much, what to do; and never a number that belongs to a person."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest
from receivers import ALERT

from callback_survey.alerts import alert_from_error, render
from callback_survey.errors import GateFailed, UsageError


def test_a_message_says_what_where_how_much_and_what_to_do() -> None:
    title, body = render(ALERT)

    assert title == "【失败】330109 2018Q1：抽样数多于有效样本框"
    assert body.splitlines() == [
        "问题：抽样数多于有效样本框",
        "地区和季度：330109 2018Q1",
        "步骤：gate",
        "明细：",
        "  · 区市场监管局：抽样 9829，允许不超过 9828",
        "  · 区公安分局（户籍）：抽样 6612，允许不超过 6611",
        "读者现在看到：2017Q4 的结果",
        "下一步：callback-survey run --region 330109 --quarter 2018Q1",
        "链接：http://airflow.example/dags/callback_quarter",
        "运行：callback_quarter/manual__2018-04-20T06:00:00+08:00",
    ]


def test_a_long_list_is_cut_and_says_how_much_is_missing() -> None:
    _, body = render(replace(ALERT, lines=tuple(f"部门 {number}" for number in range(90))))

    assert "部门 29" in body
    assert "部门 30" not in body
    assert "另有 60 行" in body


def test_a_title_is_one_short_line() -> None:
    title, _ = render(replace(ALERT, title="第一行\n第二行 " + "很长" * 100))

    assert "\n" not in title
    assert len(title) <= 120


@pytest.mark.parametrize(
    "number",
    ["13800138000", "+8613800138000", "008613800138000", "138-0013-8000", "138 0013 8000", "１３８００１３８０００"],
)
def test_no_spelling_of_a_phone_number_leaves(number: str) -> None:
    title, body = render(
        replace(
            ALERT, title=f"号码{number}错", lines=(f"电话：{number}。",), next_step=number, run_id=number, link=number
        )
    )

    assert number not in title + body
    assert "电话：[号码]。" in body


def test_no_identity_number_leaves() -> None:
    assert "110101199003070011" not in render(replace(ALERT, lines=("证件 110101199003070011",)))[1]


@pytest.mark.parametrize(
    "text",
    [
        "XS20180100012345",
        "manual__2018-04-20T06:00:00.123456+00:00",
        "20180420T060000123456",
        "sha256 a13800138000b",
        "1524204000000",
        "90597",
    ],
)
def test_what_the_reader_must_look_up_survives(text: str) -> None:
    assert text in render(replace(ALERT, lines=(text,)))[1]


def test_our_own_errors_bring_their_explanation() -> None:
    error = GateFailed(
        "抽样数多于有效样本框",
        where="marts.department_rates",
        expected="sample ≤ frame",
        region_code="330109",
        quarter="2018Q1",
        alert_lines=["区市场监管局：抽样 9829，允许不超过 9828"],
        next_step="callback-survey run --region 330109 --quarter 2018Q1",
    )

    alert = alert_from_error(
        error, run_id="r", step="gate", region_code="000000", quarter="1999Q1", next_step="清除任务"
    )

    assert (alert.region_code, alert.quarter, alert.title) == ("330109", "2018Q1", "抽样数多于有效样本框")
    assert alert.lines == (
        "区市场监管局：抽样 9829，允许不超过 9828",
        "位置：marts.department_rates",
        "应为：sample ≤ frame",
    )
    assert alert.next_step == "callback-survey run --region 330109 --quarter 2018Q1"


def test_a_remedy_is_followed_by_how_to_go_on() -> None:
    alert = alert_from_error(UsageError("no key", next_step="set the key"), run_id="r", step="land", quarter="2018Q1")

    assert alert.next_step.startswith("set the key\n")
    assert "callback-survey run --quarter 2018Q1" in alert.next_step


def test_of_a_foreign_error_only_type_and_first_line_are_told() -> None:
    alert = alert_from_error(ValueError("broken\nOriginal line: 张三,secret"), run_id="r", step="land")

    assert alert.title == "ValueError: broken"
    assert "张三" not in "".join(render(alert))


def test_data_quoted_by_the_database_is_not_told() -> None:
    with pytest.raises(duckdb.ConversionException, match="张三") as failure:
        duckdb.sql("select cast('张三' as integer)").fetchall()

    alert = alert_from_error(failure.value, run_id="r", step="build")

    assert alert.title.startswith("ConversionException: ")
    assert "张三" not in "".join(render(alert))


def test_an_end_without_an_error_is_told_as_such() -> None:
    assert "没有留下错误信息" in alert_from_error(None, run_id="r", step="build").title


def test_problems_are_told_apart_by_kind_scope_and_text() -> None:
    def problem(what: str, region: str | None = None) -> str:
        return alert_from_error(GateFailed(what, region_code=region), run_id="r", step="gate").problem

    assert problem("a") == problem("a")
    assert len({problem("a"), problem("b"), problem("a", "330109"), problem("a", "330110")}) == 4
