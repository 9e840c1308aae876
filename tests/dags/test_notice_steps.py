"""The steps of an approval with contexts made by hand: which release, what is handed on, and what becomes of an answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from callback_survey.airflow import notice as steps
from callback_survey.errors import ApprovalOutdated, UsageError
from callback_survey.releases import journal
from homes import QUARTER, REGION, Home, Served

NOW = datetime(2018, 6, 7, 1, 30, tzinfo=UTC)
SAMPLES_ISSUER = "杭州市萧山区全面深化“最多跑一次”改革领导小组办公室"


def context(key: str | None = None, **params: Any) -> dict[str, Any]:
    """Of a run that an event with this key started; with `params`, of one started by hand."""
    dag_run = SimpleNamespace(partition_key=key, run_id="run", clear_number=0)
    dag = SimpleNamespace(dag_id="callback_notice")
    return {"params": {"release": None, "hours": None, **params}, "dag_run": dag_run, "dag": dag, "run_id": "run"}


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Iterator[Home]:
    found = small.copy(tmp_path / "home")
    with mock.patch.dict(os.environ, found.environment, clear=True):
        yield found


def prepared() -> dict[str, Any]:
    request = steps.prepare(context(f"{REGION}|{QUARTER}"))
    assert request is not None
    return request


def answered(option: str, **fields: Any) -> dict[str, Any]:
    given = {"number": "", "issuer": "", "date": None, "signatory": "", "blank": False, "correction": "", "person": ""}
    given |= {"reason": "", **fields}
    user = {"id": "7", "name": "值班长"}
    return {"chosen_options": [option], "params_input": given, "responded_at": NOW, "responded_by_user": user}


def test_the_release_is_that_of_the_event_or_the_one_asked_for_by_hand() -> None:
    assert steps.release_key(context("330109|2018Q1")) == ("330109", "2018Q1")
    assert steps.release_key(context(release="330109|2018Q2")) == ("330109", "2018Q2")


@pytest.mark.parametrize("key", [None, "", "330109", "330109|2018", "330109|2018Q5", "../..|2018Q1"])
def test_a_run_that_names_no_release_is_told_what_to_pass(key: str | None) -> None:
    with pytest.raises(UsageError, match=r'trigger with \{"release": "123456\|2018Q1"\}'):
        steps.release_key(context(key))


def test_how_long_it_waits_is_a_setting_and_can_be_said_for_one_run() -> None:
    with mock.patch.dict(os.environ, {"CALLBACK_SURVEY_APPROVAL_HOURS": "0.5"}):
        assert steps.hours_to_wait(context()) == 0.5
        assert steps.hours_to_wait(context(hours=24)) == 24


def test_an_approval_is_issued_under_the_users_name_and_nobody_is_asked_again(home: Home) -> None:
    request = prepared()
    assert request["issuer"] == SAMPLES_ISSUER
    folder = steps.issue(context(), request, answered(steps.APPROVE, number="5号", issuer="跑改办", date="2018-06-08"))
    assert folder == str(home.path / "public" / REGION / QUARTER / "r1")
    approved, issued = journal.entries(home.path / "releases")
    assert (approved.by, approved.at, approved.run_id) == ("值班长", NOW.isoformat(), "callback_notice/run")
    assert approved.details == {"user_id": "7", "number": "5号", "issuer": "跑改办", "dated_on": "2018-06-08"}
    assert issued.act == "issued"
    assert steps.prepare(context(f"{REGION}|{QUARTER}")) is None


def test_a_rejection_issues_nothing_and_keeps_the_reason(home: Home) -> None:
    assert steps.issue(context(), prepared(), answered(steps.REJECT, reason=" 待核实 ")) is None
    assert [(entry.act, entry.reason) for entry in journal.entries(home.path / "releases")] == [("rejected", "待核实")]
    assert not (home.path / "public").exists()


def test_what_was_asked_about_is_what_is_issued_or_nothing(corrected: Served, tmp_path: Path) -> None:
    found = corrected.home.copy(tmp_path / "home")
    with mock.patch.dict(os.environ, found.environment, clear=True):
        asked_about_the_first = {**prepared(), "revision": 1}
        with pytest.raises(ApprovalOutdated, match="readers now see r2"):
            steps.issue(context(), asked_about_the_first, answered(steps.APPROVE))
    assert not (found.path / "public").exists()


def test_a_heading_is_judged_while_it_can_be_asked_for_again(home: Home) -> None:
    request = prepared()
    with pytest.raises(UsageError, match="after the end of 2018Q1"):
        steps.require_printable(request, answered(steps.APPROVE, date="2018-01-01"))
    with pytest.raises(UsageError, match=r"the notice has no 文号, 成文日期; nothing was issued"):
        steps.require_printable(request, answered(steps.APPROVE))
    steps.require_printable(request, answered(steps.APPROVE, blank=True))
    steps.require_printable(request, answered(steps.APPROVE, number="5号", date="2018-06-07"))
    steps.require_printable(request, answered(steps.REJECT, date="2018-01-01"))
    with pytest.raises(UsageError, match="contains a phone or identity number"):
        steps.require_printable(request, answered(steps.REJECT, reason="问 13800138000"))


def test_a_correction_is_not_sent_on_without_its_reason(home: Home) -> None:
    request = {**prepared(), "corrects": "5号（2018-06-07）"}
    heading = {"number": "9号", "date": "2018-07-09"}
    with pytest.raises(UsageError, match="would be corrected without a reason"):
        steps.require_printable(request, answered(steps.APPROVE, **heading, reason="退回用的"))
    with pytest.raises(UsageError, match="contains a phone or identity number"):
        steps.require_printable(request, answered(steps.APPROVE, **heading, correction="问 13800138000"))
    steps.require_printable(request, answered(steps.APPROVE, **heading, correction="已重新报送"))
    steps.require_printable(request, answered(steps.REJECT))
    with pytest.raises(UsageError, match="no issued notice would be replaced"):
        steps.require_printable(prepared(), answered(steps.APPROVE, **heading, correction="已重新报送"))


def test_nothing_is_decided_in_the_name_of_an_account_that_is_no_person(home: Home) -> None:
    request = prepared()
    heading = {"number": "5号", "date": "2018-06-07"}
    shared = {"responded_by_user": {"id": "admin", "name": "admin"}}
    for option in (steps.APPROVE, steps.REJECT):
        with pytest.raises(UsageError, match="logged in as 'admin', which is not a person; nothing was decided"):
            steps.require_printable(request, {**answered(option, **heading), **shared})
        with pytest.raises(UsageError, match="'Admin' is an account and not a person"):
            steps.require_printable(request, {**answered(option, **heading, person="Admin"), **shared})
        # a person's own account does not sign for another one
        with pytest.raises(UsageError, match="值班长 has answered, and 王主任 is filled in"):
            steps.require_printable(request, answered(option, **heading, person="王主任"))
    steps.issue(context(), request, {**answered(steps.REJECT, person="王主任"), **shared})
    (entry,) = journal.entries(home.path / "releases")
    assert (entry.by, entry.details) == ("王主任", {"user_id": "admin"})


def test_the_approvers_of_the_setting_are_asked_and_nobody_else() -> None:
    users = "王主任:approver 李主任:approver 值班员:operator"
    with mock.patch.dict(os.environ, {"CALLBACK_SURVEY_AIRFLOW_USERS": users}):
        assert steps.approvers() == [{"id": name, "name": name} for name in ("王主任", "李主任")]
    with mock.patch.dict(os.environ, {"CALLBACK_SURVEY_AIRFLOW_USERS": ""}):
        assert steps.approvers() is None


def test_the_missed_deadline_is_written_down_and_says_how_to_go_on(home: Home) -> None:
    error = steps.unanswered(context(), prepared(), 72.0)
    assert "within 72 hours" in str(error)
    assert f"callback-survey approve --region {REGION} --quarter {QUARTER} --revision r1" in str(error)
    assert [entry.act for entry in journal.entries(home.path / "releases")] == ["unanswered"]


@pytest.fixture
def approval(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The waiting task; that it asks a person shows as a LookupError."""
    from callback_survey.airflow import approval as airflow_approval

    def asked(*_: Any) -> None:
        raise LookupError("a person is asked")

    monkeypatch.setattr(airflow_approval.HITLOperator, "execute", asked)
    return airflow_approval.NoticeApproval(task_id="approval")


def execute(
    approval: Any, monkeypatch: pytest.MonkeyPatch, *, try_number: int, option: str | None, **fields: Any
) -> Any:
    """Run the task when Airflow holds this answer, or none."""
    kept = answered(option or "", **fields) | {"chosen_options": [option] if option else None}
    user = SimpleNamespace(**kept.pop("responded_by_user"))
    found = SimpleNamespace(**kept, responded_by_user=user, response_received=option is not None)
    monkeypatch.setattr("callback_survey.airflow.approval.get_hitl_detail_content_detail", lambda ti_id: found)
    request = {"region_code": REGION, "quarter": QUARTER, "revision": 1, "issuer": "", "subject": "签发：通报"}
    ti = SimpleNamespace(id="the task", try_number=try_number, xcom_pull=lambda task_ids: request)
    return approval.execute({**context(hours=1), "ti": ti})


def test_an_answer_that_a_killed_worker_was_given_is_not_asked_for_again(
    approval: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = execute(approval, monkeypatch, try_number=2, option=steps.APPROVE, blank=True)
    assert given["chosen_options"] == [steps.APPROVE]
    assert given["responded_by_user"] == {"id": "7", "name": "值班长"}


@pytest.mark.parametrize(("try_number", "option"), [(1, steps.APPROVE), (2, None)])
def test_otherwise_a_person_is_asked(
    approval: Any, monkeypatch: pytest.MonkeyPatch, try_number: int, option: str | None
) -> None:
    with pytest.raises(LookupError, match="a person is asked"):
        execute(approval, monkeypatch, try_number=try_number, option=option)
