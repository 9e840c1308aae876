"""The record of what was said: one file per run and problem, written before anything is sent.

States of a record: `pending` (claimed, being sent), `sent`, `partly_sent` (some channels), `unsent` (no channel took
it), `no_channel` (none is configured). A record left `pending` by a process that died is taken over by the next one.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from callback_survey.alerts.channels import ChannelResult, deliver
from callback_survey.alerts.message import Alert, render, scrub, scrubbed
from callback_survey.storage import locks
from callback_survey.storage.files import read_json, write_json
from callback_survey.wording.catalogue import Words

logger = logging.getLogger(__name__)

State = Literal["pending", "sent", "partly_sent", "unsent", "no_channel"]
_OPEN: frozenset[State] = frozenset({"pending", "partly_sent", "unsent"})
# the folder of a run ends with a digest; what else is kept beside them does not
RUN_FOLDERS = "*-" + "[0-9a-f]" * 8


@dataclass(frozen=True)
class Delivery:
    """What became of one alert. `is_repeat`: another call had already taken this problem of this run.

    `record` is None where the outbox could not be written; the message was sent all the same.
    """

    state: State
    is_repeat: bool
    channels: tuple[ChannelResult, ...]
    record: Path | None

    @property
    def summary(self) -> str:
        """One line for a terminal or a log."""
        if self.is_repeat:
            return f"already reported in this run ({self.state.replace('_', ' ')})"
        if self.state == "no_channel":
            return "not sent: no channel configured"
        told = "; ".join(f"{channel.channel}: {channel.detail}" for channel in self.channels)
        return f"{self.state.replace('_', ' ')} ({told})"


def send(alert: Alert, *, urls: Sequence[str], outbox: Path, sleep: Callable[[float], None] = time.sleep) -> Delivery:
    """Record the alert, then send it to every URL: once per run and problem, across processes.

    Never raises for a receiver, whatever state it is in, nor for an outbox that cannot be written: a full disk is
    itself something to hear about. What could not be sent stays in the outbox for `resend_unsent`.
    """
    clean = scrubbed(alert)
    title, body = render(clean)
    path = record_path(outbox, alert)
    try:
        with locks.held_if_free(path.with_suffix(".lock")) as is_ours:
            known = read_record(path) if is_ours else None
            if not is_ours or (known is not None and known["state"] != "pending"):
                state: State = known["state"] if known else "pending"
                return _logged(Delivery(state, True, (), path), title)
            record = {**asdict(clean), "subject": title, "body": body, "created_at": _now(), "channels": []}
            return _logged(_send_record(record, path, urls, sleep), title)
    except OSError as error:
        logger.error("the outbox cannot be written (%s): the alert is sent without a record", error)
        links = _own_links(asdict(clean))
        results = deliver(
            urls,
            title=title,
            body=body,
            severity=alert.severity,
            own_links=links,
            language=alert.language,
            sleep=sleep,
        )
        return _logged(Delivery(_state(results), False, tuple(results), None), title)


def resend_unsent(
    outbox: Path,
    *,
    urls_of: Callable[[Mapping[str, Any]], Sequence[str]],
    run_id: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Delivery]:
    """Send what no channel, or not every channel, has taken; only to those that have not. One Delivery per try.

    The oldest first, so that a failure comes before its recovery. `urls_of` gives the channels for a record.
    """
    deliveries = []
    for path in _open_records(outbox, run_id):
        with locks.held_if_free(path.with_suffix(".lock")) as is_ours:
            record = read_record(path) if is_ours else None
            if record is not None and record["state"] in _OPEN:
                late = Words(record.get("language", "zh"))("label.late", at=record["created_at"])
                tried = _send_record(record, path, urls_of(record), sleep, f"{record['body']}\n{late}")
                deliveries.append(_logged(tried, record["subject"]))
    return deliveries


def unsent(outbox: Path) -> list[dict[str, Any]]:
    """The records that some channel has not taken yet, the oldest first."""
    return [record for path in _open_records(outbox) if (record := read_record(path)) is not None]


def is_settled(folder: Path) -> bool:
    """Whether nothing in the folder of a run waits to be sent."""
    records = (read_record(path) for path in folder.glob("*.json"))
    return not any(record is None or record["state"] in _OPEN for record in records)


def _open_records(outbox: Path, run_id: str | None = None) -> list[Path]:
    folders = [_run_folder(outbox, run_id)] if run_id is not None else outbox.glob(RUN_FOLDERS)
    records = [(path, read_record(path)) for folder in folders for path in folder.glob("*.json")]
    waiting = [(record["created_at"], path) for path, record in records if record and record["state"] in _OPEN]
    return [path for _, path in sorted(waiting)]


def run_records(outbox: Path, run_id: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The readable records of one run, by name."""
    for path in sorted(_run_folder(outbox, run_id).glob("*.json")):
        record = read_record(path)
        if record is not None:
            yield path, record


def record_path(outbox: Path, alert: Alert) -> Path:
    problem = hashlib.sha256(f"{alert.severity}\n{alert.problem}".encode()).hexdigest()[:16]
    return _run_folder(outbox, alert.run_id) / f"{problem}.json"


def read_record(path: Path) -> dict[str, Any] | None:
    try:
        return cast("dict[str, Any]", read_json(path))
    except (FileNotFoundError, ValueError):
        return None


def _run_folder(outbox: Path, run_id: str) -> Path:
    """A readable folder name, with a digest so that two run ids never share one."""
    readable = re.sub(r"[^0-9A-Za-z._-]+", "_", scrub(run_id))[:80].strip("._") or "run"
    return outbox / f"{readable}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"


def _send_record(
    record: dict[str, Any], path: Path, urls: Sequence[str], sleep: Callable[[float], None], body: str | None = None
) -> Delivery:
    before = [ChannelResult(**channel) for channel in record["channels"]]
    done = [channel for channel in before if channel.is_sent]
    if urls:
        _save(path, {**record, "state": "pending"})
    results = deliver(
        urls,
        title=record["subject"],
        body=body or record["body"],
        severity=record["severity"],
        own_links=_own_links(record),
        language=record.get("language", "zh"),
        before=before,
        sleep=sleep,
    )
    everything = [*done, *results]
    state = _state(everything)
    channels = [asdict(channel) for channel in everything]
    is_saved = _save(path, {**record, "state": state, "channels": channels, "finished_at": _now()})
    return Delivery(state, False, tuple(everything), path if is_saved else None)


def _own_links(record: Mapping[str, Any]) -> list[str]:
    """The addresses in an alert that this project put there."""
    return [link for link in (record.get("link"), record.get("checks_page"), *record.get("runbook", ())) if link]


def _state(results: Sequence[ChannelResult]) -> State:
    if not results:
        return "no_channel"
    sent = sum(channel.is_sent for channel in results)
    return "sent" if sent == len(results) else "partly_sent" if sent else "unsent"


def _save(path: Path, record: dict[str, Any]) -> bool:
    """Replace the record whole. A failure is logged, not raised: the message matters more than its record."""
    try:
        write_json(path, record)
    except OSError as error:
        logger.error("the record of an alert cannot be written: %s", error)
        return False
    return True


def _logged(delivery: Delivery, title: str) -> Delivery:
    is_heard = delivery.is_repeat or delivery.state == "sent"
    logger.log(logging.INFO if is_heard else logging.WARNING, "alert %s: %s", delivery.summary, title)
    return delivery


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
