"""A quarter is written one way, covers its days, and is due on the 20th of the month after it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback_survey.errors import UsageError
from callback_survey.quarter import Quarter

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
# written out: the month of a day decides, nothing is computed
NUMBER_OF_MONTH = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 8: 3, 9: 3, 10: 4, 11: 4, 12: 4}


def test_a_quarter_reads_back_as_it_is_written() -> None:
    assert Quarter.parse("2018Q1") == Quarter(2018, 1)
    assert str(Quarter(2018, 4)) == "2018Q4"
    assert Quarter.parse(" 2018Q3\n") == Quarter(2018, 3)


@pytest.mark.parametrize("text", ["", "2018", "2018Q0", "2018Q5", "2018q1", "18Q1", "2018-Q1", "2018Q12", "x2018Q1"])
def test_anything_else_is_refused_with_what_to_write_instead(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Quarter.parse(text)
    assert str(refused.value).splitlines() == [
        f"not a quarter: {text!r}",
        "  expected: a year and a quarter, such as 2018Q1 (Q1 to Q4)",
        "  next: callback-survey run --quarter 2018Q1",
    ]


@pytest.mark.parametrize("text", ["0000Q1", "1899Q4", "3000Q1", "9999Q4"])
def test_a_quarter_that_no_survey_has_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match=f"no survey has such a quarter: {text}") as refused:
        Quarter.parse(text)
    assert refused.value.expected == "a quarter from 1900Q1 to 2999Q4"
    assert Quarter.parse("2999Q4").due_on == date(3000, 1, 20)


def test_what_is_no_text_is_refused_too() -> None:
    with pytest.raises(UsageError, match="not a quarter: None"):
        Quarter.parse(None)  # type: ignore[arg-type]


@given(DAYS)
def test_every_day_is_in_the_quarter_of_its_month_and_between_its_bounds(day: date) -> None:
    quarter = Quarter.containing(day)
    assert (quarter.year, quarter.number) == (day.year, NUMBER_OF_MONTH[day.month])
    assert quarter.first_day <= day <= quarter.last_day
    assert quarter.last_day + timedelta(days=1) == quarter.next().first_day


@pytest.mark.parametrize(
    ("text", "first", "last", "due"),
    [
        ("2018Q1", date(2018, 1, 1), date(2018, 3, 31), date(2018, 4, 20)),
        ("2018Q2", date(2018, 4, 1), date(2018, 6, 30), date(2018, 7, 20)),
        ("2018Q3", date(2018, 7, 1), date(2018, 9, 30), date(2018, 10, 20)),
        ("2018Q4", date(2018, 10, 1), date(2018, 12, 31), date(2019, 1, 20)),
    ],
)
def test_bounds_and_due_dates(text: str, first: date, last: date, due: date) -> None:
    quarter = Quarter.parse(text)
    assert (quarter.first_day, quarter.last_day, quarter.due_on) == (first, last, due)


@given(DAYS)
def test_next_and_previous_undo_each_other_and_order_is_that_of_time(day: date) -> None:
    quarter = Quarter.containing(day)
    assert quarter.next().previous() == quarter == quarter.previous().next()
    assert quarter.previous() < quarter < quarter.next()
    assert str(quarter.previous()) < str(quarter), "seeds compare quarters as text"


def test_a_range_holds_both_ends_and_crosses_the_year() -> None:
    assert [str(quarter) for quarter in Quarter.parse_range("2018Q3..2019Q2")] == [
        "2018Q3",
        "2018Q4",
        "2019Q1",
        "2019Q2",
    ]
    assert Quarter.parse_range("2018Q1") == Quarter.parse_range("2018Q1..2018Q1") == [Quarter(2018, 1)]


def test_a_range_that_runs_backwards_is_refused_with_the_right_one() -> None:
    with pytest.raises(UsageError, match="runs backwards") as refused:
        Quarter.parse_range("2019Q1..2018Q1")
    assert "use 2018Q1..2019Q1" in str(refused.value)


@pytest.mark.parametrize("text", ["2018Q1..", "..2018Q1", "2018Q1...2018Q2", "2018Q1-2018Q2"])
def test_half_a_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a quarter"):
        Quarter.parse_range(text)
