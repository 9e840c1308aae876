"""Sizes proposed for a quarter: by the rule and for a margin, and where the quarter before departed from the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from callback_survey.sample_plan.allocation import Stratum, expected_variance, margin, neyman
from callback_survey.sample_plan.detection import Detection, Wanted, detection
from callback_survey.sample_plan.history import Answers, Department, ReleasedQuarter, Succession, inherited
from callback_survey.sample_plan.rules import SamplePlanRules
from callback_survey.scope import Scope

Sizing = Literal["rule", "neyman"]
# What is said of the expected margins where no earlier quarter tells of any measure.
_ANY_MEASURE = {"any": "any rate"}


@dataclass(frozen=True)
class DepartmentPlan:
    """Cases to call of one department; None where its frame is not known yet. `previous_*` are of the earlier quarter."""

    department_code: str
    department_name: str
    valid_frame_count: int | None
    rule_count: int | None
    neyman_count: int | None
    previous_frame_count: int | None
    previous_sample_count: int | None

    def size(self, sizing: Sizing) -> int | None:
        return self.rule_count if sizing == "rule" else self.neyman_count


@dataclass(frozen=True)
class Departure:
    """A department whose released sample is not what the rule gives for its released frame."""

    department_code: str
    department_name: str
    valid_frame_count: int
    sample_count: int
    rule_count: int


@dataclass(frozen=True)
class ExpectedMargin:
    """Points, at 95 %, for the region's frame-weighted rate of one measure: if all answer, and if as many do as before."""

    measure: str
    measure_name: str
    sizing: Sizing
    if_all_answer: float | None
    answered_share: float | None
    if_as_before: float | None


@dataclass(frozen=True)
class Proposal:
    """A plan without its draw. `previous` is the quarter that it learns from, None where none was released."""

    region_code: str
    quarter: str
    wanted_margin: float
    rules: SamplePlanRules
    departments: tuple[DepartmentPlan, ...]
    previous: ReleasedQuarter | None
    departures: tuple[Departure, ...]
    margins: tuple[ExpectedMargin, ...]
    wanted_fall: Wanted | None = None
    detections: tuple[Detection, ...] = ()

    def total(self, sizing: Sizing) -> int:
        return sum(department.size(sizing) or 0 for department in self.departments)

    def sizes(self, sizing: Sizing) -> dict[str, int]:
        return {department.department_code: department.size(sizing) or 0 for department in self.departments}


def propose(
    scope: Scope,
    registered: Mapping[str, str],
    frames: Mapping[str, int] | None,
    previous: ReleasedQuarter | None,
    successions: Sequence[Succession],
    *,
    rules: SamplePlanRules,
    previous_rules: SamplePlanRules | None,
    wanted_margin: float,
    wanted_fall: Wanted | None = None,
) -> Proposal:
    """`registered` are the names of the quarter's departments by code; `frames` its valid cases by department, or None
    where there is no frame yet: then the earlier quarter's frames stand for them."""
    released = previous.departments if previous else {}
    known = {code: inherited(code, released, successions) for code in registered}
    counts = {code: _frame_count(code, frames, known[code]) for code in registered}
    measures = previous.measures if previous else _ANY_MEASURE
    variances = {measure: {code: _variance(known[code], measure) for code in registered} for measure in measures}
    sized = {code: count for code, count in counts.items() if count}
    largest = {code: max(by_code[code] for by_code in variances.values()) for code in sized}
    found = neyman([Stratum(code, count, largest[code]) for code, count in sized.items()], wanted_margin)
    departments = tuple(
        DepartmentPlan(
            department_code=code,
            department_name=name,
            valid_frame_count=counts[code],
            rule_count=_rule_count(rules, counts[code]),
            neyman_count=None if counts[code] is None else found.get(code, 0),
            previous_frame_count=_of(known[code], "valid_frame_count"),
            previous_sample_count=_of(known[code], "sample_count"),
        )
        for code, name in sorted(registered.items())
    )
    return Proposal(
        region_code=scope.region_code,
        quarter=scope.quarter,
        wanted_margin=wanted_margin,
        rules=rules,
        departments=departments,
        previous=previous,
        departures=tuple(_departures(released, previous_rules)),
        margins=tuple(_margins(departments, variances, measures, previous)),
        wanted_fall=wanted_fall,
        detections=tuple(_detections(departments, known, measures, previous, wanted_fall)) if wanted_fall else (),
    )


def _frame_count(code: str, frames: Mapping[str, int] | None, known: Department | None) -> int | None:
    if frames is not None:
        return frames.get(code, 0)
    return known.valid_frame_count if known else None


def _variance(known: Department | None, measure: str) -> float:
    answers = known.answers.get(measure, Answers()) if known else Answers()
    return float(expected_variance(answers.answered_count, answers.success_count))


def _rule_count(rules: SamplePlanRules, frame_count: int | None) -> int | None:
    return None if frame_count is None else rules.size(frame_count)


def _of(known: Department | None, count: Literal["valid_frame_count", "sample_count"]) -> int | None:
    return getattr(known, count) if known else None


def _departures(released: Mapping[str, Department], rules: SamplePlanRules | None) -> list[Departure]:
    found = []
    for code, department in sorted(released.items()):
        frame, sample = department.valid_frame_count, department.sample_count
        if rules is not None and frame is not None and sample is not None and sample != rules.size(frame):
            found.append(Departure(code, department.name, frame, sample, rules.size(frame)))
    return found


def _margins(
    departments: Sequence[DepartmentPlan],
    variances: Mapping[str, Mapping[str, float]],
    measures: Mapping[str, str],
    previous: ReleasedQuarter | None,
) -> list[ExpectedMargin]:
    found = []
    sized = [(department, department.valid_frame_count) for department in departments if department.valid_frame_count]
    # the part of a department whose frame is not known could be any
    is_known = all(department.valid_frame_count is not None for department in departments)
    for measure, measure_name in measures.items():
        strata = [
            Stratum(department.department_code, frame_count, variances[measure][department.department_code])
            for department, frame_count in sized
        ]
        share = _answered_share(previous, measure)
        for sizing in ("rule", "neyman"):
            sizes = {department.department_code: department.size(sizing) or 0 for department, _ in sized}
            fewer = {code: size * (share or 0) for code, size in sizes.items()}
            found.append(
                ExpectedMargin(
                    measure=measure,
                    measure_name=measure_name,
                    sizing=sizing,
                    if_all_answer=margin(strata, sizes) if strata and is_known else None,
                    answered_share=share,
                    if_as_before=margin(strata, fewer) if strata and is_known else None,
                )
            )
    return found


def _detections(
    departments: Sequence[DepartmentPlan],
    known: Mapping[str, Department | None],
    measures: Mapping[str, str],
    previous: ReleasedQuarter | None,
    wanted: Wanted,
) -> list[Detection]:
    """By the measure that answered worst, at the rate the department had: half an answer is added to each side."""
    found = []
    region_shares = [share for measure in measures if (share := _answered_share(previous, measure))]
    for planned in departments:
        if not planned.valid_frame_count or planned.rule_count is None:
            continue
        before = known[planned.department_code]
        nobody = Answers()
        answers = [before.answers.get(measure, nobody) if before else nobody for measure in measures]
        rates = [(one.success_count + Fraction(1, 2)) / (one.answered_count + 1) for one in answers]
        called = before.sample_count if before else None
        shares = [one.answered_count / called for one in answers if called and one.answered_count]
        share = float(min(shares)) if shares else min(region_shares, default=1.0)
        found.append(
            detection(
                planned.department_code,
                planned.department_name,
                frame_count=planned.valid_frame_count,
                calls=planned.rule_count,
                share=min(1.0, share),
                # the rate nearest to a half needs the most answers
                rate=float(min(rates, key=lambda rate: abs(rate - Fraction(1, 2)))),
                wanted=wanted,
            )
        )
    return found


def _answered_share(previous: ReleasedQuarter | None, measure: str) -> float | None:
    """Answers per called case in the earlier quarter; None where only its printed annexes survive, or nobody was called."""
    if previous is None or not previous.has_counts:
        return None
    called = sum(department.sample_count or 0 for department in previous.departments.values())
    nobody = Answers()
    answered = sum(
        (department.answers.get(measure, nobody).answered_count for department in previous.departments.values()),
        Fraction(0),
    )
    return float(answered / called) if called else None
