"""Who hears what: channels by severity, warnings in one message, a recovery once, and what readers see meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callback_survey import alerts
from callback_survey.alerts import Place, open_problems, outbox, tell
from callback_survey.alerts.channels import deliver
from callback_survey.checks.model import CheckReport, CheckResult
from callback_survey.errors import DeliveryRefused, GateFailed
from callback_survey.serving import readers
from callback_survey.serving.readers import readers_see
from callback_survey.settings import Settings, load_settings
from callback_survey.wording.catalogue import Words
from homes import REPOSITORY
from receivers import ALERT, Receiver

Q1 = ("330109", "2018Q1")
PLACE = Place("run-1", "gate", *Q1)


@pytest.fixture
def found(tmp_path: Path, receiver: Receiver) -> Settings:
    return settings_for(tmp_path, ALERT_URLS=receiver.url)


@pytest.fixture
def second() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def settings_for(home: Path, **variables: str) -> Settings:
    given = {"HOME": str(home), "DBT_PROJECT": str(REPOSITORY / "dbt_project"), **variables}
    return load_settings({f"CALLBACK_SURVEY_{name}": value for name, value in given.items()})


def failure(region: str = "330109", quarter: str = "2018Q1") -> GateFailed:
    return GateFailed(f"{region} {quarter}: no", region_code=region, quarter=quarter, alert_lines=["区教育局：缺 3 行"])


def tell_failure(found: Settings, error: Exception, run_id: str = "run-1") -> None:
    alerts.tell_failure(found, error, replace(PLACE, run_id=run_id), checks_of=run_id)


def titles(receiver: Receiver) -> list[str]:
    return [message["title"] for message in receiver.messages]


# Recovery


def test_a_quarter_that_was_told_as_failed_is_told_once_as_recovered_by_a_later_run(
    found: Settings, receiver: Receiver
) -> None:
    tell_failure(found, failure())
    for run_id in ("run-2", "run-3"):
        alerts.tell_passed(found, [Q1], Place(run_id, "serve"))

    assert titles(receiver)[1:] == ["【恢复】330109 2018Q1：恢复正常"]
    assert "run-1，gate" in receiver.messages[1]["message"]
    assert receiver.messages[1]["type"] == "success"


def test_a_quarter_that_never_failed_or_another_one_is_told_nothing(found: Settings, receiver: Receiver) -> None:
    alerts.tell_passed(found, [Q1], PLACE)
    tell_failure(found, failure(quarter="2018Q2"))
    alerts.tell_passed(found, [Q1, ("330110", "2018Q2")], PLACE)

    assert len(receiver.messages) == 1


def test_a_failure_without_a_region_is_over_when_a_region_of_the_quarter_passes(
    found: Settings, receiver: Receiver
) -> None:
    alerts.tell_failure(found, OSError("disk"), Place("run-1", "build", quarter="2018Q1"), checks_of="run-1")
    alerts.tell_passed(found, [Q1], Place("run-2", "serve"))

    assert "2018Q1，所有地区：此前自" in receiver.messages[1]["message"]


def test_several_regions_recover_in_one_message(found: Settings, receiver: Receiver) -> None:
    parts = [failure(), failure("330110")]
    tell_failure(found, GateFailed("2 regions did not get through", quarter="2018Q1", parts=parts))
    alerts.tell_passed(found, [Q1, ("330110", "2018Q1")], Place("run-2", "serve"))

    assert titles(receiver)[1:] == ["【恢复】2018Q1：2 项问题已恢复"]
    assert "330109 2018Q1：" in receiver.messages[1]["message"]
    assert "330110 2018Q1：" in receiver.messages[1]["message"]


def test_what_failed_last_is_what_is_open_since_it_failed_first(found: Settings, receiver: Receiver) -> None:
    tell_failure(found, failure())
    (first,) = open_problems.all_open(found.alerts)
    refused = DeliveryRefused("torn", region_code="330109", quarter="2018Q1")
    alerts.tell_failure(found, refused, Place("run-2", "land"), checks_of="run-2")

    assert list(open_problems.all_open(found.alerts)) == [first | {"title": "交付不能接收：torn"}]


def test_a_note_that_was_cut_off_is_written_anew_by_the_next_failure(found: Settings, receiver: Receiver) -> None:
    tell_failure(found, failure())
    (note,) = (found.alerts / "open").glob("*.json")
    note.write_text(note.read_text(encoding="utf-8")[:20], encoding="utf-8")
    tell_failure(found, failure())

    assert [one["key"] for one in open_problems.all_open(found.alerts)] == ["330109-2018Q1"]


def test_a_recovery_tells_what_readers_see_of_its_own_region(
    found: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[tuple[str, str]]] = []
    monkeypatch.setattr(readers, "now_see", lambda serving, releases, scopes, say: asked.append(scopes) or "")
    tell_failure(found, failure())
    alerts.tell_passed(found, [Q1, ("330110", "2018Q1")], Place("run-2", "serve"))

    assert asked == [[Q1]]


def test_a_failure_that_could_not_be_sent_is_sent_before_its_recovery(
    found: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callback_survey.alerts.channels.BACK_OFF_SECONDS", ())
    receiver.answer = 500
    tell_failure(found, failure())
    receiver.answer, receiver.messages = 200, []
    alerts.tell_passed(found, [Q1], Place("run-2", "serve"))

    assert [title[:4] for title in titles(receiver)] == ["【失败】", "【恢复】"]


# Warnings


def checked(found: Settings, run_id: str, gate: str, region: str, *, observed: str = "1 of 4 rows") -> None:
    def result(check_id: str, severity: Any, outcome: Any) -> CheckResult:
        return CheckResult(gate, gate, check_id, "X", severity, outcome, observed, "none", ("frame.csv: 备用",))

    rows = (
        result("spellings_known", "warn", "fail"),
        result("parts_alike", "warn", "pass"),
        result("x", "fail", "fail"),
    )
    CheckReport(run_id, gate, region, "2018Q1", rows).write(found.checks / run_id)


def test_all_warnings_of_a_run_are_one_message_and_no_failure_is_among_them(
    found: Settings, receiver: Receiver
) -> None:
    for gate in ("delivery", "marts"):
        for region in ("330109", "330110"):
            checked(found, "run-1", gate, region)
    alerts.tell_warnings(found, "run-1", Place("run-1", "gates"))

    [message] = receiver.messages
    assert message["title"] == "【提醒】2018Q1：两道关口有 4 项提醒"
    assert message["type"] == "warning"
    assert message["message"].count("有未登记的写法（spellings_known）") == 4
    assert "parts_alike" not in message["message"]
    assert not list((found.alerts / "open").glob("*"))


def test_the_same_warnings_are_told_again_only_when_they_change_or_come_back(
    found: Settings, receiver: Receiver
) -> None:
    said = []
    for number, observed in enumerate(["1 of 4 rows", "1 of 4 rows", "2 of 4 rows", "", "2 of 4 rows"]):
        run_id = f"run-{number}"
        if observed:
            checked(found, run_id, "delivery", "330109", observed=observed)
        else:
            CheckReport(run_id, "delivery", *Q1, ()).write(found.checks / run_id)
        before = len(receiver.messages)
        alerts.tell_warnings(found, run_id, Place(run_id, "gates"))
        said.append(len(receiver.messages) - before)

    assert said == [1, 0, 1, 0, 1]


# Channels


@pytest.mark.parametrize(
    ("severity", "recovers", "heard"),
    [("fail", "fail", (1, 0)), ("warn", "fail", (0, 1)), ("recovered", "fail", (1, 0)), ("recovered", "warn", (0, 1))],
)
def test_a_severity_goes_to_its_channels_and_to_those_of_everything(
    tmp_path: Path, receiver: Receiver, second: Receiver, severity: Any, recovers: Any, heard: tuple[int, int]
) -> None:
    everything = Receiver()
    urls = {"ALERT_URLS": everything.url, "ALERT_URLS_FAIL": receiver.url, "ALERT_URLS_WARN": second.url}
    tell.speak(settings_for(tmp_path, **urls), replace(ALERT, severity=severity, recovers=recovers))
    everything.close()

    assert (len(receiver.messages), len(second.messages)) == heard
    assert len(everything.messages) == 1


def test_a_channel_named_twice_hears_it_once(tmp_path: Path, receiver: Receiver) -> None:
    tell.speak(settings_for(tmp_path, ALERT_URLS=receiver.url, ALERT_URLS_FAIL=receiver.url), ALERT)

    assert len(receiver.messages) == 1


def test_what_did_not_arrive_is_sent_again_to_the_channels_of_its_severity(
    tmp_path: Path, receiver: Receiver, second: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callback_survey.alerts.channels.BACK_OFF_SECONDS", ())
    found = settings_for(tmp_path, ALERT_URLS_FAIL=receiver.url, ALERT_URLS_WARN=second.url)
    receiver.answer = 500
    tell.speak(found, ALERT)
    receiver.answer, receiver.messages = 200, []
    tell.resend(found)

    assert (len(receiver.messages), len(second.messages)) == (1, 0)
    assert outbox.unsent(found.alerts) == []


def test_where_a_message_opens_an_incident_no_recovery_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callback_survey.alerts.channels._notify", lambda *_: True)
    url = "pagerduty://integration@apikey/source/component"

    assert deliver([url], title="t", body="b", severity="recovered") == []
    assert [result.is_sent for result in deliver([url], title="t", body="b", severity="fail")] == [True]


# The examples of docs/runbook.md; the tokens are made up and of the right length
URLS = {
    "DingTalk": "dingtalk://{a64}",
    "WeCom": "wecombot://abcd1234-ab12-ab12-ab12-abcdef123456",
    "Feishu": "feishu://abcd1234-ab12-ab12-ab12-abcdef123456",
    "Slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "PagerDuty": "pagerduty://integrationkey@apikey/callback-survey/pipeline",
    "mail": "mailto://smtp.example.org:25/oncall@example.org?from=survey@example.org&mode=insecure",
    "mail over TLS": "mailtos://user:password@smtp.example.org:587/oncall@example.org?from=survey@example.org",
    "JSON": "jsons://hooks.example.org/path",
}


@pytest.mark.parametrize("service", URLS)
def test_every_documented_kind_of_channel_is_understood(service: str) -> None:
    from callback_survey.alerts.channels import _service, channel_name

    url = URLS[service].format(a64="a" * 64)
    assert _service(url) is not None
    assert "not understood" not in channel_name(url)
    documented = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert f"`{url.partition('://')[0]}://" in documented


# What readers see


def serve(home: Path, *released: tuple[str, str, int, str]) -> None:
    """Releases of region, quarter, revision and time, and a list that serves the last one of each quarter."""
    served = {}
    for region, quarter, revision, at in released:
        folder = home / "releases" / region / quarter / f"r{revision}"
        folder.mkdir(parents=True)
        document = {"content_hash": f"{quarter}{revision}", "revision": revision, "released_at": at}
        (folder / "release.json").write_text(json.dumps(document))
        served[f"{region}|{quarter}"] = f"{quarter}{revision}"
    (home / "serving" / "current").mkdir(parents=True)
    (home / "serving" / "current" / "served.json").write_text(json.dumps(list(map(list, served.items()))))


MORNING = "2018-04-20T22:10:00+00:00"


@pytest.mark.parametrize(
    ("region", "quarter", "words"),
    [
        ("330109", "2018Q1", "2018Q1 第2版，2018-04-21 06:10 定稿；本次失败没有改动它"),
        ("330109", "2018Q2", "2018Q2 还没有发布；该地区最近可见的是 2018Q1 第2版，2018-04-21 06:10 定稿"),
        ("330110", "2018Q1", "该地区还没有发布过任何季度"),
        (None, "2018Q1", "1 个地区季度，最近一次定稿 2018-04-21 06:10；本次失败没有改动它们"),
    ],
)
def test_the_message_says_which_revision_readers_see_since_when(
    tmp_path: Path, region: str | None, quarter: str, words: str
) -> None:
    serve(tmp_path, ("330109", "2018Q1", 1, "2018-04-20T00:00:00+00:00"), ("330109", "2018Q1", 2, MORNING))
    frozen = tmp_path / "releases" / "330109" / "2018Q1" / "r3"
    frozen.mkdir()
    (frozen / "release.json").write_text(json.dumps({"content_hash": "x", "revision": 3, "released_at": MORNING}))

    assert readers_see(tmp_path / "serving", tmp_path / "releases", region, quarter, Words("zh")) == words


@pytest.mark.parametrize("damage", [lambda path: path.write_text("{"), lambda path: path.write_text("[[1]]")])
def test_what_cannot_be_read_of_it_does_not_stop_the_alert(
    found: Settings, receiver: Receiver, damage: Callable[[Path], None]
) -> None:
    serve(found.home, ("330109", "2018Q1", 1, MORNING))
    damage(found.serving / "current" / "served.json")
    tell_failure(found, failure())

    assert "读者现在看到：最近一次成功发布的结果" in receiver.text


def test_before_anything_was_released_the_message_says_so(found: Settings, receiver: Receiver) -> None:
    tell_failure(found, failure())

    assert "读者现在看到：还没有发布过任何结果" in receiver.text


def test_the_check_page_is_a_link_where_readers_have_an_address(tmp_path: Path, receiver: Receiver) -> None:
    found = settings_for(
        tmp_path, ALERT_URLS=receiver.url, PUBLIC_URL="https://survey.example/home/", RUNBOOK="https://x/r"
    )
    checked(found, "run-1", "marts", "330109")
    finding = {"check_id": "sample_within_frame", "observed": "1", "allowed": "0", "examples": []}
    error = GateFailed("no", region_code="330109", quarter="2018Q1", gate="marts", findings=[finding])
    tell_failure(found, error)
    (found.checks / "run-1" / "index.html").touch()
    tell_failure(found, replace_run(error), run_id="run-1")

    assert "检查页面：https://survey.example/home/checks/run-1" in receiver.messages[0]["message"].splitlines()
    assert (
        "检查页面：https://survey.example/home/checks/run-1/index.html" in receiver.messages[1]["message"].splitlines()
    )
    assert "  https://x/r#sample_within_frame" in receiver.messages[0]["message"].splitlines()


def replace_run(error: GateFailed) -> GateFailed:
    return GateFailed("another", region_code="330109", quarter="2018Q1", gate="marts", findings=error.findings)


def test_an_alert_that_cannot_be_worded_is_sent_in_its_plain_form(
    found: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell, "_seen", lambda *_: 1 / 0)
    tell_failure(found, failure())

    assert "GateFailed" in receiver.text
