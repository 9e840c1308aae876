"""What the annexes of a notice print, and the heads under which a printed one is recognised: rows of registers, for all that lands one.

Which figures an annex has is decided by the same rule as in the model `int_annex_answers`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries import headers
from callback_survey.deliveries.headers import Column, Dataset, fold
from callback_survey.registers import rows
from callback_survey.registers.definitions import definitions_in
from callback_survey.registers.rows import Row
from callback_survey.scope import Scope
from callback_survey.storage.spreadsheet import is_true

# Each table of a delivery is an annex of one measure at least
_ANY = "annex"


@dataclass(frozen=True)
class Figure:
    """A percentage of the annex of a measure on a scale, and the heads that mean it; the first of them is the one that is printed.

    `is_headline`: the first one of its annex. `has_form`: the register names it; else it is an answer's own.
    """

    figure: str
    measure: str
    measure_name: str
    scale: str
    headers: tuple[str, ...]
    patterns: tuple[str, ...]
    is_headline: bool
    has_form: bool

    @property
    def folded(self) -> tuple[str, ...]:
        """Every head that means it, its own name first."""
        return tuple(dict.fromkeys(map(fold, (self.figure, *self.headers))))

    def column(self, name: str | None = None) -> Column:
        return Column(
            name=name or self.figure,
            headers=self.folded,
            one_of=_ANY if self.is_headline else None,
            patterns=tuple(map(re.compile, self.patterns)),
        )


def figures_of(seeds: Path) -> tuple[Figure, ...]:
    """The figures of every measure on every scale that a definition of it has, in the order of measures and scales."""
    scales = dict.fromkeys((row["measure"], row["scale"]) for row in rows.read(seeds, "measure_definitions"))
    answers = sorted(rows.read(seeds, "answers"), key=lambda row: int(row["answer_order"]))
    forms, heads = rows.read(seeds, "annex_figures"), rows.read(seeds, "annex_headers")
    measures = sorted(rows.read(seeds, "measures"), key=lambda row: int(row["measure_order"]))
    return tuple(
        figure
        for measure in measures
        for name, scale in scales
        if name == measure["measure"]
        for figure in _annex(measure, scale, [row for row in answers if row["scale"] == scale], forms, heads)
    )


def figures_in(seeds: Path, scope: Scope) -> tuple[Figure, ...]:
    """Those of a region and quarter."""
    held = {(found.measure, found.scale) for found in definitions_in(seeds, scope).values()}
    return tuple(figure for figure in figures_of(seeds) if (figure.measure, figure.scale) in held)


def published_in(seeds: Path, scope: Scope) -> Dataset:
    """The columns of a printed annex in a region and quarter, and those of annexes that it cannot have."""
    own = figures_in(seeds, scope)
    others = [figure for figure in figures_of(seeds) if figure not in own]
    elsewhere = tuple(figure.column(f"{figure.measure_name} ({figure.scale})") for figure in others)
    return headers.published(tuple(figure.column() for figure in _unambiguous(own)), elsewhere)


def published_of_any_region(seeds: Path) -> Dataset:
    """The same for files of which no region is known."""
    by_name = {figure.figure: figure for figure in reversed(figures_of(seeds))}
    return headers.published(tuple(figure.column() for figure in reversed(by_name.values())))


def _annex(
    measure: Row, scale: str, answers: Sequence[Row], forms: Sequence[Row], heads: Sequence[Row]
) -> Iterator[Figure]:
    named = {row["answer_code"]: row for row in forms if row["measure"] == measure["measure"]}
    formed = [named[row["answer_code"]] for row in answers if row["answer_code"] in named]
    labels = {row["figure"]: row["figure_label"] for row in formed} or {
        f"{row['answer_code']}_pct": f"{row['answer_label']}（%）" for row in answers
    }
    for place, (figure, label) in enumerate(labels.items()):
        own = [row for row in heads if row["figure"] == figure]
        yield Figure(
            figure=figure,
            measure=measure["measure"],
            measure_name=measure["measure_name"],
            scale=scale,
            headers=(label, *(row["header"] for row in own if not is_true(row["is_pattern"]))),
            patterns=tuple(row["header"] for row in own if is_true(row["is_pattern"])),
            is_headline=place == 0,
            has_form=bool(formed),
        )


def _unambiguous(figures: Iterable[Figure]) -> list[Figure]:
    """Without the figures of answers whose head is another figure's too: 是（%） of two questions is read as neither. Of registered ones
    `register check` tells."""
    times = Counter(head for figure in figures for head in figure.folded)
    return [figure for figure in figures if figure.has_form or all(times[head] == 1 for head in figure.folded)]
