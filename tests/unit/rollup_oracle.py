"""Roll-ups worked out once more, in exact fractions and plain loops, for the tests to compare the SQL with.

Quarters are counted (4 × year + number), rates are fractions, and every mean is written out. Rates of floating-point columns
are fractions here too; the comparison allows for their last digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Region:
    code: str
    parent: str | None
    level: str
    is_survey_region: bool = True


@dataclass(frozen=True)
class Rating:
    """A department's quarter. Without counts (`answered` None) its rate is a printed one."""

    region: str
    quarter: int
    measure: str
    definition: str
    department: str
    frame: int
    answered: int | None
    success: int | None
    printed: Decimal | None = None

    @property
    def rate(self) -> Fraction | None:
        if self.answered is None or self.success is None:
            return None if self.printed is None else Fraction(self.printed) / 100
        return Fraction(self.success, self.answered) if self.answered else None

    @property
    def pct(self) -> Decimal | None:
        return None if self.rate is None else half_up(100 * self.rate)


@dataclass(frozen=True)
class World:
    regions: tuple[Region, ...]
    ratings: tuple[Rating, ...]
    # department and the quarter from which on it is the successor of others
    successions: tuple[tuple[str, int], ...] = ()
    by_code: dict[str, Region] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {region.code: region for region in self.regions})

    def is_below(self, code: str, parent: str) -> bool:
        above = self.by_code[code].parent
        return above is not None and (above == parent or self.is_below(above, parent))

    def districts(self, parent: str) -> list[Region]:
        return [found for found in self.regions if found.level == "district" and self.is_below(found.code, parent)]


def half_up(value: Fraction) -> Decimal:
    """To two decimals, halves up."""
    return Decimal(math.floor(value * 100 + Fraction(1, 2))) / 100


def mean(values: Iterable[Fraction | Decimal]) -> Fraction | None:
    listed = [Fraction(value) for value in values]
    return sum(listed, Fraction()) / len(listed) if listed else None


def weighted(pairs: Iterable[tuple[int, Fraction | Decimal]]) -> Fraction | None:
    listed = list(pairs)
    weight = sum(weight for weight, _ in listed)
    return sum((weight * Fraction(value) for weight, value in listed), Fraction()) / weight if weight else None


def printed(value: Fraction | None) -> Decimal | None:
    return None if value is None else half_up(value)


def name_of(quarter: int) -> str:
    return f"{(quarter - 1) // 4:04d}Q{(quarter - 1) % 4 + 1}"


def total(numbers: Sequence[int | None]) -> int | None:
    return None if None in numbers else sum(number for number in numbers if number is not None)


def figures(world: World, ratings: Sequence[Rating]) -> Row:
    """The means of one quarter over the departments of some regions."""
    rated = [rating for rating in ratings if rating.rate is not None]
    regions = sorted({rating.region for rating in ratings})
    averages = [
        (mean(r.rate for r in rated if r.region == code), mean(r.pct for r in rated if r.region == code))
        for code in regions
    ]
    weights = [(rating.frame, rating.rate, rating.pct) for rating in rated]
    definitions = {rating.definition for rating in ratings}
    values: Row = {
        "answered_count": total([rating.answered for rating in rated]),
        "success_count": total([rating.success for rating in rated]),
        "department_mean_rate": mean(rating.rate for rating in rated),
        "department_mean_pct": printed(mean(rating.pct for rating in rated)),
        "region_mean_rate": mean(rate for rate, _ in averages if rate is not None),
        "region_mean_pct": printed(mean(half_up(pct) for _, pct in averages if pct is not None)),
        "frame_weighted_rate": weighted((frame, rate) for frame, rate, _ in weights),
        "frame_weighted_pct": printed(weighted((frame, pct) for frame, _, pct in weights)),
    }
    if len(definitions) > 1:
        values = dict.fromkeys(values)
        weights = []
    return {
        **values,
        "measure_definition": next(iter(definitions)) if len(definitions) == 1 else None,
        "definition_count": len(definitions),
        "served_region_count": len(regions),
        "rated_region_count": sum(rate is not None for rate, _ in averages),
        "department_count": len(ratings),
        "rated_department_count": len(rated),
        "weights": weights,
    }


def quarter_figures(world: World) -> dict[tuple[str, str, int, str], Row]:
    """By where they are made from, region, quarter and measure."""
    found: dict[tuple[str, str, int, str], Row] = {}
    groups = {(rating.quarter, rating.measure) for rating in world.ratings}
    for region in world.regions:
        below = [district.code for district in world.districts(region.code)]
        expected = [district.code for district in world.districts(region.code) if district.is_survey_region]
        for made_from, members in (("survey", [region.code]), ("districts", below)):
            for quarter, measure in sorted(groups):
                ratings = [
                    r for r in world.ratings if r.region in members and (r.quarter, r.measure) == (quarter, measure)
                ]
                if ratings:
                    served = {rating.region for rating in ratings}
                    row = figures(world, ratings)
                    if made_from == "survey":
                        row |= {"region_mean_rate": None, "region_mean_pct": None}
                    row["expected_region_count"] = len(expected)
                    row["is_complete"] = made_from == "survey" or served >= set(expected)
                    found[made_from, region.code, quarter, measure] = row
    return found


ROLLUP_COLUMNS = (
    *("measure_definition", "definition_count", "expected_region_count", "served_region_count", "rated_region_count"),
    *("is_complete", "department_count", "rated_department_count", "answered_count", "success_count"),
    *("department_mean_rate", "department_mean_pct", "region_mean_rate", "region_mean_pct"),
    *("frame_weighted_rate", "frame_weighted_pct"),
)


def region_rollups(world: World) -> dict[tuple[str, ...], Row]:
    return {
        (region, name_of(quarter), measure): {name: row[name] for name in ROLLUP_COLUMNS}
        for (made_from, region, quarter, measure), row in quarter_figures(world).items()
        if made_from == "districts"
    }


def window(quarter: int, definitions: dict[int, str | None], starts: Sequence[int]) -> tuple[list[int], str | None]:
    """Back from a quarter, one at a time, until four are together or the series ends; and why it ended."""
    quarters = [quarter]
    while len(quarters) < 4:
        before = quarters[-1] - 1
        if quarters[-1] in starts:
            return quarters, "break_in_series"
        if before in definitions and definitions[before] != definitions[quarter]:
            return quarters, "definition_changed"
        quarters.append(before)
    return quarters, None


def department_rolling_rates(world: World) -> dict[tuple[str, ...], Row]:
    found: dict[tuple[str, ...], Row] = {}
    for last in world.ratings:
        definitions = {
            r.quarter: r.definition for r in world.ratings if (r.region, r.measure) == (last.region, last.measure)
        }
        starts = [start for department, start in world.successions if department == last.department]
        quarters, reason = window(last.quarter, definitions, starts)
        rated = [
            r
            for r in world.ratings
            if (r.department, r.measure) == (last.department, last.measure)
            and r.quarter in quarters
            and r.rate is not None
        ]
        answered, success = total([r.answered for r in rated]), total([r.success for r in rated])
        pooled = Fraction(success, answered) if success is not None and answered else None
        found[last.region, name_of(last.quarter), last.measure, last.department] = {
            "measure_definition": last.definition,
            "quarter_count": len(rated),
            "is_complete": len(rated) == 4,
            "first_quarter": name_of(min(r.quarter for r in rated)) if rated else None,
            "shortened_by": reason,
            "answered_count": answered,
            "success_count": success,
            "pooled_rate": pooled,
            "pooled_pct": None if pooled is None else half_up(100 * pooled),
            "mean_rate": mean(r.rate for r in rated),
            "mean_pct": printed(mean(r.pct for r in rated)),
        }
    return found


def region_rolling_rates(world: World) -> dict[tuple[str, ...], Row]:
    every = quarter_figures(world)
    found: dict[tuple[str, ...], Row] = {}
    for (made_from, region, quarter, measure), last in every.items():
        own = {key[2]: row for key, row in every.items() if (key[0], key[1], key[3]) == (made_from, region, measure)}
        quarters, reason = window(quarter, {at: row["measure_definition"] for at, row in own.items()}, [])
        past = {at: own[at] for at in quarters if at in own}
        rated = {at: row for at, row in past.items() if row["department_mean_pct"] is not None}
        answered = total([row["answered_count"] for row in rated.values()])
        success = total([row["success_count"] for row in rated.values()])
        pooled = Fraction(success, answered) if success is not None and answered else None
        weights = [weight for row in rated.values() for weight in row["weights"]]
        row = {
            "measure_definition": last["measure_definition"],
            "quarter_count": len(rated),
            "is_complete": len(rated) == 4 and all(row["is_complete"] for row in past.values()),
            "first_quarter": name_of(min(rated)) if rated else None,
            "shortened_by": reason,
            "answered_count": answered,
            "success_count": success,
            "pooled_rate": pooled,
            "pooled_pct": None if pooled is None else half_up(100 * pooled),
            "frame_weighted_rate": weighted((frame, rate) for frame, rate, _ in weights),
            "frame_weighted_pct": printed(weighted((frame, pct) for frame, _, pct in weights)),
        }
        for form in ("department_mean", "region_mean"):
            row[f"{form}_rate"] = mean(q[f"{form}_rate"] for q in rated.values() if q[f"{form}_rate"] is not None)
            row[f"{form}_pct"] = printed(mean(q[f"{form}_pct"] for q in rated.values() if q[f"{form}_pct"] is not None))
        found[region, made_from, name_of(quarter), measure] = row
    return found


def region_rankings(world: World) -> dict[tuple[str, ...], Row]:
    entries: dict[tuple[str, ...], Row] = {}
    for (made_from, region, quarter, measure), row in quarter_figures(world).items():
        for basis in ("department_mean", "region_mean", "frame_weighted"):
            entries[region, made_from, name_of(quarter), measure, basis] = row | {"value_pct": row[f"{basis}_pct"]}
    for (region, made_from, at, measure), row in region_rolling_rates(world).items():
        for basis in ("pooled", "department_mean", "region_mean", "frame_weighted"):
            entries[region, made_from, at, measure, f"rolling_{basis}"] = row | {"value_pct": row[f"{basis}_pct"]}
    entries = {key: row for key, row in entries.items() if key[1] == "districts" or "region_mean" not in key[4]}
    alike: dict[tuple[str, ...], dict[str, Row]] = {}
    for key, row in entries.items():
        alike.setdefault(key[1:], {})[key[0]] = row
    return {key: _placed(world, alike[key[1:]], key, row) for key, row in entries.items()}


def _placed(world: World, alike: dict[str, Row], key: tuple[str, ...], row: Row) -> Row:
    region, made_from = world.by_code[key[0]], key[1]

    def is_sibling(code: str) -> bool:
        other = world.by_code[code]
        return (other.parent, other.level) == (region.parent, region.level)

    def is_ranked(other: Row) -> bool:
        return other["value_pct"] is not None and bool(other["is_complete"])

    rivals = [
        other["value_pct"]
        for code, other in alike.items()
        if is_sibling(code) and other["measure_definition"] == row["measure_definition"] and is_ranked(other)
    ]
    expected = [
        other
        for other in world.regions
        if is_sibling(other.code)
        and (
            other.is_survey_region
            if made_from == "survey"
            else any(district.is_survey_region for district in world.districts(other.code))
        )
    ]
    return {
        "parent_region_code": region.parent,
        "region_level": region.level,
        "measure_definition": row["measure_definition"],
        "value_pct": row["value_pct"],
        "is_complete": row["is_complete"],
        "region_rank": 1 + sum(value > row["value_pct"] for value in rivals) if is_ranked(row) else None,
        "ranked_region_count": len(rivals) if is_ranked(row) else None,
        "sibling_count": len(expected),
    }
