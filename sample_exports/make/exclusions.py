"""Rows that are not valid, on purpose and labelled: every exclusion rule has to catch its own, and no other row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

from callback_survey.quarter import Quarter
from sample_exports.make import phones
from sample_exports.make.dice import Dice
from sample_exports.make.frame import Frame, FrameRow, department_text

# Offices that are not in the register: near a registered name, yet not that office. Names are never matched fuzzily.
_UNKNOWN_DEPARTMENTS = ("区市场监管", "区农业农村局", "区公安分局（治安）", "区招商中心", "区住建", "区行政服务中心")
_DAY = timedelta(days=1)


def excluded_rows(frame: Frame, dice: Dice) -> list[FrameRow]:
    """All labelled rows, on top of the valid frame. None of them may change which of the frame's rows are valid."""
    makers = (_duplicate_cases, _unknown_departments, _outside_quarter, _invalid_phones, _duplicate_phones)
    return [row for maker in makers for row in maker(frame, dice)]


def _too_early(quarter: Quarter) -> tuple[date, ...]:
    """The days before the quarter, and a day of the same season a year before."""
    first = quarter.first_day
    return first - _DAY, first - 3 * _DAY, date(first.year - 1, first.month + 2, 15)


def _too_late(quarter: Quarter) -> tuple[date, ...]:
    last = quarter.last_day
    return last + _DAY, last + 2 * _DAY, date(last.year + 1, last.month - 2, 15)


def _duplicate_cases(frame: Frame, dice: Dice) -> Iterator[FrameRow]:
    def repeat(row: FrameRow, detail: str) -> FrameRow:
        later = row.received_on + (1 + dice.below(5)) * _DAY
        item = frame.label("duplicate_case", detail)
        return replace(row, repeats=row, received_on=later, service_item=item, is_called=False)

    for row in _take(frame, frame.some(20), _is_uncalled):
        yield repeat(row, "同一行重复")
    for row in _take(frame, frame.some(10), _is_called):
        yield repeat(row, "同一行重复，已回访")
    for row in _take(frame, frame.some(10), _is_called):
        # must not move the called case to another department
        other = dice.one_of([name for name in ("区商务局", "区教育局", "区民政局") if name != row.department])
        yield replace(repeat(row, "重复的编号，部门不同"), department=other, department_text=other)
    for row in _take(frame, frame.some(10), _is_uncalled):
        person = next(frame.people)
        yield replace(repeat(row, "重复的编号，申请人不同"), person=person, phone_text=phones.written(person, dice))
    for kind, row in enumerate(_take(frame, frame.some(10), _is_uncalled)):
        # further reasons hold as well; the first one counts
        row_again = repeat(row, "重复的编号，电话和日期也无效")
        too_late = dice.one_of(_too_late(frame.quarter))
        yield replace(row_again, completed_on=too_late, phone_text=phones.unusable(kind, row.person))
    for row in _new_rows(frame, dice, frame.some(3)):
        # the row that stays is itself excluded: the second one is a repeat all the same
        row.completed_on = row.received_on = _too_early(frame.quarter)[0]
        row.service_item = frame.label("outside_quarter", "首行，编号另有重复")
        yield row
        yield replace(repeat(row, "首行已在季度之外"), completed_on=frame.quarter.first_day + 4 * _DAY)


def _unknown_departments(frame: Frame, dice: Dice) -> Iterator[FrameRow]:
    count = frame.some(36)
    for number, row in enumerate(_new_rows(frame, dice, count)):
        row.department = row.department_text = _UNKNOWN_DEPARTMENTS[number % len(_UNKNOWN_DEPARTMENTS)]
        row.service_item = frame.label("unknown_department", "部门不在名录")
        if 6 * number >= 5 * count:
            row.completed_on = dice.one_of(_too_late(frame.quarter))
            row.phone_text = phones.unusable(number, row.person)
            row.service_item = frame.label("unknown_department", "部门不在名录，电话和日期也无效")
        yield row


def _outside_quarter(frame: Frame, dice: Dice) -> Iterator[FrameRow]:
    count, too_early, too_late = frame.some(70), _too_early(frame.quarter), _too_late(frame.quarter)
    for number, row in enumerate(_new_rows(frame, dice, count)):
        days, detail = (too_early, "早于本季度") if number % 2 else (too_late, "晚于本季度")
        row.completed_on = dice.one_of(days)
        row.received_on = min(row.received_on, row.completed_on)
        row.service_item = frame.label("outside_quarter", detail)
        if 7 * number >= 6 * count:
            row.phone_text = phones.unusable(number, row.person)
            row.service_item = frame.label("outside_quarter", f"{detail}，电话也无效")
        yield row
    for row in _take(frame, frame.some(10), _is_uncalled):
        # later than the valid row of the same person, but out of the running before duplicate_phone is looked at
        detail = "同一人的有效办件不受影响"
        yield _same_person(row, dice, too_late[0], row.received_on + _DAY, frame.label("outside_quarter", detail))


def _invalid_phones(frame: Frame, dice: Dice) -> Iterator[FrameRow]:
    for number, row in enumerate(_new_rows(frame, dice, frame.some(8 * phones.UNUSABLE_KINDS))):
        row.phone_text = phones.unusable(number, row.person)
        row.service_item = frame.label("invalid_phone", "电话无效")
        yield row


def _duplicate_phones(frame: Frame, dice: Dice) -> Iterator[FrameRow]:
    def again(row: FrameRow, completed_on: date, received_on: date, detail: str) -> FrameRow:
        return _same_person(row, dice, completed_on, received_on, frame.label("duplicate_phone", detail))

    def has_room_before(row: FrameRow) -> bool:
        """Not called, and a day before its completion is still in the quarter and after its receipt."""
        is_inside = row.completed_on > frame.quarter.first_day
        return not row.is_called and is_inside and row.completed_on - row.received_on >= 3 * _DAY

    for row in _take(frame, frame.some(30), lambda row: _is_called(row) and row.completed_on < frame.quarter.last_day):
        yield again(row, row.completed_on + _DAY, row.received_on + _DAY, "已回访的留下")
    for row in _take(frame, frame.some(30), has_room_before):
        # completed earlier, yet received later and so with the greater case number: the date decides
        yield again(row, row.completed_on - _DAY, row.received_on + _DAY, "办结日期最晚的留下")
    for row in _take(frame, frame.some(20), _is_uncalled):
        yield again(row, row.completed_on, row.received_on - _DAY, "同日办结，编号最大的留下")
    for row in _take(frame, frame.some(5), has_room_before):
        yield again(row, row.completed_on - _DAY, row.received_on, "三件中的一件")
        yield again(row, row.completed_on, row.received_on - _DAY, "三件中的一件")
    called_twice = {row.person: row for row in frame.rows if row.service_item == frame.kept_twice_label}
    for row in called_twice.values():
        yield again(row, frame.quarter.last_day, frame.quarter.last_day, "两件已回访的都留下")


def _same_person(row: FrameRow, dice: Dice, completed_on: date, received_on: date, item: str) -> FrameRow:
    """Another case of the same person at the same department, not called, the number perhaps written differently."""
    return FrameRow(
        department=row.department,
        department_text=department_text(row.department, dice),
        received_on=received_on,
        completed_on=completed_on,
        person=row.person,
        phone_text=phones.written(row.person, dice),
        service_item=item,
    )


def _new_rows(frame: Frame, dice: Dice, count: int) -> Iterator[FrameRow]:
    """Cases of people not seen before, at the departments and on the days of existing rows."""
    for _ in range(count):
        like, person = dice.one_of(frame.rows), next(frame.people)
        yield replace(like, person=person, phone_text=phones.written(person, dice), is_called=False)


def _take(frame: Frame, count: int, is_suitable: Callable[[FrameRow], bool]) -> list[FrameRow]:
    """Rows of the valid frame on which nothing else is built yet; they are not free afterwards."""
    taken = list(islice((row for row in frame.free if is_suitable(row)), count))
    for row in taken:
        frame.free.remove(row)
    return taken


def _is_called(row: FrameRow) -> bool:
    return row.is_called


def _is_uncalled(row: FrameRow) -> bool:
    return not row.is_called
