"""What the tests of alerts share: a receiver that is up, one that is not, and a place for the records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import alert_services
from alert_services import Serve, Service
from receivers import Receiver, free_port


@pytest.fixture(autouse=True)
def _local_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A proxy of the machine must not carry what is meant for 127.0.0.1; importing Airflow must not touch ~/airflow."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "alerts"


@pytest.fixture
def refused_url() -> str:
    return f"json://127.0.0.1:{free_port()}/"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a service and leads Apprise's plugin to it; nothing else of the plugin is changed."""
    from apprise.plugins.dingtalk import NotifyDingTalk
    from apprise.plugins.discord import NotifyDiscord
    from apprise.plugins.feishu import NotifyFeishu
    from apprise.plugins.lark import NotifyLark
    from apprise.plugins.pagerduty import PAGERDUTY_API_LOOKUP, NotifyPagerDuty
    from apprise.plugins.slack import NotifySlack
    from apprise.plugins.wecombot import NotifyWeComBot

    started: list[Service] = []

    def start(name: str, **options: Any) -> Service:
        kind = {"signed dingtalk": "dingtalk", "lark": "feishu"}.get(name, name)
        service = Service(getattr(alert_services, kind), **options)
        started.append(service)
        root = service.root
        monkeypatch.setattr(NotifyDingTalk, "notify_url", f"{root}/robot/send?access_token={{token}}")
        monkeypatch.setattr(NotifyWeComBot, "notify_url", f"{root}/cgi-bin/webhook/send?key={{key}}")
        monkeypatch.setattr(NotifyFeishu, "notify_url", f"{root}/open-apis/bot/v2/hook/{{token}}/")
        monkeypatch.setattr(NotifyLark, "notify_url", f"{root}/open-apis/bot/v2/hook/")
        monkeypatch.setattr(NotifySlack, "webhook_url", f"{root}/services")
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"{root}/api/webhooks")
        monkeypatch.setitem(PAGERDUTY_API_LOOKUP, "us", f"{root}/v2/enqueue")
        # the services' limits per second are not those of a local server
        for plugin in (NotifySlack, NotifyPagerDuty):
            monkeypatch.setattr(plugin, "request_rate_per_sec", 0)
        return service

    yield start
    for service in started:
        service.close()
