"""How figures and dates are written: two decimals, a sign before differences, commas in counts, a dash where there is none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

BLANK = "—"
# What is known and not published.
MASKED = "*"


def percent(value: Decimal | float | None) -> str:
    """Two decimals, or a dash where there is no figure."""
    return BLANK if value is None else f"{Decimal(str(value)):.2f}"


def points(value: Decimal | float | None) -> str:
    """A difference in percentage points with its sign; a true minus sign, as wide as the plus."""
    if value is None:
        return BLANK
    number = Decimal(str(value))
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return f"{sign}{abs(number):.2f}"


def count(value: int | None) -> str:
    return BLANK if value is None else f"{value:,}"


def chinese_number(value: int) -> str:
    """A number from 1 to 99 as headings are numbered: 一, 十, 十二, 二十."""
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(value, 10)
    return f"{digits[tens] if tens > 1 else ''}{'十' if tens else ''}{digits[ones] if ones else ''}"


def chinese_date(day: date) -> str:
    """Without leading zeros, as dates of official documents are written."""
    return f"{day.year}年{day.month}月{day.day}日"
