"""By which definition, and on which scale, a region is measured in a quarter. dbt chooses by the same rule, in the model
`int_measure_definitions`: landing must not read 满意 as the best of five where it is the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callback_survey import register_layers
from callback_survey.errors import UsageError
from callback_survey.registers import rows
from callback_survey.registers.rows import Row
from callback_survey.scope import Scope

_LEVELS_UP = 3


@dataclass(frozen=True)
class Definition:
    """What a measure counts, and the scale on which its question is asked."""

    measure: str
    question: str
    measure_definition: str
    scale: str


def definitions_in(seeds: Path, scope: Scope) -> dict[str, Definition]:
    """The definition of every measure in a region and quarter. A measure that has rows of regions only is not asked elsewhere; else
    raises UsageError where it has none."""
    scales = {
        (row["measure"], row["measure_definition"]): row["scale"] for row in rows.read(seeds, "measure_definitions")
    }
    question_of = question_of_scales(seeds)
    lineage = lineage_of(rows.read(seeds, "regions"), scope.region_code)
    periods = rows.read(seeds, "definition_periods")
    found = {}
    for measure in rows.read(seeds, "measures"):
        name = measure["measure"]
        own = [row for row in periods if row["measure"] == name]
        period = period_in(own, lineage, scope.quarter)
        if period is None and own and all(row["region_code"] for row in own):
            continue
        if period is None or (name, period["measure_definition"]) not in scales:
            raise UsageError(
                f"{scope.name}: the measure {name} has no valid definition",
                where=str(register_layers.path_of(seeds, "definition_periods")),
                expected=f"a row of {name} that holds in {scope.quarter} and names a row of measure_definitions.csv",
                next_step="callback-survey register check",
                region_code=scope.region_code,
                quarter=scope.quarter,
            )
        definition = period["measure_definition"]
        scale = scales[name, definition]
        found[name] = Definition(name, question_of.get(scale, measure["question"]), definition, scale)
    return found


def question_of_scales(seeds: Path) -> dict[str, str]:
    """The question that the answers of each scale are given to. A measure may be asked by another one than elsewhere."""
    return {row["scale"]: row["question"] for row in rows.read(seeds, "answers")}


def scales_in(seeds: Path, scope: Scope) -> dict[str, str]:
    """The scale of every question in a region and quarter. Measures of one question share it (`validate` sees to it)."""
    return {found.question: found.scale for found in definitions_in(seeds, scope).values()}


def lineage_of(regions: Iterable[Row], region_code: str) -> list[str]:
    """The region, the divisions above it from the nearest on, and "" for everywhere."""
    parents = {row["region_code"]: row["parent_region_code"] for row in regions}
    lineage = [region_code]
    while (parent := parents.get(lineage[-1])) and len(lineage) <= _LEVELS_UP:
        lineage.append(parent)
    return [*lineage, ""]


def period_in(periods: Sequence[Row], lineage: Sequence[str], quarter: str) -> Row | None:
    """The period of the nearest region that has one in the quarter."""
    valid = [row for row in periods if row["region_code"] in lineage and row.period.holds_in(quarter)]
    return min(valid, key=lambda row: lineage.index(row["region_code"]), default=None)
