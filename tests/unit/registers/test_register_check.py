"""Registers that cannot be counted by are an error before anything lands: it names both departments, the name, the quarter,
the file and the next step."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest

from callback_survey.cli import main
from callback_survey.errors import RegisterError, UsageError
from callback_survey.registers import validate
from callback_survey.registers.check import faults_of
from lakes import ONE_CALL, ONE_CASE, REPOSITORY, SAMPLE_REGISTERS, SEEDS, calls, frame, tree_of, write_delivery
from register_seeds import add, replace, seeds_of_2018q1

Change = Callable[[Path], None]


def adding(name: str, *rows: tuple[str, ...]) -> Change:
    return lambda seeds: add(seeds, name, *rows)


def replacing(name: str, old: str, new: str) -> Change:
    return lambda seeds: replace(seeds, name, old, new)


def both(*changes: Change) -> Change:
    def change(seeds: Path) -> None:
        for one in changes:
            one(seeds)

    return change


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return seeds_of_2018q1(tmp_path)


def test_the_registers_of_the_project_have_no_fault() -> None:
    validate(SEEDS)


def test_an_alias_that_means_two_departments_names_both_and_says_from_when_and_what_to_do(seeds: Path) -> None:
    """区农水局 and 区农业局 both become 农业办, the one from 2018Q2 on; width and spaces make no difference."""
    add(seeds, "department_aliases", ("330109", "农业办（东）", "330109-008", "2018Q1", ""))
    add(seeds, "department_aliases", ("330109", "农业办 (东)", "330109-009", "2018Q2", "2018Q4"))
    names = {code: name_of(seeds, code) for code in ("330109-008", "330109-009")}
    with pytest.raises(RegisterError) as raised:
        validate(seeds)
    error = raised.value
    assert isinstance(error, UsageError) and error.exit_code == 2
    assert error.what == (
        "330109: 「农业办 (东)」 means two departments from 2018Q2 on: "
        f"{names['330109-008']} (330109-008, department_aliases.csv line 3) and "
        f"{names['330109-009']} (330109-009, department_aliases.csv line 4)"
    )
    assert error.where == str(seeds / "department_aliases.csv")
    assert error.next_step == (
        "a name means one department at a time: end the row that no longer holds (valid_to), or remove it"
    )
    assert (error.region_code, error.quarter) == ("330109", "2018Q2")


def name_of(seeds: Path, code: str) -> str:
    lines = (seeds / "departments.csv").read_text(encoding="utf-8").splitlines()
    return next(line.split(",")[2] for line in lines if line.startswith(code))


NEW = ("330109-099", "330109", "区新局", "2019Q1", "")
ENDED = replacing("departments", "330109-035,330109,", "330109-035,330109,区旧局,2018Q1,2018Q4\n330109-098,330109,")
FAULTS: dict[str, tuple[Change, str]] = {
    "a name of one is an alias of another": (
        adding("department_aliases", ("330109", "区教育局", "330109-001", "2019Q1", "")),
        "330109: 「区教育局」 means two departments from 2019Q1 on: 区教育局 (330109-0",
    ),
    "two departments of one name": (
        adding("departments", ("330109-099", "330109", "区 教育局", "2018Q3", "")),
        "330109: 「区 教育局」 means two departments from 2018Q3 on: 区教育局 (330109-0",
    ),
    "a department that stands twice": (
        adding("departments", ("330109-001", "330109", "区经信局", "2018Q1", "")),
        "departments.csv line 37: 「330109-001」 is also on line 2",
    ),
    "two names of one code at once": (
        adding("departments", ("330109-001", "330109", "区经信委", "2018Q4", "")),
        "departments.csv line 37: code 330109-001 is both 区经信局 (line 2) and 区经信委 at once, from 2018Q4 on",
    ),
    "a code in two regions": (
        both(
            adding("regions", ("330110", "余杭区", "330100", "district", "true", "", "")),
            adding("departments", ("330109-001", "330110", "区经信局", "2018Q1", "")),
        ),
        "departments.csv line 37: code 330109-001 is of 330109 (line 2) and of 330110",
    ),
    "a department of an unknown region": (
        adding("departments", ("330110-001", "330110", "区经信局", "2018Q1", "")),
        "departments.csv line 37: region 330110 is not in regions.csv",
    ),
    "the department has no name": (
        adding("departments", ("330109-099", "330109", "　", "2018Q1", "")),
        "departments.csv line 37: the department has no name or no code",
    ),
    "an alias of no department": (
        adding("department_aliases", ("330109", "区某局", "330109-999", "2018Q1", "")),
        "department_aliases.csv line 3: alias 「区某局」 belongs to 330109-999, which is not a department of 330109",
    ),
    "an alias of another region's department": (
        both(
            adding("regions", ("330110", "余杭区", "330100", "district", "true", "", "")),
            adding("department_aliases", ("330110", "区某局", "330109-001", "2018Q1", "")),
        ),
        "department_aliases.csv line 3: alias 「区某局」 belongs to 330109-001, which is not a department of 330110",
    ),
    "an alias that never holds": (
        adding("department_aliases", ("330109", "区某局", "330109-001", "", "2017Q4")),
        "department_aliases.csv line 3: alias 「区某局」 is valid only while 330109-001 is not",
    ),
    "a quarter that is none": (
        adding("departments", ("330109-099", "330109", "区新局", "2018Q5", "")),
        "departments.csv line 37: valid_from is 「2018Q5」",
    ),
    "a period that ends before it begins": (
        adding("departments", ("330109-099", "330109", "区新局", "2018Q4", "2018Q3")),
        "departments.csv line 37: valid from 2018Q4 to 2018Q3: it ends before it begins",
    ),
    "a region below one that is not there": (
        adding("regions", ("330212", "鄞州区", "330200", "district", "true", "", "")),
        "regions.csv line 5: region 330212 belongs to 330200, which is not listed",
    ),
    "a region below one of its own level": (
        adding("regions", ("330110", "余杭区", "330109", "district", "true", "", "")),
        "regions.csv line 5: region 330110 (district) belongs to 330109 (district)",
    ),
    "a region twice": (
        adding("regions", ("330109", "萧山区", "330100", "district", "true", "", "")),
        "regions.csv line 5: region 330109 is also on line 4",
    ),
    "a region without a name": (
        adding("regions", ("330110", "", "330100", "district", "true", "", "")),
        "regions.csv line 5: region 330110 has no name",
    ),
    "a region of no level": (
        adding("regions", ("330110", "余杭区", "", "county", "true", "", "")),
        "regions.csv line 5: region 330110 has the level 「county」",
    ),
    "a region without a code": (
        adding("regions", ("33011", "余杭区", "330100", "district", "true", "", "")),
        "regions.csv line 5: 「33011」 is not a region code",
    ),
    "a succession of a stranger": (
        adding("department_successions", ("330109", "330109-001", "330109-099", "2019Q1", "merge")),
        "330109-099: not a department of 330109",
    ),
    "a department that follows itself": (
        adding("department_successions", ("330109", "330109-001", "330109-001", "2019Q1", "replacement")),
        "330109-001 follows itself",
    ),
    "a succession without a quarter": (
        both(
            adding("departments", NEW), adding("department_successions", ("330109", "330109-001", NEW[0], "", "merge"))
        ),
        "330109-099 follows 330109-001, but no first quarter is given",
    ),
    "a predecessor that goes on": (
        both(
            adding("departments", NEW),
            adding("department_successions", ("330109", "330109-001", NEW[0], "2019Q1", "merge")),
        ),
        "区经信局 (330109-001) must end when 区新局 (330109-099) begins, 2019Q1, but departments.csv line 2 goes on",
    ),
    "a successor that existed before": (
        both(
            replacing("departments", "区经信局,2018Q1,", "区经信局,2018Q1,2018Q4"),
            adding("department_successions", ("330109", "330109-001", "330109-002", "2019Q1", "merge")),
        ),
        "区档案局 (330109-002) takes over in 2019Q1, but begins in 2018Q1 (departments.csv line 3)",
    ),
    "a question without a header": (
        replacing("question_headers", "visits,跑动次数,false\nvisits,上门次数,false\nvisits,跑次,false\n", ""),
        "the question visits has no header in question_headers.csv",
    ),
    "a header of two questions": (
        adding("question_headers", ("visits", "满 意度", "false")),
        "「满 意度」 stands on line 2 too, as a header of satisfaction",
    ),
    "a header of another column": (
        adding("question_headers", ("visits", "通话结果", "false")),
        "「通话结果」 is a header of the column disposition",
    ),
    "a header of no question": (
        adding("question_headers", ("pace", "办理速度", "false")),
        "no measure reads the question pace",
    ),
    "a pattern that is none": (
        adding("question_headers", ("visits", "跑(几次", "true")),
        "「跑(几次」 is no regular expression",
    ),
    "a figure without an answer": (
        adding("annex_figures", ("realisation", "unknown_pct", "不详率（%）", "")),
        "annex_figures.csv line 10: the figure unknown_pct has no answer",
    ),
    "a figure of an unknown answer": (
        adding("annex_figures", ("satisfaction", "delighted_pct", "十分满意率（%）", "delighted")),
        "annex_figures.csv line 10: answer_code 「delighted」 is not in answers.csv",
    ),
    "a figure of another measure's answer": (
        adding("annex_figures", ("satisfaction", "quick_pct", "快办率（%）", "zero_visits")),
        "quick_pct prints zero_visits, which is an answer on no scale of satisfaction",
    ),
    "a figure of two measures": (
        both(
            adding("measures", ("visits", "上门率", "visits", "3")),
            adding("measure_definitions", ("visits", "none", "visits", "…")),
            adding("measure_successes", ("visits", "none", "zero_visits")),
            adding("definition_periods", ("", "visits", "none", "", "")),
            adding("annex_figures", ("visits", "two_or_more_visits_pct", "未实现率（%）（两次及以上）", "one_visit")),
        ),
        "annex_figures.csv line 10: the figure two_or_more_visits_pct is one of realisation too (line 9)",
    ),
    "a figure with two heads": (
        replacing("annex_figures", "实现率（%）（零上门/一次）,one_visit", "实现率（%）,one_visit"),
        "the figure within_one_visit_pct is headed 「实现率（%）」 here and 「实现率（%）（零上门/一次）」 on line 7",
    ),
    "an answer that is printed twice": (
        adding("annex_figures", ("realisation", "never_pct", "零上门率（%）", "zero_visits")),
        "annex_figures.csv line 10: zero_visits is printed by the figure within_one_visit_pct too (line 7)",
    ),
    "a head of two figures of one annex": (
        adding("annex_headers", ("dissatisfied_pct", "满意 率（％）", "false")),
        "annex_headers.csv line 11: 「满意率(%)」 stands on annex_figures.csv line 2 too, as a head of satisfied_pct",
    ),
    "a head of two annexes of one region": (
        adding("annex_headers", ("within_one_visit_pct", "满意率", "false")),
        "annex_headers.csv line 11: 「满意率」 stands on annex_headers.csv line 2 too, as a head of satisfied_pct",
    ),
    "a head of another column": (
        adding("annex_headers", ("within_one_visit_pct", "抽样数", "false")),
        "annex_headers.csv line 11: 「抽样数」 is a header of the column sample_count",
    ),
    "a head of no figure": (
        adding("annex_headers", ("faster_pct", "提速率", "false")),
        "annex_headers.csv line 11: no annex has the figure faster_pct",
    ),
    "a head that is no pattern": (
        adding("annex_headers", ("satisfied_pct", "满意(率", "true")),
        "「满意(率」 is no regular expression",
    ),
    "an answer of two scales": (
        adding("answers", ("satisfaction", "satisfaction_gbt_39735", "satisfied", "满意", "6")),
        "answer satisfied of satisfaction_gbt_39735 is one of satisfaction_2018",
    ),
    "a word for an answer of another scale": (
        adding("answer_spellings", ("satisfaction_2018", "很满意", "gbt_very_satisfied", "false")),
        "「很满意」 is gbt_very_satisfied, which is not an answer of satisfaction_2018",
    ),
    "a word twice in one scale": (
        adding("answer_spellings", ("satisfaction_2018", "满 意", "fairly_satisfied", "false")),
        "「满 意」 is also on line 2, for satisfaction_2018",
    ),
    "a scale of two questions": (
        both(
            adding("answers", ("visits", "satisfaction_gbt_39735", "odd", "别的", "9")),
            adding("answer_spellings", ("satisfaction_gbt_39735", "别的", "odd", "false")),
        ),
        "the scale satisfaction_gbt_39735 answers visits, and satisfaction on line 7",
    ),
    "an answer that its own word does not mean": (
        adding("answers", ("visits", "visits", "untold", "未告知", "4")),
        "answers.csv line 15: 「未告知」, the answer untold, is in no row of answer_spellings.csv, so every such answer would be rejected",
    ),
    "an answer whose word means another": (
        both(
            adding("answers", ("visits", "visits", "many_visits", "三次", "4")),
            adding("answer_spellings", ("visits", "很多次", "many_visits", "false")),
        ),
        "answers.csv line 15: 「三次」, the answer many_visits, is read as two_or_more_visits (line 32)",
    ),
    "a mark twice": (adding("mark_spellings", ("ｙ", "false")), "「ｙ」 is also on line"),
    "a disposition's word twice": (
        adding("disposition_spellings", ("拒 访", "other")),
        "「拒 访」 is also on line",
    ),
    "a success on another scale": (
        adding("measure_successes", ("satisfaction", "top_box", "gbt_very_satisfied")),
        "satisfaction / top_box counts gbt_very_satisfied, which is not an answer of its scale satisfaction_2018",
    ),
    "a success of an unknown definition": (
        adding("measure_successes", ("satisfaction", "top_two", "satisfied")),
        "satisfaction / top_two is not in measure_definitions.csv",
    ),
    "a definition that counts nothing": (
        adding("measure_definitions", ("satisfaction", "top_two", "satisfaction_2018", "…")),
        "satisfaction / top_two counts no answer",
    ),
    "a period of an unknown definition": (
        adding("definition_periods", ("330109", "satisfaction", "top_two", "2019Q1", "")),
        "satisfaction / top_two is not in measure_definitions.csv",
    ),
    "a period of an unknown region": (
        adding("definition_periods", ("330110", "satisfaction", "top_three_levels", "2019Q1", "")),
        "definition_periods.csv line 4: region 330110 is not in regions.csv",
    ),
    "two definitions at once": (
        adding(
            "definition_periods",
            ("330109", "satisfaction", "top_box", "", "2019Q1"),
            ("330109", "satisfaction", "top_three_levels", "2019Q1", ""),
        ),
        "satisfaction / top_box (line 4) and satisfaction / top_three_levels are both valid in 330109 from 2019Q1 on",
    ),
    "a measure without a general definition": (
        replacing("definition_periods", ",satisfaction,top_box,,\n", ""),
        "definition_periods.csv: satisfaction has no row",
    ),
    "a beginning without a definition": (
        replacing("definition_periods", ",satisfaction,top_box,,", ",satisfaction,top_box,2018Q1,"),
        "satisfaction has no definition before 2018Q1",
    ),
    "an end without a definition": (
        replacing("definition_periods", ",satisfaction,top_box,,", ",satisfaction,top_box,,2020Q4"),
        "satisfaction has no definition after 2020Q4",
    ),
    "a gap without a definition": (
        replacing(
            "definition_periods",
            ",satisfaction,top_box,,",
            ",satisfaction,top_box,,2019Q4\n,satisfaction,top_three_levels,2020Q3,",
        ),
        "satisfaction has no definition from 2020Q1 to the quarter before 2020Q3",
    ),
    "districts of a district": (
        adding("regions", ("330110", "余杭区", "330100", "district", "true", "3", "")),
        "regions.csv line 5: a district has the district_count 「3」",
    ),
    "a number of districts that is none": (
        replacing("regions", ",city,false,13,", ",city,false,十三,"),
        "regions.csv line 3: district_count is 「十三」",
    ),
    "fewer districts than are listed": (
        both(
            replacing("regions", ",city,false,13,", ",city,false,1,"),
            adding("regions", ("330110", "余杭区", "330100", "district", "true", "", "")),
        ),
        "regions.csv line 3: region 330100 has 1 districts, and 2 of them are listed",
    ),
    "a use of the signs that is a page": (
        adding("regions", ("330110", "余杭区", "330100", "district", "true", "", "问" * 201)),
        "regions.csv line 5: sign_use of region 330110 is no sentence of at most 200 characters on one line",
    ),
    "a disclosure rule of an unknown region": (
        adding("disclosure_rules", ("330110", "true", "", "", "", "已印发", "2018Q1", "")),
        "disclosure_rules.csv line 5: region 330110 is not in regions.csv",
    ),
    "a disclosure rule without a reason": (
        adding("disclosure_rules", ("330100", "true", "", "", "", "", "2018Q1", "")),
        "disclosure_rules.csv line 5: reason is empty",
    ),
    "a disclosure rule without a limit": (
        adding("disclosure_rules", ("330100", "false", "10", "", "3", "本市规定", "2018Q1", "")),
        "disclosure_rules.csv line 5: smallest_frame_count is 「」",
    ),
    "limits of what is exempt": (
        adding("disclosure_rules", ("330100", "true", "10", "", "", "已印发", "2018Q1", "")),
        "disclosure_rules.csv line 5: fewest_answers_count is 「10」 in a row that is exempt",
    ),
    "two disclosure rules at once": (
        adding("disclosure_rules", ("330109", "true", "", "", "", "已印发", "2019Q1", "")),
        "disclosure_rules.csv line 5: it holds beside line 4 from 2019Q1 on",
    ),
    "no disclosure rule for everybody else": (
        replacing("disclosure_rules", "该组各项,2000Q1,", "该组各项,2000Q1,2020Q4"),
        "disclosure_rules.csv: no row without a region holds from now on",
    ),
    "one question on two scales": (
        both(
            adding("measures", ("contentment", "获得感", "satisfaction", "3")),
            adding("measure_definitions", ("contentment", "top_two", "satisfaction_2018", "…")),
            adding("measure_successes", ("contentment", "top_two", "satisfied")),
            adding("definition_periods", ("", "contentment", "top_two", "", "")),
            adding("definition_periods", ("330100", "satisfaction", "top_three_levels", "2019Q1", "")),
        ),
        "330100: the question satisfaction is read on two scales from 2019Q1 on: "
        "satisfaction / top_three_levels (definition_periods.csv line 5), contentment / top_two",
    ),
}


@pytest.mark.parametrize(("change", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place_and_a_next_step(seeds: Path, change: Change, words: str) -> None:
    change(seeds)
    (fault,) = faults_of(seeds)
    assert words in fault.what
    assert fault.next_step and fault.files


def rename(seeds: Path) -> None:
    """区农业局 is renamed, and its old name goes on as an alias of the same code."""
    replace(seeds, "departments", "区农业局,2018Q1,", "区农业局,2018Q1,2018Q4")
    code = next(
        line.split(",")[0]
        for line in (seeds / "departments.csv").read_text(encoding="utf-8").splitlines()
        if "区农业局" in line
    )
    add(seeds, "departments", (code, "330109", "区农业农村局", "2019Q1", ""))
    add(seeds, "department_aliases", ("330109", "区农业局", code, "2019Q1", ""))


def merge(seeds: Path) -> None:
    """Two end, and a new code begins that takes the name of one of them, and an alias that the other never gave back."""
    for code, name in (("330109-001", "区经信局"), ("330109-002", "区档案局")):
        replace(seeds, "departments", f"{code},330109,{name},2018Q1,", f"{code},330109,{name},2018Q1,2018Q4")
    add(seeds, "departments", ("330109-099", "330109", "区经信局", "2019Q1", ""))
    add(seeds, "department_aliases", ("330109", "档案", "330109-002", "2018Q1", ""))
    add(seeds, "department_aliases", ("330109", "档案", "330109-099", "2019Q1", ""))
    add(seeds, "department_successions", ("330109", "330109-001", "330109-099", "2019Q1", "merge"))
    add(seeds, "department_successions", ("330109", "330109-002", "330109-099", "2019Q1", "merge"))


def split(seeds: Path) -> None:
    replace(seeds, "departments", "330109-001,330109,区经信局,2018Q1,", "330109-001,330109,区经信局,2018Q1,2018Q4")
    for number, name in (("098", "区经济局"), ("099", "区信息局")):
        add(seeds, "departments", (f"330109-{number}", "330109", name, "2019Q1", ""))
        add(seeds, "department_successions", ("330109", "330109-001", f"330109-{number}", "2019Q1", "split"))


def regional_scale(seeds: Path) -> None:
    add(seeds, "definition_periods", ("330109", "satisfaction", "top_three_levels", "2019Q1", "2019Q4"))
    add(seeds, "definition_periods", ("330100", "satisfaction", "top_three_levels", "2019Q1", ""))


def same_name_elsewhere(seeds: Path) -> None:
    add(seeds, "regions", ("330110", "余杭区", "330100", "district", "true", "", ""))
    add(seeds, "departments", ("330110-001", "330110", "区经信局", "2018Q1", ""))
    add(seeds, "department_aliases", ("330110", "区教育局", "330110-001", "2018Q1", ""))


@pytest.mark.parametrize("change", [rename, merge, split, regional_scale, same_name_elsewhere])
def test_what_happens_to_departments_can_be_written_without_a_fault(seeds: Path, change: Change) -> None:
    change(seeds)
    validate(seeds)


def found_by_dbt(seeds: Path) -> int:
    """Rows of the dbt test names_mean_one_department, over the seeds as dbt reads them."""
    project = REPOSITORY / "dbt_project"
    environment = jinja2.Environment()
    macros: dict[str, Any] = {}
    environment.globals |= {
        "ref": lambda name: f"(from read_csv('{seeds / name}.csv', all_varchar = true, header = true))",
        "adapter": SimpleNamespace(
            dispatch=lambda name, _: macros.get(f"duckdb__{name}") or macros[f"default__{name}"]
        ),
        "return": lambda value: value,
    }
    macros.update(vars(environment.from_string((project / "macros/names.sql").read_text(encoding="utf-8")).module))
    environment.globals |= {"name_key": macros["name_key"]}
    sql = environment.from_string(
        (project / "tests/names_mean_one_department.sql").read_text(encoding="utf-8")
    ).render()
    with duckdb.connect() as connection:
        return len(connection.execute(sql).fetchall())


@pytest.mark.parametrize("change", [rename, merge, split, same_name_elsewhere])
def test_the_second_net_lets_what_is_right_pass(seeds: Path, change: Change) -> None:
    assert found_by_dbt(seeds) == 0
    change(seeds)
    assert found_by_dbt(seeds) == 0


@pytest.mark.parametrize(
    "fault", ["a name of one is an alias of another", "two departments of one name", "two names of one code at once"]
)
def test_the_second_net_holds_the_same_faults(seeds: Path, fault: str) -> None:
    FAULTS[fault][0](seeds)
    assert found_by_dbt(seeds) == 1


def test_all_faults_are_told_at_once_and_many_are_cut(seeds: Path) -> None:
    rows = [(f"330109-{number}", "330199", f"区{number}局", "2018Q1", "") for number in range(100, 130)]
    add(seeds, "departments", *rows)
    with pytest.raises(RegisterError) as raised:
        validate(seeds)
    assert raised.value.what == "the registers have 30 faults"
    lines = raised.value.alert_lines
    assert lines[0] == (
        "departments.csv line 37: region 330199 is not in regions.csv; add the region and the regions above it"
    )
    assert len(lines) == 21 and lines[-1] == "and 10 more"


@pytest.fixture
def faulty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "dbt_project"
    shutil.copytree(REPOSITORY / "dbt_project", project)
    add(project / "seeds", "department_aliases", ("330109", "区教育局", "330109-001", "2018Q1", ""))
    monkeypatch.setenv("CALLBACK_SURVEY_DBT_PROJECT", str(project))
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALLBACK_SURVEY_EXPORTS", str(tmp_path / "exports"))
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY", "k" * 32)
    return project


@pytest.mark.parametrize("command", [["run", "--quarter", "2018Q1"], ["run", "--quarter", "2018Q1", "--dry-run"]])
def test_a_run_ends_with_2_before_anything_lands(
    faulty_project: Path, tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_delivery(tmp_path / "exports", {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)})
    assert main.main(command) == 2
    told = capsys.readouterr().err
    assert "「区教育局」 means two departments" in told and "区经信局 (330109-001" in told
    assert (
        f"where: {SAMPLE_REGISTERS / 'departments.csv'}, {faulty_project / 'seeds' / 'department_aliases.csv'}" in told
    )
    assert not (tmp_path / "home" / "lake").exists() and not (tmp_path / "home" / "warehouse").exists()


def test_register_check_tells_the_same_and_writes_nothing(
    faulty_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree_of(faulty_project)
    assert main.main(["register", "check"]) == 2
    assert "「区教育局」 means two departments" in capsys.readouterr().err
    assert tree_of(faulty_project) == before and not (tmp_path / "home").exists()


def test_register_check_says_what_it_looked_through(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CALLBACK_SURVEY_DBT_PROJECT", raising=False)
    assert main.main(["register", "check"]) == 0
    assert re.search(r"no fault in \d\d departments of 1 regions, \d aliases, \d successions", capsys.readouterr().out)
