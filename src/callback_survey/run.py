"""One run of a quarter: what every step of it gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from callback_survey import metrics
from callback_survey import progress as progress_module
from callback_survey.deliveries.delivery import RUN_ALLOWS
from callback_survey.progress import Event, Listener, Progress
from callback_survey.settings import Settings

if TYPE_CHECKING:
    from callback_survey.warehouse.database import Warehouse


@dataclass(frozen=True)
class Run:
    """One run of a quarter: its settings, its name, and where its steps report to.

    `is_manifest_optional`: a person said that a delivery without a manifest is to be taken as it lies there; `allowing` is how
    they would say it to whatever started the run. `threads` is how many a landing may take at most, None all processors.
    """

    settings: Settings
    run_id: str
    listener: Listener | None = None
    is_manifest_optional: bool = False
    allowing: str = RUN_ALLOWS
    threads: int | None = None

    @cached_property
    def progress(self) -> Progress:
        log = self.settings.progress_log or progress_module.log_of(self.settings.logs, self.run_id)
        return Progress(self.run_id, log, self.listener if self.settings.metrics_url is None else self._measured)

    def _measured(self, event: Event) -> None:
        """What a step counted goes to the collector of metrics when it ends."""
        if self.listener is not None:
            self.listener(event)
        if event.state in ("done", "failed"):
            of_step = {"step": event.step, "region": event.subject if event.subject.isdigit() else ""}
            of_step["quarter"] = event.quarter
            counted = [metrics.Measurement(name, value, of_step) for name, value in event.figures.items()]
            took = metrics.Measurement("step.duration", event.seconds, {**of_step, "state": event.state})
            metrics.send(self.settings.metrics_url, [took, *counted])

    @cached_property
    def warehouse(self) -> Warehouse:
        from callback_survey.warehouse.database import Warehouse

        return Warehouse(self.settings.warehouse, self.settings.memory_limit, self.run_id, waiting=self._say_waiting)

    @property
    def checks_folder(self) -> Path:
        return self.settings.checks / progress_module.file_name(self.run_id)

    def _say_waiting(self, message: str) -> None:
        with self.progress.step("wait") as step:
            step.result = message
