"""What each called person has to end with, and the attempts that lead there: a few told on purpose, the others as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sample_exports.make.dice import Dice
from sample_exports.make.frame import FrameRow
from sample_exports.make.inputs import DepartmentCounts
from sample_exports.make.occasions import Tales
from sample_exports.make.spellings import SATISFACTION, UNANSWERED_ENDINGS, VISITS


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


def interviews(departments: Sequence[DepartmentCounts], called: Sequence[FrameRow], dice: Dice) -> list[Interview]:
    """One interview per called case; per department the answers are exactly the counts."""
    by_department: dict[str, list[FrameRow]] = {}
    for row in called:
        by_department.setdefault(row.department, []).append(row)
    return [
        interview
        for department in departments
        for interview in _of_department(department, dice.shuffled(by_department.get(department.name, [])), dice)
    ]


def histories(
    all_interviews: Sequence[Interview], tales: Tales, dice: Dice
) -> Iterator[tuple[Interview, list[Attempt]]]:
    """Each interview with its attempts."""
    whole = dice.shuffled([interview for interview in all_interviews if interview.is_whole])
    told = {interview.row.case_id: attempts for interview, attempts in _told(whole, tales)}
    for interview in all_interviews:
        yield interview, told.get(interview.row.case_id) or _plain(interview, dice)


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


def _plain(interview: Interview, dice: Dice) -> list[Attempt]:
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


def _told(whole: Sequence[Interview], tales: Tales) -> Iterator[tuple[Interview, list[Attempt]]]:
    """Histories in which it matters which attempt counts; the answers that count are the interview's own."""
    talked_round = list(_talked_round(whole, tales))
    yield from talked_round
    taken = {interview.row.case_id for interview, _ in talked_round}
    waiting = iter([interview for interview in whole if interview.row.case_id not in taken])
    for place in range(tales.satisfaction_changed):  # asked again, and another answer: the later one counts
        interview = next(waiting)
        changed = _other(SATISFACTION, interview.satisfaction, place)
        yield interview, [Attempt("partial", changed), Attempt("no_answer"), _whole(interview)]
    for place in range(tales.visits_changed):
        interview = next(waiting)
        yield interview, [Attempt("partial", None, _other(VISITS, interview.visits, place)), _whole(interview)]
    for place in range(tales.same_minute):  # two rows of the same minute: the attempt number decides
        interview = next(waiting)
        final = Attempt("completed", interview.satisfaction, interview.visits, is_same_minute=True)
        yield interview, [Attempt("partial", _other(SATISFACTION, interview.satisfaction, place)), final]
    for _ in range(tales.one_question_each):  # one question in each of two calls: the outcome is per question
        interview = next(waiting)
        yield interview, [Attempt("partial", interview.satisfaction), Attempt("partial", None, interview.visits)]
    for ending in ("no_answer", "busy", "refused", "callback_later")[: tales.rung_again]:
        interview = next(waiting)  # a call without answers takes none away
        yield interview, [_whole(interview), Attempt(ending)]
    for _ in range(tales.refused_yet_answered):  # the two halves of the row cannot both be right
        interview = next(waiting)
        yield interview, [Attempt("refused", interview.satisfaction, interview.visits)]


def _talked_round(whole: Sequence[Interview], tales: Tales) -> Iterator[tuple[Interview, list[Attempt]]]:
    for department, count in tales.talked_round:
        glad = [i for i in whole if i.row.department == department and i.satisfaction == "satisfied"]
        for interview in glad[:count]:
            yield interview, [Attempt("partial", "dissatisfied"), _whole(interview)]


def _whole(interview: Interview) -> Attempt:
    return Attempt("completed", interview.satisfaction, interview.visits)


def _other(answers: Mapping[str, tuple[str, ...]], answer: str | None, place: int) -> str:
    others = [code for code in answers if code != answer]
    return others[-1 - place % len(others)]
