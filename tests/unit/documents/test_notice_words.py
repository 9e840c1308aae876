"""A notice says "by more than chance" of those departments of which the marts say so, and of no other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from callback_survey.documents.notice import words
from callback_survey.documents.notice.data import FlaggedDepartment, MeasureSummary, NoticeData
from callback_survey.documents.notice.text import NoticeText, compose


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
            [CHANCE, below("己局", True, None)],
            ["与平均值的差距超出抽样误差的有1个：己局。部门太少，没有按部门水平检验（标▽）。"],
        ),
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
    many = [below(f"{number}局", None, None, "caution") for number in range(16)]
    assert words.caution_sentence(many) == "有效回答数少或误差范围大，比率须谨慎看待的有16个，即统计附页中标†的部门。"
    assert words.caution_sentence([FIRM]) is None


def measure(name: str, *below: FlaggedDepartment, rated: int = 3, few: tuple[str, ...] = ()) -> MeasureSummary:
    average = Decimal("90.00") if rated else None
    label = {"satisfaction": "满意率", "realisation": "实现率"}[name]
    return MeasureSummary(
        name,
        label,
        "top_box",
        None,
        3,
        rated,
        average,
        None,
        None,
        None,
        None,
        (),
        below,
        annex=(),
        share_labels=(),
        few_names=few,
    )


def notice(*below: FlaggedDepartment, sign_use: str | None = None, **realisation: object) -> NoticeText:
    return compose(
        NoticeData(
            "990101",
            "样区",
            None,
            "2019Q1",
            (measure("satisfaction", *below), measure("realisation", **realisation)),  # type: ignore[arg-type]
            {},
            sign_use=sign_use,
        )
    )


def test_of_a_question_that_nobody_answered_it_is_not_said_that_nobody_is_below_average() -> None:
    satisfaction, realisation = notice(rated=0).measures
    assert satisfaction.opening == "本季度没有部门低于平均值。"
    assert realisation.opening == "本季度没有部门得出实现率，没有平均值，也没有名单。"


def test_only_the_filled_sign_asks_for_priority() -> None:
    assert not any("优先" in said for said in notice(QUARTER, FEW).request)
    [_, asked] = notice(QUARTER, FIRM, FEW).request
    assert "标有▼的部门，请优先安排整改" in asked and "会回升约4至5个百分点" in asked and "▽" not in asked


def test_part_four_names_all_that_are_not_rated_below_average_or_not() -> None:
    assert any(
        "有效回答过少，不作检验，也不作评价：戊局、己局。" in said for said in notice(few=("戊局", "己局")).unrated
    )


def test_what_the_signs_are_used_for_is_the_regions_sentence_and_empty_by_default() -> None:
    assert "考核" not in notice(FIRM).list_note
    assert notice(FIRM, sign_use="考核以▼为准。").list_note.endswith("考核以▼为准。")


@pytest.mark.parametrize(
    ("label", "said"),
    [("答“很快”“较快”的占比", "答“很快”“较快”的占比（分母为回答该题的人数）"), (None, "口径代码 quick")],
)
def test_what_a_measure_counts_is_said_by_the_register_and_never_guessed(label: str | None, said: str) -> None:
    pace = replace(measure("satisfaction"), measure_definition="quick", definition_label=label)
    assert words.definition(pace) == said
