"""What a run is doing, as JSON lines in one file per run. Steps append; a terminal, a log or a summary reads.

The same lines come from the command line and from Airflow's task processes, so both are shown by the same code.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from callback_survey.errors import is_stopped

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """One line: a step started, said something, was done or failed. `seconds` are those of the step so far.

    `figures` are what the step counted, by the names of `callback_survey.metrics`; `quarter` what they are about.
    """

    at: str
    run_id: str
    step: str
    subject: str
    state: str
    message: str = ""
    seconds: float = 0.0
    quarter: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Progress:
    """Where the steps of one run report to."""

    run_id: str
    log: Path
    listener: Listener | None = None

    @contextmanager
    def step(self, name: str, subject: str = "") -> Iterator[Step]:
        """A step of the run; it is reported as failed when its body raises."""
        step = Step(self, name, subject, time.monotonic())
        self.report(step, "started")
        try:
            yield step
        except BaseException as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            self.report(step, "failed", "stopped" if is_stopped(error) else said)
            raise
        self.report(step, "done", step.result)

    def report(self, step: Step, state: str, message: str = "") -> None:
        seconds = round(time.monotonic() - step.started, 3)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        event = Event(
            now, self.run_id, step.name, step.subject, state, message, seconds, step.quarter, dict(step.figures)
        )
        line = json.dumps(asdict(event), ensure_ascii=False) + "\n"
        try:
            self._append(line)
        except OSError as error:
            # a full disk has stopped the step, or will: its own error says more than that of the log
            logger.error("the progress log cannot be written: %s", error)
        if self.listener is not None:
            self.listener(event)

    def _append(self, line: str) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # one write in append mode: lines of parallel tasks do not mix
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


@dataclass
class Step:
    """A step under way. Set `result` to what its end should say, and `figures` to what it counted."""

    progress: Progress
    name: str
    subject: str
    started: float
    result: str = ""
    quarter: str = ""
    figures: dict[str, float] = field(default_factory=dict)

    def say(self, message: str) -> None:
        self.progress.report(self, "said", message)


def log_of(logs: Path, run_id: str) -> Path:
    return logs / "runs" / f"{file_name(run_id)}.jsonl"


def file_name(run_id: str) -> str:
    """A run id as a file name: Airflow's hold colons and plus signs."""
    return re.sub(r"[^0-9A-Za-z._-]+", "_", run_id)


def read(log: Path) -> list[Event]:
    """The events of a log, without a line that a full disk cut off."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []:
        with suppress(ValueError):
            found.append(Event(**json.loads(line)))
    return found
