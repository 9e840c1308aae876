"""Columns that are not what their header says, unlike parts, unknown headers, sheets left unread: noticed by gate 1."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
import pytest

from lakes import CALLS_HEADER, FRAME_HEADER, Lake, as_csv

CASES = [
    (f"XS-{index}", "区档案局", f"2018-03-{index:02d}", f"154000000{index:02d}", "查档", "") for index in range(1, 11)
]
ANSWERS = ["满意", "比较满意", "基本满意", "不太满意", "不满意"]
CALLS = [
    (case_id, f"2018-04-{index:02d} 09:30:00", "成功", ANSWERS[index % 5], ["零上门", "一次", "两次及以上"][index % 3])
    for index, (case_id, *_) in enumerate(CASES, start=1)
]
Rows = Sequence[Sequence[str]]


def moved(rows: Rows, order: Sequence[int]) -> Rows:
    """The cells of each row in another order, below the same header."""
    return [[row[place] for place in order] for row in rows]


def land(lake: Lake, frame_rows: Rows, call_rows: Rows, calls_header: Sequence[str] = CALLS_HEADER) -> None:
    lake.deliver(
        {
            "frame.csv": (as_csv(FRAME_HEADER, frame_rows), len(frame_rows)),
            "calls.csv": (as_csv(calls_header, call_rows), len(call_rows)),
        }
    )


def swapped(lake: Lake) -> dict[str, tuple[str, ...]]:
    return {file.dataset: file.swapped for file in lake.landed[-1].files if file.swapped}


def test_columns_that_stand_under_each_others_headers_are_named_with_what_they_hold(lake: Lake) -> None:
    land(lake, moved(CASES, [0, 1, 3, 2, 4, 5]), moved(CALLS, [0, 1, 2, 4, 3]))
    assert swapped(lake) == {
        "frame": ("「联系电话」的内容像 completed_on", "「办结日期」的内容像 phone"),
        "calls": ("「跑动次数」的内容像 satisfaction", "「满意度」的内容像 visits"),
    }
    told = lake.verdict(lake.landed[-1])["columns_in_place"]
    assert told == (
        "calls.csv: 「跑动次数」的内容像 satisfaction；「满意度」的内容像 visits",
        "frame.csv: 「联系电话」的内容像 completed_on；「办结日期」的内容像 phone",
    )


def test_a_rotation_of_columns_is_named_whole(lake: Lake) -> None:
    land(lake, CASES, moved(CALLS, [0, 2, 3, 4, 1]))
    assert set(swapped(lake)["calls"]) == {
        "「跑动次数」的内容像 called_at",
        "「回访时间」的内容像 disposition",
        "「回访结果」的内容像 satisfaction",
        "「满意度」的内容像 visits",
    }


def test_one_part_whose_columns_moved_is_named_among_sound_ones(lake: Lake) -> None:
    good, bad = (as_csv(CALLS_HEADER, rows) for rows in (CALLS, moved(CALLS, [0, 2, 3, 4, 1])))
    frame_file = (as_csv(FRAME_HEADER, CASES), len(CASES))
    lake.deliver({"frame.csv": frame_file, "calls-1.csv": (good, 10), "calls-2.csv": (bad, 10)})
    assert [file.name for file in lake.landed[-1].files if file.swapped] == ["calls-2.csv"]
    told = lake.verdict(lake.landed[-1])
    assert [example.partition(":")[0] for example in told["columns_in_place"]] == ["calls-2.csv"]


def test_a_column_of_dates_under_a_header_without_a_rule_is_found_too(lake: Lake) -> None:
    land(lake, moved(CASES, [0, 2, 1, 3, 4, 5]), CALLS)
    assert swapped(lake) == {"frame": ("「部门名称」的内容像 completed_on",)}


def test_answers_below_the_header_of_remarks_are_found_though_the_remarks_were_blank(lake: Lake) -> None:
    rows = [(*row[:3], "", row[4], row[3]) for row in CALLS]
    land(lake, CASES, rows, [*CALLS_HEADER, "备注"])
    assert swapped(lake) == {"calls": ("「备注」的内容像 satisfaction",)}


WIDE = [*CALLS_HEADER, "第几次", "工号", "原因", "备注"]
SOUND: dict[str, Rows] = {
    "as usual": [(*row, "1", "3", "", "") for row in CALLS],
    "answers by number": [(*row[:3], "2", "2", "1", "1", "", "") for row in CALLS],
    # a part of second and third attempts in which nobody was reached: numbers stand for answers too
    "nobody reached": [(*row[:2], "无人接听", "", "", "2", "1", "", "") for row in CALLS],
    "refused with a reason": [(*row[:2], "拒访", "", "", "1", "1005", "不方便", "2018-04-20再打") for row in CALLS],
    "answers spoiled": [(*row[:3], "很好", "多次", "1", "2", "", "") for row in CALLS],
    "no rows": [],
}


@pytest.mark.parametrize("name", SOUND)
def test_a_file_whose_columns_are_in_place_is_not_suspected(lake: Lake, name: str) -> None:
    land(lake, CASES, SOUND[name], WIDE)
    assert swapped(lake) == {}


def test_headers_in_another_order_are_no_moved_columns(lake: Lake) -> None:
    order = [4, 2, 0, 3, 1]
    frame_file = (as_csv(FRAME_HEADER, CASES), len(CASES))
    content = as_csv(moved([CALLS_HEADER], order)[0], moved(CALLS, order))
    report = lake.deliver({"frame.csv": frame_file, "calls.csv": (content, len(CALLS))})
    assert swapped(lake) == {}
    assert lake.verdict(report) == {}


def test_a_part_that_lacks_a_column_of_another_warns_and_names_it(lake: Lake) -> None:
    files = {
        "frame.csv": (as_csv(FRAME_HEADER, CASES), len(CASES)),
        "calls-1.csv": (as_csv([*CALLS_HEADER, "备注"], [(*row, "好") for row in CALLS[:5]]), 5),
        "calls-2.csv": (as_csv(CALLS_HEADER, CALLS[5:]), 5),
    }
    report = lake.deliver(files)
    assert lake.verdict(report) == {"parts_alike": ("calls-2.csv: without comment, which another part of calls has",)}


def test_a_header_nobody_knows_warns_and_what_stands_below_it_is_not_kept(lake: Lake) -> None:
    content = as_csv([*FRAME_HEADER, "受理渠道", "15400000099"], [(*row, "只在这里", "只在这里") for row in CASES])
    report = lake.deliver({"frame.csv": (content, 10), "calls.csv": (as_csv(CALLS_HEADER, CALLS), 10)})
    assert lake.verdict(report) == {
        "spellings_known": tuple(
            f"表头「{header}」: 10 rows, first frame.csv line 1; to accept it, edit src/callback_survey/deliveries/headers.toml"
            for header in ("受理渠道", "[号码]")
        )
    }
    assert not [row for row in lake.rows("frame") if "只在这里" in str(row)]


def test_sheets_that_were_not_read_warn_by_name(lake: Lake) -> None:
    book = openpyxl.Workbook()
    cases, contacts = book.active, book.create_sheet("calls")
    assert cases is not None
    cases.title = "frame"
    for row in [FRAME_HEADER, *CASES]:
        cases.append(row)
    for row in [CALLS_HEADER, *CALLS]:
        contacts.append(row)
    hidden, notes = book.create_sheet("旧数据"), book.create_sheet("说明")
    hidden.append(["秘密"])
    hidden.sheet_state = "hidden"
    notes.append(["本表由样例单位填报"])
    content = io.BytesIO()
    book.save(content)
    report = lake.deliver({"export.xlsx": (content.getvalue(), 20)})
    assert report.remarks == (
        "export.xlsx: hidden sheet「旧数据」was not read",
        "export.xlsx: sheet「说明」was not read, it holds no known table",
    )
    assert lake.verdict(report) == {"everything_read": ("；".join(report.remarks),)}
