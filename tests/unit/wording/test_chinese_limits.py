"""What a check allows is told in Chinese with the numbers by which it judged, and in English where that would not be true."""

from __future__ import annotations

import re
from typing import Any

import pytest

from callback_survey.checks.model import read_rules
from callback_survey.wording.catalogue import Words
from callback_survey.wording.limits import in_chinese
from lakes import SEEDS

RULES = read_rules(SEEDS)


class _EveryTable(dict[str, Any]):
    """A delivery for which every table of facts can be made."""

    def __contains__(self, key: object) -> bool:
        return True


@pytest.fixture(scope="module")
def allowed() -> dict[str, str]:
    """What the checks of both gates say they allow, by their present limits."""
    from callback_survey.expectations import delivery, marts

    checks = [*delivery.suite(RULES, _EveryTable()), *marts.suite(RULES)]
    return {check.check_id: check.allows for check in checks}


def test_every_check_says_in_chinese_what_it_allows_with_all_its_numbers(allowed: dict[str, str]) -> None:
    assert set(allowed) == set(RULES)
    for check_id, english in allowed.items():
        chinese = in_chinese(RULES[check_id].allowed_zh, english)
        assert chinese != english or english == "100.00", check_id
        numbers = re.findall(r"[0-9]+(?:[.:][0-9]+)?", english)
        assert sorted(re.findall(r"[0-9]+(?:[.:][0-9]+)?", chinese)) == sorted(numbers), check_id


def test_the_numbers_are_those_of_the_result_not_of_the_rule_that_holds_today() -> None:
    template = RULES["reject_share_by_department"].allowed_zh
    then = "at most 7.5 % of a department's call rows, from 3 rejected rows on"
    assert in_chinese(template, then) == "不超过该部门回访记录的 7.5 %，从 3 行起计"


@pytest.mark.parametrize(
    ("template", "english"),
    [("", "none"), ("不超过 {0} %", "none"), ("不超过 {0} %", "at most 1 %, from 2 on"), ("没有", "at most 3")],
)
def test_a_text_of_other_numbers_stays_as_it_was_written(template: str, english: str) -> None:
    assert in_chinese(template, english) == english


def test_only_chinese_alerts_say_it_in_chinese() -> None:
    limits = {"reject_share": RULES["reject_share"].allowed_zh}
    assert Words("zh", {}, limits).allowed("reject_share", "at most 1 % of a dataset") == "不超过数据集的 1 %"
    assert Words("en", {}, limits).allowed("reject_share", "at most 1 % of a dataset") == "at most 1 % of a dataset"
    assert Words("zh").allowed("reject_share", "at most 1 % of a dataset") == "不超过数据集的 1 %"
