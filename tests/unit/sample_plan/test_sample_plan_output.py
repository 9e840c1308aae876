"""The folder of a plan: a list that somebody may be calling by is never replaced by another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from callback_survey.errors import UsageError
from callback_survey.sample_plan import output
from callback_survey.sample_plan.frame import JudgedFrame
from callback_survey.sample_plan.proposal import Proposal, propose
from callback_survey.sample_plan.rules import SamplePlanRules
from callback_survey.scope import Scope
from lakes import SEEDS, Lake, calls, frame, tree_of

CASES = [("d1", f"c{number:03d}") for number in range(150)]
RULES = SamplePlanRules.read(SEEDS, Scope("330109", "2018Q2"))


def proposal(margin: float = 3) -> Proposal:
    return propose(
        Scope("330109", "2018Q2"),
        {"d1": "区甲局"},
        {"d1": len(CASES)},
        None,
        (),
        rules=RULES,
        previous_rules=None,
        wanted_margin=margin,
    )


@pytest.fixture
def judged(lake: Lake) -> Iterator[JudgedFrame]:
    """A frame of 150 cases; where it was landed from does not matter here."""
    case = ("XS-1", "区档案局", "2018-03-01", "15400000001", "查档", "样例申请人")
    report = lake.deliver(
        {"frame.csv": frame(case), "calls.csv": calls(("XS-1", "2018-04-10", "成功", "满意", "零上门"))}
    )
    with duckdb.connect() as connection:
        connection.execute(
            "create table valid_cases (department_code text, case_id text, case_token text, phone_token text)"
        )
        connection.executemany("insert into valid_cases values (?, ?, 't', 'p')", CASES)
        yield JudgedFrame(report, True, {"d1": len(CASES)}, {}, (), "hash", connection)


def test_the_same_list_is_written_once_and_told_as_the_same(judged: JudgedFrame, tmp_path: Path) -> None:
    assert output.write_plan(tmp_path / "plan", proposal(), judged, "s", "rule") == (50, False)
    was = tree_of(tmp_path / "plan")
    assert output.write_plan(tmp_path / "plan", proposal(), judged, "s", "rule") == (50, True)
    assert tree_of(tmp_path / "plan") == was
    assert set(was) == {"call-list.csv", "call-list.parquet", "sizes.csv", "plan.json"}
    assert output.earlier_seed(tmp_path / "plan", Scope("330109", "2018Q2")) == "s"


@pytest.mark.parametrize("change", ["seed", "sizing", "frame", "no frame"])
def test_another_list_is_refused_and_nothing_is_changed(judged: JudgedFrame, tmp_path: Path, change: str) -> None:
    output.write_plan(tmp_path / "plan", proposal(), judged, "s", "rule")
    was = tree_of(tmp_path / "plan")
    if change == "frame":
        judged.connection.execute("update valid_cases set case_id = 'x' || case_id")
    with pytest.raises(UsageError, match="its call list differs from that of this plan"):
        output.write_plan(
            tmp_path / "plan",
            proposal(),
            None if change == "no frame" else judged,
            "t" if change == "seed" else "s",
            "neyman" if change == "sizing" else "rule",
        )
    assert tree_of(tmp_path / "plan") == was


def test_sizes_without_a_list_are_replaced_by_a_plan_that_draws(judged: JudgedFrame, tmp_path: Path) -> None:
    assert output.write_plan(tmp_path, proposal(), None, None, "rule") == (0, False)
    assert output.earlier_seed(tmp_path, Scope("330109", "2018Q2")) is None
    assert output.write_plan(tmp_path, proposal(), judged, "s", "rule") == (50, False)
    assert json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["call_list"]["row_count"] == 50


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"plan.json": '{"region_code": "330110", "quarter": "2018Q2", "seed": null}'}, "the plan of 330110 2018Q2"),
        ({"plan.json": "[]"}, "its plan.json was not written by this program"),
        ({"plan.json": "{"}, "its plan.json was not written by this program"),
        ({"call-list.csv": "a"}, "a call list without its plan.json"),
    ],
)
def test_a_folder_of_something_else_is_refused(tmp_path: Path, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        output.earlier_seed(tmp_path, Scope("330109", "2018Q2"))
