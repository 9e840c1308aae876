"""The one time zone of the surveys: records hold UTC, people read the time of Shanghai."""

from __future__ import annotations

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
