"""A printed name is matched exactly, by region and period, and never by resemblance."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.registers import Register
from callback_survey.scope import Scope
from lakes import SEEDS

DEPARTMENTS = """department_code,region_code,department_name,valid_from,valid_to
330109-001,330109,区农业局,2018Q1,2018Q2
330109-001,330109,区农业农村局,2018Q3,
330109-002,330109,区旧局,,2018Q1
330109-003,330109,区公安分局（户籍）,2018Q1,
330110-001,330110,区教育局,2018Q1,
"""
ALIASES = """region_code,alias,department_code,valid_from,valid_to
330109,农业办,330109-001,2018Q2,2018Q3
330109,旧办,330109-002,2018Q1,
330110,农业办,330110-001,2018Q1,
"""


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    (tmp_path / "departments.csv").write_text(DEPARTMENTS, encoding="utf-8")
    (tmp_path / "department_aliases.csv").write_text(ALIASES, encoding="utf-8-sig")
    return tmp_path


@pytest.mark.parametrize(
    ("quarter", "known"),
    [
        ("2017Q4", {"区旧局"}),
        ("2018Q1", {"区农业局", "区旧局", "区公安分局（户籍）"}),
        ("2018Q2", {"区农业局", "区公安分局（户籍）"}),
        ("2018Q3", {"区农业农村局", "区公安分局（户籍）"}),
        ("2030Q1", {"区农业农村局", "区公安分局（户籍）"}),
    ],
)
def test_a_period_holds_from_its_first_to_its_last_quarter_inclusive(
    seeds: Path, quarter: str, known: set[str]
) -> None:
    assert set(Register.read(seeds, Scope("330109", quarter)).names.values()) == known


@pytest.mark.parametrize(
    ("quarter", "found"), [("2018Q1", None), ("2018Q2", "区农业局"), ("2018Q3", "区农业农村局"), ("2018Q4", None)]
)
def test_an_alias_has_a_period_and_means_the_name_of_that_quarter(seeds: Path, quarter: str, found: str | None) -> None:
    assert Register.read(seeds, Scope("330109", quarter)).find("农业办") == found


def test_an_alias_belongs_to_its_region(seeds: Path) -> None:
    assert Register.read(seeds, Scope("330110", "2018Q2")).find("农业办") == "区教育局"
    assert Register.read(seeds, Scope("330111", "2018Q2")).names == {}


def test_an_alias_of_a_department_that_ended_is_unknown(seeds: Path) -> None:
    assert Register.read(seeds, Scope("330109", "2018Q1")).find("旧办") == "区旧局"
    assert Register.read(seeds, Scope("330109", "2018Q2")).find("旧办") is None


@pytest.mark.parametrize(
    "printed", ["区公安分局（户籍）", "区公安分局(户籍)", " 区公安 分局（户\n籍）", "区公安分局\u3000(户籍）"]
)
def test_width_and_white_space_do_not_matter(seeds: Path, printed: str) -> None:
    assert Register.read(seeds, Scope("330109", "2018Q1")).find(printed) == "区公安分局（户籍）"


@pytest.mark.parametrize("printed", ["农业局", "区农业", "区农业局局", "区农水局", "", " ", None])
def test_a_name_that_only_resembles_one_is_unknown(seeds: Path, printed: str | None) -> None:
    assert Register.read(seeds, Scope("330109", "2018Q1")).find(printed) is None


def test_the_nearest_name_is_a_hint_and_empty_where_none_is_close(seeds: Path) -> None:
    register = Register.read(seeds, Scope("330109", "2018Q1"))
    assert register.nearest("区农水局") == "区农业局"
    assert register.nearest("Ministry") == ""


def test_the_register_of_xiaoshan_has_35_departments_and_knows_both_spellings_of_one() -> None:
    register = Register.read(SEEDS, Scope("330109", "2018Q1"))
    assert len(set(register.names.values())) == 35
    assert register.find("区市场监督局") == register.find("区市场监管局") == "区市场监管局"
    offices = ["区农业局", "区农水局", "区招商局", "区招管办", "区商务局"]
    assert [register.find(name) for name in offices] == offices, "these are different offices"
