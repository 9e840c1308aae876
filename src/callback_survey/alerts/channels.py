"""Sending one text to every configured channel, within bounded time and without telling its secrets.

Apprise understands every URL and sends to all but the robots that say no inside an answer of 200 (see `robots`).
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callback_survey.alerts import robots
from callback_survey.alerts.defused import defused
from callback_survey.alerts.parts import numbered
from callback_survey.setting_values import Language
from callback_survey.wording.catalogue import Words

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset, NotifyBase

    from callback_survey.alerts.message import Severity

# Three tries reach over a restart of the receiver; a longer outage is for the outbox.
BACK_OFF_SECONDS = (1.0, 4.0)
READ_TIMEOUT_SECONDS = 8.0
# A sink may send one byte at a time and never hit a socket timeout.
ATTEMPT_SECONDS = 12.0
# Where the transport log of the attempt under way goes. A context is handed on to the threads in which Apprise 2 sends.
_hushed_into: ContextVar[list[str] | None] = ContextVar("hushed_into", default=None)
_TRANSPORT_LOGGERS = ("apprise", "urllib3.connectionpool")
# A message there opens an incident, whatever it says; Apprise cannot close one.
_OPENS_INCIDENTS = ("pagerduty://",)
# An incident has one short summary; the whole message goes with it as a detail.
_SUMMARY_CHARACTERS = 1_024
# Apprise joins title and body in some services, and cuts what is a little too long for it.
_JOINT_CHARACTERS = 64

# What went wrong between here and the service; why a service said no is in the language of the alert.
_ON_THE_WAY = {"status": "answered {code}", "connection": "connection failed", "unexplained": "refused"}


@dataclass(frozen=True)
class ChannelResult:
    """What became of one channel. `channel` is scheme and masked host, never a URL with credentials.

    `parts_sent`: of a text that goes in several parts, how many the channel has taken. It is sent when it took all.
    """

    channel: str
    is_sent: bool
    detail: str
    attempts: int
    parts_sent: int = 0


@dataclass(frozen=True)
class _Message:
    title: str
    body: str
    severity: Severity
    own_links: Collection[str]
    say: Words


@dataclass
class _Channel:
    name: str
    url: str
    attempts: int = 0
    is_sent: bool = False
    is_worth_a_retry: bool = True
    detail: str = "not tried"
    parts_sent: int = 0
    messages: list[str] = field(default_factory=list)

    def result(self) -> ChannelResult:
        return ChannelResult(self.name, self.is_sent, self.detail, self.attempts, self.parts_sent)


def deliver(
    urls: Sequence[str],
    *,
    title: str,
    body: str,
    severity: Severity,
    own_links: Collection[str] = (),
    language: Language = "zh",
    before: Collection[ChannelResult] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> list[ChannelResult]:
    """Send to every channel that did not take it `before`; a failed one is tried again after each back-off.

    Never raises and ends within about 45 seconds, however the receivers behave. An attempt that ran into its time
    limit is not repeated here: the message may have arrived, and a second try would only say it twice. Nor is one that
    was refused for what seconds do not change, such as a wrong token. Where a message opens an incident (PagerDuty), a
    recovery is not sent. `own_links` are the addresses in the text that are ours and may be followed; `language` is
    that of a refusal's detail.
    """
    taking = [url for url in urls if severity in ("fail", "warn") or not opens_incidents(url)]
    earlier = {result.channel: result for result in before}
    channels = [channel for channel in _channels(taking) if not _has_taken(earlier.get(channel.name))]
    for channel in channels:
        channel.parts_sent = earlier[channel.name].parts_sent if channel.name in earlier else 0
    message = _Message(title, body, severity, own_links, Words(language))
    for pause in (*BACK_OFF_SECONDS, None):
        waiting = [channel for channel in channels if not channel.is_sent and channel.is_worth_a_retry]
        _attempt_all(waiting, message)
        if pause is None or not any(not channel.is_sent and channel.is_worth_a_retry for channel in channels):
            break
        sleep(pause)
    return [channel.result() for channel in channels]


def _has_taken(result: ChannelResult | None) -> bool:
    return result is not None and result.is_sent


def _channels(urls: Sequence[str]) -> list[_Channel]:
    """Channels with distinct names, stable while the setting is unchanged."""
    seen: Counter[str] = Counter()
    channels = []
    for url in urls:
        name = channel_name(url)
        seen[name] += 1
        channels.append(_Channel(name if seen[name] == 1 else f"{name}#{seen[name]}", url))
    return channels


def channel_name(url: str) -> str:
    """Scheme and host of a channel as Apprise masks it, without user, path and query, which all may hold tokens."""
    scheme = url.partition("://")[0] if "://" in url else "?"
    service = _service(url)
    if service is None:
        return f"{scheme}:// (not understood)"
    url_of: Callable[..., object] = service.url
    masked = str(url_of(privacy=True)).partition("://")[2]
    return f"{scheme}://{re.split('[/?]', masked)[0].rpartition('@')[2]}"


def opens_incidents(url: str) -> bool:
    """Whether any message there, also of a recovery or a test, opens an incident."""
    return url.lower().startswith(_OPENS_INCIDENTS)


def is_understood(url: str) -> bool:
    """Whether a channel can be made of the address at all; nothing is sent."""
    return _service(url) is not None


def _attempt_all(channels: Sequence[_Channel], message: _Message) -> None:
    deadline = time.monotonic() + ATTEMPT_SECONDS
    threads = []
    for channel in channels:
        outcome = _Channel(channel.name, channel.url, parts_sent=channel.parts_sent)
        thread = threading.Thread(target=_attempt, args=(outcome, message), daemon=True)
        thread.start()
        threads.append((channel, outcome, thread))
    for channel, outcome, thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        channel.attempts += 1
        channel.parts_sent = outcome.parts_sent
        if thread.is_alive():
            # The thread keeps its own copy, so a late answer cannot rewrite what was recorded.
            channel.is_worth_a_retry = False
            channel.detail = f"no answer within {ATTEMPT_SECONDS:.0f} s"
            continue
        channel.is_sent, channel.detail = outcome.is_sent, outcome.detail
        channel.is_worth_a_retry = outcome.is_worth_a_retry


def _attempt(channel: _Channel, message: _Message) -> None:
    hushed = _hushed_into.set(channel.messages)
    try:
        service = _service(channel.url)
        if service is None:
            channel.detail, channel.is_worth_a_retry = ("the URL is not understood", False)
            return
        parts = _parts(service, channel.url, message)
        # what an earlier try could not say goes on where that one ended
        for part in parts[channel.parts_sent :]:
            if not _send_part(channel, service, part, message):
                if len(parts) > 1:
                    done = {"number": channel.parts_sent + 1, "count": len(parts), "text": channel.detail}
                    channel.detail = message.say("refused.part", **done)
                return
            channel.parts_sent += 1
        channel.is_sent, channel.detail = True, "sent"
    except Exception as error:
        channel.detail = type(error).__name__
    finally:
        _hushed_into.reset(hushed)


def _parts(service: NotifyBase, url: str, message: _Message) -> list[tuple[str, str]]:
    """Title and body of each message that the text takes here, with nothing in them that mentions or leads away."""
    scheme = url.partition("://")[0].lower()
    title, body = (defused(text, scheme, message.own_links) for text in (message.title, message.body))
    robot = robots.robot_of(service)
    if robot is not None:
        return numbered(title, body, robot.room, robot.size)
    if "overflow=" in url or scheme == "pagerduty":
        return [(title, body)]
    return numbered(title, body, service.body_maxlen - _JOINT_CHARACTERS)


def _send_part(channel: _Channel, service: NotifyBase, part: tuple[str, str], message: _Message) -> bool:
    started = time.monotonic()
    del channel.messages[:]
    _limit_time(service)
    robot = robots.robot_of(service)
    if robot is not None:
        no = robots.post(robot, service, "\n".join(part))
    elif _notify(service, channel.url, *part, message.severity):
        no = None
    else:
        no = _reason(channel.messages)
    if no is None:
        return True
    channel.is_worth_a_retry = no.is_passing
    if no.reason in _ON_THE_WAY and time.monotonic() - started >= READ_TIMEOUT_SECONDS:
        channel.detail, channel.is_worth_a_retry = "timed out", False
    elif no.reason in _ON_THE_WAY:
        channel.detail = _ON_THE_WAY[no.reason].format(code=no.code)
    else:
        channel.detail = message.say(f"refused.{no.reason}", code=no.code)
    return False


def _limit_time(service: NotifyBase) -> None:
    service.socket_connect_timeout = min(service.socket_connect_timeout, READ_TIMEOUT_SECONDS)
    service.socket_read_timeout = READ_TIMEOUT_SECONDS


def _notify(service: NotifyBase, url: str, title: str, body: str, severity: Severity) -> bool:
    from apprise import Apprise, NotifyFormat, NotifyType, OverflowMode

    if "overflow=" not in url:
        # The text has been cut to what the service takes; should that be too much after all, two messages beat none.
        service.overflow_mode = OverflowMode.SPLIT
    if "format=" not in url:
        # Slack and mail would otherwise read marks into it.
        service.notify_format = NotifyFormat.TEXT
    if url.lower().startswith(_OPENS_INCIDENTS):
        service.overflow_mode, service.body_maxlen = OverflowMode.TRUNCATE, _SUMMARY_CHARACTERS
        service.details = {**service.details, "message": f"{title}\n{body}"}
    kinds = {"fail": NotifyType.FAILURE, "warn": NotifyType.WARNING, "recovered": NotifyType.SUCCESS}
    kind = kinds.get(severity, NotifyType.INFO)
    sender: Apprise = Apprise(asset=_asset())
    sender.add(service)
    return bool(sender.notify(body=body, title=title, notify_type=kind, body_format=NotifyFormat.TEXT))


def _service(url: str) -> NotifyBase | None:
    from apprise import Apprise

    _install_hush()
    hushed = _hushed_into.set([])
    try:
        service: NotifyBase | None = Apprise.instantiate(url, asset=_asset())
        return service
    finally:
        _hushed_into.reset(hushed)


def _asset() -> AppriseAsset:
    from apprise import AppriseAsset

    # No logo: its address would be fetched from the web by whoever reads the message.
    return AppriseAsset(
        app_id="callback-survey",
        app_desc="callback-survey",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
    )


def _reason(messages: Sequence[str]) -> robots.Refusal:
    """Why a service said no, from fixed words only: its own log text may hold a token."""
    text = " ".join(messages)
    code = re.search(r"error=(\d{3})\b", text)
    if code:
        return robots.Refusal("status", code[1])
    return robots.Refusal("connection" if "onnection" in text else "unexplained", "")


def _hush(record: logging.LogRecord) -> bool:
    """While an attempt is under way, its transport log goes there and nowhere else; from threads that Apprise sends in, too."""
    messages = _hushed_into.get()
    if messages is None:
        return True
    messages.append(record.getMessage())
    return False


def _install_hush() -> None:
    for name in _TRANSPORT_LOGGERS:
        logger = logging.getLogger(name)
        if _hush not in logger.filters:
            logger.addFilter(_hush)
    # A filter sees what is said to its own logger, not to those below it, as Apprise 2 has them: what is said for debugging
    # holds addresses with their tokens, and is not made at all.
    logging.getLogger("apprise").setLevel(logging.WARNING)
