"""Dates in every promised spelling, against an oracle that knows nothing of SQL; and nothing that is guessed."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator

import duckdb
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callback_survey.landing.vocabulary import Vocabulary
from callback_survey.landing.workbench import define_rules
from callback_survey.privacy import TokenKey
from callback_survey.scope import Scope
from lakes import CALLS_HEADER, FRAME_HEADER, ONE_CALL, ONE_CASE, SEEDS, Lake

MOMENTS = st.datetimes(dt.datetime(1955, 1, 1), dt.datetime(2173, 1, 1)).map(lambda found: found.replace(microsecond=0))
FULL_WIDTH = str.maketrans("0123456789:/-. ", "０１２３４５６７８９：／－．　")
DAYS = (
    "{0.year}-{0.month:02d}-{0.day:02d}",
    "{0.year}-{0.month}-{0.day}",
    "{0.year}/{0.month}/{0.day}",
    "{0.year}/{0.month:02d}/{0.day:02d}",
    "{0.year}.{0.month}.{0.day:02d}",
    "{0.year}年{0.month}月{0.day}日",
    "{0.year}年{0.month:02d}月{0.day:02d}日",
)
# what is not in a spelling is zero in the moment it means
TIMES = {
    "{0.hour:02d}:{0.minute:02d}:{0.second:02d}": "",
    "{0.hour}:{0.minute:02d}:{0.second:02d}": "",
    "{0.hour}时{0.minute}分{0.second}秒": "",
    "{0.hour:02d}点{0.minute:02d}分{0.second:02d}秒": "",
    "{0.hour:02d}:{0.minute:02d}:{0.second:02d}.000": "",
    "{0.hour:02d}:{0.minute:02d}:{0.second:02d}+08:00": "",
    "{0.hour:02d}:{0.minute:02d}:{0.second:02d}.123456+08:00": "",
    "{half}{twelve}:{0.minute:02d}:{0.second:02d}": "",
    "{half}{twelve}时{0.minute:02d}分{0.second}秒": "",
    "{twelve}:{0.minute:02d}:{0.second:02d} {latin}": "",
    "{0.hour:02d}:{0.minute:02d}": "second",
    "{0.hour}时{0.minute}分": "second",
    "{0.hour}点{0.minute}分": "second",
    "{half}{twelve}:{0.minute:02d}": "second",
    "{half}{twelve}点{0.minute:02d}分": "second",
    "{half} {twelve}时{0.minute}分": "second",
    "{0.hour}时": "minute second",
    "{0.hour}点": "minute second",
    "{half}{twelve}点": "minute second",
}
Spelled = tuple[str, dt.datetime]


@st.composite
def spelled(draw: st.DrawFn) -> Spelled:
    """A spelling and the moment it means: the text is made from the moment, never the moment from the text."""
    moment = draw(MOMENTS)
    text = draw(st.sampled_from(DAYS)).format(moment)
    time = draw(st.sampled_from([None, *TIMES]))
    if time is None:
        moment = dt.datetime.combine(moment.date(), dt.time())
    else:
        words = {"half": "上午" if moment.hour < 12 else "下午", "latin": "AM" if moment.hour < 12 else "PM"}
        gaps = [" ", "  "] + (["T"] if re.match("[{]0.hour(:02d)?[}]:", time) else []) + ([""] if "日" in text else [])
        text += draw(st.sampled_from(gaps)) + time.format(moment, twelve=(moment.hour - 1) % 12 + 1, **words)
        moment = moment.replace(**dict.fromkeys(TIMES[time].split(), 0))
    if draw(st.booleans()):
        text = text.translate(FULL_WIDTH)
    return draw(st.sampled_from(["{}", " {}\t", "\u00a0{}", "{}\u3000"])).format(text), moment


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        define_rules(connection, Vocabulary.read(SEEDS, Scope("330109", "2018Q1")), TokenKey.from_secret(b"k" * 32))
        yield connection


def read(sql: duckdb.DuckDBPyConnection, *texts: str) -> list[dt.datetime | None]:
    """What each text means. All of them in one statement: planning it takes longer than a thousand texts."""
    return [moment for (moment,) in sql.execute("select moment(unnest($1::varchar[]))", [texts]).fetchall()]


# many cases to an example, and so few examples
MANY = {"min_size": 20, "max_size": 20}
in_lots = settings(max_examples=10)


@in_lots
@given(st.lists(spelled(), **MANY))
@example(
    [
        ("2018年4月10日 上午9时30分", dt.datetime(2018, 4, 10, 9, 30)),
        ("2018/4/10 下午12:05:00", dt.datetime(2018, 4, 10, 12, 5)),
        ("2018年4月10日上午12点", dt.datetime(2018, 4, 10)),
        ("20180410", dt.datetime(2018, 4, 10)),
        ("20180410093005", dt.datetime(2018, 4, 10, 9, 30, 5)),
        ("10-Apr-2018", dt.datetime(2018, 4, 10)),
        ("1 Apr 2018 9:30:05", dt.datetime(2018, 4, 1, 9, 30, 5)),
        ("2018-04-10T01:30:05+00:00", dt.datetime(2018, 4, 10, 9, 30, 5)),
        ("2018-04-10 01:30:05.123 UTC", dt.datetime(2018, 4, 10, 9, 30, 5)),
    ]
)
def test_a_moment_is_read_as_it_was_spelled(sql: duckdb.DuckDBPyConnection, cases: list[Spelled]) -> None:
    found = read(sql, *(text for text, _ in cases))
    assert list(zip([text for text, _ in cases], found, strict=True)) == cases


@in_lots
@given(st.lists(st.tuples(MOMENTS, st.booleans(), st.integers(5, 12)), **MANY))
def test_a_spreadsheets_number_is_the_day_and_second_it_counts_to(
    sql: duckdb.DuckDBPyConnection, cases: list[tuple[dt.datetime, bool, int]]
) -> None:
    """Days since 30 December 1899; five digits behind the point already tell the second apart from its neighbours."""
    expected: list[Spelled] = []
    for moment, is_full_width, digits in cases:
        days, seconds = divmod(int((moment - dt.datetime(1899, 12, 30)).total_seconds()), 86_400)
        expected.append((str(days), dt.datetime.combine(moment.date(), dt.time())))
        text = f"{days}.{round(seconds / 86_400 * 10**digits):0{digits}d}"
        if seconds / 86_400 < 1 - 10**-digits:
            expected.append((text.translate(FULL_WIDTH) if is_full_width else text, moment))
    found = read(sql, *(text for text, _ in expected))
    assert list(zip([text for text, _ in expected], found, strict=True)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("18-3-1", "18/03/01", "8-3-1", "3/1/18", "3-1-18", "01-03-2018", "3/1/2018", "2018-3", "2018年3月", "2018"),
        *("2018-02-30", "2018-13-01", "2018-00-10", "2019-02-29", "20180230", "2018--3-1", "12018-03-01"),
        *("1-Apr-18", "Apr-2018", "10-四月-2018", "31-Feb-2018", "2018-04-10T01:30:05+01:00"),
        *("2018-04-10 9:60", "2018-04-10 13:00 下午", "2018-04-10 0:30 PM"),
        *("2018-04-10 09:30+09:00", "201803010930", "19999", "100000", "-43160", "4316", "43160,5", "4.316e4", "四月"),
        *("2018-04-10;2018-04-11", "2018-04-10 至 2018-04-12", "约2018-04-10", "", " ", "NULL", "0", "\0"),
    ],
)
def test_nothing_that_could_mean_two_days_or_none_is_read(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(sql, text) == [None]


@in_lots
@given(st.lists(st.text("0123456789-/.:年月日时分 上下午T", max_size=20), **MANY))
def test_a_year_that_is_read_was_written_in_full(sql: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    for text, found in zip(texts, read(sql, *texts), strict=True):
        if found is not None and not re.fullmatch(r"\s*[2-9]\d{4}([.]\d+)?\s*", text):
            assert text.strip().startswith(f"{found.year:04d}")


def test_dates_land_alike_from_a_workbook_however_they_are_stored(lake: Lake) -> None:
    """As a date, as a date with a time, as a number, and as the text of each."""
    days = [dt.date(2018, 3, 1), dt.datetime(2018, 3, 1, 23, 59), 43160, 43160.75, "43160", "2018年3月1日"]
    moments = [dt.datetime(2018, 4, 10, 9, 30), 43200 + 570 / 1440, str(43200 + 570 / 1440), "2018/4/10 上午9:30"]
    book = openpyxl.Workbook()
    cases, contacts = book.active, book.create_sheet("calls")
    assert cases is not None
    cases.title = "frame"
    for row in [FRAME_HEADER, *((f"XS-{index}", ONE_CASE[1], day, *ONE_CASE[3:]) for index, day in enumerate(days))]:
        cases.append(row)
    for row in [CALLS_HEADER, *(("XS-1", moment, *ONE_CALL[2:]) for moment in moments)]:
        contacts.append(row)
    content = io.BytesIO()
    book.save(content)
    report = lake.deliver({"export.xlsx": (content.getvalue(), len(days) + len(moments))})
    assert lake.rows("rejects") == []
    assert [row["completed_on"] for row in lake.rows("frame")] == ["2018-03-01"] * len(days)
    assert [row["called_at"] for row in lake.rows("calls")] == ["2018-04-10 09:30:00"] * len(moments)
    assert [file.name for file in report.files] == ["export.xlsx#frame", "export.xlsx#calls"]
