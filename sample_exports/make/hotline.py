"""A service hotline of another city, made up whole: its streets, their monthly volumes, every case, call and answer.

It is another programme: five levels of GB/T 39735-2020, of which three count, and whether the problem was solved, in other
files than those of Xiaoshan. The first quarter has a column for each level with a mark in it, the second labels with numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from callback_survey.quarter import Quarter
from sample_exports.make import phones
from sample_exports.make.dice import Dice
from sample_exports.make.files import SampleFile, table
from sample_exports.make.inputs import StreetCounts, hotline_counts

REGION_CODE = "510107"
QUARTERS = (Quarter(2021, 1), Quarter(2021, 2))
LEVELS = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
SOLVED = ("已解决", "未解决")
_FIRST_PERSON = {Quarter(2021, 1): 300_001, Quarter(2021, 2): 310_001}
_FRAME_HEADER = ("业务流水号", "办理部门", "办结时间", "联系电话", "办理事项", "联系人")
_ITEMS = ("路灯不亮", "夜间噪声", "占道停车", "供水故障", "垃圾清运", "物业纠纷")
_ENDINGS = ("无人接听", "无人接听", "未接", "占线", "拒绝回访", "空号")
_AGENTS = tuple(f"样例{number:02d}" for number in range(1, 7))
# Days before the quarter, on which a case is none of it
_OUTSIDE_DAYS = (3, 11)
_UNUSABLE_PHONES = 3


@dataclass(frozen=True)
class _Case:
    """A case of the frame; `answers` are those of a sampled one: level and solved, each None where it was not answered."""

    street: str
    completed_on: date
    phone: str
    item: str
    person: int
    is_sampled: bool = False
    answers: tuple[str | None, str | None] = (None, None)


def note(quarter: Quarter) -> str:
    """What travels with the data up to the notice and the served table of releases."""
    return (
        f"虚构数据：{quarter.year}年{'一二三四'[quarter.number - 1]}季度热线回访的街道、诉求、回访和各项数字全部是为演示编造的，"
        "与该区及任何街道的实际情况无关"
    )


def files_of(quarter: Quarter, seed: int) -> list[SampleFile]:
    """The files of the delivery without its manifest, by name. The same seed gives the same bytes everywhere."""

    def dice(purpose: str) -> Dice:
        return Dice(seed, f"hotline {quarter} {purpose}")

    valid = _cases(quarter, dice("cases"), dice("answers"))
    in_order = sorted(
        dice("order").shuffled([*valid, *_excluded(quarter, dice("excluded"))]), key=lambda case: case.completed_on
    )
    numbered = [(f"RX{quarter}-{number:05d}", case) for number, case in enumerate(in_order, start=1)]
    frame = [
        (
            case_id,
            case.street,
            case.completed_on.isoformat(),
            case.phone,
            case.item,
            f"样例来电人{case.person - _FIRST_PERSON[quarter] + 1:05d}",
        )
        for case_id, case in numbered
    ]
    sampled = [(case_id, case) for case_id, case in numbered if case.is_sampled]
    header, rows = _calls(quarter, sampled, dice("calls"))
    return [table("calls.csv", header, rows), table("frame.csv.gz", _FRAME_HEADER, frame)]


def _cases(quarter: Quarter, dice: Dice, answer_dice: Dice) -> list[_Case]:
    """Of each street as many cases in each month as its counts say; of them its sample, with its answers."""
    people = _people(_FIRST_PERSON[quarter])
    cases = []
    for street in hotline_counts(str(quarter)):
        volumes = zip(_months(quarter), street.month_counts, strict=True)
        days = [dice.one_of(month) for month, count in volumes for _ in range(count)]
        answers = _answers(street, answer_dice)
        for place, day in enumerate(dice.shuffled(days)):
            person, is_sampled = next(people), place < street.sample_count
            cases.append(
                _Case(
                    street.name,
                    day,
                    phones.written(person, dice),
                    f"虚构诉求：{dice.one_of(_ITEMS)}",
                    person,
                    is_sampled,
                    answers[place] if is_sampled else (None, None),
                )
            )
    return cases


def _answers(street: StreetCounts, dice: Dice) -> list[tuple[str | None, str | None]]:
    """An entry per sampled case. One question begins where the other ends, so that some answered only one of them."""
    levels = [level for level, count in zip(LEVELS, street.level_counts, strict=True) for _ in range(count)]
    solved = [word for word, count in zip(SOLVED, street.solved_counts, strict=True) for _ in range(count)]
    blank = [None] * street.sample_count
    first = [*dice.shuffled(levels), *blank][: street.sample_count]
    second = [*blank[:1], *dice.shuffled(solved), *blank][: street.sample_count]
    return dice.shuffled(list(zip(first, second, strict=True)))


def _excluded(quarter: Quarter, dice: Dice) -> Iterator[_Case]:
    """Rows that belong into no frame, each with the reason that must be found."""
    streets = [street.name for street in hotline_counts(str(quarter))]
    people = _people(_FIRST_PERSON[quarter] + 9_000)
    for kind in range(_UNUSABLE_PHONES):
        person = next(people)
        phone = phones.unusable(kind, person)
        yield _Case(
            dice.one_of(streets),
            quarter.first_day + timedelta(days=40 + kind),
            phone,
            "虚构·应剔除：invalid_phone",
            person,
        )
    for days in _OUTSIDE_DAYS:
        person = next(people)
        day = quarter.first_day - timedelta(days=days)
        yield _Case(dice.one_of(streets), day, phones.written(person, dice), "虚构·应剔除：outside_quarter", person)


def _calls(
    quarter: Quarter, sampled: Sequence[tuple[str, _Case]], dice: Dice
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The header and the rows of the calls, in the order in which they were made."""
    has_marks = quarter == QUARTERS[0]
    asked = (
        (*(f"满意度-{level}" for level in LEVELS), "问题是否解决")
        if has_marks
        else ("1.您对本次诉求的办理结果是否满意？", "2.您反映的问题是否得到解决？")
    )
    days = [day for day in _days_after(quarter) if day.weekday() < 5]
    made: list[tuple[datetime, tuple[str, ...]]] = []
    for case_id, case in sampled:
        begin = dice.below(5)
        earlier = sum(dice.is_hit(0.25) for _ in range(2))
        for attempt in range(1, earlier + 2):
            moment = datetime.combine(days[begin + 2 * (attempt - 1)], time(9)) + timedelta(
                seconds=dice.below(8 * 3600)
            )
            is_last = attempt > earlier
            answers = case.answers if is_last else (None, None)
            cells = _marked(answers) if has_marks else _labelled(answers)
            ending = _ending(answers, dice) if is_last else "无人接听"
            made.append(
                (moment, (case_id, moment.isoformat(sep=" "), ending, *cells, str(attempt), dice.one_of(_AGENTS)))
            )
    header = ("业务流水号", "拨打时间", "通话结果", *asked, "第几次", "工号")
    return header, [row for _, row in sorted(made)]


def _ending(answers: tuple[str | None, str | None], dice: Dice) -> str:
    given = sum(answer is not None for answer in answers)
    return ("", "部分完成", "完成")[given] or dice.one_of(_ENDINGS)


def _marked(answers: tuple[str | None, str | None]) -> tuple[str, ...]:
    level, solved = answers
    return (*("√" if level == word else "" for word in LEVELS), {"已解决": "是", "未解决": "否"}.get(solved or "", ""))


def _labelled(answers: tuple[str | None, str | None]) -> tuple[str, ...]:
    level, solved = answers
    return (
        "" if level is None else f"{LEVELS.index(level) + 1}-{level}",
        "" if solved is None else f"{'AB'[SOLVED.index(solved)]}.{solved}",
    )


def _people(first: int) -> Iterator[int]:
    """Persons with a mobile number: the landlines of `phones` are those of another city."""
    person = first
    while True:
        if phones.number_of(person).startswith("154"):
            yield person
        person += 1


def _months(quarter: Quarter) -> list[list[date]]:
    days = [
        quarter.first_day + timedelta(days=offset) for offset in range((quarter.last_day - quarter.first_day).days + 1)
    ]
    months = sorted({day.month for day in days})
    return [[day for day in days if day.month == month] for month in months]


def _days_after(quarter: Quarter) -> list[date]:
    """The calls begin on the sixth, after the holiday of April, and end before the 20th."""
    return [quarter.last_day + timedelta(days=offset) for offset in range(6, 20)]
