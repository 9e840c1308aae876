"""What can be wrong with the registers of annexes: figures of nothing, and heads that mean two columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from callback_survey import register_layers
from callback_survey.deliveries.headers import dataset, fold
from callback_survey.registers import rows
from callback_survey.registers.annexes import figures_of
from callback_survey.registers.definitions import lineage_of, period_in
from callback_survey.registers.faults import Fault, fault_in
from callback_survey.registers.rows import Row
from callback_survey.storage.spreadsheet import is_true

# what a line of an annex says beside its figures
_COUNTS = ("valid_frame_count", "sample_count")


def figures(seeds: Path) -> Iterator[Fault]:
    """Figures without an answer, of an answer on no scale of the measure, of two measures, or with two labels; and answers that two
    figures print."""
    scales = {(row["measure"], row["scale"]) for row in rows.read(seeds, "measure_definitions")}
    scale_of = {row["answer_code"]: row["scale"] for row in rows.read(seeds, "answers")}
    measures = {row["measure"] for row in rows.read(seeds, "measures")}
    first_of: dict[str, Row] = {}
    printed: dict[tuple[str, str], Row] = {}
    for row in rows.read(seeds, "annex_figures"):
        figure, measure, answer = row["figure"], row["measure"], row["answer_code"]
        if figure in _COUNTS:
            yield fault_in(
                row, f"{figure} is what every annex prints of a department", "give the figure a name of its own"
            )
            continue
        if not answer:
            yield fault_in(row, f"the figure {figure} has no answer", "name the answer whose share it prints")
            continue
        if answer in scale_of and measure in measures and (measure, scale_of[answer]) not in scales:
            told = f"{figure} prints {answer}, which is an answer on no scale of {measure}"
            yield fault_in(row, told, "name an answer that a definition of the measure can count")
        first = first_of.setdefault(figure, row)
        if first["measure"] != measure:
            told = f"the figure {figure} is one of {first['measure']} too (line {first.line})"
            yield fault_in(row, told, "give it a name of its own", first)
        elif first["figure_label"] != row["figure_label"]:
            told = f"the figure {figure} is headed 「{row['figure_label']}」 here and 「{first['figure_label']}」 on line {first.line}"
            yield fault_in(row, told, "a column has one head", first)
        if other := printed.get((measure, answer)):
            told = f"{answer} is printed by the figure {other['figure']} too (line {other.line})"
            yield fault_in(row, told, "remove one of the two rows: the shares of an annex sum to 100", other)
        printed.setdefault((measure, answer), row)


def headers(seeds: Path) -> Iterator[Fault]:
    """Heads of no figure, patterns that are none, heads of other columns, and heads that mean two figures where both are printed."""
    column_of = {header: column.name for column in dataset("published").columns for header in column.headers}
    known = figures_of(seeds)
    names = {figure.figure for figure in known}
    heads = [(row["figure"], row["figure_label"], row) for row in rows.read(seeds, "annex_figures")]
    for row in rows.read(seeds, "annex_headers"):
        if row["figure"] not in names | _shipped(seeds):
            yield fault_in(
                row, f"no annex has the figure {row['figure']}", "name one of annex_figures.csv, or <answer_code>_pct"
            )
        if not is_true(row["is_pattern"]):
            heads.append((row["figure"], row["header"], row))
            continue
        try:
            re.compile(row["header"])
        except re.error:
            told = f"「{row['header']}」 is no regular expression"
            yield fault_in(row, told, "correct it, or write false in is_pattern")
    by_head = sorted(heads, key=lambda head: fold(head[1]))
    for head, found in itertools.groupby(by_head, key=lambda head: fold(head[1])):
        first_rows: dict[str, Row] = {}
        for figure, _, row in found:
            first_rows.setdefault(figure, row)
        for row in first_rows.values():
            if column := column_of.get(head):
                told = f"「{head}」 is a header of the column {column}"
                yield fault_in(row, told, "two columns cannot share a header")
        for (one, row), (other, other_row) in itertools.combinations(first_rows.items(), 2):
            if _meet(seeds, one, other):
                told = f"「{head}」 stands on {row.place} too, as a head of {one}"
                yield fault_in(other_row, told, "two columns cannot share a header", row)


def _meet(seeds: Path, one: str, other: str) -> bool:
    """Whether two figures can be printed in one region and quarter: 满意率 on two scales cannot."""
    annexes = {figure.figure: (figure.measure, figure.scale) for figure in figures_of(seeds)}
    pair = {annexes.get(one), annexes.get(other)}
    return len(pair) == 1 or any(pair <= held for held in _held_together(seeds))


def _held_together(seeds: Path) -> Iterator[set[tuple[str, str] | None]]:
    """The measures and scales of every region that has rows of its own, and of everywhere else, from each quarter on that begins one."""
    scale_of = {
        (row["measure"], row["measure_definition"]): row["scale"] for row in rows.read(seeds, "measure_definitions")
    }
    periods, regions = rows.read(seeds, "definition_periods"), rows.read(seeds, "regions")
    measures = {row["measure"] for row in periods}
    places = {row["region_code"] for row in periods}
    for place, quarter in itertools.product(sorted(places), sorted({row.period.first for row in periods})):
        lineage = lineage_of(regions, place) if place else [""]
        held = [
            period_in([row for row in periods if row["measure"] == measure], lineage, quarter) for measure in measures
        ]
        yield {
            (row["measure"], scale_of.get((row["measure"], row["measure_definition"]), ""))
            for row in held
            if row is not None
        }


def _shipped(seeds: Path) -> set[str]:
    """The figures that come with the code: where an instance has forms of its own, their heads stay, and mean nothing."""
    found = register_layers.origins(seeds)
    return {row["figure"] for row in rows.read(found.shipped, "annex_figures")} if found else set()
