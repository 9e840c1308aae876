"""The approval of a notice in a running Airflow, as a person does it: through the pages in a browser, and through the API.

One story over one home, because Airflow takes its time to start. Four requests about the first revision wait side by side: one is
rejected, one nobody answers, one is approved. Then a corrected delivery makes the second revision, whose release asks again by
itself; that one is approved with the button. The fourth is answered after that, too late.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote

import pytest

from callback_survey.releases import journal
from homes import QUARTER, REGION, REPOSITORY, Home, until
from standalones import Standalone, standalone

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from receivers import Receiver

RUNS = "/api/v2/dags/callback_notice/dagRuns"
KEY = f"{REGION}|{QUARTER}"
APPROVER, OPERATOR, VIEWER = "王主任", "值班员", "科员"
USERS = f"{APPROVER}:approver {OPERATOR}:operator {VIEWER}:viewer"
OWN_ISSUER = "杭州市萧山区全面深化“最多跑一次”改革领导小组办公室"
HEADING = {"number": "跑改办〔2018〕5号", "issuer": "萧山区跑改办", "date": "2018-06-07", "reason": ""}


@dataclass(frozen=True)
class Waiting:
    """A running Airflow over a home, whose DAG callback_notice is switched on, and what was told meanwhile."""

    airflow: Standalone
    home: Home
    receiver: Receiver

    def ask_for_approval(self, **conf: Any) -> str:
        """A run about the revision that is served, started by hand. Returns its name."""
        body = {"logical_date": None, "conf": {"release": KEY, **conf}}
        return str(self.airflow.ask("POST", RUNS, body)["dag_run_id"])

    def state(self, run: str, task: str | None = None) -> str | None:
        path = f"{RUNS}/{quote(run)}" + (f"/taskInstances/{task}" if task else "")
        return str(self.airflow.ask("GET", path)["state"])

    def question(self, run: str) -> dict[str, Any]:
        """What the person is asked, once the run waits for an answer.

        An answer before Airflow has put the asking process away, which takes it up to six seconds, is acted on a minute later.
        """
        until(f"{run} to wait for a person", lambda: self.state(run, "approval") == "awaiting_input", every_seconds=0.5)
        log = self.home.path / "logs" / "airflow" / "scheduler.log"
        key = f"TaskInstanceKey(dag_id='callback_notice', task_id='approval', run_id='{run}'"
        put_away = f"executor event with state success for task instance {key}"
        until(f"the asking process of {run} to end", lambda: put_away in log.read_text(), every_seconds=0.5)
        found: dict[str, Any] = self.airflow.ask("GET", f"{RUNS}/{quote(run)}/taskInstances/approval/-1/hitlDetails")
        return found

    def answer(self, run: str, option: str, **fields: Any) -> None:
        self.question(run)
        path = f"{RUNS}/{quote(run)}/taskInstances/approval/-1/hitlDetails"
        given = {
            "number": "",
            "issuer": "",
            "date": None,
            "signatory": "",
            "blank": False,
            "correction": "",
            "person": "",
        }
        given |= {"reason": "", **fields}
        self.airflow.as_person(APPROVER).ask("PATCH", path, {"chosen_options": [option], "params_input": given})

    def end(self, run: str) -> str:
        try:
            until(f"{run} to end", lambda: self.state(run) in ("success", "failed"), every_seconds=0.5)
        except AssertionError as error:
            tasks = self.airflow.ask("GET", f"{RUNS}/{quote(run)}/taskInstances")["task_instances"]
            error.add_note(str({task["task_id"]: (task["state"], task["try_number"]) for task in tasks}))
            raise
        return str(self.state(run))

    def decisions(self) -> list[tuple[str, int]]:
        return [(entry.act, entry.revision) for entry in journal.entries(self.home.path / "releases")]

    @property
    def public(self) -> Path:
        return self.home.path / "public" / REGION / QUARTER


def _dags(airflow: Standalone) -> set[str]:
    return {dag["dag_id"] for dag in airflow.ask("GET", "/api/v2/dags")["dags"]}


@pytest.fixture(scope="module")
def waiting(small: Home, corrected_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    from receivers import Receiver

    receiver = Receiver()
    home = small.copy(tmp_path_factory.mktemp("approval") / "home", exports=corrected_exports)
    home = home.with_settings(ALERT_URLS=receiver.url, WATCH_FREE_DISK="1KB", AIRFLOW_USERS=USERS)
    with standalone(home) as airflow:
        found = Waiting(airflow, home, receiver)
        expected = {path.stem for path in (REPOSITORY / "dags").glob("callback_*.py")}
        until("the DAGs to be read", lambda: expected == _dags(airflow), every_seconds=0.5)
        airflow.ask("PATCH", "/api/v2/dags/callback_notice", {"is_paused": False})
        yield found
    receiver.close()


@pytest.fixture(scope="module")
def runs(waiting: Waiting) -> dict[str, str]:
    """Requests about the first revision, waiting side by side. They are all started before anything is issued."""
    names = {name: waiting.ask_for_approval() for name in ("rejected", "approved", "late")}
    names["unanswered"] = waiting.ask_for_approval(hours=0.004)
    for name in ("rejected", "approved", "late"):
        waiting.question(names[name])
    return names


@pytest.fixture(scope="module")
def rejected(waiting: Waiting, runs: dict[str, str]) -> str:
    waiting.answer(runs["rejected"], "退回", reason="区民政局的数字待核实")
    waiting.end(runs["rejected"])
    return runs["rejected"]


@pytest.fixture(scope="module")
def approved(waiting: Waiting, runs: dict[str, str], rejected: str) -> str:
    waiting.answer(runs["approved"], "签发", **HEADING)
    waiting.end(runs["approved"])
    return runs["approved"]


@pytest.fixture(scope="module")
def correction(waiting: Waiting, approved: str) -> str:
    """The run that the release of the second revision has started, by its event."""
    for paused in (
        False,
        True,
    ):  # switched on it also makes a run for the latest quarter, for which nothing was delivered
        waiting.airflow.ask("PATCH", "/api/v2/dags/callback_quarter", {"is_paused": paused})
        if not paused:
            body = {"logical_date": None, "conf": {"quarter": QUARTER, "region": REGION}}
            waiting.airflow.ask("POST", "/api/v2/dags/callback_quarter/dagRuns", body)
            until("the correction to be asked about", lambda: bool(started(waiting)), every_seconds=0.5)
    return started(waiting)[0]


def started(waiting: Waiting) -> list[str]:
    found = waiting.airflow.ask("GET", RUNS)["dag_runs"]
    return [run["dag_run_id"] for run in found if run["partition_key"] == KEY]


def test_the_request_shows_the_numbers_and_a_form(waiting: Waiting, runs: dict[str, str]) -> None:
    asked = waiting.question(runs["late"])
    assert (
        asked["subject"]
        == "签发：杭州市萧山区：关于2018年第一季度“最多跑一次”满意率、实现率第三方电话回访情况的通报 第1版"
    )
    assert "| 满意率 | 75.00 | 2017年全省平均满意率 94.70 | −19.70 |" in asked["body"]
    assert asked["options"] == ["签发", "退回"]
    assert set(asked["params"]) == {*HEADING, "signatory", "blank", "correction", "person"}
    assert asked["assigned_users"] == [{"id": APPROVER, "name": APPROVER}]


@pytest.mark.parametrize("name", [VIEWER, OPERATOR, "admin"])
def test_nobody_but_an_approver_answers(waiting: Waiting, runs: dict[str, str], name: str) -> None:
    """The administrator neither: what a notice is signed with is a person's name."""
    waiting.question(runs["late"])
    somebody = waiting.airflow if name == "admin" else waiting.airflow.as_person(name)
    answer = {"chosen_options": ["签发"], "params_input": {}}
    with pytest.raises(HTTPError) as refused:
        somebody.ask("PATCH", f"{RUNS}/{quote(runs['late'])}/taskInstances/approval/-1/hitlDetails", answer)
    assert refused.value.code == 403


def test_a_viewer_sees_the_runs_and_starts_or_clears_none(waiting: Waiting, runs: dict[str, str]) -> None:
    viewer, operator = waiting.airflow.as_person(VIEWER), waiting.airflow.as_person(OPERATOR)
    late = f"{RUNS}/{quote(runs['late'])}"
    assert viewer.ask("GET", late)["dag_run_id"] == runs["late"]
    asked = {"logical_date": None, "conf": {"release": KEY}}
    changes: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", RUNS, asked),
        ("POST", f"{late}/clear", {"dry_run": True}),
        ("PATCH", "/api/v2/dags/callback_notice", {"is_paused": True}),
    )
    for method, path, body in changes:
        with pytest.raises(HTTPError) as refused:
            viewer.ask(method, path, body)
        assert refused.value.code == 403, path
    assert operator.ask("POST", f"{late}/clear", {"dry_run": True})


def test_a_rejection_keeps_the_reason_and_issues_nothing(waiting: Waiting, rejected: str) -> None:
    assert waiting.state(rejected) == "success"
    assert waiting.state(rejected, "issue") == "skipped"
    entry = next(entry for entry in journal.entries(waiting.home.path / "releases") if entry.act == "rejected")
    assert (entry.by, entry.reason) == (APPROVER, "区民政局的数字待核实")


def test_what_nobody_answers_fails_and_is_told_once(waiting: Waiting, runs: dict[str, str]) -> None:
    assert waiting.end(runs["unanswered"]) == "failed"
    assert ("unanswered", 1) in waiting.decisions()
    until("the alert", lambda: "无人批准或退回" in waiting.receiver.text)
    told = [message for message in waiting.receiver.messages if "无人批准或退回" in message["title"]]
    assert len(told) == 1
    assert "a-notice-waits-for-approval" in told[0]["message"]
    assert f"callback-survey approve --region {REGION} --quarter {QUARTER} --dry-run" in told[0]["message"]


def test_an_approved_notice_is_issued_with_the_approvers_name(waiting: Waiting, approved: str) -> None:
    assert waiting.state(approved) == "success"
    issued = json.loads((waiting.public / "r1" / "issue.json").read_text(encoding="utf-8"))
    assert (issued["approved_by"], issued["number"], issued["dated_on"]) == (APPROVER, HEADING["number"], "2018-06-07")
    assert "notice.html" in issued["files"]
    assert [act for act, _ in waiting.decisions() if act in ("approved", "issued")][:2] == ["approved", "issued"]


def test_the_button_in_the_pages_issues_the_correction(waiting: Waiting, correction: str, page: Page) -> None:
    asked = waiting.question(correction)
    assert "与第1版（上一版，也是现行通报）的差别" in asked["body"] and "区民政局" in asked["body"]
    assert asked["params"]["issuer"]["value"] == OWN_ISSUER, (
        "the office that the district names, whoever issued the last one"
    )
    log_in(page, waiting.airflow.as_person(APPROVER))
    page.goto(f"{waiting.airflow.url}/dags/callback_notice/runs/{quote(correction)}/tasks/approval/required_actions")
    page.get_by_role("heading", name="与第1版（上一版，也是现行通报）的差别").wait_for()
    page.locator("#element_number").fill("跑改办〔2018〕9号")
    page.locator("#element_date").fill("2018-07-09")
    page.locator("#element_correction").fill("区民政局的回访记录已重新报送")
    with page.expect_response(lambda response: response.request.method == "PATCH") as answered:
        page.get_by_test_id("hitl-option-签发").click()
    assert answered.value.ok, answered.value.text()
    assert waiting.end(correction) == "success"
    issued = json.loads((waiting.public / "current" / "issue.json").read_text(encoding="utf-8"))
    assert (issued["revision"], issued["number"], issued["approved_by"]) == (2, "跑改办〔2018〕9号", APPROVER)
    assert (issued["supersedes"]["revision"], issued["correction"]["reason"]) == (1, "区民政局的回访记录已重新报送")
    assert json.loads((waiting.public / "r1" / "replaced.json").read_text(encoding="utf-8"))["revision"] == 2
    assert "更正说明：</strong>本通报更正并代替2018年6月7日印发的" in (waiting.public / "r2" / "notice.html").read_text(
        encoding="utf-8"
    )
    assert (waiting.public / "r1" / "notice.html").is_file()


def test_an_approval_of_what_a_correction_has_replaced_issues_nothing(
    waiting: Waiting, runs: dict[str, str], correction: str
) -> None:
    waiting.answer(runs["late"], "签发", number="跑改办〔2018〕6号", date="2018-06-08")
    assert waiting.end(runs["late"]) == "failed"
    until("the alert", lambda: "批准的版本已被取代" in waiting.receiver.text)
    assert "跑改办〔2018〕6号" not in "".join(path.read_text() for path in waiting.public.glob("*/issue.json"))


def log_in(page: Page, airflow: Standalone) -> None:
    page.goto(airflow.url)
    page.locator("input[name=username]").fill(airflow.user)
    page.locator("input[name=password]").fill(airflow.password)
    page.locator("button[type=submit]").click()
    page.wait_for_url(f"{airflow.url}/")
