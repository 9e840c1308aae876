"""An instance's own registers: what contradicts itself is refused with its file and line, and what wins is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from callback_survey.cli import main
from callback_survey.errors import RegisterError, UsageError
from callback_survey.register_layers import KINDS, merged, read_table
from callback_survey.registers import rows, validate
from callback_survey.settings import load_settings
from callback_survey.wording.translation import in_chinese
from english_left import english_runs
from homes import REPOSITORY
from lakes import SAMPLE_REGISTERS, SEEDS

SHIPPED = REPOSITORY / "dbt_project" / "seeds"
REGIONS = "region_code,region_name,parent_region_code,region_level,is_survey_region,district_count,sign_use"
DEPARTMENTS = "department_code,region_code,department_name,valid_from,valid_to"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder for a region that no shipped register knows."""
    folder = tmp_path / "registers"
    folder.mkdir()
    write(folder, "regions", REGIONS, "999908,样例区,,district,true,,")
    write(folder, "departments", DEPARTMENTS, "999908-001,999908,区样例局,2018Q1,")
    return folder


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


FAULTS = {
    "a file that is none": (
        "departmens",
        ["a"],
        "registers/departmens.csv line 1: no register has this name; nearest: departments",
    ),
    "a column that is none": (
        "thresholds",
        ["measure,threshhold_pct", "satisfaction,80"],
        "registers/thresholds.csv line 1: the register has no column 「threshhold_pct」; nearest: threshold_pct",
    ),
    "a missing key": (
        "thresholds",
        ["threshold_pct,valid_from", "80,2018Q1"],
        "registers/thresholds.csv line 1: the column measure is missing: it says which row is meant",
    ),
    "an override of an unknown key": (
        "check_rules",
        ["check_id,limit_value", "columns_in_place,1", "colums_in_place,1"],
        "registers/check_rules.csv line 3: 「colums_in_place」 is not there to be overridden; nearest: columns_in_place",
    ),
    "a scale without answers": (
        "scales",
        ["scale,scale_name,scale_source", "speed,快慢,编造"],
        "registers/scales.csv line 2: the scale speed has no answers",
    ),
    "an answer of no scale": (
        "answers",
        ["question,scale,answer_code,answer_label,answer_order", "speed,speed,fast,快,1"],
        "registers/answers.csv line 2: the scale speed of fast is not in scales.csv",
    ),
    "two rows for one thing": (
        "thresholds",
        ["measure,threshold_pct,valid_from,valid_to", "satisfaction,80,2018Q1,", "satisfaction,90,2019Q1,2019Q2"],
        "registers/thresholds.csv line 3: 「satisfaction」 is also on line 2",
    ),
    "a period that ends before it begins": (
        "disclosure_rules",
        ["region_code,is_exempt,reason,valid_from,valid_to", "999908,true,编造,2019Q1,2018Q1"],
        "registers/disclosure_rules.csv line 2: valid from 2019Q1 to 2018Q1: it ends before it begins",
    ),
    "a period that ends before it begins, of settings without a key": (
        "reliability_limits",
        ["not_rated_below_count,caution_below_count,caution_half_width_pct,valid_from,valid_to", "1,2,3,2019Q4,2018Q1"],
        "registers/reliability_limits.csv line 2: valid from 2019Q4 to 2018Q1: it ends before it begins",
    ),
    "a quarter of no survey": (
        "reliability_limits",
        ["not_rated_below_count,caution_below_count,caution_half_width_pct,valid_from,valid_to", "1,2,3,1018Q1,"],
        "registers/reliability_limits.csv line 2: valid_from is 「1018Q1」",
    ),
    "a number or more that is no number": (
        "answer_spellings",
        ["scale,spelling,answer_code,is_or_more", "visits,很多次,two_or_more_visits,true"],
        "registers/answer_spellings.csv line 2: 「很多次」 is no whole number, from which on all others are two_or_more_visits",
    ),
    "two numbers or more of one scale": (
        "answer_spellings",
        ["scale,spelling,answer_code,is_or_more", "visits,9,two_or_more_visits,true"],
        "registers/answer_spellings.csv line 2: the scale visits has a number from which on all others are one answer on line "
        "27 too",
    ),
    "a number in words": (
        "benchmarks",
        ["region_code,measure,benchmark_year,benchmark_pct,benchmark_label", "999908,satisfaction,2017,九十,参照"],
        "registers/benchmarks.csv line 2: benchmark_pct is 「九十」",
    ),
    "a share of more than everything": (
        "thresholds",
        ["measure,threshold_pct,valid_from", "satisfaction,8500,2018Q1"],
        "registers/thresholds.csv line 2: threshold_pct is 「8500」",
    ),
    "an order in words, with which the check itself would end": (
        "measures",
        ["measure,measure_name,question,measure_order", "satisfaction,满意率,satisfaction,一"],
        "registers/measures.csv line 2: measure_order is 「一」",
    ),
    "an order that is not there": (
        "measures",
        ["measure,measure_name,question,measure_order", "satisfaction,满意率,satisfaction,"],
        "registers/measures.csv line 2: measure_order is empty",
    ),
    "a whole number with a fraction": (
        "measures",
        ["measure,measure_name,question,measure_order", "satisfaction,满意率,satisfaction,1.0"],
        "registers/measures.csv line 2: measure_order is 「1.0」",
    ),
    "digits that no database reads": (
        "reliability_limits",
        ["not_rated_below_count,caution_below_count,caution_half_width_pct,valid_from", "10,３０,10,2000Q1"],
        "registers/reliability_limits.csv line 2: caution_below_count is 「３０」",
    ),
    "a day that no month has": (
        "calendar_days",
        ["calendar_year,day,is_working_day", "2019,2019-02-30,false"],
        "registers/calendar_days.csv line 2: day is 「2019-02-30」",
    ),
    "a level in percent": (
        "inference_settings",
        ["confidence_level,valid_from", "95,2000Q1"],
        "registers/inference_settings.csv line 2: confidence_level is 「95」",
    ),
    "a number that must be there": (
        "reliability_limits",
        ["not_rated_below_count,caution_below_count,caution_half_width_pct,valid_from", ",30,10,2000Q1"],
        "registers/reliability_limits.csv line 2: not_rated_below_count is empty",
    ),
    "no days to answer in": (
        "follow_up_rules",
        ["answer_code,working_days,valid_from", "dissatisfied,0,2018Q1"],
        "registers/follow_up_rules.csv line 2: working_days is 「0」",
    ),
    "half a person": (
        "reliability_limits",
        ["not_rated_below_count,caution_below_count,caution_half_width_pct,valid_from", "9.5,30,10,2000Q1"],
        "registers/reliability_limits.csv line 2: not_rated_below_count is 「9.5」",
    ),
    "a severity that is none": (
        "check_rules",
        ["check_id,severity", "columns_in_place,warning"],
        "registers/check_rules.csv line 2: severity is 「warning」; nearest: warn",
    ),
    "two measures of one name": (
        "measures",
        ["measure,measure_name,question,measure_order", "realisation,满意率,visits,2"],
        "registers/measures.csv line 2: the measure realisation is called 「满意率」, and so is satisfaction on line 2",
    ),
    "a row of another length": (
        "benchmarks",
        ["region_code,measure,benchmark_year,benchmark_pct,benchmark_label", "999908,satisfaction,2017"],
        "registers/benchmarks.csv line 2: 3 fields, the header has 5",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_by_name_file_and_line_in_both_languages(own: Path, fault: str) -> None:
    name, lines, words = FAULTS[fault]
    write(own, name, *lines)
    with pytest.raises(RegisterError) as refused:
        validate(merged(SHIPPED, own))
    error = refused.value
    assert error.what == words
    assert error.where is not None and error.where.startswith(str(own / f"{name}.csv"))
    for text in (error.what, error.next_step or ""):
        assert english_runs(in_chinese(text)) == [], in_chinese(text)


TOGETHER = {
    "a figure that every annex prints": (
        "annex_figures",
        ["measure,figure,figure_label,answer_code", "satisfaction,sample_count,抽样数,satisfied"],
        "annex_figures.csv line 2: sample_count is what every annex prints of a department",
    ),
    "two rules of one region's points": (
        "assessment_rules",
        [
            "rule_code,region_code,item_points,module_pct,conversion,is_assumption,note,valid_from,valid_to",
            "one,999908,2,10,linear,true,编造,2018Q1,",
            "two,999908,2,10,linear,true,编造,2019Q1,",
        ],
        "assessment_rules.csv line 3: the rule one on line 2 holds for the region at the same time",
    ),
    "two answers in one place": (
        "answers",
        ["question,scale,answer_code,answer_label,answer_order", "visits,visits,four_visits,四次,1"],
        "answers.csv line 2: answer four_visits stands in the place of zero_visits on line",
    ),
}


@pytest.mark.parametrize("fault", TOGETHER)
def test_a_fault_that_brings_others_is_among_them(own: Path, fault: str) -> None:
    name, lines, words = TOGETHER[fault]
    write(own, name, *lines)
    with pytest.raises(RegisterError) as refused:
        validate(merged(SHIPPED, own))
    told = [refused.value.what, *refused.value.alert_lines]
    assert any(words in line for line in told), told
    assert not [found for line in told for found in english_runs(in_chinese(line))]


def references() -> list[tuple[str, str]]:
    """Every register and column whose values dbt looks up in another register."""
    seeds = [
        seed for path in sorted(SHIPPED.glob("*.yml")) for seed in yaml.safe_load(path.read_text("utf-8"))["seeds"]
    ]
    return [
        (seed["name"], column["name"])
        for seed in seeds
        for column in seed["columns"]
        if any("relationships" in test for test in column.get("data_tests", []))
    ]


@pytest.mark.parametrize(("name", "column"), references())
def test_a_row_that_names_what_no_register_has_is_refused_before_dbt_would_stumble_over_it(
    tmp_path: Path, name: str, column: str
) -> None:
    own = Path(shutil.copytree(SAMPLE_REGISTERS, tmp_path / "registers"))
    named = [row for row in rows.read(SEEDS, name) if row[column]] or rows.read(SEEDS, name)
    path = own / f"{name}.csv"
    header = read_table(path if path.is_file() else SHIPPED / path.name).header
    strange = {**named[-1].cells, column: "999999"}
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else [",".join(header)]
    lines.append(",".join(f'"{strange[known]}"' for known in header))
    write(own, name, *lines)
    with pytest.raises(RegisterError) as refused:
        validate(merged(SHIPPED, own))
    told = " ".join([refused.value.what, *refused.value.alert_lines])
    assert f"registers/{name}.csv line {len(lines)}" in told
    assert english_runs(in_chinese(refused.value.what)) == []


def choices() -> list[tuple[str, str]]:
    """Every register that instances extend, with a column of which dbt knows all values."""
    seeds = [
        seed for path in sorted(SHIPPED.glob("*.yml")) for seed in yaml.safe_load(path.read_text("utf-8"))["seeds"]
    ]
    return [
        (seed["name"], column["name"])
        for seed in seeds
        for column in seed["columns"]
        if any("accepted_values" in test for test in column.get("data_tests", [])) and KINDS[seed["name"]].is_extensible
    ]


def added(tmp_path: Path, name: str, changed: dict[str, str]) -> tuple[Path, int]:
    """The sample's registers with the last row of one there again, `changed`; and the line of that row."""
    own = Path(shutil.copytree(SAMPLE_REGISTERS, tmp_path / "registers"))
    path = own / f"{name}.csv"
    header = read_table(path if path.is_file() else SHIPPED / path.name).header
    cells = {**rows.read(SEEDS, name)[-1].cells, **changed}
    row = ",".join(f'"{cells[known]}"' for known in header)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else [",".join(header), row]
    write(own, name, *lines, row)
    return own, len(lines) + 1


@pytest.mark.parametrize(("name", "column"), choices())
def test_a_word_that_no_model_knows_is_refused_before_dbt_would_stumble_over_it(
    tmp_path: Path, name: str, column: str
) -> None:
    own, line = added(tmp_path, name, {column: "strange"})
    with pytest.raises(RegisterError) as refused:
        validate(merged(SHIPPED, own))
    told = " ".join([refused.value.what, *refused.value.alert_lines])
    assert f"registers/{name}.csv line {line}: " in told and "「strange」" in told
    assert english_runs(in_chinese(refused.value.what)) == []


@pytest.mark.parametrize(
    "name", [name for name, kind in KINDS.items() if kind.is_extensible and rows.read(SEEDS, name)]
)
def test_a_row_that_stands_twice_is_refused_before_dbt_would_stumble_over_it(tmp_path: Path, name: str) -> None:
    own, _ = added(tmp_path, name, {})
    with pytest.raises(RegisterError) as refused:
        validate(merged(SHIPPED, own))
    assert f"{name}.csv" in " ".join([refused.value.what, *refused.value.alert_lines])
    assert english_runs(in_chinese(refused.value.what)) == []


def test_a_spelling_of_two_answers_names_both_files(own: Path) -> None:
    write(own, "answer_spellings", "scale,spelling,answer_code,is_or_more", "visits,零 上门,one_visit,false")
    with pytest.raises(RegisterError, match=r"registers/answer_spellings.csv line 2: 「零 上门」 is also on line"):
        validate(merged(SHIPPED, own))


def test_the_check_says_which_own_row_holds(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(own, "thresholds", "measure,threshold_pct,valid_from", "satisfaction,90,2020Q1")
    write(own, "check_rules", "check_id,limit_value", "columns_in_place,1")
    monkeypatch.setenv("CALLBACK_SURVEY_REGISTERS", str(own))
    before = sorted(path.name for path in own.iterdir())
    assert main.main(["register", "check"]) == 0
    *won, last = capsys.readouterr().out.splitlines()
    assert won == [
        "check_rules.csv: line 2 holds in place of line 4 of the shipped register",
        "thresholds.csv: line 2 holds in place of line 2 of the shipped register",
    ]
    assert last.startswith(f"{own}: no fault in ")
    assert sorted(path.name for path in own.iterdir()) == before


def test_a_setting_that_names_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="REGISTERS names no folder"):
        load_settings({"CALLBACK_SURVEY_REGISTERS": str(tmp_path / "gone")})
