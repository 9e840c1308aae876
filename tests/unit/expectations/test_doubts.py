"""Gate 1 warns of what may be right and looks like a mistake: each on the fault it exists for, naming what was seen."""

from __future__ import annotations

from typing import Any

from lakes import ONE_CASE, Lake, calls, frame


def rows(count: int, **cells: Any) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """A frame of so many cases and a call for each; `satisfaction` and `case_id` make a call's cell of its number."""
    satisfaction = cells.get("satisfaction", lambda _: "满意")
    case_id = cells.get("case_id", lambda row: f"00{row + 1}")
    framed = [(f"00{row + 1}", *ONE_CASE[1:3], f"1540000{row:04d}", "", "") for row in range(count)]
    called = [(case_id(row), f"2018-04-10 09:{row:02d}:00", "成功", satisfaction(row), "一次") for row in range(count)]
    return framed, called


def warned(lake: Lake, framed: list[tuple[str, ...]], *parts: list[tuple[str, ...]], **where: Any) -> dict[str, Any]:
    files = {"frame.csv": frame(*framed), **{f"calls-{n}.csv": calls(*part) for n, part in enumerate(parts, 1)}}
    return lake.verdict(lake.deliver(files, **where))


def test_a_sound_delivery_raises_no_doubt(lake: Lake) -> None:
    framed, called = rows(30)
    doubts = {"answers_reversed", "repeated_calls", "case_ids_alike", "delivered_elsewhere"}
    assert not doubts & warned(lake, framed, called).keys()


def test_codes_that_are_mostly_the_worst_answer_look_reversed(lake: Lake) -> None:
    framed, called = rows(30, satisfaction=lambda row: "5" if row % 10 == 0 else "1")
    assert warned(lake, framed, called)["answers_reversed"] == (
        "满意度: 27 of 30 answers given as numbers are 1 (90.00 %), 3 are 5; 5 is read as the best answer",
    )


def test_words_beside_numbers_and_a_few_bad_answers_do_not(lake: Lake) -> None:
    framed, called = rows(30, satisfaction=lambda row: "1-满意" if row % 2 else "5")
    assert "answers_reversed" not in warned(lake, framed, called)
    framed, called = rows(9, satisfaction=lambda _: "1")
    assert "answers_reversed" not in warned(lake, framed, called), "nine answers tell nothing"


def test_a_calls_file_that_is_there_twice_is_named_with_its_lines(lake: Lake) -> None:
    framed, called = rows(5)
    assert warned(lake, framed, called, called)["repeated_calls"] == (
        "calls-2.csv: 5 call rows repeat rows of calls-1.csv, such as line 2 its line 2",
    )


def test_another_attempt_at_the_same_case_is_no_repeated_call(lake: Lake) -> None:
    framed, called = rows(5)
    again = [(row[0], "2018-04-11 10:00:00", *row[2:]) for row in called]
    assert "repeated_calls" not in warned(lake, framed, called, again)


def test_case_numbers_that_lost_their_zeros_are_told_as_that(lake: Lake) -> None:
    framed, called = rows(5, case_id=lambda row: str(row + 1))
    assert warned(lake, framed, called)["case_ids_alike"] == (
        "5 called cases have no frame row and agree with one but for leading zeros, letter case, spaces or signs, "
        "such as 1 and 001",
    )


def test_case_numbers_in_another_case_width_or_with_other_strokes_are_told_too(lake: Lake) -> None:
    framed = [(f"XS-{row}", *ONE_CASE[1:]) for row in range(4)]
    written = ["xs-0", "XS 1", "XS2", "ＸＳ－3"]
    called = [(name, f"2018-04-10 09:0{row}:00", "成功", "满意", "一次") for row, name in enumerate(written)]
    told = warned(lake, framed, called)["case_ids_alike"][0]
    assert told.startswith("4 called cases have no frame row and agree with one but for leading zeros, letter case")


def test_the_same_bytes_for_another_quarter_or_region_are_told_and_a_redelivery_is_not(lake: Lake) -> None:
    framed, called = rows(5)
    assert "delivered_elsewhere" not in warned(lake, framed, called)
    more = [*called, ("001", "2018-04-12 10:00:00", "成功", "满意", "一次")]
    assert "delivered_elsewhere" not in warned(lake, framed, more), "a correction of the same quarter"
    assert warned(lake, framed, called[:2], region="330110")["delivered_elsewhere"] == (
        "frame.csv: the same bytes were delivered for 330109 2018Q1",
    )
