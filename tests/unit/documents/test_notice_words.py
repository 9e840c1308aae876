"""A notice says "by more than chance" of those departments of which the marts say so, and of no other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from callback_survey.documents.notice import words
from callback_survey.documents.notice.data import FlaggedDepartment


def below(
    name: str, finite: bool | None, superpopulation: bool | None, reliability: str = "rankable"
) -> FlaggedDepartment:
    return FlaggedDepartment(name, Decimal("80.00"), finite, superpopulation, reliability)


CHANCE, QUARTER = below("甲局", False, False), below("乙局", True, False)
FIRM, UNKNOWN = below("丙局", True, True), below("丁局", None, None)
FEW = below("戊局", None, None, "not_rated")


@pytest.mark.parametrize(("department", "mark"), [(CHANCE, ""), (QUARTER, "▽"), (FIRM, "▼"), (UNKNOWN, ""), (FEW, "‡")])
def test_the_sign_tells_chance_this_quarter_and_service_apart(department: FlaggedDepartment, mark: str) -> None:
    assert words.mark(department) == mark


def test_each_department_is_named_where_it_belongs() -> None:
    assert words.chance_sentences([CHANCE, QUARTER, FIRM]) == [
        "与平均值的差距超出抽样误差的有2个：乙局、丙局。其中按部门水平仍低于平均的有1个（标▼）：丙局。"
    ]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([], []),
        ([CHANCE], ["与平均值的差距都没有超出抽样误差，不能据此认定哪个部门确实较低。"]),
        (
            [CHANCE, QUARTER],
            ["与平均值的差距超出抽样误差的有1个：乙局。按部门水平，差距都还不能排除偶然（标▽）。"],
        ),
        ([FIRM], ["与平均值的差距超出抽样误差的有1个：丙局。按部门水平仍低于平均的也是这些部门（标▼）。"]),
        ([FEW], ["有效回答过少，不作检验的有1个（标‡）：戊局。"]),
        # a release from before tested what it did not rate
        ([below("戊局", True, True, "not_rated")], ["有效回答过少，不作检验的有1个（标‡）：戊局。"]),
        ([UNKNOWN], ["有效回答数不详，无法判断差距是否超出抽样误差，名单不加标记。"]),
        (
            [CHANCE, UNKNOWN],
            [
                "与平均值的差距都没有超出抽样误差，不能据此认定哪个部门确实较低。",
                "有效回答数不详，无法判断差距是否超出抽样误差的有：丁局。",
            ],
        ),
    ],
)
def test_wording_follows_what_was_tested(listed: list[FlaggedDepartment], said: list[str]) -> None:
    assert words.chance_sentences(listed) == said


def test_very_many_are_left_to_the_signs_of_the_list() -> None:
    (sentence,) = words.chance_sentences([below(f"第{place}局", True, True) for place in range(40)])
    assert "有40个，见名单中的标记。" in sentence and "第1局" not in sentence


def test_a_rate_on_few_answers_is_named_and_one_on_too_few_is_no_matter_of_caution() -> None:
    listed = [
        below("甲局", True, True),
        below("乙局", None, None, "not_rated"),
        below("丙局", False, False, "caution"),
    ]
    assert words.caution_sentence(listed) == "有效回答数少或误差范围大，比率须谨慎看待的有：丙局。"
    assert words.caution_sentence([FIRM]) is None
