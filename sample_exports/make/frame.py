"""The frame: every completed case of the quarter, invented, so many per department as the annexes or the counts say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from callback_survey.quarter import Quarter
from sample_exports.make import phones
from sample_exports.make.dice import Dice
from sample_exports.make.inputs import LATER_VARIANTS, name_variants
from sample_exports.make.occasions import Occasion

HEADER = ("办件编号", "部门名称", "办结日期", "联系电话", "事项名称", "申请人")

_SERVICE_ITEMS = ("申领", "变更", "换证", "备案", "查询", "注销")
_NAME_VARIANT_SHARE = 0.12
_NEW_NAME_VARIANT_SHARE = 0.35  # a new name takes time to get around
_LONGEST_HANDLING_DAYS = 15
_PEOPLE_AT_TWO_DEPARTMENTS = 400
_PEOPLE_CALLED_TWICE = 4


@dataclass(slots=True, eq=False)
class FrameRow:
    """A row of the frame while it is made. `repeats` is the row whose case number it carries once more."""

    department: str
    department_text: str
    received_on: date
    completed_on: date
    person: int
    phone_text: str
    service_item: str
    is_called: bool = False
    repeats: FrameRow | None = None
    case_id: str = ""


@dataclass(frozen=True)
class Frame:
    """The valid rows, shuffled, and the people not yet used. `free` holds the rows no special case is built on yet."""

    occasion: Occasion
    rows: list[FrameRow]
    free: list[FrameRow]
    people: Iterator[int]

    @property
    def quarter(self) -> Quarter:
        return self.occasion.quarter

    @property
    def kept_twice_label(self) -> str:
        return f"{self.occasion.word}·应保留：person_called_twice"

    def label(self, reason: str, detail: str) -> str:
        """`样例·应剔除：duplicate_phone（已回访的留下）`: the reason the rules must find, and what the row is about."""
        return f"{self.occasion.word}·应剔除：{reason}（{detail}）"

    def some(self, count: int) -> int:
        """`count` rows of 2018Q1, in the measure of this quarter: at least one."""
        return max(1, int(count * self.occasion.share))


def valid_frame(occasion: Occasion, dice: Dice) -> Frame:
    """Rows that every exclusion rule lets pass: per department `frame_count`, of which `sample_count` are called."""
    people = itertools.count(occasion.first_person)
    days, items = list(_days(occasion.quarter)), [f"{occasion.word}事项：{item}" for item in _SERVICE_ITEMS]
    rows = [
        _row(department.name, place < department.sample_count, next(people), days, items, dice)
        for department in occasion.departments
        for place in range(department.frame_count)
    ]
    free = dice.shuffled(rows)
    frame = Frame(occasion, rows, free, people)
    _call_some_people_twice(frame, dice)
    _send_some_people_to_two_departments(frame, dice)
    return frame


def department_text(name: str, dice: Dice) -> str:
    """The department's name as it stands in the export: mostly the registered one, else as an annex prints it."""
    variants = name_variants().get(name)
    share = _NEW_NAME_VARIANT_SHARE if name in LATER_VARIANTS else _NAME_VARIANT_SHARE
    return dice.one_of(variants) if variants and dice.is_hit(share) else name


def numbered(rows: Sequence[FrameRow], quarter: Quarter, dice: Dice) -> list[FrameRow]:
    """The rows in the order of the export, by day of receipt, with case numbers in that order.

    A row that repeats a case was received later than the one it repeats, so the first of the two stands first.
    """
    in_order = sorted(dice.shuffled(rows), key=lambda row: row.received_on)
    originals = [row for row in in_order if row.repeats is None]
    for number, row in enumerate(originals, start=1):
        row.case_id = f"XS{quarter}-{number:06d}"
    for row in in_order:
        if row.repeats is not None:
            row.case_id = row.repeats.case_id
    return in_order


def records(in_order: Sequence[FrameRow]) -> list[tuple[str, ...]]:
    """The rows as the export's cells; applicants are placeholders numbered as they first appear."""
    applicants: dict[int, int] = {}
    return [
        (
            row.case_id,
            row.department_text,
            row.completed_on.isoformat(),
            row.phone_text,
            row.service_item,
            f"样例申请人{applicants.setdefault(row.person, len(applicants) + 1):06d}",
        )
        for row in in_order
    ]


def _row(
    department: str, is_called: bool, person: int, days: Sequence[date], items: Sequence[str], dice: Dice
) -> FrameRow:
    completed_on = dice.one_of(days)
    return FrameRow(
        department=department,
        department_text=department_text(department, dice),
        received_on=completed_on - timedelta(days=dice.below(_LONGEST_HANDLING_DAYS)),
        completed_on=completed_on,
        person=person,
        phone_text=phones.written(person, dice),
        service_item=dice.one_of(items),
        is_called=is_called,
    )


def _days(quarter: Quarter) -> Iterator[date]:
    """The quarter's days, working days twenty times as often: both the first and the last day of the quarter occur."""
    day = quarter.first_day
    while day <= quarter.last_day:
        yield from [day] * (20 if day.weekday() < 5 else 1)
        day += timedelta(days=1)


def _call_some_people_twice(frame: Frame, dice: Dice) -> None:
    """Two called cases of one person at one department both stay valid."""
    called: dict[str, list[FrameRow]] = {}
    for row in frame.free:
        if row.is_called:
            called.setdefault(row.department, []).append(row)
    largest = sorted(called.values(), key=len, reverse=True)[: frame.some(_PEOPLE_CALLED_TWICE)]
    for first, second, *_ in largest:
        second.person = first.person
        second.phone_text = phones.written(second.person, dice)
        for row in (first, second):
            row.service_item = frame.kept_twice_label
            frame.free.remove(row)


def _send_some_people_to_two_departments(frame: Frame, dice: Dice) -> None:
    """One person at two departments is no duplicate: the rule looks within a department."""
    for _ in range(frame.some(_PEOPLE_AT_TWO_DEPARTMENTS)):
        row = frame.free.pop()
        places = range(len(frame.free) - 1, -1, -1)
        other = frame.free.pop(next(place for place in places if frame.free[place].department != row.department))
        other.person = row.person
        other.phone_text = phones.written(other.person, dice)
