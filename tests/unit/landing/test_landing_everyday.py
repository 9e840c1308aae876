"""What companies really write: marks for nothing, everyday words, decorated answers, wrapped cells and more spellings of time."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from callback_survey.landing.vocabulary import Vocabulary
from callback_survey.landing.workbench import define_rules
from callback_survey.privacy import TokenKey
from callback_survey.scope import Scope
from lakes import ONE_CALL, ONE_CASE, SEEDS, Lake, calls, frame

MARKS = {
    "dont_know": ("不清楚", "不知道", "记不清"),
    "refused_answer": ("拒答", "不愿评价"),
    None: ("/", "—", "-", "NULL", r"\N", "N/A", "无", "不适用", "未评价"),
}
MOMENTS = {
    "2018-04-06 09:00:11+08": "2018-04-06 09:00:11",
    "2018-01-31T16:00:00.000Z": "2018-02-01 00:00:00",
    "2018/4/6 星期五 09:00:11": "2018-04-06 09:00:11",
    "2018-04-06(周五) 9:00": "2018-04-06 09:00:00",
    "2018-04-06\u00a009:00:11": "2018-04-06 09:00:11",
    "\ufeff2018-04-06 09:00:11": "2018-04-06 09:00:11",
    "2018-04-06 24:00": "2018-04-07 00:00:00",
    "2018年4月6日中午12点": "2018-04-06 12:00:00",
    "2018-04-06 中午11:30": "2018-04-06 11:30:00",
    "2018-04-06 下午15:30": "2018-04-06 15:30:00",
    "2018-04-06 晚上8:30": "2018-04-06 20:30:00",
}
# a digit too few, milliseconds since 1970, and midnight or noon: each could be two moments, or none
NO_MOMENTS = [
    "2018040609001",
    "1523000000000",
    "1522976411",
    "2018-04-06 晚上12点",
    "0218-04-06",
    "2018-04-06T09:00:00+09:00",
]


@pytest.fixture(scope="module")
def sql() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    define_rules(connection, Vocabulary.read(SEEDS, Scope("330109", "2018Q1")), TokenKey.from_secret(b"k" * 32))
    return connection


@pytest.mark.parametrize(("code", "mark"), [(code, mark) for code, marks in MARKS.items() for mark in marks])
def test_a_mark_for_nothing_has_its_code_and_costs_the_row_nothing(lake: Lake, code: str | None, mark: str) -> None:
    lake.deliver({"frame.csv": frame(ONE_CASE), "calls.csv": calls((*ONE_CALL[:3], mark, "一次"))})
    (row,) = lake.rows("calls")
    assert (row["satisfaction_code"], row["visits_code"]) == (code, "one_visit")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("1-满意", "satisfied"), ("A.满意", "satisfied"), ("满意。", "satisfied"), ("(5)满意", "satisfied")),
        *(("5分", "satisfied"), ("5.0", "satisfied"), ("满\u200b意", "satisfied"), ('="满意"', "satisfied")),
    ],
)
def test_an_answer_is_read_through_what_a_form_puts_around_it(lake: Lake, written: str, code: str) -> None:
    lake.deliver({"frame.csv": frame(ONE_CASE), "calls.csv": calls((*ONE_CALL[:3], written, "一次"))})
    assert [row["satisfaction_code"] for row in lake.rows("calls")] == [code]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0次", "zero_visits"),
        ("1次", "one_visit"),
        ("3次", "two_or_more_visits"),
        ("2次及以上", "two_or_more_visits"),
        ("2.0", "two_or_more_visits"),
    ],
)
def test_visits_are_read_with_their_unit(lake: Lake, written: str, code: str) -> None:
    lake.deliver({"frame.csv": frame(ONE_CASE), "calls.csv": calls((*ONE_CALL[:4], written))})
    assert [row["visits_code"] for row in lake.rows("calls")] == [code]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("关机", "no_answer"),
        ("无法接通", "no_answer"),
        ("通话中", "busy"),
        ("拒接", "refused"),
        ("挂断", "refused"),
        ("已停机", "not_in_service"),
    ],
)
def test_everyday_words_of_call_centres_are_known(lake: Lake, word: str, code: str) -> None:
    lake.deliver({"frame.csv": frame(ONE_CASE), "calls.csv": calls((*ONE_CALL[:2], word, "", ""))})
    assert [row["disposition_code"] for row in lake.rows("calls")] == [code]


@pytest.mark.parametrize(
    "wrapped", ["XS-1\u200b", "\ufeffXS-1", "'XS-1", "XS-1\x1a", "\u202eXS-1", "&nbsp;XS-1", "XS-1\u3000"]
)
def test_a_case_is_the_same_whatever_invisible_stands_around_its_number(lake: Lake, wrapped: str) -> None:
    lake.deliver({"frame.csv": frame((wrapped, *ONE_CASE[1:])), "calls.csv": calls(ONE_CALL)})
    tokens = {lake.rows(name)[0]["case_token"] for name in ("frame", "calls")}
    assert [row["case_id"] for row in lake.rows("frame")] == ["XS-1"]
    assert len(tokens) == 1


@pytest.mark.parametrize(("written", "read"), MOMENTS.items())
def test_a_time_is_read_as_it_was_meant(sql: duckdb.DuckDBPyConnection, written: str, read: str) -> None:
    assert sql.execute("select moment($1)::text", [written]).fetchone() == (read,)


@pytest.mark.parametrize("written", NO_MOMENTS)
def test_what_could_be_two_times_or_none_is_not_read(sql: duckdb.DuckDBPyConnection, written: str) -> None:
    assert sql.execute("select moment($1)", [written]).fetchone() == (None,)


@pytest.mark.parametrize("mark", ["—", "/", "-", "无", ""])
def test_a_figure_that_an_annex_does_not_print_is_none(sql: duckdb.DuckDBPyConnection, mark: str) -> None:
    assert sql.execute("select figure($1)", [mark]).fetchone() == (None,)


def test_a_text_that_was_escaped_for_a_web_page_is_unescaped_once(sql: duckdb.DuckDBPyConnection) -> None:
    assert sql.execute("select cell('a&amp;b&nbsp;c'), cell('a&amp;lt;b')").fetchone() == ("a&b c", "a&lt;b")


def test_a_mark_that_is_listed_in_two_widths_is_one(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    with (seeds / "nothing_spellings.csv").open("a", encoding="utf-8") as file:
        file.write("Ｎ／Ａ,blank\n")
    vocabulary = Vocabulary.read(seeds, Scope("330109", "2018Q1"))
    folded = [(word.question, word.folded) for word in vocabulary.spellings]
    assert len(folded) == len(set(folded))
