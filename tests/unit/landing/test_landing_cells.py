"""What landing makes of single cells: all promised spellings are read, everything else is rejected with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from lakes import CALLS_HEADER, FRAME_HEADER, ONE_CALL, ONE_CASE, Lake, as_csv, calls, frame
from promised_words import DISPOSITIONS, SATISFACTION, VISITS

DAY_SPELLINGS = [
    "2018-03-01",
    "2018-3-1",
    "2018/03/01",
    "2018/3/1",
    "2018.03.01",
    "2018年3月1日",
    "2018年03月01日",
    "20180301",
    "２０１８－０３－０１",
    " 2018-03-01\t",
    "2018-03-01 23:59:59",
    "2018年3月1日　09:30",
]
MOMENT_SPELLINGS = [
    "2018-04-10 09:30:00",
    "2018-04-10 09:30",
    "2018-4-10 9:30",
    "2018/4/10 9:30:00",
    "2018-04-10T09:30:00",
    "2018年4月10日 9:30",
    "２０１８／０４／１０　０９：３０",
]
NO_DATES = ["昨天", "2018", "2018-02-30", "2018-13-01", "4316", "18-3-1", "3/1/18", "01/03/2018x", "2018-03"]


def case(**cells: str) -> tuple[str, ...]:
    names = ("case_id", "department_name", "completed_on", "phone", "service_item", "applicant_name")
    return tuple({**dict(zip(names, ONE_CASE, strict=True)), **cells}.values())


def call(**cells: str) -> tuple[str, ...]:
    names = ("case_id", "called_at", "disposition", "satisfaction", "visits")
    return tuple({**dict(zip(names, ONE_CALL, strict=True)), **cells}.values())


def land_cases(lake: Lake, rows: Sequence[Sequence[str]]) -> None:
    lake.deliver({"frame.csv": frame(*rows), "calls.csv": calls()})


def land_calls(lake: Lake, rows: Sequence[Sequence[str]]) -> None:
    lake.deliver({"frame.csv": frame(), "calls.csv": calls(*rows)})


def rejects(lake: Lake) -> list[tuple[str, int, str]]:
    return [(row["dataset"], row["line"], row["reason"]) for row in lake.rows("rejects")]


def test_every_promised_disposition_is_read(lake: Lake) -> None:
    spelled = {word: code for code, words in DISPOSITIONS.items() for word in words.split()}
    land_calls(lake, [call(disposition=word) for word in spelled])
    found = {row["disposition"]: row["disposition_code"] for row in lake.rows("calls")}
    assert found == spelled
    assert lake.rows("rejects") == []


@pytest.mark.parametrize(("question", "spelled"), [("satisfaction", SATISFACTION), ("visits", VISITS)])
def test_every_promised_answer_is_read_and_a_blank_is_no_answer(
    lake: Lake, question: str, spelled: dict[str, str | None]
) -> None:
    land_calls(lake, [call(**{question: word}) for word in spelled])
    assert lake.rows("rejects") == []
    assert [row[f"{question}_code"] for row in lake.rows("calls")] == list(spelled.values())


@pytest.mark.parametrize(
    ("question", "label", "words"),
    [
        ("satisfaction", "满意度", ["6", "0", "很满意", "满意？", "-1", "5.5", "51-满意"]),
        ("visits", "跑动次数", ["1.5", "-1", "1e1", "+3", "多次", "99999999999999999999"]),
        ("disposition", "回访结果", ["睡觉", "成功？", "completed"]),
    ],
)
def test_nothing_is_guessed_and_the_reject_names_what_is_allowed(
    lake: Lake, question: str, label: str, words: list[str]
) -> None:
    allowed = {
        "satisfaction": "满意、比较满意、基本满意、不太满意、不满意、5、4、3、2、1",
        "visits": "零上门、一次、两次及以上、0、1、2",
        "disposition": "、".join(word for spelled in DISPOSITIONS.values() for word in spelled.split()),
    }[question]
    others = rf"{re.escape(allowed)}(、[^/—]+)?"  # and everyday words, but no mark for nothing
    land_calls(lake, [call(**{question: word}) for word in words])
    found = lake.rows("rejects")
    assert {row["reason"] for row in found} == {
        "unknown_disposition" if question == "disposition" else "unknown_answer"
    }
    shown = ["[号码]" if len(word) > 11 else word for word in words]
    expected = [rf"{label}「{re.escape(word)}」不在列表中；可用：{others}" for word in shown]
    assert len(found) == len(expected)
    assert all(re.fullmatch(text, row["detail"]) for text, row in zip(expected, found, strict=True))


def test_a_day_is_read_in_every_promised_spelling(lake: Lake) -> None:
    land_cases(lake, [case(completed_on=text) for text in DAY_SPELLINGS])
    assert lake.rows("rejects") == []
    assert {row["completed_on"] for row in lake.rows("frame")} == {"2018-03-01"}


def test_a_moment_is_read_in_every_promised_spelling_and_a_day_is_its_midnight(lake: Lake) -> None:
    land_calls(lake, [*(call(called_at=text) for text in MOMENT_SPELLINGS), call(called_at="2018-04-10")])
    assert lake.rows("rejects") == []
    found = [row["called_at"] for row in lake.rows("calls")]
    assert found == ["2018-04-10 09:30:00"] * len(MOMENT_SPELLINGS) + ["2018-04-10 00:00:00"]


def test_what_is_no_date_is_rejected_with_an_example_of_one(lake: Lake) -> None:
    lake.deliver(
        {
            "frame.csv": frame(*(case(completed_on=text) for text in NO_DATES)),
            "calls.csv": calls(*(call(called_at=text) for text in NO_DATES)),
        }
    )
    found = lake.rows("rejects")
    assert {row["reason"] for row in found} == {"unreadable_date"}
    assert len(found) == 2 * len(NO_DATES)
    details = [row["detail"] for row in found if row["dataset"] == "frame"]
    assert details == [f"办结日期「{text}」不是日期；例：2018-03-01" for text in NO_DATES]
    assert {row["detail"][:4] for row in found if row["dataset"] == "calls"} == {"回访时间"}


FRAME_FAULTS = {
    "missing_case_id": case(case_id=" \u3000"),
    "case_id_is_personal": case(case_id="15400000001"),
    "missing_department": case(department_name="\u00a0"),
    "missing_date": case(completed_on=""),
    "unreadable_date": case(completed_on="昨天"),
    "ragged_row": (*ONE_CASE, "多出"),
}
CALLS_FAULTS = [
    ("missing_case_id", call(case_id="")),
    ("case_id_is_personal", call(case_id="13900000001-1")),
    ("missing_date", call(called_at=" ")),
    ("unreadable_date", call(called_at="昨天")),
    ("missing_disposition", call(disposition="")),
    ("unknown_disposition", call(disposition="睡觉")),
    ("unknown_answer", call(satisfaction="很满意")),
    ("unknown_answer", call(visits="多次")),
    ("ragged_row", (*ONE_CALL, "x")),
]


def test_each_fault_of_a_frame_row_has_its_reason_and_a_sound_row_none(lake: Lake) -> None:
    land_cases(lake, [*FRAME_FAULTS.values(), ONE_CASE])
    assert rejects(lake) == [("frame", line, reason) for line, reason in enumerate(FRAME_FAULTS, start=2)]
    assert [row["line"] for row in lake.rows("frame")] == [len(FRAME_FAULTS) + 2]


def test_each_fault_of_a_call_has_its_reason_and_a_sound_call_none(lake: Lake) -> None:
    land_calls(lake, [*(row for _, row in CALLS_FAULTS), ONE_CALL])
    assert rejects(lake) == [("calls", line, reason) for line, (reason, _) in enumerate(CALLS_FAULTS, start=2)]
    assert [row["line"] for row in lake.rows("calls")] == [len(CALLS_FAULTS) + 2]


def test_a_row_with_several_faults_has_the_first(lake: Lake) -> None:
    land_calls(
        lake, [call(called_at="昨天", disposition="睡觉", visits="多次"), call(disposition="", satisfaction="x")]
    )
    assert [reason for _, _, reason in rejects(lake)] == ["unreadable_date", "missing_disposition"]


def test_a_rejected_row_is_kept_with_its_text_except_a_ragged_one(lake: Lake) -> None:
    land_cases(lake, [case(completed_on="昨天"), (*ONE_CASE, "多出")])
    dated, ragged = lake.rows("rejects")
    assert json.loads(dated["row_text"]) == {
        "case_id": "XS-1",
        "department_name": "区档案局",
        "completed_on": "昨天",
        "service_item": "查档",
    }
    assert (dated["file"], dated["department_name"]) == ("frame.csv", "区档案局")
    assert (ragged["detail"], ragged["row_text"], ragged["department_name"]) == ("7 fields, expected 6", None, None)


@pytest.mark.parametrize(("text", "kept"), [("1", "1"), ("０３", "03"), (" 12 ", "12"), ("", None)])
def test_an_attempt_number_is_a_whole_number_or_blank(lake: Lake, text: str, kept: str | None) -> None:
    content = as_csv([*CALLS_HEADER, "第几次"], [(*ONE_CALL, text), (*ONE_CALL, "再次"), (*ONE_CALL, "1.5")])
    lake.deliver({"frame.csv": frame(), "calls.csv": (content, 3)})
    assert [row["attempt_no"] for row in lake.rows("calls")] == [kept]
    assert [(row["reason"], row["detail"]) for row in lake.rows("rejects")] == [
        ("unreadable_attempt_no", "第几次「再次」不是整数"),
        ("unreadable_attempt_no", "第几次「1.5」不是整数"),
    ]


ANNEX_HEADER = ["序号", "部门名称", "有效样本框", "抽样数", "实现率(%)(零上门/一次)", "未实现率(%)(两次及以上)"]
ANNEX_ROW = {"number": "1", "name": "区 档案\n局", "frame": "１２", "sample": "5", "within": "97.56", "more": "2.44%"}
ANNEX_FAULTS: dict[str, dict[str, str]] = {
    "missing_department": {"name": " "},
    "unreadable_count": {"sample": "五"},
    "unreadable_percentage": {"within": "约九成"},
}


def test_an_annex_is_kept_as_printed_and_its_faults_are_named(lake: Lake) -> None:
    rows: list[dict[str, Any]] = [ANNEX_ROW, *({**ANNEX_ROW, **fault} for fault in ANNEX_FAULTS.values())]
    cells = [*(tuple(row.values()) for row in rows), (*ANNEX_ROW.values(), "多出")]
    lake.deliver({"published.csv": (as_csv(ANNEX_HEADER, cells), len(cells))})
    (row,) = lake.rows("published")
    assert [row[name] for name in ("row_number", "department_name", "valid_frame_count", "sample_count")] == [
        "1",
        "区 档案\n局",
        "１２",
        "5",
    ]
    assert (row["within_one_visit_pct"], row["two_or_more_visits_pct"]) == ("97.56", "2.44%")
    assert "satisfied_pct" not in row, "a line is of the annex of which it has a column"
    assert [reason for _, _, reason in rejects(lake)] == [*ANNEX_FAULTS, "ragged_row"]
    [told] = [row["detail"] for row in lake.rows("rejects") if row["reason"] == "unreadable_percentage"]
    assert told == "实现率(%)(零上门/一次)「约九成」不是百分数；例：74.43"


def test_a_frame_and_calls_header_in_another_order_means_the_same(lake: Lake) -> None:
    order = [3, 0, 5, 2, 1, 4]
    content = as_csv([FRAME_HEADER[index] for index in order], [[ONE_CASE[index] for index in order]])
    lake.deliver({"frame.csv": (content, 1), "calls.csv": calls(ONE_CALL)})
    (row,) = lake.rows("frame")
    assert (row["case_id"], row["department_name"], row["service_item"]) == ("XS-1", "区档案局", "查档")
