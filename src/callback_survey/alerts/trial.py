"""A test alert through every channel, and what each answered. It is no record of the outbox and opens no problem."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from callback_survey.alerts import channels
from callback_survey.alerts.channels import ChannelResult
from callback_survey.alerts.message import Severity
from callback_survey.settings import Settings
from callback_survey.wording.catalogue import Words

# A channel is tried by what it hears first: a robot that asks for a keyword gets the one of real alerts.
_HEARD: tuple[Severity, ...] = ("fail", "warn", "waiting", "released")


@dataclass(frozen=True)
class Trial:
    """One channel: what it hears of, and what became of the test. None: it was left out, as it would open an incident."""

    channel: str
    hears: tuple[Severity, ...]
    result: ChannelResult | None

    @property
    def is_well(self) -> bool:
        return self.result is None or self.result.is_sent


def try_channels(settings: Settings, *, with_incidents: bool = False) -> Iterator[Trial]:
    """Every channel of the settings once, in their order. Takes up to 45 seconds for those of one severity."""
    heard: dict[str, list[Severity]] = {}
    for severity in _HEARD:
        for url in settings.alert_urls_for(severity):
            heard.setdefault(url, []).append(severity)
    say = Words(settings.language)
    for severity in _HEARD:
        urls = [url for url, severities in heard.items() if severities[0] == severity]
        is_problem = severity in ("fail", "warn")
        left_out = [url for url in urls if channels.opens_incidents(url) and not (with_incidents and is_problem)]
        for url in left_out:
            yield Trial(channels.channel_name(url), tuple(heard[url]), None)
        tried = [url for url in urls if url not in left_out]
        title = say("title.whole", severity=say(f"severity.{severity}"), text=say("test.title"))
        body = say("test.body", user=getpass.getuser(), machine=socket.gethostname())
        results = channels.deliver(tried, title=title, body=body, severity=severity, language=settings.language)
        yield from (
            Trial(result.channel, tuple(heard[url]), result) for url, result in zip(tried, results, strict=True)
        )
