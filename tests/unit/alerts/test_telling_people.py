"""Who signs is told what waits for them, and once a day after; who reads the tables is told what was released; on call hears of neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from callback_survey import alerts
from callback_survey.alerts import waiting as notes
from callback_survey.alerts.compose import Place
from callback_survey.releases import Release
from callback_survey.scope import Scope
from callback_survey.settings import Settings, load_settings
from published import make_release
from receivers import Receiver

SCOPE = Scope("330109", "2018Q1")
ASKED = alerts.Waiting(
    "330109",
    "2018Q1",
    1,
    title="关于2018年第一季度的通报 第1版",
    lines=("满意率平均 94.77%，低于平均的部门 14 个",),
    since="2018-06-06T23:30:00+00:00",  # 7 June in Shanghai
    hours=72,
    run_id="callback_notice/run",
    link="http://airflow.example/dags/callback_notice/runs/run/tasks/approval/required_actions",
)


@pytest.fixture
def on_call() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver, on_call: Receiver) -> Settings:
    return load_settings(
        {
            "CALLBACK_SURVEY_HOME": str(tmp_path),
            "CALLBACK_SURVEY_ALERT_URLS": on_call.url,
            "CALLBACK_SURVEY_APPROVER_URLS": receiver.url,
            "CALLBACK_SURVEY_ALERT_URLS_RELEASED": receiver.url,
        }
    )


def test_the_approver_is_told_what_waits_and_where_to_answer(
    settings: Settings, receiver: Receiver, on_call: Receiver
) -> None:
    alerts.tell_waiting(settings, ASKED)
    [told] = receiver.messages
    assert told["title"] == "【待签发】330109 2018Q1：有通报等您签发：关于2018年第一季度的通报 第1版"
    for part in ("低于平均的部门 14 个", ASKED.link or "", "通报还没有印发", "72 小时内没有决定"):
        assert part in told["message"]
    assert on_call.messages == []
    # the same question of the same run is asked once
    alerts.tell_waiting(settings, ASKED)
    assert len(receiver.messages) == 1


def test_the_approver_is_reminded_once_a_day_until_it_is_decided(
    settings: Settings, receiver: Receiver, on_call: Receiver
) -> None:
    alerts.tell_waiting(settings, ASKED)
    for day, count in ((7, 1), (8, 2), (8, 2), (9, 3)):
        alerts.remind_approvers(settings, date(2018, 6, day))
        assert len(receiver.messages) == count
    alerts.forget_waiting(settings, SCOPE, ASKED.revision - 1)
    assert [one.revision for one in notes.all_waiting(settings.alerts)] == [ASKED.revision], (
        "the answer was about an earlier one"
    )
    alerts.forget_waiting(settings, SCOPE, ASKED.revision)
    alerts.remind_approvers(settings, date(2018, 6, 10))
    assert len(receiver.messages) == 3 and on_call.messages == []


def test_what_did_not_arrive_at_the_approver_is_sent_to_them_again(
    settings: Settings, receiver: Receiver, on_call: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callback_survey.alerts.channels.BACK_OFF_SECONDS", ())
    receiver.answer = 500
    alerts.tell_waiting(settings, ASKED)
    receiver.answer, receiver.messages = 200, []
    alerts.tell.resend(settings)
    assert len(receiver.messages) == 1 and on_call.messages == []


def test_without_a_channel_of_the_approver_nothing_is_noted(settings: Settings, on_call: Receiver) -> None:
    alerts.tell_waiting(replace(settings, approver_urls=()), ASKED)
    assert list(notes.all_waiting(settings.alerts)) == [] and on_call.messages == []


def test_a_note_that_cannot_be_read_stops_no_reminder(settings: Settings, receiver: Receiver) -> None:
    notes.note(settings.alerts, ASKED)
    (settings.alerts / "waiting" / "330109-2017Q4.json").write_text("{", encoding="utf-8")
    alerts.remind_approvers(settings, date(2018, 6, 8))
    assert len(receiver.messages) == 1


def test_the_watch_reminds(settings: Settings, receiver: Receiver, tmp_path: Path) -> None:
    from callback_survey.watch import look

    notes.note(settings.alerts, ASKED)
    (tmp_path / "exports").mkdir()
    look.watch(replace(settings, exports=tmp_path / "exports"), run_id="watch-1", today=date(2018, 6, 8))
    assert [message["title"][:5] for message in receiver.messages] == ["【待签发】"]


def test_the_task_that_asks_tells_and_a_missed_deadline_forgets(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from callback_survey.airflow import notice

    monkeypatch.setattr("callback_survey.airflow.settings.load_settings", lambda: settings)
    monkeypatch.setattr("callback_survey.approval.decide.record_unanswered", lambda *_, **__: None)
    context: dict[str, Any] = {"dag": SimpleNamespace(dag_id="callback_notice"), "run_id": "run", "dag_run": None}
    request = {
        "region_code": "330109",
        "quarter": "2018Q1",
        "revision": 1,
        "subject": "签发：关于通报",
        "figures": ["满意率"],
        "link": "",
    }
    notice.tell_approver(context, request, 72)
    assert "有通报等您签发：关于通报" in receiver.text
    notice.unanswered(context, request, 72)
    assert list(notes.all_waiting(settings.alerts)) == []


def released(tmp_path: Path, revision: int, **told: Any) -> Release:
    return replace(make_release(tmp_path / "releases", revision=revision, marker=str(revision)), **told)


def test_a_release_is_announced_with_its_revision_and_what_moved(
    settings: Settings, receiver: Receiver, on_call: Receiver, tmp_path: Path
) -> None:
    first = released(tmp_path, 1, reason="first release")
    second = released(tmp_path, 2, reason="a corrected delivery", difference={"departments": [{}, {}, {}]})
    place = Place("run-1", "serve")
    alerts.tell_released(settings, [first], place)
    alerts.tell_released(settings, [second], replace(place, run_id="run-2"))
    alerts.tell_released(settings, [second], replace(place, run_id="run-2"))
    alerts.tell_released(settings, [], place)
    told = [message["message"] for message in receiver.messages]
    assert len(told) == 2 and on_call.messages == []
    assert "2018Q1 第1版，来由：" in told[0] and "变动" not in told[0]
    assert "2018Q1 第2版，来由：更正后的交付；与上一版相比，3 处数字、名次或名单有变动" in told[1]


def test_who_did_not_ask_for_it_hears_of_no_release(settings: Settings, receiver: Receiver, tmp_path: Path) -> None:
    alerts.tell_released(replace(settings, alert_urls_released=()), [released(tmp_path, 1)], Place("run-1", "serve"))
    assert receiver.messages == []
