"""A header as forms decorate it means what it means bare. What may say that the column is another one is not taken off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from known_headers import ACCEPTED, EVERY_HEADER, canonical, refusal, the_dataset

BEFORE = [
    "*",
    "＊",
    "※",
    "★",
    "#",
    "1.",
    "1、",
    "（1）",
    "1)",
    "①",
    "01",
    "A.",
    "一、",
    "Q3_",
    "[必填]",
    "【单选题】",
    "1. *",
]
AFTER = [
    "*",
    "：",
    ":",
    "必填",
    "（必填）",
    "(必填)*",
    "【必填】",
    "（选填）",
    "(yyyy-mm-dd)",
    "（年/月/日）",
    "（格式：2018-03-01）",
]
NOTES = ["(单选)", "（单位：次）", "(%)", "（手机）", "（11位）", "(0-5)", "(5分制)", "/次", "（如：满意）", "_必填"]
INVISIBLE = ["\ufeff", "\u200b", "\u200e", "\u202e", "\u00ad", "\u2060", "\u3164", "\x00", "\u00a0", "\u3000", "\u2003"]
ANOTHER_COLUMN = [
    "满意度（上季度）",
    "满意度（回访前）",
    "办结日期（计划）",
    "联系电话（代办人）",
    "满意度（1=满意，5=不满意）",
    "原满意度",
    "满意度2",
    "部门名称与地址",
]


def dressed(dataset: str, column: str, header: str) -> list[str]:
    return [header if name == column else name for name in canonical(dataset)]


@given(st.sampled_from(EVERY_HEADER), st.sampled_from(["", *BEFORE]), st.sampled_from(["", *AFTER, *NOTES]))
def test_a_decorated_header_is_read_and_told(example: tuple[str, str, str], before: str, after: str) -> None:
    dataset, column, header = example
    cells = dressed(dataset, column, f"{before} {header}{after}")
    match = the_dataset(dataset).recognise(cells)
    assert match.positions[column] == canonical(dataset).index(column)
    assert the_dataset(dataset).count_recognised(cells) == len(cells)
    assert set(match.decorated) <= {cells[match.positions[column]].strip()}
    assert bool(match.decorated) or not before


@given(st.sampled_from(EVERY_HEADER), st.randoms(use_true_random=False))
def test_what_nobody_sees_in_a_header_does_not_matter(example: tuple[str, str, str], chance: st.DataObject) -> None:
    dataset, column, header = example
    worn = "".join(chance.choice(["", *INVISIBLE]) + char for char in header) + chance.choice(INVISIBLE)
    match = the_dataset(dataset).recognise(dressed(dataset, column, worn))
    assert match.positions[column] == canonical(dataset).index(column)
    assert match.decorated == ()


@pytest.mark.parametrize(
    ("dataset", "column", "header"),
    [
        ("frame", "case_id", "辦件編號"),
        ("frame", "department_name", "部門名稱"),
        ("frame", "completed_on", "辦結日期"),
        ("frame", "phone", "聯絡電話"),
        ("frame", "phone", "手機號碼"),
        ("calls", "called_at", "回訪時間"),
        ("calls", "satisfaction", "滿意度（必填）"),
        ("calls", "visits", "跑動次數"),
        ("published", "satisfied_pct", "滿意率（％）"),
        ("published", "within_one_visit_pct", "實現率(%)"),
        ("published", "valid_frame_count", "有效樣本框"),
    ],
)
def test_traditional_characters_are_read(dataset: str, column: str, header: str) -> None:
    assert the_dataset(dataset).recognise(dressed(dataset, column, header)).positions[column] >= 0


@pytest.mark.parametrize("header", ANOTHER_COLUMN)
def test_words_that_may_mean_another_column_stay(header: str) -> None:
    assert the_dataset("calls").count_recognised([header]) == the_dataset("frame").count_recognised([header]) == 0


@pytest.mark.parametrize(
    "header", ["满意度（上季度）", "满意度（1=满意，5=不满意）", "满意度（回访时由坐席按用户原话逐条登记）"]
)
def test_a_header_with_words_that_are_not_known_is_named_as_the_nearest(header: str) -> None:
    told = refusal("calls", dressed("calls", "satisfaction", header))
    assert told.endswith(f"；最接近的列: {header}")


def test_no_header_is_itself_a_decoration() -> None:
    """Bare, it would be the header of another column."""
    for dataset in ACCEPTED:
        by_header = {header: column.name for column in the_dataset(dataset).columns for header in column.headers}
        for header, name in by_header.items():
            assert the_dataset(dataset).recognise(dressed(dataset, name, header)).decorated == ()
