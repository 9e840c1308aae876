"""A column for each answer with a mark in it, and numbers beside labels: read where they leave no doubt, and rejected where they do."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Sequence

import openpyxl
import pytest

from callback_survey.errors import DeliveryRefused
from known_headers import KNOWN
from lakes import ONE_CALL, ONE_CASE, Lake, as_csv, calls, frame

SATISFACTION = ("满意", "比较满意", "基本满意", "不太满意", "不满意")
VISITS = ("零上门", "一次", "两次及以上")
FORMS = ("{}-{}", "{}：{}", "{}/{}", "{}[{}]", "{}【{}】", "{}_{}", "{}（{}）", "2. {} - {}")


def header(form: str = "{}-{}", satisfaction: Sequence[str] = SATISFACTION, question: str = "满意度") -> list[str]:
    return ["办件编号", "回访时间", "回访结果", *(form.format(question, word) for word in satisfaction), "跑动次数"]


def row(number: int, marks: Sequence[str], visits: str = "一次") -> list[str]:
    return [f"XS-{number}", "2018-04-10 09:30:00", "成功", *marks, visits]


def marked(place: int | None, mark: str = "√", rest: str = "") -> list[str]:
    return [mark if place == at else rest for at in range(len(SATISFACTION))]


def deliver(lake: Lake, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    cases = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(len(rows))]
    lake.deliver({"frame.csv": frame(*cases), "calls.csv": (as_csv(head, rows), len(rows))})


def codes(lake: Lake) -> list[str | None]:
    return [one["satisfaction_code"] for one in lake.rows("calls")]


@pytest.mark.parametrize("form", FORMS)
def test_the_header_of_an_answer_is_the_question_and_a_word(form: str) -> None:
    cells = header(form)
    match = next(known for known in KNOWN if known.name == "calls").recognise(cells)
    assert [option.word for option in match.options] == [*SATISFACTION]
    assert match.unknown == ()


def test_the_one_answer_that_is_marked_is_the_answer(lake: Lake) -> None:
    deliver(lake, header(), [row(0, marked(4)), row(1, marked(0)), row(2, marked(None))])
    assert codes(lake) == ["dissatisfied", "satisfied", None]
    assert [one["visits_code"] for one in lake.rows("calls")] == ["one_visit"] * 3


@pytest.mark.parametrize(
    "head", [header("{}：{}", question="1.您对本次办事是否满意？"), header("{}-{}", question="*满意度（必填）")]
)
def test_the_question_may_stand_in_full_or_with_what_forms_write_around_it(lake: Lake, head: list[str]) -> None:
    deliver(lake, head, [row(0, marked(1))])
    assert codes(lake) == ["fairly_satisfied"]


def test_every_question_may_be_read_so(lake: Lake) -> None:
    head = ["办件编号", "回访时间", "回访结果", "满意度", *(f"跑动次数-{word}" for word in VISITS)]
    deliver(lake, head, [["XS-0", "2018-04-10 09:30:00", "成功", "满意", "0", "1", "0"]])
    (one,) = lake.rows("calls")
    assert (one["satisfaction_code"], one["visits_code"]) == ("satisfied", "one_visit")


def test_marks_say_yes_and_their_counterparts_no(lake: Lake) -> None:
    yes, no = ["√", "✓", "✔", "1", "1.0", "是", "Y", "yes", "TRUE", "满意"], ["", "0", "×", "否", "-", "FALSE"]
    pairs = list(itertools.product(yes, no))
    deliver(lake, header(), [row(number, marked(0, *pair)) for number, pair in enumerate(pairs)])
    assert codes(lake) == ["satisfied"] * len(pairs)


def test_two_marks_reject_the_row_by_the_two_columns(lake: Lake) -> None:
    deliver(lake, header(), [row(0, marked(0)), row(1, ["√", "", "", "", "√"])])
    (rejected,) = lake.rows("rejects")
    assert (rejected["line"], rejected["reason"]) == (3, "several_answers")
    assert rejected["detail"] == "「满意度-不满意」、「满意度-满意」 都有标记；一个问题只能标记一项"
    assert codes(lake) == ["satisfied"]


def test_a_letter_x_may_mean_yes_or_no_and_is_told_with_the_file_to_edit(lake: Lake) -> None:
    deliver(lake, header(), [row(0, marked(0)), row(1, marked(3, "x"))])
    (rejected,) = lake.rows("rejects")
    assert (rejected["reason"], rejected["detail"][:21]) == (
        "unknown_answer",
        "满意度-不太满意「x」不在列表中；可用：√",
    )
    (told,) = lake.verdict(lake.landed[-1])["spellings_known"]
    assert (
        told == "满意度-不太满意「x」: 1 rows, first calls.csv line 3; to accept it, edit registers/mark_spellings.csv"
    )


def test_a_mark_beside_an_answer_that_nobody_registered_is_rejected_and_not_lost(lake: Lake) -> None:
    head = header(satisfaction=[*SATISFACTION, "非常差"])
    deliver(lake, head, [row(0, [*marked(0), ""]), row(1, [*marked(None), "√"]), row(2, [*marked(1), "态度好"])])
    (rejected,) = lake.rows("rejects")
    assert (rejected["line"], rejected["detail"][:14]) == (3, "满意度「非常差」不在列表中；")
    assert codes(lake) == ["satisfied", "fairly_satisfied"]


def test_a_column_for_a_mark_for_nothing_is_read_too(lake: Lake) -> None:
    deliver(lake, header(satisfaction=[*SATISFACTION, "不清楚"]), [row(0, [*marked(None), "√"])])
    assert codes(lake) == ["dont_know"]


def test_an_answer_without_a_column_refuses_the_file_by_its_name(lake: Lake) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        deliver(lake, header(satisfaction=SATISFACTION[:4]), [row(0, marked(0)[:4])])
    assert "no column for these answers of satisfaction: 不满意" in " ".join(refused.value.alert_lines)


def test_a_question_with_a_column_of_its_own_beside_those_of_its_answers_refuses_the_file(lake: Lake) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        deliver(lake, [*header(), "满意情况"], [[*row(0, marked(0)), "不满意"]])
    assert "「满意情况」 and 「满意度-满意」 both bring the answer" in " ".join(refused.value.alert_lines)


def test_a_number_behind_a_header_is_no_answer(lake: Lake) -> None:
    """满意度-1 is how programs name a second column 满意度."""
    with pytest.raises(DeliveryRefused, match="cannot be read"):
        deliver(lake, header(satisfaction=["1", "2", "3", "4", "5"]), [row(0, marked(0))])


def test_the_same_rows_are_accepted_from_a_workbook(lake: Lake) -> None:
    rows = [
        row(number, marks)
        for number, marks in enumerate([marked(0), marked(4, "1", "0"), ["√", "√", "", "", ""], marked(None)])
    ]
    deliver(lake, header(), rows)
    of_text = lake.rows("calls"), lake.rows("rejects")
    book = openpyxl.Workbook()
    for cells in (header(), *rows):
        book.worksheets[0].append([int(cell) if cell in ("0", "1") else cell or None for cell in cells])
    content = io.BytesIO()
    book.save(content)
    cases = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(len(rows))]
    lake.deliver({"frame.csv": frame(*cases), "calls.xlsx": (content.getvalue(), len(rows))}, quarter="2018Q2")
    of_workbook = lake.rows("calls"), lake.rows("rejects")
    told = [
        [(one["line"], one.get("satisfaction_code"), one.get("reason"), one.get("detail")) for one in table]
        for tables in (of_text, of_workbook)
        for table in tables
    ]
    assert told[:2] == told[2:]
    assert len(told[0]) == 3 and len(told[1]) == 1


def test_the_ledger_tells_that_answers_are_marks(lake: Lake) -> None:
    deliver(lake, header(), [row(0, marked(0))])
    notes = {file.dataset: file.notes for file in lake.landed[-1].files}
    assert notes["calls"][0].startswith("answers read from marks, a column each: 满意度-满意、满意度-比较满意")


def deliver_words(lake: Lake, said: Sequence[str]) -> None:
    cases = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(len(said))]
    called = [(f"XS-{number}", *ONE_CALL[1:3], word, "一次") for number, word in enumerate(said)]
    lake.deliver({"frame.csv": frame(*cases), "calls.csv": calls(*called)})


def test_a_label_is_the_answer_whatever_number_a_form_writes_beside_it(lake: Lake) -> None:
    said = ["满意(5)", "满意（5分）", "满意[1]", "（1）满意", "1-满意", "1、满意", "A.满意"]
    deliver_words(lake, said)
    assert codes(lake) == ["satisfied"] * len(said)


def test_a_label_or_a_number_that_nobody_registered_is_not_guessed(lake: Lake) -> None:
    said = ["5-很满意", "很满意(5)", "9", "9分", "满意1"]
    deliver_words(lake, said)
    rejected = lake.rows("rejects")
    assert {one["reason"] for one in rejected} == {"unknown_answer"}
    assert [json.loads(one["row_text"])["unknown"]["word"] for one in rejected] == said


def test_a_bare_number_that_the_labels_of_its_table_contradict_is_not_read(lake: Lake) -> None:
    """Here 1 is the best answer, and the register reads 1 as the worst."""
    deliver_words(lake, ["1-满意", "1", "5", "3", "不满意(5)", "3-基本满意"])
    assert [(one["line"], one["satisfaction_code"]) for one in lake.rows("calls")] == [
        (2, "satisfied"),
        (5, "basically_satisfied"),
        (6, "dissatisfied"),
        (7, "basically_satisfied"),
    ]
    rejected = lake.rows("rejects")
    assert [(one["line"], one["reason"]) for one in rejected] == [(3, "contradicted_code"), (4, "contradicted_code")]
    assert rejected[0]["detail"] == "满意度「1」是编号，而本表另有「1-满意」，与登记的编号含义不一致；请写文字"
