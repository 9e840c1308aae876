"""A person accepts a failed check: for one check, one delivery and what was found in it; never what cannot be so."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callback_survey.checks import overrides
from callback_survey.checks.model import CheckReport, CheckResult, Outcome, Severity, read_rules
from callback_survey.errors import UsageError
from callback_survey.scope import Scope
from callback_survey.storage import files
from lakes import SEEDS

RULES = read_rules(SEEDS)
CHECK = "reconciliation_within_tolerance"


def result(check_id: str = CHECK, outcome: Outcome = "fail", severity: Severity = "fail", **found: Any) -> CheckResult:
    values = {
        "observed": "1 of 385 rows",
        "examples": ("区民政局, satisfied_pct: computed 74.42, printed 77.43",),
        **found,
    }
    return CheckResult(
        "marts", "marts", check_id, "Expect", severity, outcome, values["observed"], "0.02 points", values["examples"]
    )


def report(*results: CheckResult, delivery_id: str = "delivery-1", quarter: str = "2018Q1") -> CheckReport:
    return CheckReport(
        "run-1", "marts", "330109", quarter, results or (result(),), delivery_id, "2018-06-01T00:00:00+00:00"
    )


def accept(folder: Path, found: CheckReport | None = None, check_id: str = CHECK, **words: str) -> overrides.Decision:
    said = {"by": "张三", "reason": "印发有误，已与部门核对", **words}
    return overrides.accept(found or report(), check_id, overrides=folder, rules=RULES, **said)


def judged(folder: Path, found: CheckReport | None = None) -> CheckReport:
    return overrides.applied(found or report(), folder, RULES)


def test_an_accepted_failure_stays_a_failure_and_stops_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path).failures == [result()]
    decision = accept(tmp_path)
    found = judged(tmp_path)
    assert (found.failures, found.warnings) == ([], [])
    (accepted,) = found.accepted
    assert accepted == replace(
        result(), accepted_by="张三", accepted_reason="印发有误，已与部门核对", accepted_at=decision.at
    )
    assert (accepted.outcome, accepted.is_passed, accepted.is_accepted) == ("fail", False, True)
    (row,) = found.as_rows()
    assert (row["outcome"], row["is_accepted"], row["accepted_by"]) == ("fail", True, "张三")


@pytest.mark.parametrize(
    "other",
    [
        report(delivery_id="delivery-2"),
        report(quarter="2018Q2"),
        report(result("average_recomputed")),
        report(result(observed="2 of 385 rows")),
        report(result(examples=("区教育局, satisfied_pct: computed 83.33, printed 99.00",))),
    ],
    ids=["another delivery", "another quarter", "another check", "more was found", "something else was found"],
)
def test_it_holds_for_nothing_else(tmp_path: Path, other: CheckReport) -> None:
    accept(tmp_path)
    assert len(judged(tmp_path, other).failures) == 1


@pytest.mark.parametrize(
    "check_id",
    [
        *("delivery_whole", "no_personal_data", "sample_within_frame_rows", "called_cases_in_frame"),
        *("sample_within_frame", "called_inside_valid_frame", "answered_within_sample", "success_within_answered"),
    ],
)
def test_what_nobody_may_decide_is_refused_with_the_reason_also_where_the_record_was_written_by_hand(
    tmp_path: Path, check_id: str
) -> None:
    failed = report(result(check_id))
    with pytest.raises(UsageError) as refused:
        accept(tmp_path, failed, check_id)
    assert f"{check_id} can never be accepted" in str(refused.value)
    assert not tmp_path.joinpath("330109").exists()
    accept(tmp_path)
    [path] = tmp_path.rglob("*.json")
    files.write_json(path, {**files.read_json(path), "check_id": check_id})
    assert len(judged(tmp_path, failed).failures) == 1


def test_a_check_that_did_not_judge_cannot_be_accepted(tmp_path: Path) -> None:
    outcomes: tuple[Outcome, ...] = ("error", "no_rows")
    for outcome in outcomes:
        with pytest.raises(UsageError, match=f"has no verdict \\({outcome}"):
            accept(tmp_path, report(result(outcome=outcome)))
    accept(tmp_path)
    assert len(judged(tmp_path, report(result(outcome="error"))).failures) == 1


def test_a_warning_needs_no_decision(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it stops nothing"):
        accept(tmp_path, report(result("reconciliation_exact", severity="warn")), "reconciliation_exact")


def test_only_a_failure_that_was_seen_can_be_accepted_and_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"average_recomputed did not fail for 330109 2018Q1(.|\n)*{CHECK}"):
        accept(tmp_path, check_id="average_recomputed")
    with pytest.raises(UsageError, match="did not fail"):
        accept(tmp_path, report(result(outcome="pass")))
    accept(tmp_path)
    with pytest.raises(UsageError, match="was already accepted by 张三"):
        accept(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"by": "  "}, "--by is empty"),
        ({"reason": ""}, "--reason is empty"),
        ({"reason": "请问 15400000001"}, "--reason contains a phone"),
        ({"by": "330109198001010017"}, "--by contains a phone or identity number"),
    ],
)
def test_a_name_and_a_reason_are_needed_and_neither_holds_a_number_of_a_person(
    tmp_path: Path, words: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        accept(tmp_path, **words)
    assert list(tmp_path.rglob("*.json")) == []


def test_the_record_is_only_added_to_and_a_withdrawal_is_one_more_entry(tmp_path: Path) -> None:
    accept(tmp_path)
    [first] = tmp_path.rglob("*.json")
    before = first.read_bytes()
    overrides.withdraw(Scope("330109", "2018Q1"), CHECK, overrides=tmp_path, by="李四", reason="")
    assert len(judged(tmp_path).failures) == 1
    accept(tmp_path, by="王五")
    assert judged(tmp_path).accepted[0].accepted_by == "王五"
    names = sorted(path.name for path in (tmp_path / "330109" / "2018Q1").glob("*.json"))
    assert names == [f"0001-accepted-{CHECK}.json", f"0002-withdrawn-{CHECK}.json", f"0003-accepted-{CHECK}.json"]
    assert first.read_bytes() == before
    decided = [(decision.act, decision.by) for decision in overrides.decisions(tmp_path)]
    assert decided == [("accepted", "张三"), ("withdrawn", "李四"), ("accepted", "王五")]


def test_nothing_in_force_cannot_be_withdrawn(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to withdraw"):
        overrides.withdraw(Scope("330109", "2018Q1"), CHECK, overrides=tmp_path, by="李四", reason="")


def _accept_one(folder: Path, number: int) -> None:
    check_id = [name for name, rule in RULES.items() if rule.is_overridable][number]
    accept(folder, report(result(check_id)), check_id)


def test_decisions_made_at_the_same_moment_are_all_kept(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    people = [context.Process(target=_accept_one, args=(tmp_path, number)) for number in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(overrides.decisions(tmp_path)) == 6
    numbers = sorted(path.name[:4] for path in tmp_path.rglob("*.json"))
    assert numbers == [f"{number:04d}" for number in range(1, 7)]


def test_the_next_step_offers_a_decision_only_where_every_failure_allows_one() -> None:
    command = f"callback-survey accept --region 330109 --quarter 2018Q1 --check {CHECK}"
    assert command in overrides.next_step(report(), RULES)
    for other in (result("sample_within_frame"), result("average_recomputed", outcome="error")):
        assert "accept" not in overrides.next_step(report(result(), other), RULES)
