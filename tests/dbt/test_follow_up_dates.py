"""Due dates against numpy's business days, over a calendar written down here a second time from the State Council's notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from homes import QUARTER, Served
from models_over_rows import compiled_models

# 国办发明电〔2017〕12号, 〔2018〕15号 and, for 劳动节 2019, 〔2019〕3号: spans of days off, and the weekend days worked for them.
DAYS_OFF = (
    ("2018-01-01", "2018-01-01"),
    ("2018-02-15", "2018-02-21"),
    ("2018-04-05", "2018-04-07"),
    ("2018-04-29", "2018-05-01"),
    ("2018-06-18", "2018-06-18"),
    ("2018-09-24", "2018-09-24"),
    ("2018-10-01", "2018-10-07"),
    ("2018-12-30", "2019-01-01"),
    ("2019-02-04", "2019-02-10"),
    ("2019-04-05", "2019-04-05"),
    ("2019-05-01", "2019-05-04"),
    ("2019-06-07", "2019-06-07"),
    ("2019-09-13", "2019-09-13"),
    ("2019-10-01", "2019-10-07"),
)
WORKED_WEEKENDS = (
    *("2018-02-11", "2018-02-24", "2018-04-08", "2018-04-28", "2018-09-29", "2018-09-30", "2018-12-29"),
    *("2019-02-02", "2019-02-03", "2019-04-28", "2019-05-05", "2019-09-29", "2019-10-12"),
)
FIRST, LAST = date(2017, 11, 1), date(2020, 2, 29)
WORKING_DAYS = (1, 5, 20, 250)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(number) for number in range((last - first).days + 1)]


def days_not_worked() -> list[date]:
    """numpy knows no worked weekend, so every day is a business day there but for those listed."""
    off = {day for first, last in DAYS_OFF for day in days(date.fromisoformat(first), date.fromisoformat(last))}
    worked = {date.fromisoformat(day) for day in WORKED_WEEKENDS}
    whole = days(FIRST, LAST + timedelta(1000))
    return [day for day in whole if (day.weekday() >= 5 or day in off) and day not in worked]


@pytest.fixture(scope="module")
def due_dates(served: Served) -> dict[tuple[date, int], dict[str, Any]]:
    """A follow-up rule for each number of days, and an answer on each day."""
    with compiled_models(served.home.path) as models:
        models.give(
            "seeds.follow_up_rules",
            [
                {"answer_code": f"within_{count}", "working_days": count, "valid_from": QUARTER}
                for count in WORKING_DAYS
            ],
        )
        models.give(
            "intermediate.int_case_answers",
            [
                {"quarter": QUARTER, "answer_code": f"within_{count}", "answered_at": f"{day} 17:59:59"}
                for day in days(FIRST, LAST)
                for count in WORKING_DAYS
            ],
        )
        rows = models.run("int_follow_up_dates")
    return {(row["answered_on"], row["working_days"]): row for row in rows}


def test_a_due_date_is_the_nth_working_day_after_the_answer(due_dates: Any) -> None:
    assert len(due_dates) == len(days(FIRST, LAST)) * len(WORKING_DAYS)
    holidays = np.array(days_not_worked(), dtype="datetime64[D]")
    for (answered_on, count), row in due_dates.items():
        # from a day off, counting starts with the next working day: so step back to the last one first
        wanted = np.busday_offset(answered_on, count, roll="backward", weekmask="1111111", holidays=holidays)
        assert row["due_on"] == wanted.astype(date), (answered_on, count)


def test_a_year_whose_notice_is_not_listed_says_so(due_dates: Any) -> None:
    for (answered_on, _), row in due_dates.items():
        assert row["is_calendar_known"] == ({answered_on.year, row["due_on"].year} <= {2018, 2019}), answered_on
