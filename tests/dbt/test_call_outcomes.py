"""Outcome rates against AAPOR's Standard Definitions (telephone surveys), worked out here with exact fractions."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from homes import QUARTER, REGION, Served
from models_over_rows import compiled_models

CLASSES = ("I", "P", "R", "NC", "UO", "NE", "O")
CLASS_OF = {
    **dict.fromkeys(("成功", "完成", "已完成", "回访成功", "接通完成"), "I"),
    **dict.fromkeys(("部分完成",), "P"),
    **dict.fromkeys(("拒访", "拒绝", "拒绝回访"), "R"),
    **dict.fromkeys(("无人接听", "未接", "占线", "忙线", "稍后回访", "改约"), "NC"),
    **dict.fromkeys(("非本人", "号码错误", "空号", "停机"), "UO"),
    "不符合条件": "NE",
    "其他": "O",
}
RATES = (
    "eligibility_rate",
    "response_rate_1",
    "response_rate_3",
    "cooperation_rate_1",
    "refusal_rate_1",
    "contact_rate_1",
)


def ratio(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole else None


def aapor(counts: dict[str, int]) -> dict[str, Fraction | None]:
    """e, RR1, RR3, COOP1, REF1 and CON1 as the standard writes them; its (UH + UO) is our one class UO."""
    complete, partial, refusal, no_contact, unknown, ineligible, other = (counts[name] for name in CLASSES)
    interviews, others = complete + partial, refusal + no_contact + other
    eligible = ratio(interviews + others, interviews + others + ineligible)
    return {
        "eligibility_rate": eligible,
        "response_rate_1": ratio(complete, interviews + others + unknown),
        "response_rate_3": None if eligible is None else ratio(complete, interviews + others + eligible * unknown),
        "cooperation_rate_1": ratio(complete, interviews + refusal + other),
        "refusal_rate_1": ratio(refusal, interviews + others + unknown),
        "contact_rate_1": ratio(interviews + refusal + other, interviews + others + unknown),
    }


def assert_rates(row: dict[str, Any], expected: dict[str, Fraction | None]) -> None:
    for name in RATES:
        value, wanted = row[name], expected[name]
        if wanted is None:
            assert value is None, (name, row)
        else:
            assert value == pytest.approx(float(wanted), abs=1e-12), (name, row)


def made_up_counts() -> list[dict[str, int]]:
    """Each set of classes alone, so that every denominator is 0 somewhere; then counts of all sizes."""
    subsets = [
        {name: 1 + position if mask >> position & 1 else 0 for position, name in enumerate(CLASSES)}
        for mask in range(2 ** len(CLASSES))
    ]
    dice = random.Random(20180605)
    drawn = [{name: dice.choice((0, 1, 7, dice.randrange(5_000_000))) for name in CLASSES} for _ in range(1500)]
    return subsets + drawn


@pytest.fixture(scope="module")
def outcomes(served: Served) -> tuple[list[dict[str, int]], dict[str, dict[str, Any]], dict[str, Any]]:
    """What was made up, the models' row of each department, and the row of the region."""
    counts = made_up_counts()
    place = {"region_code": "r", "quarter": "2018Q1"}
    codes = [f"d{number:05d}" for number in range(len(counts))]
    with compiled_models(served.home.path) as models:
        models.give("intermediate.int_region_quarters", [{**place, "has_cases": True}])
        models.give("intermediate.int_departments", [{**place, "department_code": code} for code in codes])
        models.give(
            "intermediate.int_disposition_counts",
            [
                {**place, "department_code": code, "aapor_class": name, "case_count": count}
                for code, case in zip(codes, counts, strict=True)
                for name, count in case.items()
                if count
            ],
        )
        rows = models.run("call_outcomes")
        models.give("marts.call_outcomes", rows)
        (region,) = models.run("region_call_outcomes")
    return counts, {row["department_code"]: row for row in rows}, region


def test_the_rates_of_a_department_are_those_of_the_standard(outcomes: Any) -> None:
    counts, rows, _ = outcomes
    assert len(rows) == len(counts) == 1628
    for number, case in enumerate(counts):
        row = rows[f"d{number:05d}"]
        assert row["attempted_count"] == sum(case.values())
        assert_rates(row, aapor(case))


def test_the_rates_of_a_region_are_those_of_all_its_cases(outcomes: Any) -> None:
    counts, _, region = outcomes
    total = {name: sum(case[name] for case in counts) for name in CLASSES}
    assert region["attempted_count"] == sum(total.values())
    assert_rates(region, aapor(total))


def test_the_outcomes_of_2018_q1_are_those_of_its_calls(served: Served) -> None:
    """Counted again from the delivered files: a case ends as its last attempt with an answer did, else as its last one."""
    last: dict[str, tuple[tuple[bool, str, int, str, int], str]] = {}
    for path in sorted((served.home.exports / REGION / QUARTER).glob("calls-*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8-sig") as file:
            for line, call in enumerate(csv.DictReader(file)):
                is_answered = bool(call["满意度"] or call["跑动次数"])
                rank = (is_answered, call["回访时间"], int(call["第几次"] or 0), path.name, line)
                last[call["办件编号"]] = max(
                    last.get(call["办件编号"], ((False, "", 0, "", 0), "")), (rank, call["回访结果"])
                )
    classes = Counter(CLASS_OF[disposition] for _, disposition in last.values())
    columns = ("complete", "partial", "refusal", "non_contact", "unknown_eligibility", "not_eligible", "other")
    (row,) = served.home.query(f"select {', '.join(f'{name}_count' for name in columns)} from region_call_outcomes")
    assert row == tuple(classes[name] for name in CLASSES) == (3237, 77, 58, 200, 64, 22, 10)
