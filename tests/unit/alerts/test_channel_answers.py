"""Sent means that the service said yes, in its own way of saying it. The services are real servers on 127.0.0.1."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from alert_services import DINGTALK_SECRET, TOKEN, URLS, Answer, Serve, as_json
from callback_survey.alerts import render, resend_unsent, send
from receivers import ALERT, Receiver, free_port, no_sleep

ROBOTS = [name for name in URLS if name.split()[-1] in ("dingtalk", "wecom", "feishu", "lark")]
LONG = replace(ALERT, lines=tuple(f"部门 {number}：" + "长" * 70 for number in range(40)))
VERY_LONG = replace(ALERT, lines=tuple(f"部门 {number}：" + "长" * 290 for number in range(40)))


def record_of(outbox: Path) -> dict[str, Any]:
    (path,) = outbox.glob("*/*.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", URLS)
def test_a_yes_is_sent_and_the_text_is_that_of_the_alert(serve: Serve, outbox: Path, name: str) -> None:
    service = serve(name)

    delivery = send(ALERT, urls=[URLS[name]], outbox=outbox, sleep=no_sleep)

    assert (delivery.state, delivery.channels[0].detail) == ("sent", "sent")
    title, body = render(ALERT)
    (text,) = service.texts
    assert text.replace("\r", "").splitlines() == [title, *body.splitlines()]


NO: list[tuple[str, dict[str, Any], str, str]] = [
    ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, "没有机器人要求的关键词", "keyword"),
    ("dingtalk", {"errcode": 310000, "errmsg": "description:关键词不匹配;solution:请联系群管理员"}, "关键词", "keyword"),
    ("dingtalk", {"errcode": 310000, "errmsg": "description:机器人发送签名不匹配;solution:请确认签名"}, "加签", "sign"),
    ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, "加签不符", "signature"),
    ("dingtalk", {"errcode": 310000, "errmsg": "ip 203.0.113.7 not in whitelist"}, "IP 不在", "IP address"),
    ("dingtalk", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, "过多", "too many"),
    ("dingtalk", {"errcode": 300005, "errmsg": f"token {TOKEN} is not exist"}, "令牌无效", "token unknown"),
    ("dingtalk", {"errcode": 460101, "errmsg": "description:消息内容太长"}, "消息过长", "too long"),
    ("dingtalk", {"errcode": 40035, "errmsg": "缺少参数 json"}, "服务拒收（40035）", "refused it (40035)"),
    ("wecom", {"errcode": 93000, "errmsg": f"invalid webhook url, key {TOKEN}"}, "令牌无效", "token unknown"),
    ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, "过多", "too many"),
    ("wecom", {"errcode": 40058, "errmsg": "text.content exceed max length 2048."}, "消息过长", "too long"),
    ("wecom", {"errcode": 60020, "errmsg": "not allow to access from your ip"}, "IP 不在", "IP address"),
    ("wecom", {"errcode": 44004, "errmsg": "text content is empty"}, "服务拒收（44004）", "refused it (44004)"),
    ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, "关键词", "keyword"),
    ("feishu", {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}, "加签", "signature"),
    ("feishu", {"code": 19022, "msg": "Ip Not Allowed"}, "IP 不在", "IP address"),
    ("feishu", {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}, "令牌无效", "token"),
    ("feishu", {"code": 9499, "msg": "too many request"}, "过多", "too many"),
    ("feishu", {"code": 9499, "msg": "Bad Request"}, "服务拒收（9499）", "refused it (9499)"),
    ("feishu", {"StatusCode": 19024, "StatusMessage": "Key Words Not Found"}, "关键词", "keyword"),
    ("lark", {"code": 19022, "msg": "Ip Not Allowed"}, "IP 不在", "IP address"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "chinese", "english"), NO)
def test_a_no_inside_an_answer_of_200_is_not_sent_and_told_in_words(
    serve: Serve, outbox: Path, name: str, answer: dict[str, Any], chinese: str, english: str
) -> None:
    service = serve(name, refuses=as_json(answer))
    code = str(answer.get("errcode", answer.get("code", answer.get("StatusCode"))))

    for language, words in (("zh", chinese), ("en", english)):
        alert = replace(ALERT, language=language, run_id=language)  # type: ignore[arg-type]
        delivery = send(alert, urls=[URLS[name]], outbox=outbox, sleep=no_sleep)
        assert delivery.state == "unsent"
        (channel,) = delivery.channels
        assert words in channel.detail and code in channel.detail
        assert channel.attempts == 1, "no second changes it"
        assert TOKEN not in str(delivery) + delivery.summary

    assert len(service.requests) == 2


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>please log in</html>"),
        (200, b""),
        (200, b"{}"),
        (200, b"[]"),
        (200, b'"ok"'),
        (200, b'{"errmsg": "ok", "msg": "success"}'),
        (200, b'{"errcode": null, "code": null}'),
        (200, b'{"errcode": false, "code": false}'),
        (200, b'{"errcode": "no", "code": "no"}'),
    ],
)
def test_an_answer_that_is_no_yes_of_the_service_is_not_one(
    serve: Serve, outbox: Path, name: str, answer: Answer
) -> None:
    serve(name, refuses=answer)

    assert send(ALERT, urls=[URLS[name]], outbox=outbox, sleep=no_sleep).state == "unsent"


def test_feishu_s_older_field_can_say_no_beside_the_newer_one(serve: Serve, outbox: Path) -> None:
    serve("feishu", refuses=as_json({"code": 0, "StatusCode": 19024, "StatusMessage": "Key Words Not Found"}))

    assert send(ALERT, urls=[URLS["feishu"]], outbox=outbox).state == "unsent"


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_status_that_is_no_success_is_tried_again_and_kept(
    serve: Serve, outbox: Path, name: str, status: int
) -> None:
    service = serve(name, refuses=(status, b""))

    delivery = send(ALERT, urls=[URLS[name]], outbox=outbox, sleep=no_sleep)

    assert (delivery.state, delivery.channels[0].detail) == ("unsent", f"answered {status}")
    assert len(service.requests) == delivery.channels[0].attempts == 3


def test_a_number_in_an_answer_of_400_is_told_too(serve: Serve, outbox: Path) -> None:
    serve("feishu", refuses=as_json({"code": 19001, "msg": "param invalid"}, 400))

    assert "19001" in send(ALERT, urls=[URLS["feishu"]], outbox=outbox).channels[0].detail


def test_slack_says_no_inside_a_200_too(serve: Serve, outbox: Path) -> None:
    serve("slack", refuses=(200, b"invalid_payload"))

    assert send(ALERT, urls=[URLS["slack"]], outbox=outbox, sleep=no_sleep).state == "unsent"


def test_a_busy_service_is_asked_again(serve: Serve, outbox: Path) -> None:
    service = serve("dingtalk", refuses=as_json({"errcode": -1, "errmsg": "系统繁忙"}), refuses_to=1)

    assert send(ALERT, urls=[URLS["dingtalk"]], outbox=outbox, sleep=no_sleep).state == "sent"
    assert len(service.requests) == 2


def test_a_mail_server_that_refuses_has_not_taken_the_mail(outbox: Path) -> None:
    class Refusing:
        async def handle_DATA(self, *_: object) -> str:
            return "554 5.7.1 no"

    port = free_port()
    server = Controller(Refusing(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        url = f"mailto://127.0.0.1:{port}/oncall@example.org?from=survey@example.org&mode=insecure"
        delivery = send(ALERT, urls=[url], outbox=outbox, sleep=no_sleep)
    finally:
        server.stop()

    assert delivery.state == record_of(outbox)["state"] == "unsent"


def test_what_was_refused_is_sent_later(serve: Serve, outbox: Path) -> None:
    service = serve("wecom", refuses=as_json({"errcode": 45009, "errmsg": "api freq out of limit"}))
    send(ALERT, urls=[URLS["wecom"]], outbox=outbox)
    record = record_of(outbox)
    assert (record["state"], record["channels"][0]["is_sent"]) == ("unsent", False)
    assert "（45009）" in record["channels"][0]["detail"]
    service.refuses = None

    assert [one.state for one in resend_unsent(outbox, urls_of=lambda _: [URLS["wecom"]])] == ["sent"]
    assert "补发：首次记录于" in service.texts[-1]


def test_a_signed_robot_gets_a_signature_that_is_right(serve: Serve, outbox: Path) -> None:
    service = serve("signed dingtalk")

    assert send(ALERT, urls=[URLS["signed dingtalk"]], outbox=outbox).state == "sent"
    assert service.requests[0].query["access_token"] == TOKEN

    other = URLS["signed dingtalk"].replace("SECding", "SECother")
    refused = send(replace(ALERT, run_id="other"), urls=[other], outbox=outbox)
    assert "加签不符" in refused.channels[0].detail


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("is_refused", [False, True])
def test_no_token_reaches_a_record_or_a_log(
    serve: Serve, outbox: Path, name: str, is_refused: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    no = as_json(
        {"errcode": 300005, "code": 19001, "errmsg": f"{TOKEN} is no token", "msg": f"{TOKEN} {DINGTALK_SECRET}"}
    )
    service = serve(name, refuses=no if is_refused else None)

    delivery = send(ALERT, urls=[URLS[name]], outbox=outbox, sleep=no_sleep)
    service.close()
    unheard = send(replace(ALERT, run_id="unheard"), urls=[URLS[name]], outbox=outbox, sleep=no_sleep)

    assert unheard.channels[0].detail == "connection failed"
    records = "".join(path.read_text(encoding="utf-8") for path in outbox.rglob("*.json"))
    told = caplog.text + records + repr((delivery, unheard)) + delivery.summary
    assert TOKEN not in told
    assert DINGTALK_SECRET not in told
    assert service.requests[0].query.get("sign", "-no-sign-") not in told


# Long texts


@pytest.mark.parametrize(
    ("name", "alert"), [("wecom", LONG), *((name, VERY_LONG) for name in URLS if name != "pagerduty")]
)
def test_a_text_is_cut_at_line_ends_to_what_the_service_takes(
    serve: Serve, outbox: Path, name: str, alert: Any
) -> None:
    service = serve(name)

    delivery = send(alert, urls=[URLS[name]], outbox=outbox)

    assert delivery.state == "sent", delivery.summary
    title, body = render(alert)
    texts = [text.replace("\r", "") for text in service.texts]
    if len(texts) > 1:
        assert [text.splitlines()[0] for text in texts] == [
            f"{title} ({number}/{len(texts)})" for number in range(1, len(texts) + 1)
        ]
    lines = [line for text in texts for line in text.split("\n")[1:]]
    assert "".join(lines) == body.replace("\n", "")
    if alert is LONG:
        assert lines == body.split("\n"), "no line is cut that fits into a part"
    assert len(texts) > 1 or name in ("slack",)


def test_a_message_is_sent_when_all_its_parts_are_and_none_is_said_twice(serve: Serve, outbox: Path) -> None:
    no = as_json({"errcode": 45009, "errmsg": "api freq out of limit"})
    service = serve("wecom", refuses=no, refuses_from=3)
    first = send(LONG, urls=[URLS["wecom"]], outbox=outbox)
    assert first.state == "unsent"
    assert first.channels[0].parts_sent == 2
    assert "第 3 段（共 " in first.channels[0].detail
    service.refuses = None

    assert [one.state for one in resend_unsent(outbox, urls_of=lambda _: [URLS["wecom"]])] == ["sent"]

    numbers = [text.splitlines()[0].rpartition("(")[2].split("/")[0] for text in service.texts]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    lines = [line for text in service.texts for line in text.split("\n")[1:]]
    assert lines[:-1] == render(LONG)[1].split("\n")
    assert lines[-1].startswith("补发：")


def test_a_try_within_the_run_goes_on_where_the_first_one_ended(serve: Serve, outbox: Path) -> None:
    service = serve("wecom", refuses=(502, b""), refuses_from=2, refuses_to=2)

    assert send(LONG, urls=[URLS["wecom"]], outbox=outbox, sleep=no_sleep).state == "sent"
    assert len(service.requests) == len(service.taken) + 1


def test_an_incident_gets_a_short_summary_and_the_whole_text_as_a_detail(serve: Serve, outbox: Path) -> None:
    service = serve("pagerduty")

    assert send(LONG, urls=[URLS["pagerduty"]], outbox=outbox).state == "sent"

    (request,) = service.taken
    title, body = render(LONG)
    assert request.json["payload"]["summary"].startswith(title)
    assert request.json["payload"]["custom_details"]["message"] == f"{title}\n{body}"


def test_what_apprise_says_for_debugging_is_not_even_made(
    caplog: pytest.LogCaptureFixture, receiver: Receiver, tmp_path: Path
) -> None:
    """A later Apprise has loggers below its own, which a filter on that one does not see."""
    caplog.set_level(logging.DEBUG)
    send(ALERT, urls=[receiver.url], outbox=tmp_path)
    logging.getLogger("apprise.plugins.dingtalk").debug(
        "DingTalk POST URL: https://host/robot/send?access_token=secret"
    )
    assert "secret" not in caplog.text
