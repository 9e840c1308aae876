"""The calls: who was rung when, and what came of it. Attempts are those of `histories`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sample_exports.make.dice import Dice
from sample_exports.make.histories import Attempt, Interview, histories
from sample_exports.make.occasions import Occasion
from sample_exports.make.spellings import AGENTS, SATISFACTION, VISITS, disposition

_HEADER = ("办件编号", "回访时间", "回访结果", "满意度", "跑动次数", "第几次", "工号", "备注")
# From its second delivery on, the survey company also sends what was asked for: the department, and why not satisfied.
_LATER_HEADER = ("办件编号", "部门名称", "回访时间", "回访结果", "满意度", "跑动次数", "第几次", "工号", "原因", "备注")

_SHIFTS = ((time(9), 150), (time(14), 210))  # start, minutes


@dataclass(frozen=True)
class Call:
    """One row of the export, still without its reason and its comment."""

    case_id: str
    department_text: str
    called_at: datetime
    attempt_no: int
    disposition_text: str
    satisfaction: str | None
    satisfaction_text: str
    visits_text: str
    agent_id: str


def header(occasion: Occasion) -> tuple[str, ...]:
    return _LATER_HEADER if occasion.is_invented else _HEADER


def calls(all_interviews: Sequence[Interview], occasion: Occasion, dice: Dice) -> list[Call]:
    """Every attempt of every interview, in the order in which the calls were made."""
    made = [
        call
        for interview, attempts in histories(all_interviews, occasion.tales, dice)
        for call in _rung(interview, attempts, occasion, dice)
    ]
    # Within one minute the log is written backwards: reading it needs the attempt number.
    in_order = sorted(made, key=lambda call: (call.called_at, -call.attempt_no))
    return _misnamed(in_order, occasion.tales.misnamed_department, dice)


def record(call: Call, reason: str, comment: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The row's cells, in the order of the header."""
    cells = {
        "办件编号": call.case_id,
        "部门名称": call.department_text,
        "回访时间": call.called_at.isoformat(sep=" "),
        "回访结果": call.disposition_text,
        "满意度": call.satisfaction_text,
        "跑动次数": call.visits_text,
        "第几次": str(call.attempt_no),
        "工号": call.agent_id,
        "原因": reason,
        "备注": comment,
    }
    return tuple(cells[name] for name in columns)


def _rung(interview: Interview, attempts: Sequence[Attempt], occasion: Occasion, dice: Dice) -> Iterator[Call]:
    days = occasion.calling_days
    day = dice.below(occasion.first_call_within)
    called_at, agent_id = _moment(days[day], dice), dice.one_of(AGENTS)
    for number, attempt in enumerate(attempts, start=1):
        if number > 1 and not attempt.is_same_minute:
            day += 1 + dice.below(occasion.longest_pause)
            called_at, agent_id = _moment(days[day], dice), dice.one_of(AGENTS)
        yield Call(
            case_id=interview.row.case_id,
            department_text=interview.row.department,
            called_at=called_at,
            attempt_no=number,
            disposition_text=disposition(attempt.disposition, dice),
            satisfaction=attempt.satisfaction,
            satisfaction_text=_answer_text(SATISFACTION, attempt.satisfaction, dice),
            visits_text=_answer_text(VISITS, attempt.visits, dice),
            agent_id=agent_id,
        )


def _misnamed(in_order: list[Call], count: int, dice: Dice) -> list[Call]:
    """Some calls name another department than the frame; the frame is right."""
    for place in dice.shuffled(range(len(in_order)))[:count] if count else []:
        call = in_order[place]
        others = sorted({other.department_text for other in in_order} - {call.department_text})
        in_order[place] = replace(call, department_text=dice.one_of(others))
    return in_order


def _answer_text(answers: Mapping[str, tuple[str, ...]], code: str | None, dice: Dice) -> str:
    """Mostly the word, now and then a number in its place."""
    if code is None:
        return ""
    word, *numbers = answers[code]
    return dice.one_of(numbers) if dice.is_hit(0.12) else word


def _moment(day: date, dice: Dice) -> datetime:
    start, minutes = dice.one_of(_SHIFTS)
    return datetime.combine(day, start) + timedelta(seconds=dice.below(minutes * 60))
