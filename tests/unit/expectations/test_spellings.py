"""What nobody registered is one list, and a failed share says what it is made of."""

from __future__ import annotations

from callback_survey.expectations.gates import check_delivery

from callback_survey.checks.model import CheckReport
from callback_survey.wording.translation import in_chinese
from lakes import ONE_CALL, ONE_CASE, SEEDS, Lake, calls, frame

CASES = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(4)]
CALLS = [(f"XS-{number}", *ONE_CALL[1:]) for number in range(4)]


def checked(lake: Lake, framed: list[tuple[str, ...]], called: list[tuple[str, ...]]) -> CheckReport:
    report = lake.deliver({"frame.csv": frame(*framed), "calls.csv": calls(*called)})
    return check_delivery(report, lake=lake.folder, seeds=SEEDS, memory_limit="1GB", run_id="run-1", elsewhere=[])


def test_a_failed_share_names_its_reasons_and_is_told_with_the_words_to_register(lake: Lake) -> None:
    called = [
        CALLS[0],
        (*CALLS[1][:3], "挺好的15400000001", "一次"),
        (*CALLS[2][:3], "挺好的15400000001", "一次"),
        (*CALLS[3][:2], "转人工", "", ""),
    ]
    report = checked(lake, [*CASES[:3], (CASES[3][0], "区档案馆", *CASES[3][2:])], called)
    failed = next(result for result in report.failures if result.check_id == "reject_share")
    assert failed.examples == (
        "calls: 3 of 4 rows rejected (75.00 %): unknown_answer 2, first calls.csv line 3: "
        "满意度「挺好的[号码]」不在列表中；unknown_disposition 1, first calls.csv line 5: 回访结果「转人工」不在列表中",
    )
    [words] = report.explanations
    assert words.examples == (
        "部门「区档案馆」: 1 rows, first frame.csv line 5; nearest known name: 区档案局; to accept it, edit "
        "registers/department_aliases.csv、registers/departments.csv",
        "回访结果「转人工」: 1 rows, first calls.csv line 5; to accept it, edit registers/disposition_spellings.csv",
        "满意度「挺好的[号码]」: 2 rows, first calls.csv line 3; to accept it, edit registers/answer_spellings.csv",
    )
    assert in_chinese(words.examples[2]) == (
        "满意度「挺好的[号码]」：2 行，首见于 calls.csv 第 3 行；确属同一含义的，登记到 registers/answer_spellings.csv"
    )


def test_lost_zeros_fail_one_check_and_are_told_as_what_they_are(lake: Lake) -> None:
    framed = [(f"00{number}", *ONE_CASE[1:]) for number in range(1, 5)]
    report = checked(lake, framed, [(str(number), *ONE_CALL[1:]) for number in range(1, 5)])
    assert [result.check_id for result in report.failures] == ["called_cases_in_frame"]
    assert [result.check_id for result in report.explanations] == ["case_ids_alike"]


def test_a_warning_that_explains_no_failure_stays_among_the_warnings(lake: Lake) -> None:
    framed = [
        *CASES,
        *((f"XS-{number}", *ONE_CASE[1:]) for number in range(10, 1000)),
        ("XS-9", "区档案馆", *ONE_CASE[2:]),
    ]
    report = checked(lake, framed, CALLS)
    assert "spellings_known" in [result.check_id for result in report.warnings]
    assert report.explanations == report.failures == []
