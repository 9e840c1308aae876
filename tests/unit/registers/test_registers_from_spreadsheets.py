"""A register that a spreadsheet saved is read as before, or refused by file and line: never with another meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.checks.model import read_rules
from callback_survey.landing.vocabulary import Vocabulary
from callback_survey.registers.check import faults_of
from callback_survey.scope import Scope
from register_seeds import copied_seeds, replace

SCOPE = Scope("330109", "2018Q1")


def test_the_project_s_own_registers_have_no_fault(tmp_path: Path) -> None:
    assert faults_of(copied_seeds(tmp_path)) == []


def test_true_in_capitals_a_mark_and_quotes_change_nothing(tmp_path: Path) -> None:
    seeds = copied_seeds(tmp_path)
    words, rules = Vocabulary.read(seeds, SCOPE), read_rules(seeds)
    for path in seeds.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace(",true", ",TRUE").replace(",false", ",FALSE")
        path.write_text("\ufeff" + text, encoding="utf-8", newline="\r\n")
    replace(seeds, "regions", "330000,浙江省", '"330000","浙江省"')
    assert faults_of(seeds) == []
    assert Vocabulary.read(seeds, SCOPE) == words
    assert read_rules(seeds) == rules
    assert any(word.is_or_more for word in words.spellings) and any(rule.is_overridable for rule in rules.values())


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("answer_spellings", "满意,satisfied,false", "满意,satisfied,否", "line 2: is_or_more is 「否」"),
        ("regions", "330100,杭州市,330000,city,false", "330100,杭州市,330000,city,0", "line 3: is_survey_region is 「0」"),
        ("published_notices", "2018-06-07", "2018/6/7", "line 2: dated_on is 「2018/6/7」"),
        ("departments", "区经信局,2018Q1", "区经信局,2018年1季度", "line 2: valid_from is 「2018年1季度」"),
        ("departments", "330109-001,330109,", "330109-001,3.30109E+05,", "line 2: region_code is 「3.30109E+05」"),
        ("departments", "valid_from,valid_to", "valid_from,valid_to,,", "line 1: the header has a column without a name"),
        ("departments", "区经信局,", "区经\u200b信局,", "line 2: department_name holds a character that nobody sees: U+200B"),
        ("departments", "区经信局,2018Q1,", "区经信局,2018Q1,,,", "line 2: 7 fields, the header has 5"),
    ],
)  # fmt: skip
def test_what_would_mean_something_else_is_told_by_file_and_line(
    tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    seeds = copied_seeds(tmp_path)
    replace(seeds, name, old, new)
    (fault,) = faults_of(seeds)
    assert fault.what == f"{name}.csv {told}"
    assert fault.files == (f"{name}.csv",)


def test_a_register_in_gbk_is_told_by_its_first_line_that_is_not_utf_8(tmp_path: Path) -> None:
    seeds = copied_seeds(tmp_path)
    path = seeds / "departments.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    (fault,) = faults_of(seeds)
    assert fault.what == "departments.csv line 2: it is not UTF-8"
    assert "CSV UTF-8" in fault.next_step
