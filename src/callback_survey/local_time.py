"""The one time zone of the surveys: records hold UTC, people read the time of Shanghai."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo

TIME_ZONE = "Asia/Shanghai"
LOCAL = ZoneInfo(TIME_ZONE)


def in_local(moment: datetime | str) -> datetime:
    """A moment, also as records hold it (ISO 8601 with an offset), in local time."""
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(LOCAL)


def local_date(moment: datetime | str) -> date:
    return in_local(moment).date()


def to_the_minute(moment: datetime | str) -> str:
    """Such as `2018-04-20 06:00`."""
    return f"{in_local(moment):%Y-%m-%d %H:%M}"


def to_the_second(moment: datetime | str) -> str:
    """Such as `2018-04-20 06:00:00`; empty for a moment that was not kept."""
    return f"{in_local(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def months_in_words(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def months_before(day: date, months: int) -> date:
    """The last day that lies so many calendar months back: of 31 May, one month back is 30 April."""
    year, before = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, before + 1, min(day.day, monthrange(year, before + 1)[1]))
