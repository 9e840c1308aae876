"""The rule of sample sizes: exact at its borders, data in every part, and what it says of the printed 2018 Q1."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callback_survey.errors import UsageError
from callback_survey.sample_plan.rules import SamplePlanRules
from callback_survey.scope import Scope
from lakes import REPOSITORY, SEEDS

ANNEX = REPOSITORY / "sample_exports" / "330109" / "2018Q1" / "published-satisfaction.csv"
HEADER = (
    "region_code,frame_count_from,frame_count_to,size_rule,sample_pct,round_up_to,sample_count,valid_from,valid_to\n"
)
RULES = SamplePlanRules.read(SEEDS, Scope("330109", "2018Q1"))


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (0, 0),
        (1, 1),
        (49, 49),
        (99, 99),
        (100, 50),
        (499, 50),
        (500, 100),
        (2999, 100),
        (3000, 90),
        (3001, 100),
        (6333, 190),
        (6334, 200),
        (35909, 1080),
        (1_000_000, 30_000),
    ],
)
def test_the_size_at_each_border_of_the_rule(frame: int, size: int) -> None:
    assert RULES.size(frame) == size


@given(st.integers(min_value=3000, max_value=10**9))
@example(7000)
def test_three_percent_is_rounded_up_to_the_next_ten_exactly(frame: int) -> None:
    tens = (Decimal(frame) * 3 / 1000).to_integral_value(ROUND_CEILING)
    assert RULES.size(frame) == 10 * tens


def test_22_of_the_35_printed_samples_keep_the_rule_and_these_13_do_not() -> None:
    with ANNEX.open(encoding="utf-8-sig", newline="") as file:
        printed = [
            (row["部门名称"].replace(" ", ""), int(row["有效样本框"]), int(row["抽样数"]))
            for row in csv.DictReader(file)
        ]
    assert len(printed) == 35
    assert {
        name: (frame, sample, RULES.size(frame)) for name, frame, sample in printed if sample != RULES.size(frame)
    } == {
        "区住建局": (56, 32, 56),
        "区卫计局": (50, 30, 50),
        "区气象局": (46, 30, 46),
        "区招商局": (46, 12, 46),
        "国税萧山分局": (31, 18, 31),
        "区文广新局": (29, 19, 29),
        "区公安分局(户籍)": (6611, 209, 200),
        "区发改局": (63, 46, 63),
        "区农业局": (53, 27, 53),
        "区招管办": (52, 27, 52),
        "区市民卡公司": (21107, 663, 640),
        "区教育局": (59, 25, 59),
        "区旅游局": (1, 0, 1),
    }


@pytest.fixture
def rules_of(tmp_path: Path) -> Callable[..., SamplePlanRules]:
    def read(*lines: str, region: str = "330109", quarter: str = "2018Q1") -> SamplePlanRules:
        (tmp_path / "sample_plan_rules.csv").write_text(
            HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8"
        )
        return SamplePlanRules.read(tmp_path, Scope(region, quarter))

    return read


def test_a_region_with_lines_of_its_own_follows_these_alone_while_they_hold(
    rules_of: Callable[..., SamplePlanRules],
) -> None:
    lines = (",0,,everyone,,,,2018Q1,", "330109,0,9,everyone,,,,2018Q2,2018Q3", "330109,10,,fixed,,,7,2018Q2,2018Q3")
    sizes = [rules_of(*lines, quarter=quarter).size(500) for quarter in ("2018Q1", "2018Q2", "2018Q3", "2018Q4")]
    assert sizes == [500, 7, 7, 500]
    assert rules_of(*lines, region="330110", quarter="2018Q2").size(500) == 500


def test_a_share_that_is_a_whole_number_is_not_rounded_up(rules_of: Callable[..., SamplePlanRules]) -> None:
    """In floating point, 0.07 * 1100 is more than 77."""
    rules = rules_of(",0,,percent,7.00,1,,2018Q1,")
    assert [rules.size(frame) for frame in (1100, 1200, 1300)] == [77, 84, 91]


def test_a_size_is_never_more_than_the_frame(rules_of: Callable[..., SamplePlanRules]) -> None:
    rules = rules_of(",0,9,fixed,,,50,2018Q1,", ",10,,percent,50,100,,2018Q1,")
    assert [rules.size(frame) for frame in (0, 4, 60, 201)] == [0, 4, 60, 200]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ((), "no line is valid"),
        ((",0,99,everyone,,,,2018Q1,",), "no line for a frame of 100"),
        ((",5,,everyone,,,,2018Q1,",), "the line from 5 does not follow the one before it"),
        ((",0,99,everyone,,,,2018Q1,", ",101,,fixed,,,50,2018Q1,"), "the line from 101 does not follow"),
        ((",0,,everyone,,,,2018Q1,", ",100,,fixed,,,50,2018Q1,"), "the line from 100 does not follow"),
        ((",0,,everyone,,,,2018Q2,",), "no line is valid"),
        ((",0,,some,,,,2018Q1,",), "size_rule is 'some'"),
        ((",0,,percent,,10,,2018Q1,",), "a line cannot be read"),
        ((",0,,percent,3,0,,2018Q1,",), "0 is less than 1"),
        ((",0,,percent,300,10,,2018Q1,",), "sample_pct is 300"),
        ((",0,,fixed,,,-1,2018Q1,",), "-1 is less than 0"),
    ],
)
def test_a_rule_with_a_gap_an_overlap_or_an_unreadable_line_is_an_error_that_names_it(
    rules_of: Callable[..., SamplePlanRules], lines: tuple[str, ...], fault: str
) -> None:
    with pytest.raises(UsageError, match=r"sample_plan_rules\.csv") as raised:
        rules_of(*lines)
    assert fault in str(raised.value)


def test_the_rule_is_read_from_the_project_that_is_set(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    path = tmp_path / "seeds" / "sample_plan_rules.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",fixed,,,50,", ",fixed,,,60,"), encoding="utf-8")
    assert SamplePlanRules.read(tmp_path / "seeds", Scope("330109", "2018Q1")).size(100) == 60
