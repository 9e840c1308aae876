"""The companion begins with what it comes to, in three sentences a measure, and with how it is read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from callback_survey.documents.companion import page, points
from companion_data import DATA, PUBLISHED, SATISFACTION, department
from published import make_release


def test_three_sentences_say_average_who_is_surely_lower_or_higher_and_what_changed() -> None:
    higher = replace(SATISFACTION.departments[1], comparison_category="above")
    measured = replace(
        SATISFACTION,
        departments=(SATISFACTION.departments[0], higher, *SATISFACTION.departments[2:]),
        average_pct=Decimal("89.81"),
        benchmark_pct=Decimal("94.70"),
        benchmark_label="全省平均满意率",
        benchmark_year=2017,
        gap_to_benchmark_pct=Decimal("-4.89"),
    )
    assert points.points(measured, "2018年第一季度") == (
        "满意率部门平均 89.81%，与2017年全省平均满意率 94.70%相比低 4.89 个百分点。",
        "低于平均的部门 4 个，超出抽样误差的 2 个：区教育局、区民政局；按部门水平仍低于平均的是区民政局。"
        "高于平均且超出抽样误差的 1 个：区档案局。其余 2 个与平均的差距都在抽样误差以内。",
        "与2018年第一季度可比的 2 个部门，超出抽样误差的：下降 1 个（区民政局）。",
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"average_pct": None}, "没有部门得出满意率。"),
        ({"benchmark_pct": None}, "没有参照值。"),
        ({"departments": SATISFACTION.departments[:2]}, "没有部门低于平均值。"),
        ({"departments": SATISFACTION.departments[:3]}, "差距都在抽样误差以内，不能断定哪些确实较低。"),
        ({"departments": SATISFACTION.departments[:4]}, "超出抽样误差的 1 个：区教育局；按部门水平都还不能排除偶然。"),
        (
            {
                "departments": tuple(
                    replace(one, is_significantly_below_superpopulation=None) for one in SATISFACTION.departments[:4]
                )
            },
            "超出抽样误差的 1 个：区教育局；部门太少，没有按部门水平检验。",
        ),
        ({"departments": SATISFACTION.departments[:1]}, "没有可比的部门。"),
        ({"departments": SATISFACTION.departments[:2]}, "升降都在抽样误差以内。"),
        ({"is_published_only": True}, "有效回答数不详，不能断定哪些确实较低、哪些确实较高。"),
    ],
)
def test_nothing_is_said_that_was_not_tested(changed: dict[str, object], said: str) -> None:
    assert said in "".join(points.points(replace(SATISFACTION, **changed), "上季度"))  # type: ignore[arg-type]


def test_of_a_question_that_nobody_answered_nothing_else_is_said() -> None:
    unanswered = replace(SATISFACTION, average_pct=None, departments=())
    assert points.points(unanswered, "上季度") == ("没有部门得出满意率。",)


def test_a_long_list_names_the_first_and_how_many_there_are() -> None:
    many = tuple(department(f"局{n}", "99.00", comparison_category="above") for n in range(20))
    said = points.points(replace(SATISFACTION, departments=many), "上季度")[1]
    assert "没有部门低于平均值。高于平均且超出抽样误差的 20 个：局0、" in said and said.endswith("局11等。")


def test_who_is_below_or_rests_on_few_answers_is_never_called_surely_higher() -> None:
    """The test compares with the unrounded mean; the sign follows what is printed."""
    below = department("区商务局", "88.99", below=True, comparison_category="above")
    few = department("区安监局", "99.00", reliability="not_rated", comparison_category="above")
    assert replace(SATISFACTION, departments=(below, few)).above_chance == ()


def test_they_stand_before_everything_else_and_the_comparison_with_an_annex_after_it(tmp_path: Path) -> None:
    data = replace(DATA, reconciliation_counts={"equal": 3, "adjusted": 1})
    html = page.render_companion(data, {found.measure: () for found in data.measures}, make_release(tmp_path))
    places = [html.index(part) for part in ("要点", points.how_to_read("办件", False)[0], '<section class="measure"')]
    assert places == sorted(places)
    assert "与已印发附件逐项核对4项：一致3项，容差以内的1项。" in html


def test_a_quarter_of_which_only_annexes_survive_has_points_too() -> None:
    assert all(points.points(PUBLISHED, "上季度"))
