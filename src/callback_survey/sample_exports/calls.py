"""The calls: who was rung when, and what came of it. The answers per department are the reconstructed counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from callback_survey.sample_exports.dice import Dice
from callback_survey.sample_exports.frame import FrameRow
from callback_survey.sample_exports.inputs import DepartmentCounts
from callback_survey.sample_exports.spellings import AGENTS, SATISFACTION, UNANSWERED_ENDINGS, VISITS, disposition

HEADER = ("办件编号", "回访时间", "回访结果", "满意度", "跑动次数", "第几次", "工号", "备注")

_FIRST_CALL_DAY, _LAST_CALL_DAY = date(2018, 4, 2), date(2018, 5, 20)
_HOLIDAYS = {date(2018, 4, 5), date(2018, 4, 6), date(2018, 4, 30), date(2018, 5, 1)}
_SHIFTS = ((time(9), 150), (time(14), 210))  # start, minutes
_FIRST_CALL_WITHIN = 22  # of 31 working days; up to three more attempts follow, three days apart at most
_LONGEST_PAUSE = 3


@dataclass(frozen=True)
class Interview:
    """What a sampled case has to end with: an answer code, or None, per question."""

    row: FrameRow
    satisfaction: str | None
    visits: str | None

    @property
    def is_whole(self) -> bool:
        return self.satisfaction is not None and self.visits is not None


@dataclass(frozen=True)
class Attempt:
    """One call as it comes about: disposition and answers as codes, None where a question was not answered."""

    disposition: str
    satisfaction: str | None = None
    visits: str | None = None
    is_same_minute: bool = False  # noted at the same minute as the attempt before it


@dataclass(frozen=True)
class Call:
    """One row of the export, still without its comment."""

    case_id: str
    called_at: datetime
    attempt_no: int
    disposition_text: str
    satisfaction_text: str
    visits_text: str
    agent_id: str


def interviews(departments: Sequence[DepartmentCounts], called: Sequence[FrameRow], dice: Dice) -> list[Interview]:
    """One interview per called case; per department the answers are exactly the reconstructed counts."""
    by_department: dict[str, list[FrameRow]] = {}
    for row in called:
        by_department.setdefault(row.department, []).append(row)
    return [
        interview
        for department in departments
        for interview in _of_department(department, dice.shuffled(by_department.get(department.name, [])), dice)
    ]


def calls(all_interviews: Sequence[Interview], dice: Dice) -> list[Call]:
    """Every attempt of every interview, in the order in which the calls were made."""
    made = [
        call for interview, attempts in _histories(all_interviews, dice) for call in _rung(interview, attempts, dice)
    ]
    # Within one minute the log is written backwards: reading it needs the attempt number.
    return sorted(made, key=lambda call: (call.called_at, -call.attempt_no))


def _of_department(department: DepartmentCounts, rows: Sequence[FrameRow], dice: Dice) -> Iterator[Interview]:
    satisfaction = _expanded(zip(SATISFACTION, department.satisfaction_counts, strict=True))
    # The notice prints zero visits and one visit as one figure: the split is invented.
    zero = sum(dice.is_hit(0.4) for _ in range(department.within_one_visit_count))
    visit_counts = (zero, department.within_one_visit_count - zero, department.two_or_more_visits_count)
    visits = _expanded(zip(VISITS, visit_counts, strict=True))
    satisfaction, visits = dice.shuffled(satisfaction), dice.shuffled(visits)
    # Shifted against each other, so that some people answer only the one question or only the other.
    shift = min(len(visits) // 100, len(rows) - len(visits))
    for place, row in enumerate(rows):
        visit_place = place - shift
        yield Interview(
            row,
            satisfaction[place] if place < len(satisfaction) else None,
            visits[visit_place] if 0 <= visit_place < len(visits) else None,
        )


def _expanded(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [code for code, count in counts for _ in range(count)]


def _histories(all_interviews: Sequence[Interview], dice: Dice) -> Iterator[tuple[Interview, list[Attempt]]]:
    """Each interview with its attempts: a few told on purpose, the others as they come."""
    whole = dice.shuffled([interview for interview in all_interviews if interview.is_whole])
    special = {interview.row.case_id: attempts for interview, attempts in _special_histories(whole)}
    for interview in all_interviews:
        yield interview, special.get(interview.row.case_id) or _plain_history(interview, dice)


def _plain_history(interview: Interview, dice: Dice) -> list[Attempt]:
    earlier: list[Attempt] = []
    while len(earlier) < 3 and dice.is_hit(0.22):
        earlier.append(Attempt(dice.one_of(("no_answer", "no_answer", "busy", "callback_later"))))
    if interview.is_whole:
        ending = "completed"
    elif interview.satisfaction is not None or interview.visits is not None:
        ending = "partial"
    else:
        ending = dice.one_of(UNANSWERED_ENDINGS)
    return [*earlier, Attempt(ending, interview.satisfaction, interview.visits)]


def _special_histories(whole: Sequence[Interview]) -> Iterator[tuple[Interview, list[Attempt]]]:
    """Histories in which it matters which attempt counts; the answers that count are the interview's own."""
    waiting = iter(whole)
    for place in range(8):  # asked again, and another answer: the later one counts
        interview = next(waiting)
        final = Attempt("completed", interview.satisfaction, interview.visits)
        changed = _other(SATISFACTION, interview.satisfaction, place)
        yield interview, [Attempt("partial", changed), Attempt("no_answer"), final]
    for place in range(3):
        interview = next(waiting)
        final = Attempt("completed", interview.satisfaction, interview.visits)
        yield interview, [Attempt("partial", None, _other(VISITS, interview.visits, place)), final]
    for place in range(3):  # two rows of the same minute: the attempt number decides
        interview = next(waiting)
        final = Attempt("completed", interview.satisfaction, interview.visits, is_same_minute=True)
        yield interview, [Attempt("partial", _other(SATISFACTION, interview.satisfaction, place)), final]
    for _ in range(6):  # one question in each of two calls: the outcome is per question
        interview = next(waiting)
        yield interview, [Attempt("partial", interview.satisfaction), Attempt("partial", None, interview.visits)]
    for ending in ("no_answer", "busy", "refused", "callback_later"):  # a call without answers takes none away
        interview = next(waiting)
        yield interview, [Attempt("completed", interview.satisfaction, interview.visits), Attempt(ending)]


def _other(answers: Mapping[str, tuple[str, ...]], answer: str | None, place: int) -> str:
    others = [code for code in answers if code != answer]
    return others[-1 - place % len(others)]


def _rung(interview: Interview, attempts: Sequence[Attempt], dice: Dice) -> Iterator[Call]:
    days = _working_days()
    day = dice.below(_FIRST_CALL_WITHIN)
    called_at, agent_id = _moment(days[day], dice), dice.one_of(AGENTS)
    for number, attempt in enumerate(attempts, start=1):
        if number > 1 and not attempt.is_same_minute:
            day += 1 + dice.below(_LONGEST_PAUSE)
            called_at, agent_id = _moment(days[day], dice), dice.one_of(AGENTS)
        yield Call(
            case_id=interview.row.case_id,
            called_at=called_at,
            attempt_no=number,
            disposition_text=disposition(attempt.disposition, dice),
            satisfaction_text=_answer_text(SATISFACTION, attempt.satisfaction, dice),
            visits_text=_answer_text(VISITS, attempt.visits, dice),
            agent_id=agent_id,
        )


def _answer_text(answers: Mapping[str, tuple[str, ...]], code: str | None, dice: Dice) -> str:
    """Mostly the word, now and then a number in its place."""
    if code is None:
        return ""
    word, *numbers = answers[code]
    return dice.one_of(numbers) if dice.is_hit(0.12) else word


def _moment(day: date, dice: Dice) -> datetime:
    start, minutes = dice.one_of(_SHIFTS)
    return datetime.combine(day, start) + timedelta(seconds=dice.below(minutes * 60))


def _working_days() -> list[date]:
    span = (_LAST_CALL_DAY - _FIRST_CALL_DAY).days + 1
    days = [_FIRST_CALL_DAY + timedelta(days=offset) for offset in range(span)]
    return [day for day in days if day.weekday() < 5 and day not in _HOLIDAYS]
