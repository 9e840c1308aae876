"""A part that is missing between others is named as the others are."""

from __future__ import annotations

import pytest

from callback_survey.deliveries.parts import missing_parts


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["calls-001.csv", "calls-003.csv"], ["calls-002.csv"]),
        (["calls-2.csv", "calls-3.csv"], ["calls-1.csv"]),
        (["办件 (1).csv", "办件 (3).csv", "回访.csv"], ["办件 (2).csv"]),
        (["办件（1）.csv", "办件（4）.csv"], ["办件(2).csv", "办件(3).csv"]),
        (["样本框_1.csv", "样本框_3.CSV"], ["样本框_2.csv"]),
        (["a[1].xlsx", "a[3].xlsx"], ["a[2].xlsx"]),
        (["calls-part1.csv", "calls-part3.csv"], ["calls-part2.csv"]),
        (["part-1.csv.gz", "part-3.csv.gz"], ["part-2.csv.gz"]),
        (["办件第一部分.xlsx", "办件第三部分.xlsx"], ["办件第二部分.xlsx"]),
        (["回访一.csv", "回访三.csv"], ["回访二.csv"]),
        (["办件_1of3.csv", "办件_2of3.csv"], ["办件_3of3.csv"]),
        (["办件_1of2.csv"], ["办件_2of2.csv"]),
        (["办件4月.csv", "办件6月.csv"], ["办件5月.csv"]),
        (["办件.csv", "办件 (3).csv"], ["办件 (2).csv"]),
        (["frame.csv", "frame-2.csv", "frame-4.csv"], ["frame-3.csv"]),
    ],
)
def test_a_gap_is_named(names: list[str], missing: list[str]) -> None:
    assert missing_parts(names) == missing
    assert missing_parts([*names, *missing]) == []


@pytest.mark.parametrize(
    "names",
    [
        ["calls-1.csv", "calls-2.csv"],
        ["calls-2.csv"],
        ["calls-2018.csv"],
        ["calls-20180410.csv", "calls-20180412.csv"],
        ["calls.csv", "calls(1).csv"],
        ["办件.csv", "办件 (2).csv"],
        ["2018年一季度.xlsx", "2018年三季度.xlsx"],
        ["frame_q1.csv", "calls_q3.csv"],
        ["办件4月.csv", "办件5月.csv"],
        ["办件101.csv", "办件103.csv"],
        [],
    ],
)
def test_numbers_that_leave_no_gap_are_none(names: list[str]) -> None:
    assert missing_parts(names) == []
