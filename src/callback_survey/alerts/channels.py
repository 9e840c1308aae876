"""Sending one text to every configured channel through Apprise, within bounded time and without telling its secrets."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset, NotifyBase

    from callback_survey.alerts.message import Severity

# Three tries reach over a restart of the receiver; a longer outage is for the outbox.
BACK_OFF_SECONDS = (1.0, 4.0)
READ_TIMEOUT_SECONDS = 8.0
# A sink may send one byte at a time and never hit a socket timeout.
ATTEMPT_SECONDS = 12.0
_TRANSPORT_LOGGERS = ("apprise", "urllib3.connectionpool")
# A message there opens an incident, whatever it says; Apprise cannot close one.
_OPENS_INCIDENTS = ("pagerduty://",)


@dataclass(frozen=True)
class ChannelResult:
    """What became of one channel. `channel` is scheme and masked host, never a URL with credentials."""

    channel: str
    is_sent: bool
    detail: str
    attempts: int


@dataclass
class _Channel:
    name: str
    url: str
    attempts: int = 0
    is_sent: bool = False
    is_worth_a_retry: bool = True
    detail: str = "not tried"
    messages: list[str] = field(default_factory=list)

    def result(self) -> ChannelResult:
        return ChannelResult(self.name, self.is_sent, self.detail, self.attempts)


def deliver(
    urls: Sequence[str],
    *,
    title: str,
    body: str,
    severity: Severity,
    already_sent: Collection[str] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> list[ChannelResult]:
    """Send to every channel not named in `already_sent`; a failed one is tried again after each back-off.

    Never raises and ends within about 45 seconds, however the receivers behave. An attempt that ran into its time
    limit is not repeated here: the message may have arrived, and a second try would only say it twice. Where a message
    opens an incident (PagerDuty), a recovery is not sent.
    """
    taking = [url for url in urls if severity != "recovered" or not url.lower().startswith(_OPENS_INCIDENTS)]
    channels = [channel for channel in _channels(taking) if channel.name not in already_sent]
    for pause in (*BACK_OFF_SECONDS, None):
        waiting = [channel for channel in channels if not channel.is_sent and channel.is_worth_a_retry]
        _attempt_all(waiting, title=title, body=body, severity=severity)
        if pause is None or not any(not channel.is_sent and channel.is_worth_a_retry for channel in channels):
            break
        sleep(pause)
    return [channel.result() for channel in channels]


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


def _attempt_all(channels: Sequence[_Channel], *, title: str, body: str, severity: Severity) -> None:
    deadline = time.monotonic() + ATTEMPT_SECONDS
    threads = []
    for channel in channels:
        outcome = _Channel(channel.name, channel.url)
        thread = threading.Thread(target=_attempt, args=(outcome, title, body, severity), daemon=True)
        thread.start()
        threads.append((channel, outcome, thread))
    for channel, outcome, thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        channel.attempts += 1
        if thread.is_alive():
            # The thread keeps its own copy, so a late answer cannot rewrite what was recorded.
            channel.is_worth_a_retry = False
            channel.detail = f"no answer within {ATTEMPT_SECONDS:.0f} s"
            continue
        channel.is_sent, channel.detail = outcome.is_sent, outcome.detail
        channel.is_worth_a_retry = outcome.is_worth_a_retry


def _attempt(channel: _Channel, title: str, body: str, severity: Severity) -> None:
    started = time.monotonic()
    _hush.messages = channel.messages
    try:
        service = _service(channel.url)
        if service is None:
            channel.detail, channel.is_worth_a_retry = ("the URL is not understood", False)
            return
        channel.is_sent = _notify(service, channel.url, title, body, severity)
    except Exception as error:
        channel.detail = type(error).__name__
        return
    finally:
        _hush.messages = None
    timed_out = time.monotonic() - started >= READ_TIMEOUT_SECONDS
    channel.is_worth_a_retry = not timed_out
    channel.detail = "sent" if channel.is_sent else "timed out" if timed_out else _reason(channel.messages)


def _notify(service: NotifyBase, url: str, title: str, body: str, severity: Severity) -> bool:
    from apprise import Apprise, NotifyFormat, NotifyType, OverflowMode

    service.socket_connect_timeout = min(service.socket_connect_timeout, READ_TIMEOUT_SECONDS)
    service.socket_read_timeout = READ_TIMEOUT_SECONDS
    if "overflow=" not in url:
        # A chat that takes 2,000 characters gets two messages rather than none.
        service.overflow_mode = OverflowMode.SPLIT
    if url.startswith("mailto") and "format=" not in url:
        service.notify_format = NotifyFormat.TEXT
    kinds = {"fail": NotifyType.FAILURE, "warn": NotifyType.WARNING, "recovered": NotifyType.SUCCESS}
    sender: Apprise = Apprise(asset=_asset())
    sender.add(service)
    return bool(sender.notify(body=body, title=title, notify_type=kinds[severity], body_format=NotifyFormat.TEXT))


def _service(url: str) -> NotifyBase | None:
    from apprise import Apprise

    _install_hush()
    before, _hush.messages = getattr(_hush, "messages", None), []
    try:
        service: NotifyBase | None = Apprise.instantiate(url, asset=_asset())
        return service
    finally:
        _hush.messages = before


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


def _reason(messages: Sequence[str]) -> str:
    """Why a service said no, from fixed words only: its own log text may hold a token."""
    text = " ".join(messages)
    code = re.search(r"error=(\d{3})\b", text)
    if code:
        return f"answered {code[1]}"
    return "connection failed" if "onnection" in text else "refused"


class _Hush(threading.local):
    """While `messages` is a list, this thread's transport log goes there and nowhere else."""

    messages: list[str] | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if self.messages is None:
            return True
        self.messages.append(record.getMessage())
        return False


_hush = _Hush()


def _install_hush() -> None:
    for name in _TRANSPORT_LOGGERS:
        logger = logging.getLogger(name)
        if _hush.filter not in logger.filters:
            logger.addFilter(_hush.filter)
