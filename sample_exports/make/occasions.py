"""The deliveries there are: one per quarter, each with its days, its tales told on purpose, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from callback_survey.quarter import Quarter
from sample_exports.make.inputs import DepartmentCounts, invented_counts, reconstructed_counts


@dataclass(frozen=True)
class Tales:
    """How many called people have a history in which it matters which attempt counts.

    `talked_round` names departments whose people first answered 不满意 and were rung until they said 满意.
    """

    satisfaction_changed: int = 0
    visits_changed: int = 0
    same_minute: int = 0
    one_question_each: int = 0
    rung_again: int = 0
    refused_yet_answered: int = 0
    misnamed_department: int = 0
    talked_round: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Occasion:
    """What a delivery is made for.

    `share` says how many of the rows that stand in the frame on purpose there are, 1.0 being those of 2018Q1. Calls begin
    within the first `first_call_within` of `calling_days`; up to three more follow, each at most `longest_pause` days later.
    """

    quarter: Quarter
    departments: tuple[DepartmentCounts, ...]
    note: str
    word: str
    calling_days: tuple[date, ...]
    first_call_within: int
    longest_pause: int
    share: float
    first_person: int
    tales: Tales
    is_invented: bool = True

    @property
    def purpose_prefix(self) -> str:
        """Keeps the seeded choices of the quarters apart; the first quarter was made before there were others."""
        return f"{self.quarter} " if self.is_invented else ""


def occasions() -> tuple[Occasion, ...]:
    """All of them, in order of time."""
    return _reconstruction(), *_inventions()


def _reconstruction() -> Occasion:
    return Occasion(
        quarter=Quarter(2018, 1),
        departments=reconstructed_counts(),
        # Travels with the data up to the notice and the served table of releases.
        note="样例数据：办件明细与回访记录是按2018年一季度通报的数字重建的样例，不是真实个案",
        word="样例",
        calling_days=_working_days(
            date(2018, 4, 2), date(2018, 5, 20), date(2018, 4, 5), date(2018, 4, 6), date(2018, 4, 30), date(2018, 5, 1)
        ),
        first_call_within=22,
        longest_pause=3,
        share=1.0,
        first_person=1,
        tales=Tales(satisfaction_changed=8, visits_changed=3, same_minute=3, one_question_each=6, rung_again=4),
        is_invented=False,
    )


def _inventions() -> Iterator[Occasion]:
    """The calls end before the 20th, when the delivery is due. In October they begin after the national holiday."""
    yield _invention(
        "2018Q2", 200_001, _working_days(date(2018, 7, 2), date(2018, 7, 19)), Tales(rung_again=2), "2018年二季度"
    )
    third = Tales(
        satisfaction_changed=2,
        visits_changed=1,
        same_minute=1,
        one_question_each=2,
        misnamed_department=2,
        talked_round=(("区规划分局", 4), ("区人力社保局", 1)),
    )
    yield _invention("2018Q3", 210_001, _working_days(date(2018, 10, 8), date(2018, 10, 19)), third, "2018年三季度")
    fourth = Tales(satisfaction_changed=1, refused_yet_answered=1)
    yield _invention("2018Q4", 220_001, _working_days(date(2019, 1, 2), date(2019, 1, 18)), fourth, "2018年四季度")
    last = Tales(one_question_each=1, rung_again=1)
    days = _working_days(date(2019, 4, 1), date(2019, 4, 19), date(2019, 4, 5))
    yield _invention("2019Q1", 230_001, days, last, "2019年一季度")


def _invention(quarter: str, first_person: int, calling_days: tuple[date, ...], tales: Tales, chinese: str) -> Occasion:
    return Occasion(
        quarter=Quarter.parse(quarter),
        departments=invented_counts(quarter),
        note=f"虚构数据：{chinese}的办件、回访和各部门数字全部是为演示编造的，与任何部门的实际情况无关",
        word="虚构样例",
        calling_days=calling_days,
        first_call_within=7,
        longest_pause=1,
        share=0.1,
        first_person=first_person,
        tales=tales,
    )


def _working_days(first: date, last: date, *holidays: date) -> tuple[date, ...]:
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return tuple(day for day in days if day.weekday() < 5 and day not in holidays)
