"""Two revisions held against each other: every department whose rate, rank or flag moved is named, and no other.

The oracle is plain Python over the rows that the releases were made of.
"""

from __future__ import annotations

import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from callback_survey.releases import Difference, Release, between
from callback_survey.releases.difference import Totals
from published import make_release

FIGURES = (
    "rate_pct",
    "rate_rank",
    "is_below_average",
    "is_significantly_below",
    "is_significantly_below_superpopulation",
)
TYPES = {
    "rate_pct": "decimal(5, 2)",
    "rate_rank": "bigint",
    "average_pct": "decimal(5, 2)",
    "department_name": "text",
    "measure_name": "text",
    **dict.fromkeys(FIGURES[2:], "boolean"),
}
MEASURES = {"satisfaction": "满意率", "realisation": "实现率"}
NAMED = (
    "from (values ('satisfaction', '满意率', 1), ('realisation', '实现率', 2)) t (measure, measure_name, measure_order)"
)
Rows = dict[tuple[str, str], dict[str, Any]]


def literal(value: Any, kind: str) -> str:
    return "null" if value is None else f"{value!r}::{kind}"


def make(root: Path, revision: int, rows: Rows, leave_out: tuple[str, ...] = ()) -> Release:
    selects = [
        f"select '330109' as region_code, '2018Q1' as quarter, '{code}' as department_code, '{measure}' as measure, "
        + ", ".join(f"{literal(row[name], kind)} as {name}" for name, kind in TYPES.items() if name not in leave_out)
        for (code, measure), row in rows.items()
    ]
    names = {} if "measure_name" in leave_out else {"measures": NAMED}
    return make_release(root, revision=revision, tables={"department_rates": " union all ".join(selects), **names})


def invented(dice: random.Random) -> Rows:
    """Departments with any figures: some missing, some unrated, some flags unknown as on a printed annex."""
    rows: Rows = {}
    for measure in MEASURES:
        for number in dice.sample(range(12), 10):
            rate = dice.choice([None, "80.00", "90.00", "95.50"])
            flags = (
                [None] * 3 if rate is None else [dice.choice([True, False]), *[dice.choice([None, True, False])] * 2]
            )
            rank = None if rate is None else dice.randint(1, 3)
            figures = dict(zip(FIGURES, [rate, rank, *flags], strict=True))
            names = {"department_name": f"第{number}局", "measure_name": MEASURES[measure], "average_pct": "88.50"}
            rows[f"d{number:02}", measure] = {**figures, **names}
    return rows


def moved_by_hand(before: Rows, after: Rows) -> set[tuple[Any, ...]]:
    found = set()
    for key in {*before, *after}:
        one, other = ({name: rows[key][name] for name in FIGURES} if key in rows else None for rows in (before, after))
        if one != other:
            found.add((key, one and tuple(one.values()), other and tuple(other.values())))
    return found


def moved_as_told(difference: Difference) -> set[tuple[Any, ...]]:
    return {
        (
            (moved.department_code, measure.measure),
            moved.before and tuple(asdict(moved.before).values()),
            moved.after and tuple(asdict(moved.after).values()),
        )
        for measure in difference.measures
        for moved in measure.moved
    }


@pytest.mark.parametrize("seed", range(6))
def test_what_moved_is_what_pencil_and_paper_find(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    before, after = invented(dice), invented(dice)
    for key in list(before)[:8]:
        after[key] = before[key]
    difference = between(make(tmp_path, 1, before), make(tmp_path, 2, after))
    expected = moved_by_hand(before, after)
    assert expected
    assert moved_as_told(difference) == expected
    assert sum(len(measure.moved) for measure in difference.measures) == len(expected), "each once"


def row(name: str, rate: str | None, rank: int | None, *flags: bool | None) -> dict[str, Any]:
    figures = zip(FIGURES, [rate, rank, *flags], strict=True)
    return {**dict(figures), "department_name": name, "measure_name": "满意率", "average_pct": "88.50"}


BEFORE: Rows = {
    ("d1", "satisfaction"): row("区档案局", "95.00", 1, False, False, False),
    ("d2", "satisfaction"): row("区教育局", "80.00", 2, True, True, None),
}


def test_the_same_figures_move_nobody(tmp_path: Path) -> None:
    renamed = {**BEFORE, ("d1", "satisfaction"): {**BEFORE["d1", "satisfaction"], "department_name": "区档案馆"}}
    difference = between(make(tmp_path, 1, BEFORE), make(tmp_path, 2, renamed))
    (measure,) = difference.measures
    assert (measure.measure_name, measure.moved) == ("满意率", ())


@pytest.mark.parametrize(("figure", "value"), list(zip(FIGURES, ["80.01", 3, False, False, True], strict=True)))
def test_each_figure_alone_is_a_move(tmp_path: Path, figure: str, value: object) -> None:
    after = {**BEFORE, ("d2", "satisfaction"): {**BEFORE["d2", "satisfaction"], figure: value}}
    (measure,) = between(make(tmp_path, 1, BEFORE), make(tmp_path, 2, after)).measures
    assert [moved.department_name for moved in measure.moved] == ["区教育局"]


def test_totals_say_unknown_where_nothing_can_be_tested(tmp_path: Path) -> None:
    """Of a printed annex every flag of chance is NULL: nobody is not the same as zero."""
    printed = {key: {**value, "is_significantly_below": None} for key, value in BEFORE.items()}
    (measure,) = between(make(tmp_path, 1, BEFORE), make(tmp_path, 2, printed)).measures
    assert (measure.before, measure.after) == (Totals("88.50", 1, 1), Totals("88.50", 1, None))


def test_a_measure_that_only_one_revision_has_is_told(tmp_path: Path) -> None:
    other = {
        **BEFORE,
        ("d1", "realisation"): {**row("区档案局", "70.00", 1, False, False, False), "measure_name": "实现率"},
    }
    satisfaction, realisation = between(make(tmp_path, 1, BEFORE), make(tmp_path, 2, other)).measures
    assert (satisfaction.measure, satisfaction.moved) == ("satisfaction", ())
    assert (realisation.before, realisation.after.average_pct) == (Totals(), "88.50")
    assert [(moved.department_name, moved.before) for moved in realisation.moved] == [("区档案局", None)]


def test_a_column_that_an_old_release_lacks_moves_nobody_and_is_named(tmp_path: Path) -> None:
    lacking = ("is_significantly_below_superpopulation", "measure_name")
    difference = between(make(tmp_path, 1, BEFORE, lacking), make(tmp_path, 2, BEFORE))
    assert [measure.moved for measure in difference.measures] == [()]
    assert difference.not_compared == ("is_significantly_below_superpopulation",)


def test_tables_of_other_content_are_named_and_unhashed_ones_with_them(tmp_path: Path) -> None:
    one, other = make(tmp_path, 1, BEFORE), make(tmp_path, 2, BEFORE)
    assert between(one, other).tables == ("department_rates", "measures"), "these say no hash: nobody knows"
    for release in (one, other):
        for table in release.tables.values():
            table["content_hash"] = "same"
    assert between(one, other).tables == ()
    other.tables["findings"] = {"content_hash": "new"}
    assert between(one, other).tables == ("findings",)
