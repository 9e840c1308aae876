"""Gate 1: a clean delivery trips nothing, and each check trips on exactly the fault it exists for."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from callback_survey.expectations.gates import check_delivery

from callback_survey.landing.ledger import FileRecord, PhoneColumn
from callback_survey.storage import duck
from callback_survey.storage.scratch import sweep
from lakes import CALLS_HEADER, ONE_CALL, SEEDS, Lake, as_csv, calls, frame
from landed_rows import RULES, Call, Landed, called, cases, judge, rejected_calls, tripped

CLEAN = Landed()
# these compare interviewers and hours with one another: test_interview_gate.py
OF_GROUPS = {
    "interviewer_answers_alike",
    "interviewer_answers_differ",
    "interviewer_pace",
    "hour_answers_alike",
    "hour_answers_differ",
}

# these look for what another part of the delivery or of the lake says: test_doubts.py
DOUBTS = {"answers_reversed", "repeated_calls", "case_ids_alike", "delivered_elsewhere"}


def test_every_rule_of_this_gate_has_a_check_and_every_check_a_rule() -> None:
    with (SEEDS / "check_rules.csv").open(encoding="utf-8", newline="") as file:
        ruled = [row["check_id"] for row in csv.DictReader(file) if row["gate"] == "delivery"]
    assert sorted(judge(CLEAN)) == sorted(ruled)


def test_a_clean_delivery_trips_nothing() -> None:
    results = judge(CLEAN)
    assert tripped(results) == {}
    nothing_to_look_at = {"spellings_known", "rejected_calls", *OF_GROUPS, *DOUBTS}
    assert {name for name, result in results.items() if result.outcome == "skipped"} == nothing_to_look_at


def with_call(**cells: Any) -> Sequence[Call]:
    """The calls, one of 区教育局 with other cells than usual."""
    return [*CLEAN.calls[:-1], *called("区教育局", [9], **cells)]


ADD_DEPARTMENT = "to accept it, edit registers/department_aliases.csv、registers/departments.csv"
ONE_UNKNOWN = [*CLEAN.frame, *cases("区教育居", range(1))]
UNKNOWN_WORD = {
    **rejected_calls("区教育局", [20], "unknown_answer")[0],
    "unknown": {"question": "满意度", "word": "还行"},
    "detail": "满意度「还行」不在列表中；可用：满意、不满意",
}


def completed(name: str, numbers: Iterable[int], day: str) -> list[tuple[str, str, str]]:
    return [(*case, day) for case in cases(name, numbers)]


FAULTS: dict[str, tuple[Landed, dict[str, str]]] = {
    "more than one per cent of a dataset rejected": (
        replace(CLEAN, rejects=[{"dataset": "frame", "reason": "missing_date"}] * 11),
        {"reject_share": "frame: 11 of 1011 rows rejected (1.09 %): missing_date 11, first frame.csv line 9000"},
    ),
    "a dataset without a single row": (
        replace(CLEAN, calls=[]),
        {"reject_share": "calls: 0 of 0 rows rejected (100.00 %): there is no row"},
    ),
    "a department whose calls are rejected in numbers": (
        replace(CLEAN, rejects=rejected_calls("区教育局", (20, 21))),
        {
            "reject_share_by_department": "区教育局: 2 call rows rejected (16.67 %), unreadable_date",
            "rejected_calls": "区教育局: 2 call rows rejected, unreadable_date, first on line 9000",
        },
    ),
    "a single rejected call": (
        replace(CLEAN, rejects=rejected_calls("区教育局", (20,))),
        {"rejected_calls": "区教育局: 1 call rows rejected, unreadable_date, first on line 9000"},
    ),
    "a rejected call that names no case": (
        replace(CLEAN, rejects=[{"dataset": "calls", "reason": "ragged_row"}]),
        {"rejected_calls": "（未注明部门）: 1 call rows rejected, ragged_row, first on line 9000"},
    ),
    "more called cases than frame rows": (
        replace(CLEAN, calls=[*CLEAN.calls, *called("区市场监管局", range(2), "区 市场监督局")]),
        {
            "sample_within_frame_rows": "区市场监管局: 抽样 2 > 样本框 0",
            "called_cases_in_frame": (
                "区市场监管局: 2 called cases have no frame row, such as 区市场监管局0000、区市场监管局0001"
            ),
        },
    ),
    "a called case without a frame row": (
        replace(CLEAN, calls=[*CLEAN.calls, ("XS-999", "区教育局")]),
        {"called_cases_in_frame": "区教育局: 1 called cases have no frame row, such as XS-999"},
    ),
    "a few frame rows of an unknown department": (
        replace(CLEAN, frame=ONE_UNKNOWN),
        {
            "spellings_known": f"部门「区教育居」: 1 rows, first frame.csv line 1002; nearest known name: 区教育局; {ADD_DEPARTMENT}"
        },
    ),
    "many frame rows of unknown departments": (
        replace(CLEAN, frame=[*CLEAN.frame, *cases("区教育居", range(3)), *cases("某办", range(3))]),
        {
            "spellings_known": f"部门「区教育居」: 3 rows, first frame.csv line 1002; nearest known name: 区教育局; {ADD_DEPARTMENT}",
            "unknown_department_share": "6 of 1006 frame rows (0.60 %)",
        },
    ),
    "a called case of an unknown department": (
        replace(CLEAN, frame=ONE_UNKNOWN, calls=[*CLEAN.calls, *called("区教育居", range(1))]),
        {
            "spellings_known": f"部门「区教育居」: 1 rows, first frame.csv line 1002; nearest known name: 区教育局; {ADD_DEPARTMENT}",
            "unknown_department_called": "区教育居: 1 called cases; nearest known name: 区教育局",
        },
    ),
    "a printed line of a department nobody knows": (
        replace(CLEAN, published=["区档案局", "区教育居"]),
        {
            "published_rows_known": "published.csv line 3: 区教育居; nearest known name: 区教育局",
            "spellings_known": "部门「区教育居」: 1 rows, first published.csv line 3; nearest known name: 区教育局",
        },
    ),
    "a delivery that came without its manifest": (
        replace(CLEAN, of_report={"has_manifest": False}),
        {"manifest_present": "330109 2018Q1: 3 tables, accepted without a manifest because the run allows it"},
    ),
    "a phone column without phones": (
        replace(CLEAN, of_files={"frame": {"phones": PhoneColumn(24, 24, 0, ("139****0001", "139****0002"))}}),
        {"phones_usable": "frame.csv: 24 of 24 phones are no phones, such as 139****0001、139****0002"},
    ),
    "two columns under each other's headers": (
        replace(CLEAN, of_files={"calls": {"swapped": ("「满意度」的内容像 visits", "「跑次」的内容像 satisfaction")}}),
        {"columns_in_place": "calls.csv: 「满意度」的内容像 visits；「跑次」的内容像 satisfaction"},
    ),
    "a header nobody knows": (
        replace(CLEAN, of_files={"frame": {"unknown_columns": ("受理渠道", "打15400000001")}}),
        {
            "spellings_known": "表头「受理渠道」: 1000 rows, first frame.csv line 1; to accept it, edit "
            "src/callback_survey/deliveries/headers.toml\n表头「打[号码]」: 1000 rows"
        },
    ),
    "a head of an annex nobody knows": (
        replace(CLEAN, of_files={"published": {"unknown_columns": ("提速率",)}}),
        {
            "spellings_known": "表头「提速率」: 2 rows, first published.csv line 1; to accept it, edit registers/annex_headers.csv"
        },
    ),
    "a part with fewer columns than another": (
        replace(
            CLEAN,
            of_files={"calls": {"columns": ("case_id", "called_at", "disposition", "comment")}},
            more_files=[FileRecord("calls-2.csv", "calls", "", "gb18030", 1, 0, 0, 0, ("case_id", "called_at"))],
        ),
        {"parts_alike": "calls-2.csv: without comment、disposition, which another part of calls has"},
    ),
    "a file of which rows were lost between reading and judging": (
        replace(CLEAN, of_files={"frame": {"read_count": 1001}}),
        {"delivery_whole": "frame.csv: 1001 rows read, 1000 judged"},
    ),
    "a lake that holds fewer rows than were landed": (
        replace(CLEAN, of_files={"frame": {"read_count": 1001, "accepted_count": 1001}}),
        {"delivery_whole": "frame: 1001 rows landed, 1000 in the lake"},
    ),
    "a mobile number left in a comment": (
        replace(CLEAN, calls=with_call(comment="请改打 15400000001 找他")),
        {"no_personal_data": "calls.comment: 1 cells, first on line 311"},
    ),
    "an identity number left in a name": (
        replace(CLEAN, frame=[*CLEAN.frame, ("XS-1", "区教育局 330109198001010017")]),
        {
            "no_personal_data": "frame.department_name: 1 cells, first on line 1002",
            "spellings_known": "部门「区教育局 [号码]」: 1 rows",
        },
    ),
    "a word that the scales do not know": (
        replace(CLEAN, rejects=[UNKNOWN_WORD]),
        {
            "spellings_known": "满意度「还行」: 1 rows, first calls.csv line 9000; to accept it, edit "
            "registers/answer_spellings.csv",
            "rejected_calls": "区教育局: 1 call rows rejected, unknown_answer",
        },
    ),
    "a few cases delivered twice": (
        replace(CLEAN, frame=[*CLEAN.frame, *cases("区教育局", range(6))]),
        {
            "duplicate_cases": "6 of 1006 frame rows repeat a case (0.60 %): 区教育局 6 [区教育局0000、区教育局0001、区教育局0002]"
        },
    ),
    "many cases delivered twice": (
        replace(CLEAN, frame=[*CLEAN.frame, *cases("区教育局", range(60))]),
        {
            "duplicate_cases": "60 of 1060 frame rows repeat a case (5.66 %)",
            "duplicate_case_share": "60 of 1060 frame rows repeat a case (5.66 %): 区教育局 60",
        },
    ),
    "a few cases of another quarter": (
        replace(CLEAN, frame=[*CLEAN.frame, *completed("区教育局", range(200, 206), "2018-04-01")]),
        {
            "frame_dates": "6 of 1006 frame rows completed outside the quarter (0.60 %): 区教育局 6 [2018-04-01 … 2018-04-01]"
        },
    ),
    "many cases of another quarter": (
        replace(CLEAN, frame=[*CLEAN.frame, *completed("区教育局", range(200, 260), "2017-12-31")]),
        {
            "frame_dates": "60 of 1060 frame rows completed outside the quarter (5.66 %)",
            "frame_date_share": "60 of 1060 frame rows completed outside the quarter (5.66 %): 区教育局 60",
        },
    ),
    "so many cases of another quarter that their count looks like the beginning of a mobile number": (
        replace(CLEAN, frame=[*CLEAN.frame, *completed("区教育局", range(200, 359), "2017-12-31")]),
        {
            "frame_dates": "159 of 1159 frame rows completed outside the quarter (13.72 %)",
            "frame_date_share": "159 of 1159 frame rows completed outside the quarter (13.72 %): "
            "区教育局 159 [2017-12-31 … 2017-12-31]",
        },
    ),
    "a call before its case was completed": (
        replace(CLEAN, calls=with_call(called_at="2018-02-13 10:00:00")),
        {"calls_after_completion": "区教育局: 1 calls called before completion, such as 区教育局0009"},
    ),
    "a call long after the quarter": (
        replace(CLEAN, calls=with_call(called_at="2018-07-02 10:00:00")),
        {"calls_within_period": "区教育局: 1 calls dated 2018-07-02 … 2018-07-02, such as 区教育局0009"},
    ),
    "a call that was made after it was delivered": (
        replace(
            CLEAN,
            calls=with_call(called_at="2018-05-11 10:00:00"),
            of_report={"landed_at": "2018-05-10T04:00:00+00:00"},
        ),
        {"calls_within_period": "区教育局: 1 calls dated 2018-05-11"},
    ),
    "the calls of another year": (
        replace(CLEAN, calls=called("区教育局", range(10), called_at="2017-04-10 10:00:00")),
        {
            "calls_after_completion": "区教育局: 10 calls called before completion",
            "calls_within_period": "区教育局: 10 calls dated 2017-04-10 … 2017-04-10",
            "call_date_share": "10 of 10 calls (100.00 %)",
        },
    ),
    "a call at night": (
        replace(CLEAN, calls=with_call(called_at="2018-04-10 23:10:00")),
        {"calls_not_after": "区教育局: 1 calls too late, such as 区教育局0009"},
    ),
    "a call before anybody is at work": (
        replace(CLEAN, calls=with_call(called_at="2018-04-10 03:00:00")),
        {"calls_not_before": "区教育局: 1 calls too early, such as 区教育局0009"},
    ),
    "a department that hardly answered": (
        replace(CLEAN, calls=[*CLEAN.calls, *called("区教育局", range(10, 40), satisfaction=None, visits=None)]),
        {"answered_share": "区教育局: 10 of 40 called cases answered (25.00 %)"},
    ),
    "a department that only refused to answer": (
        replace(CLEAN, calls=[*CLEAN.calls, *called("区教育局", range(10, 40), satisfaction="拒答", visits="不清楚")]),
        {"answered_share": "区教育局: 10 of 40 called cases answered (25.00 %)"},
    ),
    "rejected calls that name no department, in numbers": (
        replace(CLEAN, rejects=[{"dataset": "calls", "reason": "ragged_row"}] * 3),
        {"rejected_calls": "（未注明部门）: 3 call rows rejected, ragged_row, first on line 9000"},
    ),
    "a sheet that was not read": (
        replace(CLEAN, of_report={"remarks": ("book.xlsx: hidden sheet「旧」was not read", "another")}),
        {"everything_read": "book.xlsx: hidden sheet「旧」was not read；another"},
    ),
}


def test_two_annexes_with_figures_of_their_own_are_no_unlike_parts() -> None:
    second = FileRecord("published-2.csv", "published", "", "utf-8", 1, 0, 0, 0, ("department_name", "satisfied_pct"))
    first = {"published": {"columns": ("department_name", "within_one_visit_pct")}}
    assert tripped(judge(replace(CLEAN, of_files=first, more_files=[second]))) == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_trips_the_checks_that_exist_for_it_and_no_other(fault: str) -> None:
    landed, expected = FAULTS[fault]
    found = tripped(judge(landed))
    assert set(found) == set(expected)
    for check_id, example in expected.items():
        assert example in "\n".join(found[check_id])


def test_every_check_has_a_fault_that_trips_it() -> None:
    assert {check_id for _, expected in FAULTS.values() for check_id in expected} | OF_GROUPS | DOUBTS == set(
        judge(CLEAN)
    )


@pytest.mark.parametrize(
    "landed",
    [
        replace(CLEAN, rejects=[{"dataset": "frame", "reason": "missing_date"}] * 10),
        replace(CLEAN, frame=[*cases("区档案局", range(896)), *cases("区教育局", range(99)), *cases("某办", range(5))]),
    ],
    ids=["one per cent rejected", "half a per cent unknown"],
)
def test_a_limit_itself_is_allowed(landed: Landed) -> None:
    assert not set(tripped(judge(landed))) & {"reject_share", "unknown_department_share"}


def test_limits_and_severities_are_those_of_the_contract() -> None:
    stopping = {
        name: rule.limit
        for name, rule in RULES.items()
        if rule.gate == "delivery" and rule.severity == "fail" and rule.limit
    }
    assert stopping == {
        "phones_usable": Decimal(50),
        "reject_share": Decimal(1),
        "reject_share_by_department": Decimal(5),
        "unknown_department_share": Decimal("0.5"),
        "duplicate_case_share": Decimal(5),
        "frame_date_share": Decimal(5),
        "call_date_share": Decimal(5),
    }
    told = {name for name, rule in RULES.items() if rule.severity == "warn" and rule.gate == "delivery"}
    assert told >= {"rejected_calls", "spellings_known", "manifest_present", "everything_read"}
    results = judge(replace(CLEAN, frame=ONE_UNKNOWN))
    assert results["spellings_known"].severity == "warn"
    assert results["unknown_department_share"].allowed == "at most 0.5 % of the frame"


def test_what_the_contract_calls_never_overridable_is_not() -> None:
    stopping = {name for name, rule in RULES.items() if rule.severity == "fail"}
    never = {
        *("delivery_whole", "no_personal_data", "sample_within_frame_rows", "called_cases_in_frame"),
        *("sample_within_frame", "called_inside_valid_frame", "answered_within_sample", "success_within_answered"),
        # who wants a figure published writes a row that exempts it
        "masked_figures_hidden",
    }
    assert {name for name in stopping if not RULES[name].is_overridable} == never
    assert not any(rule.is_overridable for rule in RULES.values() if rule.severity == "warn")


def test_a_limit_follows_the_seed_without_a_change_of_code() -> None:
    rules = {**RULES, "reject_share": replace(RULES["reject_share"], limit=Decimal(0))}
    landed = replace(CLEAN, rejects=[{"dataset": "frame", "reason": "missing_date"}])
    assert "reject_share" in tripped(judge(landed, rules))
    with pytest.raises(ValueError, match="reject_share needs a limit_value"):
        judge(landed, {**RULES, "reject_share": replace(RULES["reject_share"], limit=None)})


def test_a_case_counts_once_and_for_the_department_of_its_first_frame_row() -> None:
    landed = replace(
        CLEAN, frame=[("XS-1", "区档案局"), ("XS-1", "某办"), *CLEAN.frame], calls=[*CLEAN.calls, ("XS-1", "某办")] * 2
    )
    assert set(tripped(judge(landed))) == {"spellings_known"}


def test_days_without_times_are_no_calls_at_midnight() -> None:
    landed = replace(CLEAN, calls=called("区教育局", range(10), called_at="2018-04-10 00:00:00"))
    assert tripped(judge(landed)) == {}


def test_the_edges_of_days_and_hours_are_allowed() -> None:
    first = called("区教育局", [0, 1], called_at="2018-02-14 08:00:00")
    last = called("区教育局", [2, 3], called_at="2018-07-01 21:00:00")
    frame = [*CLEAN.frame, *completed("区教育局", [300], "2018-01-01"), *completed("区教育局", [301], "2018-03-31")]
    assert tripped(judge(replace(CLEAN, frame=frame, calls=[*first, *last]))) == {}


def test_a_called_case_that_names_no_department_and_has_no_frame_row_is_told() -> None:
    found = tripped(judge(replace(CLEAN, calls=[*CLEAN.calls, ("XS-9", None)])))
    assert "（未注明部门）: 1 called cases have no frame row, such as XS-9" in found["called_cases_in_frame"]


def test_every_department_names_its_own_absent_cases_however_many_others_have() -> None:
    absent = [*((f"XS-{number}", "区档案局") for number in range(100, 150)), ("XS-999", "区教育局")]
    found = tripped(judge(replace(CLEAN, calls=[*CLEAN.calls, *absent])))["called_cases_in_frame"]
    assert "区教育局: 1 called cases have no frame row, such as XS-999" in found
    assert "区档案局: 50 called cases have no frame row, such as XS-100、XS-101、XS-102、XS-103、XS-104" in found


def test_what_is_said_of_two_spellings_of_a_department_is_said_of_both() -> None:
    late = [
        *called("区教育局", [9], "区教育局", called_at="2018-09-01 09:00:00"),
        *called("区教育局", [10], "区 教育局", called_at="2018-09-04 09:00:00"),
    ]
    frame = [*CLEAN.frame[:909], *(("区教育局0009", "区教育局"), ("区教育局0010", "区 教育局")), *CLEAN.frame[911:]]
    found = tripped(judge(replace(CLEAN, frame=frame, calls=[*CLEAN.calls[:-1], *late])))
    assert "区教育局: 2 calls dated 2018-09-01 … 2018-09-01、2018-09-04 … 2018-09-04" in "".join(
        found["calls_within_period"]
    )


def test_nobody_else_sweeps_what_the_gate_spills(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, seen = duck.connect, []

    def looked(path: Path, *, spill: Path, **options: Any) -> Any:
        for kind in ("gate", "spill"):
            sweep(spill.parent, kind)
        seen.append(spill.is_dir())
        return connect(path, spill=spill, **options)

    frame_row = ("XS-1", "区教育局", "2018-03-01", "15400000001", "", "")
    report = lake.deliver({"frame.csv": frame(frame_row), "calls.csv": calls(("XS-1", *ONE_CALL[1:]))})
    monkeypatch.setattr(duck, "connect", looked)
    check_delivery(report, lake=lake.folder, seeds=SEEDS, memory_limit="1GB", run_id="run-1", elsewhere=[])
    assert seen == [True]


def test_annexes_alone_are_checked_as_far_as_they_go() -> None:
    results = judge(replace(CLEAN, datasets=("published",)))
    assert {name: result.outcome for name, result in results.items()} == {
        "delivery_whole": "pass",
        "no_personal_data": "pass",
        "manifest_present": "pass",
        "columns_in_place": "pass",
        "parts_alike": "pass",
        "everything_read": "pass",
        "reject_share": "pass",
        "delivered_elsewhere": "skipped",
        "published_rows_known": "pass",
        "spellings_known": "skipped",
    }


@pytest.mark.parametrize("case_id", ["330109201800000001", "XS2018Q1-000001"])
def test_a_landed_delivery_names_the_department_of_a_rejected_call_by_its_frame_row(lake: Lake, case_id: str) -> None:
    """Calls need not name a department, and case numbers of many digits are no phone numbers."""
    frame_rows = [(f"{case_id}{number:03d}", "区教育局", "2018-03-01", "15400000001", "", "") for number in range(30)]
    call_rows = [(f"{case_id}{number:03d}", *ONE_CALL[1:]) for number in range(10)]
    bad = [(f"{case_id}{number:03d}", *ONE_CALL[1:4], "多次") for number in (3, 4)]
    report = lake.deliver({"frame.csv": frame(*frame_rows), "calls.csv": calls(*call_rows, *bad)})
    checked = check_delivery(report, lake=lake.folder, seeds=SEEDS, memory_limit="1GB", run_id="run-1", elsewhere=[])
    found = {result.check_id: result.examples for result in checked.results if not result.is_passed}
    assert found["reject_share_by_department"] == ("区教育局: 2 call rows rejected (16.67 %), unknown_answer",)
    assert found["rejected_calls"] == ("区教育局: 2 call rows rejected, unknown_answer, first on line 12",)


def test_a_clean_landed_delivery_passes_the_gate_whole(lake: Lake) -> None:
    rows = [(f"XS-{number}", "区 教育局", "2018-03-01", "15400000001", "", "") for number in range(3)]
    call_rows = as_csv([*CALLS_HEADER, "部门"], [(f"XS-{number}", *ONE_CALL[1:], "区教育局") for number in range(3)])
    report = lake.deliver({"frame.csv": frame(*rows), "calls.csv": (call_rows, 3)})
    checked = check_delivery(report, lake=lake.folder, seeds=SEEDS, memory_limit="1GB", run_id="run-1", elsewhere=[])
    assert (checked.failures, checked.warnings) == ([], [])
    assert (checked.gate, checked.region_code, checked.quarter, checked.run_id) == (
        "delivery",
        "330109",
        "2018Q1",
        "run-1",
    )
