"""Arithmetic consistency of printed rows against brute force: every number of answers and every count is tried, in fractions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from homes import Served
from models_over_rows import compiled_models

COLUMNS = {
    "satisfaction": (
        "satisfied_pct",
        "fairly_satisfied_pct",
        "basically_satisfied_pct",
        "rather_dissatisfied_pct",
        "dissatisfied_pct",
    ),
    "realisation": ("within_one_visit_pct", "two_or_more_visits_pct"),
}
LARGEST_SAMPLE = 60
Printed = tuple[str, int, tuple[int, ...]]
"""A measure, a sample, and the percentages in hundredths of a point."""


@cache
def rounded(part: int, whole: int) -> int:
    """100 * part / whole with two decimals, half up, in hundredths."""
    exact = Fraction(10_000 * part, whole)
    return int(exact + Fraction(1, 2))


@cache
def parts(hundredths: int, whole: int, tolerance: int = 0) -> frozenset[int]:
    return frozenset(part for part in range(whole + 1) if abs(rounded(part, whole) - hundredths) <= tolerance)


def can_sum(choices: Sequence[frozenset[int]], total: int) -> bool:
    sums = {0}
    for choice in choices:
        sums = {known + part for known in sums for part in choice if known + part <= total}
    return total in sums


def fits(cells: Sequence[int], answers: int) -> bool:
    return can_sum([parts(cell, answers) for cell in cells], answers)


def fits_with_remainder(cells: Sequence[int], answers: int) -> bool:
    """One share other than the first takes what rounding left over; somebody gave that answer; the row sums to 100.00."""
    if sum(cells) != 10_000:
        return False
    return any(
        can_sum(
            [
                parts(cell, answers, len(cells) // 2) - {0} if place == taker else parts(cell, answers)
                for place, cell in enumerate(cells)
            ],
            answers,
        )
        for taker in range(1, len(cells))
    )


def expected(sample: int, cells: Sequence[int]) -> dict[str, Any]:
    fitting = [answers for answers in range(1, sample + 1) if fits(cells, answers)]
    with_remainder = [answers for answers in range(1, sample + 1) if fits_with_remainder(cells, answers)]
    return {
        "sample_count": sample,
        "impossible_cell_count": sum(not parts(cell, sample) for cell in cells),
        "fitting_count": len(fitting),
        "least_fitting": min(fitting, default=None),
        "most_fitting": max(fitting, default=None),
        "least_fitting_with_remainder": min(with_remainder, default=None),
        "verdict": "possible" if fitting else "fitted_to_100" if with_remainder else "inconsistent",
    }


def made_up_rows() -> Iterator[Printed]:
    """Rows as counts give them, rows made to sum to 100.00, rows moved by hand, and rows that mean nothing."""
    dice = random.Random(5)
    for _ in range(700):
        measure = dice.choice(("satisfaction", "realisation"))
        width = len(COLUMNS[measure])
        # 32 is where halves of a hundredth begin: 1 of 32 is 3.125
        answers = dice.choice((1, 3, 32, dice.randint(4, LARGEST_SAMPLE), dice.randint(4, LARGEST_SAMPLE)))
        sample = dice.randint(answers, LARGEST_SAMPLE)
        cuts = sorted(dice.choice((0, *(dice.randint(0, answers) for _ in range(4)))) for _ in range(width - 1))
        counts = [high - low for low, high in zip([0, *cuts], [*cuts, answers], strict=True)]
        cells = [rounded(count, answers) for count in counts]
        kind = dice.choice(("plain", "summed", "moved", "noise"))
        last = max(place for place, count in enumerate(counts) if count)
        if kind == "summed":
            cells[last] += 10_000 - sum(cells)
        elif kind == "moved":
            cells[0] = min(cells[0] + 1, 10_000)
            cells[last] = max(cells[last] - 1, 0)
        elif kind == "noise":
            cells = [dice.choice((0, 1, dice.randint(0, 10_000))) for _ in cells]
        yield measure, sample, tuple(cells)


@pytest.fixture(scope="module")
def judged(served: Served) -> tuple[list[Printed], dict[str, dict[str, Any]]]:
    printed = list(made_up_rows())
    place = {"region_code": "r", "quarter": "2018Q1"}
    figures: list[dict[str, Any]] = []
    for number, (measure, sample, cells) in enumerate(printed):
        row = {**place, "department_code": f"d{number:04d}", "measure": measure}
        figures.append({**row, "figure": "sample_count", "published_count": sample})
        figures += [
            {**row, "figure": figure, "published_pct": f"{cell // 100}.{cell % 100:02d}"}
            for figure, cell in zip(COLUMNS[measure], cells, strict=True)
        ]
    annex_columns = [
        {**place, "measure": measure, "figure": figure, "figure_order": order, "is_headline": order == 1}
        | {"column_count": len(columns)}
        for measure, columns in COLUMNS.items()
        for order, figure in enumerate(columns, 1)
    ]
    with compiled_models(served.home.path) as models:
        models.give("staging.stg_published", [place])
        models.give("intermediate.int_region_annex_columns", annex_columns)
        models.give("intermediate.int_published_figures", figures)
        models.give("intermediate.int_printed_cells", models.run("int_printed_cells"))
        rows = models.run("int_printed_arithmetic")
    return printed, {row["department_code"]: row for row in rows}


def test_the_verdict_on_a_printed_row_is_that_of_trying_everything(judged: Any) -> None:
    printed, rows = judged
    assert len(rows) == len(printed)
    found = {name: [] for name in ("possible", "fitted_to_100", "inconsistent")}
    for number, (_, sample, cells) in enumerate(printed):
        row = rows[f"d{number:04d}"]
        wanted = expected(sample, cells)
        assert {name: row[name] for name in wanted} == wanted, (sample, cells)
        found[row["verdict"]].append(number)
    assert all(len(numbers) >= 20 for numbers in found.values()), "the made-up rows show too little"


def test_what_is_printed_for_2018_q1_is_judged_as_by_trying_everything(served: Served) -> None:
    """Nine rows fit no number of answers by rounding; three of them were made to sum to 100.00, six were moved by hand."""
    import duckdb

    with duckdb.connect(str(served.home.path / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        cells = connection.execute(
            "select department_code, measure, any_value(sample_count), "
            "list(printed_hundredths order by figure_order) from intermediate.int_printed_cells group by all"
        ).fetchall()
        cursor = connection.execute("select * from intermediate.int_printed_arithmetic")
        names = [column[0] for column in cursor.description or []]
        rows = {(row[2], row[3]): dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    assert len(rows) == len(cells) == 68
    for department, measure, sample, printed in cells:
        wanted = expected(sample, printed)
        assert {name: rows[department, measure][name] for name in wanted} == wanted, department
    verdicts = [row["verdict"] for row in rows.values()]
    assert {name: verdicts.count(name) for name in set(verdicts)} == {
        "possible": 59,
        "fitted_to_100": 3,
        "inconsistent": 6,
    }
