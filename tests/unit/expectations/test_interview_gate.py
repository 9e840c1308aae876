"""Gate 1 on interviewers and hours: what trips, what chance or the department explains, and how a person is not named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from landed_rows import Call, Landed, called, judge, tripped

CLEAN = Landed()
CHECKS = {
    "interviewer_answers_alike",
    "interviewer_answers_differ",
    "interviewer_pace",
    "hour_answers_alike",
    "hour_answers_differ",
}


def by_turns(agents: Sequence[str], count: int = 300, name: str = "区档案局", first: int = 0) -> list[Call]:
    """Calls with the usual answers, by each interviewer in turn."""
    return [
        call
        for number in range(first, first + count)
        for call in called(name, [number], agent_id=agents[number % len(agents)])
    ]


def at(moments: Sequence[str], calls: Sequence[Call]) -> list[Call]:
    return [(*call[:2], {**call[2], "called_at": moment}) for call, moment in zip(calls, moments, strict=True)]


def dated(day: str, count: int, minutes_apart: int) -> list[str]:
    minutes = [9 * 60 + number * minutes_apart for number in range(count)]
    return [f"{day} {minute // 60:02d}:{minute % 60:02d}:00" for minute in minutes]


# seven interviewers with the same mixture of answers: 7 does not divide the rhythm of the answers
SEVEN = by_turns(["工01", "工02", "工03", "工04", "工05", "工06", "工07"])
LATER = [
    f"2018-04-{day:02d} {hour:02d}:{minute:02d}:00"
    for day in (26, 27)
    for hour in range(9, 17)
    for minute in (1, 21, 41)
]

FAULTS: dict[str, tuple[list[Call], dict[str, str]]] = {
    "an interviewer who always brings the same answers": (
        [
            *SEVEN,
            *at(
                LATER[:30],
                called("区档案局", range(300, 330), satisfaction="满意", visits="两次及以上", agent_id="工99"),
            ),
        ],
        {
            "interviewer_answers_alike": "interviewer of calls.csv line 302: 满意、两次及以上 in all of 30 interviews",
            "interviewer_answers_differ": "interviewer of calls.csv line 302: 两次及以上 30 of 30 (100.00 %)",
        },
    ),
    "an interviewer who brings other answers than the others do": (
        [
            *SEVEN,
            *at(
                LATER[:40],
                [
                    call
                    for number in range(300, 340)
                    for call in called(
                        "区档案局",
                        [number],
                        satisfaction="不满意" if number % 5 < 3 else "满意",
                        visits="零上门" if number % 3 else "两次及以上",
                        agent_id="工99",
                    )
                ],
            ),
        ],
        {"interviewer_answers_differ": "interviewer of calls.csv line 302: 不满意 24 of 40 (60.00 %)"},
    ),
    "an interviewer faster than anybody can ask": (
        [
            *SEVEN,
            *at(dated("2018-04-26", 31, 1), by_turns(["工99"], 31, first=300)),
        ],
        {
            "interviewer_pace": "interviewer of calls.csv line 302: 31 complete interviews within the hour until 2018-04-26 09:30"
        },
    ),
    "an hour in which everybody said the same": (
        [
            *CLEAN.calls,
            *at(
                dated("2018-04-26", 20, 2),
                called("区档案局", range(300, 320), satisfaction="满意", visits="两次及以上", agent_id=None),
            ),
        ],
        {
            "hour_answers_alike": "2018-04-26 09:00: 满意、两次及以上 in all of 20 interviews",
            "hour_answers_differ": "2018-04-26 09:00: 两次及以上 20 of 20 (100.00 %)",
        },
    ),
    "an hour with other answers than other hours": (
        [
            *CLEAN.calls,
            *at(
                dated("2018-04-26", 24, 2),
                [
                    call
                    for number in range(300, 324)
                    for call in called(
                        "区档案局",
                        [number],
                        satisfaction="不满意" if number % 4 else "满意",
                        visits="两次及以上" if number % 3 == 0 else "零上门",
                    )
                ],
            ),
        ],
        {"hour_answers_differ": "2018-04-26 09:00: 不满意 18 of 24 (75.00 %)"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_trips_the_checks_that_exist_for_it_and_no_other(fault: str) -> None:
    calls, expected = FAULTS[fault]
    found = tripped(judge(replace(CLEAN, calls=calls)))
    assert set(found) == set(expected)
    for check_id, words in expected.items():
        assert words in "\n".join(found[check_id])


def test_every_check_has_a_fault_that_trips_it_and_all_of_them_warn() -> None:
    assert {check_id for _, expected in FAULTS.values() for check_id in expected} == CHECKS
    results = judge(replace(CLEAN, calls=SEVEN))
    assert {results[name].severity for name in CHECKS} == {"warn"}


def test_interviewers_with_the_same_mixture_of_answers_trip_nothing_and_are_all_looked_at() -> None:
    results = judge(replace(CLEAN, calls=SEVEN))
    assert tripped(results) == {}
    assert results["interviewer_answers_alike"].observed == "0 of 7 rows"
    assert results["interviewer_answers_differ"].observed == "0 of 28 rows"


def test_an_only_interviewer_is_held_against_nobody() -> None:
    alike = called("区档案局", range(36), agent_id="A1", satisfaction="满意", visits="零上门")
    found = tripped(judge(replace(CLEAN, calls=alike)))
    assert not {"interviewer_answers_alike", "hour_answers_alike"} & set(found)


def test_an_interviewer_is_not_named_by_a_work_number_which_may_be_a_name() -> None:
    calls, _ = FAULTS["an interviewer who always brings the same answers"]
    results = judge(replace(CLEAN, calls=calls))
    assert "工99" not in repr(list(results.values()))


def test_a_department_with_bad_answers_does_not_blame_whoever_called_it() -> None:
    """工99 called one department, with others, and its answers are bad for all of them."""
    bad = [
        call
        for number in range(60)
        for call in called(
            "区教育局",
            [number],
            satisfaction="满意" if number % 5 == 0 else "不满意",
            visits="零上门" if number % 3 else "两次及以上",
            agent_id="工99" if number % 2 else "工98",
        )
    ]
    moments = [
        f"2018-04-{20 + number // 10:02d} {9 + number % 10 // 2:02d}:{number % 2 * 30:02d}:00" for number in range(60)
    ]
    assert tripped(judge(replace(CLEAN, calls=[*SEVEN, *at(moments, bad)]))) == {}


def test_the_commonest_answers_again_and_again_are_likely_where_nearly_all_give_them() -> None:
    everybody = [
        call
        for number in range(290)
        for call in called("区档案局", [number], satisfaction="满意", visits="零上门", agent_id=f"工{number % 2}")
    ]
    others = [
        call
        for number in range(290, 300)
        for call in called("区档案局", [number], satisfaction="不满意", visits="零上门", agent_id="工0")
    ]
    # 工1 had 145 times 满意, 零上门; of the others 93.5 %: p = 0.00006
    assert set(tripped(judge(replace(CLEAN, calls=[*everybody, *others])))) >= {"interviewer_answers_alike"}
    few = everybody[:60] + others
    # 30 interviews of 工1, of the others 75 %: p = 0.0002; after only one bad answer 97 %: p = 0.35
    assert "interviewer_answers_alike" in tripped(judge(replace(CLEAN, calls=few)))
    assert "interviewer_answers_alike" not in tripped(judge(replace(CLEAN, calls=few[:61])))


def test_few_interviews_are_not_judged() -> None:
    calls = [
        *SEVEN,
        *at(LATER[:29], called("区档案局", range(300, 329), satisfaction="满意", visits="两次及以上", agent_id="工99")),
    ]
    assert tripped(judge(replace(CLEAN, calls=calls))) == {}


def test_days_without_times_have_no_hours_and_no_pace() -> None:
    calls = [(*call[:2], {**call[2], "called_at": "2018-04-10 00:00:00"}) for call in SEVEN]
    results = judge(replace(CLEAN, calls=calls))
    assert {name for name in CHECKS if results[name].outcome == "skipped"} == CHECKS - {
        "interviewer_answers_alike",
        "interviewer_answers_differ",
    }


def test_without_interviewers_there_is_nothing_to_compare_and_the_result_says_so() -> None:
    result = judge(CLEAN)["interviewer_answers_differ"]
    assert (result.outcome, result.observed) == ("skipped", "no interviewer is named, or none has 30 interviews")
