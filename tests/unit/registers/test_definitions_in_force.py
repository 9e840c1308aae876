"""Which definition and scale hold in a region and quarter: landing (Python) and the models (SQL) choose the same."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from callback_survey.errors import UsageError
from callback_survey.registers import definitions_in, scales_in
from callback_survey.scope import Scope
from lakes import REPOSITORY, SEEDS
from register_seeds import GBT_FROM_2018Q2, add, copied_seeds, keep_header

QUARTERS = [f"{year}Q{number}" for year in (2018, 2019) for number in (1, 2, 3, 4)]
REGIONS = {"330000": "", "330100": "330000", "330109": "330100", "330110": "330100", "310000": "", "310101": "310000"}


def test_without_rows_of_its_own_a_region_is_measured_as_everywhere() -> None:
    found = definitions_in(SEEDS, Scope("330109", "2018Q1"))
    assert {measure: row.measure_definition for measure, row in found.items()} == {
        "satisfaction": "top_box",
        "realisation": "within_one_visit",
    }
    assert scales_in(SEEDS, Scope("330109", "2018Q1")) == {"satisfaction": "satisfaction_2018", "visits": "visits"}
    assert scales_in(SEEDS, Scope("110101", "2030Q4")) == scales_in(SEEDS, Scope("330109", "2018Q1")), (
        "and so is an unknown one"
    )


@pytest.mark.parametrize(
    ("region", "of_region", "quarter", "scale"),
    [
        ("330109", "330109", "2018Q1", "satisfaction_2018"),
        ("330109", "330109", "2018Q2", "satisfaction_gbt_39735"),
        ("330100", "330109", "2018Q2", "satisfaction_gbt_39735"),
        ("330000", "330109", "2030Q1", "satisfaction_gbt_39735"),
        ("330109", "330110", "2018Q2", "satisfaction_2018"),
    ],
)
def test_a_region_goes_over_to_another_scale_with_all_below_it(
    tmp_path: Path, region: str, of_region: str, quarter: str, scale: str
) -> None:
    seeds = copied_seeds(tmp_path)
    add(seeds, "definition_periods", (region, *GBT_FROM_2018Q2))
    assert scales_in(seeds, Scope(of_region, quarter))["satisfaction"] == scale


def test_a_measure_without_a_definition_is_an_error_that_says_where_to_look(tmp_path: Path) -> None:
    seeds = copied_seeds(tmp_path)
    keep_header(seeds, "definition_periods")
    with pytest.raises(UsageError, match="330109 2018Q1: the measure satisfaction has no valid definition") as raised:
        definitions_in(seeds, Scope("330109", "2018Q1"))
    assert "definition_periods.csv" in str(raised.value.where)


def test_a_measure_with_rows_of_regions_only_is_asked_in_these_and_below_them(tmp_path: Path) -> None:
    seeds = copied_seeds(tmp_path)
    add(seeds, "measures", ("pace", "办理提速率", "pace", "3"))
    add(seeds, "measure_definitions", ("pace", "faster", "visits", "答“变快”的占比"))
    add(seeds, "definition_periods", ("330100", "pace", "faster", "2018Q2", ""))
    assert "pace" in definitions_in(seeds, Scope("330109", "2018Q2"))
    for region, quarter in (("330109", "2018Q1"), ("310101", "2018Q2")):
        assert set(definitions_in(seeds, Scope(region, quarter))) == {"satisfaction", "realisation"}


def model_sql() -> str:
    """The model as dbt renders it, over tables named as the seeds and models are."""
    macros = "".join(
        (REPOSITORY / f"dbt_project/macros/{name}.sql").read_text(encoding="utf-8") for name in ("quarters", "regions")
    )
    model = REPOSITORY / "dbt_project/models/intermediate/int_measure_definitions.sql"
    environment = jinja2.Environment()
    environment.globals["ref"] = lambda name: name
    rendered: str = environment.from_string(macros + model.read_text(encoding="utf-8")).render()
    return rendered


def random_periods(dice: random.Random) -> list[list[str]]:
    """General rows that cover all time, and rows of regions that hold here and there; those of one region never overlap."""
    change = dice.choice(QUARTERS[1:])
    rows = [["", "m", "d0", "", QUARTERS[QUARTERS.index(change) - 1]], ["", "m", "d1", change, ""]]
    for region in dice.sample(list(REGIONS), dice.randint(0, 4)):
        bounds = sorted(dice.sample(range(len(QUARTERS)), 3))
        rows.append(
            [region, "m", f"d{dice.randint(0, 4)}", dice.choice(["", QUARTERS[bounds[0]]]), QUARTERS[bounds[1]]]
        )
        if dice.random() < 0.5:
            first = QUARTERS[min(bounds[1] + 1, len(QUARTERS) - 1)]
            if first > QUARTERS[bounds[1]]:
                rows.append([region, "m", f"d{dice.randint(0, 4)}", first, dice.choice(["", QUARTERS[-1]])])
    dice.shuffle(rows)  # the order of the file must not matter
    return rows


def write_seeds(folder: Path, periods: list[list[str]]) -> Path:
    tables: dict[str, list[list[str]]] = {
        "regions": [["region_code", "parent_region_code"], *([code, parent] for code, parent in REGIONS.items())],
        "measures": [["measure", "measure_name", "question", "measure_order"], ["m", "名", "q", "1"]],
        "measure_definitions": [
            ["measure", "measure_definition", "scale", "definition_label"],
            *(["m", f"d{number}", f"s{number}", ""] for number in range(5)),
        ],
        # some scales are those of another question, and one has no answers
        "answers": [
            ["question", "scale", "answer_code"],
            *([f"q{number % 2}", f"s{number}", f"a{number}"] for number in range(4)),
        ],
        "definition_periods": [["region_code", "measure", "measure_definition", "valid_from", "valid_to"], *periods],
    }
    folder.mkdir()
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return folder


def chosen_by_the_model(seeds: Path, sql: str) -> dict[tuple[str, str], list[str]]:
    with duckdb.connect() as connection:
        for name in ("regions", "measures", "measure_definitions", "definition_periods", "answers"):
            connection.execute(
                f"create table {name} as from read_csv('{seeds / name}.csv', all_varchar = true, header = true)"
            )
        connection.execute("create table int_region_quarters as select region_code, quarter from (values "
            + ", ".join(f"('{region}')" for region in (*REGIONS, "999999")) + ") as r (region_code), (values "
            + ", ".join(f"('{quarter}')" for quarter in QUARTERS) + ") as q (quarter)")  # fmt: skip
        connection.execute("""
            create table int_region_ancestors as
            with recursive ancestors as (
                select region_code, region_code as ancestor_code, 0 as distance from regions
                union all
                select ancestors.region_code, regions.parent_region_code, distance + 1
                from ancestors inner join regions on regions.region_code = ancestors.ancestor_code
                where regions.parent_region_code is not null
            )
            from ancestors
        """)
        found: list[Any] = connection.execute(
            f"select region_code, quarter, measure_definition, scale, question from ({sql})"
        ).fetchall()
    assert len(found) == len({row[:2] for row in found}), "one definition each"
    return {(region, quarter): chosen for region, quarter, *chosen in found}


@pytest.mark.parametrize("seed", range(40))
def test_landing_and_the_models_choose_the_same_definition(tmp_path: Path, seed: int) -> None:
    seeds = write_seeds(tmp_path / "seeds", random_periods(random.Random(seed)))
    chosen = chosen_by_the_model(seeds, model_sql())
    assert len(chosen) == (len(REGIONS) + 1) * len(QUARTERS)
    for (region, quarter), expected in chosen.items():
        found = definitions_in(seeds, Scope(region, quarter))["m"]
        assert [found.measure_definition, found.scale, found.question] == expected, (region, quarter)
