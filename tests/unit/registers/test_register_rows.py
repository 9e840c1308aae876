"""Registers are read once for all regions of a run, and again once they changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from callback_survey import registers
from callback_survey.registers import rows
from callback_survey.scope import Scope
from homes import REPOSITORY

SHIPPED, SAMPLE = REPOSITORY / "dbt_project" / "seeds", REPOSITORY / "sample_exports" / "registers"


def seeds_in(folder: Path) -> Path:
    shutil.copytree(SHIPPED, folder / "seeds")
    shutil.copytree(SAMPLE, folder / "seeds", dirs_exist_ok=True)
    return folder / "seeds"


def test_the_faults_of_many_regions_cost_one_reading_of_a_register(tmp_path: Path) -> None:
    seeds = seeds_in(tmp_path)
    before = rows._cells.cache_info()
    scopes = [
        Scope("330109", "2018Q1"),
        Scope("330109", "2016Q1"),
        Scope("331009", "2018Q1"),
        Scope("330100", "2018Q1"),
    ]
    assert registers.region_faults(seeds, scopes) == [
        None,
        "departments.csv has no department of region 330109 in 2016Q1; it has some in other quarters, by valid_from and valid_to",
        "region 331009 is not in regions.csv; nearest: 330109",
        "departments.csv has no department of region 330100 in 2018Q1",
    ]
    after = rows._cells.cache_info()
    assert after.misses - before.misses == 2, "regions and departments"
    assert registers.region_faults(seeds, scopes[:1]) == [None]
    assert rows._cells.cache_info().misses == after.misses


def test_a_register_that_changed_is_read_again(tmp_path: Path) -> None:
    seeds = seeds_in(tmp_path)
    (scope,) = scopes = [Scope("331009", "2018Q1")]
    assert registers.region_faults(seeds, scopes) != [None]
    for name, row in (("regions", f"{scope.region_code},样例区,330100,district,true,,"), ("departments", "")):
        path = seeds / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        header, *lines = text.splitlines()
        own = (
            [line.replace("330109", scope.region_code) for line in lines if "330109" in line]
            if name == "departments"
            else [row]
        )
        path.write_text("\n".join([header, *lines, *own]) + "\n", encoding="utf-8")
    assert registers.region_faults(seeds, scopes) == [None]
