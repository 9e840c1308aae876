"""The invented hotline: its files hold exactly the cases and answers that its counts say, and say that they are invented."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from callback_survey.register_layers import merged
from callback_survey.registers import validate
from lakes import Lake

REPOSITORY = Path(__file__).parents[3]
HOTLINE = REPOSITORY / "sample_exports" / "510107"
REGISTERS = REPOSITORY / "sample_exports" / "registers-hotline"
COUNTS = REPOSITORY / "sample_exports/make/inputs/hotline_counts.csv"
LEVELS = ("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied")
CODES = (*(f"gbt_{level}" for level in LEVELS), "problem_solved", "problem_unsolved")
MONTHS = ("first_month_count", "second_month_count", "third_month_count")

each_quarter = pytest.mark.parametrize("quarter", ["2021Q1", "2021Q2"])
Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def counts(quarter: str) -> dict[str, Row]:
    return {row["street"]: row for row in rows(COUNTS) if row["quarter"] == quarter}


def valid(quarter: str) -> list[Row]:
    return [row for row in rows(HOTLINE / quarter / "frame.csv.gz") if "应剔除" not in row["办理事项"]]


@each_quarter
def test_each_street_has_its_volume_of_each_month(quarter: str) -> None:
    months = sorted({row["办结时间"][:7] for row in valid(quarter)})
    found = Counter((row["办理部门"], months.index(row["办结时间"][:7])) for row in valid(quarter))
    assert len(months) == 3
    assert found == {
        (street, place): int(row[name]) for street, row in counts(quarter).items() for place, name in enumerate(MONTHS)
    }


@each_quarter
def test_every_case_street_and_manifest_says_that_it_is_invented(quarter: str) -> None:
    frame = rows(HOTLINE / quarter / "frame.csv.gz")
    assert all(row["办理事项"].startswith("虚构") and row["办理部门"].startswith("样例") for row in frame)
    assert {re.sub(r"\d", "", row["联系人"]) for row in frame} == {"样例来电人"}
    note = json.loads((HOTLINE / quarter / "manifest.json").read_text(encoding="utf-8"))["note"]
    assert note.startswith("虚构数据：")
    digits = [re.sub(r"\D", "", unicodedata.normalize("NFKC", row["联系电话"]))[-11:] for row in valid(quarter)]
    assert all(number.startswith("154") for number in digits), "a range that no network has"
    assert len(set(digits)) == len(digits)


def test_its_registers_contradict_neither_themselves_nor_those_of_the_product() -> None:
    validate(merged(REPOSITORY / "dbt_project" / "seeds", REGISTERS))


@each_quarter
def test_its_answers_are_landed_as_counted_from_marks_and_from_labels(tmp_path: Path, quarter: str) -> None:
    seeds = merged(REPOSITORY / "dbt_project" / "seeds", REGISTERS)
    lake = Lake(tmp_path / "lake", tmp_path / "exports", seeds=seeds)
    folder = HOTLINE / quarter
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    lake.deliver(
        {one["name"]: ((folder / one["name"]).read_bytes(), one["rows"]) for one in listed},
        region="510107",
        quarter=quarter,
    )
    assert lake.rows("rejects") == []
    street_of = {row["case_id"]: row["department_name"] for row in lake.rows("frame")}
    called = {(row["file"], row["line"]): street_of[row["case_id"]] for row in lake.rows("calls")}
    found = Counter((called[row["file"], row["line"]], row["answer_code"]) for row in lake.rows("answers"))
    expected = {
        (street, code): int(row[f"{code.removeprefix('gbt_').removeprefix('problem_')}_count"])
        for street, row in counts(quarter).items()
        for code in CODES
    }
    assert found == Counter(expected)
