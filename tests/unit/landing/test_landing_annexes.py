"""A printed annex is landed by the figures of its region and quarter, whatever they are; one of anything else is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.errors import DeliveryRefused
from callback_survey.registers import validate
from lakes import REGION, Lake, as_csv
from register_seeds import add, copied_seeds

NEIGHBOUR = "330110"
PACE = {
    "measures": [("pace", "办理提速率", "pace", "3")],
    "measure_definitions": [("pace", "faster", "pace_three", "答“变快”的占比")],
    "measure_successes": [("pace", "faster", "pace_faster")],
    "definition_periods": [(REGION, "pace", "faster", "", "")],
    "scales": [("pace_three", "变快、一样、变慢", "invented for a test")],
    "answers": [
        ("pace", "pace_three", "pace_faster", "变快", "1"),
        ("pace", "pace_three", "pace_same", "一样", "2"),
        ("pace", "pace_three", "pace_slower", "变慢", "3"),
    ],
    "answer_spellings": [
        ("pace_three", "变快", "pace_faster", "false"),
        ("pace_three", "一样", "pace_same", "false"),
        ("pace_three", "变慢", "pace_slower", "false"),
    ],
    "question_headers": [("pace", "办理速度", "false")],
    "regions": [(NEIGHBOUR, "余杭区", "330100", "district", "true", "", "")],
}
FORM = [
    ("pace", "faster_pct", "提速率（%）", "pace_faster"),
    ("pace", "not_faster_pct", "未提速率（%）", "pace_same"),
    ("pace", "not_faster_pct", "未提速率（%）", "pace_slower"),
]
COUNTS = ["部门名称", "有效样本框", "抽样数"]
FIVE_LEVELS = [f"{answer}（%）" for answer in ("非常满意", "满意", "基本满意", "不满意", "非常不满意")]


@pytest.fixture
def lake(lake: Lake, tmp_path: Path) -> Lake:
    """Where a third question is asked in one district."""
    lake.seeds = copied_seeds(tmp_path)
    for register, rows in PACE.items():
        add(lake.seeds, register, *rows)
    return lake


def landed(lake: Lake, heads: list[str], *lines: tuple[str, ...], **options: str) -> list[tuple[str, str, str, str]]:
    """Department, measure, figure and what is printed, of a delivery of one annex."""
    validate(lake.seeds)
    lake.deliver({"published.csv": (as_csv([*COUNTS, *heads], lines), len(lines))}, **options)
    names = {row["line"]: row["department_name"] for row in lake.rows("published")}
    return [(names[row["line"]], row["measure"], row["figure"], row["printed"]) for row in lake.rows("figures")]


def refusal(lake: Lake, heads: list[str], *, share: str = "20.00", **options: str) -> str:
    with pytest.raises(DeliveryRefused) as refused:
        landed(lake, heads, ("区档案局", "12", "5", *[share] * len(heads)), **options)
    return "\n".join(refused.value.alert_lines)


def test_a_third_measure_is_landed_by_the_heads_of_its_form(lake: Lake) -> None:
    add(lake.seeds, "annex_figures", *FORM)
    add(lake.seeds, "annex_headers", ("faster_pct", "提速(比|占比)", "true"))
    assert landed(lake, ["*提速占比", "未提速率(％)"], ("区档案局", "12", "5", "60.00", "40.00%")) == [
        ("区档案局", "pace", "faster_pct", "60.00"),
        ("区档案局", "pace", "not_faster_pct", "40.00%"),
    ]


def test_without_a_form_it_is_landed_as_the_notice_prints_it(lake: Lake) -> None:
    line = ("区档案局", "12", "5", "60.00", "40.00", "—")
    assert landed(lake, ["变快（%）", "一样（%）", "变慢（%）"], line) == [
        ("区档案局", "pace", "pace_faster_pct", "60.00"),
        ("区档案局", "pace", "pace_same_pct", "40.00"),
        ("区档案局", "pace", "pace_slower_pct", None),
    ]


def test_two_annexes_side_by_side_are_two(lake: Lake) -> None:
    found = landed(lake, ["满意率(%)", "变快（%）"], ("区档案局", "12", "5", "90.00", "60.00"))
    assert [row[1:] for row in found] == [
        ("pace", "pace_faster_pct", "60.00"),
        ("satisfaction", "satisfied_pct", "90.00"),
    ]


def test_an_annex_of_five_levels_is_landed_where_they_are_asked(lake: Lake) -> None:
    add(lake.seeds, "definition_periods", (REGION, "satisfaction", "top_three_levels", "2018Q2", ""))
    line = ("区档案局", "12", "5", "40.00", "20.00", "20.00", "20.00", "0.00")
    found = landed(lake, FIVE_LEVELS, line, quarter="2018Q2")
    assert {row[1] for row in found} == {"satisfaction"}
    assert dict(row[2:] for row in found) == {
        "gbt_very_satisfied_pct": "40.00",
        "gbt_satisfied_pct": "20.00",
        "gbt_basically_satisfied_pct": "20.00",
        "gbt_dissatisfied_pct": "20.00",
        "gbt_very_dissatisfied_pct": "0.00",
    }


def test_one_head_means_another_figure_on_another_scale(lake: Lake) -> None:
    """满意率 is the best of five in the older form, and the second of them in a form of the other scale."""
    add(lake.seeds, "definition_periods", (REGION, "satisfaction", "top_three_levels", "2018Q2", ""))
    forms = [
        ("gbt_very_satisfied_pct", "非常满意率（%）", "gbt_very_satisfied"),
        ("gbt_satisfied_pct", "满意率（%）", "gbt_satisfied"),
    ]
    add(lake.seeds, "annex_figures", *(("satisfaction", *form) for form in forms))
    line = ("区档案局", "12", "5", "40.00", "20.00")
    assert [row[2:] for row in landed(lake, ["非常满意率(%)", "满意率(%)"], line, quarter="2018Q2")] == [
        ("gbt_satisfied_pct", "20.00"),
        ("gbt_very_satisfied_pct", "40.00"),
    ]
    assert landed(lake, ["满意率(%)"], line[:4]) == [("区档案局", "satisfaction", "satisfied_pct", "40.00")]


def test_an_annex_of_a_measure_that_is_not_asked_is_refused_by_its_name(lake: Lake) -> None:
    told = "「变快（%）」 belongs to the annex of 办理提速率 (pace_three), which this region and quarter do not have"
    assert refusal(lake, ["变快（%）", "一样（%）"], region=NEIGHBOUR) == f"published.csv: {told}"
    assert told in refusal(lake, ["满意率(%)", "变快（%）"], region=NEIGHBOUR), "beside one that is asked, too"


def test_an_annex_of_another_scale_is_refused_by_its_name(lake: Lake) -> None:
    told = "「非常满意（%）」 belongs to the annex of 满意率 (satisfaction_gbt_39735), which this region and quarter do not have"
    assert refusal(lake, FIVE_LEVELS) == f"published.csv: {told}"


def test_such_an_annex_in_a_notice_is_refused_too_and_not_taken_for_prose(lake: Lake) -> None:
    lines = ["关于一季度情况的通报", "\t".join([*COUNTS, "变快（%）", "一样（%）"]), "区档案局\t12\t5\t60.00\t40.00"]
    with pytest.raises(DeliveryRefused) as refused:
        lake.deliver({"published.txt": ("\n".join(lines).encode(), 1)}, region=NEIGHBOUR)
    assert "belongs to the annex of 办理提速率" in refused.value.alert_lines[0]


def test_the_same_answers_of_two_measures_are_not_guessed_at(lake: Lake) -> None:
    """变快（%） would be a head of both, so it is one of neither; a form tells them apart."""
    again = {
        "measures": [("lasting", "持续提速率", "lasting", "4")],
        "measure_definitions": [("lasting", "faster", "lasting_two", "…")],
        "measure_successes": [("lasting", "faster", "lasting_faster")],
        "definition_periods": [(REGION, "lasting", "faster", "", "")],
        "scales": [("lasting_two", "变快、不变", "invented for a test")],
        "answers": [
            ("lasting", "lasting_two", "lasting_faster", "变快", "1"),
            ("lasting", "lasting_two", "lasting_same", "不变", "2"),
        ],
        "answer_spellings": [
            ("lasting_two", "变快", "lasting_faster", "false"),
            ("lasting_two", "不变", "lasting_same", "false"),
        ],
        "question_headers": [("lasting", "持续速度", "false")],
    }
    for register, rows in again.items():
        add(lake.seeds, register, *rows)
    assert "没有找到" in refusal(lake, ["变快（%）", "一样（%）"])
    add(lake.seeds, "annex_figures", *FORM)
    assert landed(lake, ["变快（%）"], ("区档案局", "12", "5", "60.00"))[0][1] == "lasting"


def test_shares_that_are_fractions_are_refused_by_the_head_of_their_annex(lake: Lake) -> None:
    told = refusal(lake, ["变快（%）", "一样（%）"], share="0.50")
    assert told.startswith("published.csv: 「变快（%）」: every share lies between 0 and 1")


def test_a_best_answer_that_is_rare_is_no_fraction(lake: Lake) -> None:
    assert landed(lake, ["变快（%）", "一样（%）"], ("区档案局", "12", "5", "0.6", "99.4"))[0][3] == "0.6"
