"""What is told of a department besides its rates: its answers, its points, and whose place it took, as read from the marts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callback_survey.documents.marts import QuarterMarts


@dataclass(frozen=True)
class Answer:
    """How many gave an answer. Count and share are None where they are masked or not known, and `pct` is as printed."""

    label: str
    answer_count: int | None
    pct: Decimal | None
    is_success: bool
    is_suppressed: bool = False


@dataclass(frozen=True)
class Contribution:
    """What a measure gives to a department's points; `points` is None where it has no rate."""

    measure_name: str
    points: Decimal | None
    max_points: Decimal
    ci_low: float | None
    ci_high: float | None

    @property
    def low(self) -> float | None:
        return None if self.points is None or self.ci_low is None else float(self.max_points) * self.ci_low

    @property
    def high(self) -> float | None:
        return None if self.points is None or self.ci_high is None else float(self.max_points) * self.ci_high


@dataclass(frozen=True)
class Points:
    """A department's points of an assessment; None where a measure of the rule has no rate. `is_assumption`: no document says how
    rates become points."""

    points: Decimal | None
    max_points: Decimal
    module_pct: Decimal | None
    is_assumption: bool
    contributions: tuple[Contribution, ...]

    @property
    def margin(self) -> tuple[float, float] | None:
        """Between which points a department lies if each rate lies in its interval; None where not all have one."""
        lows, highs = ([getattr(one, end) for one in self.contributions] for end in ("low", "high"))
        if self.points is None or None in lows or None in highs:
            return None
        return sum(lows), sum(highs)


@dataclass(frozen=True)
class Predecessor:
    """An office that a department took the place of, and since when."""

    name: str
    since: str


def read_answers(marts: QuarterMarts, measure: str) -> dict[str, tuple[Answer, ...]]:
    """The answers of each department in their order. What is masked is told as masked, of a release that knows of masks."""
    columns = marts.columns("department_answers")
    if not columns:
        return {}
    is_suppressed = "is_suppressed" if "is_suppressed" in columns else "false"
    rows = marts.rows(
        f"""
        select department_code, answer_label as label, answer_count, answer_pct as pct, is_success,
            coalesce({is_suppressed}, false) as is_suppressed
        from {{schema}}.department_answers
        where region_code = $region_code and quarter = $quarter and measure = $measure
        order by department_code, answer_order, answer_code
        """,
        measure=measure,
    )
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for row in rows:
        found[row.pop("department_code")].append(Answer(**row))
    return {code: tuple(answers) for code, answers in found.items()}


def read_points(marts: QuarterMarts) -> dict[str, Points]:
    """The points of each department with what they are made of; none where the region has no rule, or the release no such table."""
    if not (marts.columns("assessment_points") and marts.columns("assessment_contributions")):
        return {}
    made_of: defaultdict[str, list[Contribution]] = defaultdict(list)
    for row in marts.rows(
        """
        select
            parts.department_code, measures.measure_name, parts.contribution_points as points,
            parts.max_contribution_points as max_points, rates.ci_display_low as ci_low, rates.ci_display_high as ci_high
        from {schema}.assessment_contributions as parts
        inner join {schema}.measures as measures using (measure)
        left join {schema}.department_rates as rates
            on
                parts.region_code = rates.region_code
                and parts.quarter = rates.quarter
                and parts.department_code = rates.department_code
                and parts.measure = rates.measure
        where parts.region_code = $region_code and parts.quarter = $quarter
        order by parts.department_code, measures.measure_order
        """
    ):
        made_of[row.pop("department_code")].append(Contribution(**row))
    rows = marts.rows(
        """
        select department_code, points, max_points, module_pct, is_assumption
        from {schema}.assessment_points
        where region_code = $region_code and quarter = $quarter
        """
    )
    return {
        row["department_code"]: Points(**_without_code(row), contributions=tuple(made_of[row["department_code"]]))
        for row in rows
    }


def read_predecessors(marts: QuarterMarts) -> dict[str, tuple[Predecessor, ...]]:
    """Whose place each department took, by the register of successions as it was released."""
    if not marts.columns("department_successions"):
        return {}
    found: defaultdict[str, list[Predecessor]] = defaultdict(list)
    for row in marts.rows(
        """
        select successor_code, predecessor_name as name, valid_from as since
        from {schema}.department_successions
        where region_code = $region_code and predecessor_name is not null
        order by successor_code, valid_from, predecessor_code
        """
    ):
        found[row["successor_code"]].append(Predecessor(row["name"], row["since"]))
    return {code: tuple(predecessors) for code, predecessors in found.items()}


def _without_code(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "department_code"}
