"""Whole processes with all that they start: CPU seconds as the kernel counted them, and memory as it was seen."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

_LOOK_SECONDS = 0.1
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "apache-airflow", "callback-survey")


@dataclass(frozen=True)
class Cost:
    """A process and all that it started.

    `tree_mb` is the most that they held together, seen ten times a second (proportional sizes: a page that several share is
    counted once); `steps` are wall seconds as the run itself tells them.
    """

    what: str
    cpu_seconds: float
    wall_seconds: float
    tree_mb: int
    steps: Mapping[str, float] | None = None


class Failed(SystemExit):
    """A process that was to be measured did not end well: no measurement."""


def cost(what: str, command: Sequence[str | Path], settings: Mapping[str, str]) -> Cost:
    """Run a process to its end, and read what the kernel counted of it and of its children. Raises Failed, which ends the program."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("CALLBACK_SURVEY_")}
    with tempfile.TemporaryFile("w+") as out:
        with subprocess.Popen([*map(str, command)], env={**environment, **settings}, stdout=out, stderr=out) as process:
            started = os.times().elapsed
            seen = _Watcher(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = os.times().elapsed - started
        out.seek(0)
        said = out.read()
    if process.returncode != 0:
        raise Failed(f"{what}: exit code {process.returncode}\n{said[-4000:]}")
    cpu = round(usage.ru_utime + usage.ru_stime, 1)
    return Cost(what, cpu, round(wall, 1), seen.most_mb(), _steps(said))


def base(costs: Sequence[Cost]) -> float | None:
    """What the others are compared with: CPU seconds of the hand-written script; None where it was not measured."""
    return next((cost.cpu_seconds for cost in costs if cost.what == "script" and cost.cpu_seconds), None)


def machine() -> dict[str, Any]:
    """What the figures were measured with."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    }


def _steps(said: str) -> dict[str, float] | None:
    times = re.search(r"^Time  (.+)$", said, re.MULTILINE)
    if times is None:
        return None
    return {name: float(seconds) for name, seconds in re.findall(r"([a-z0-9][a-z0-9 ]*?) ([0-9.]+) s", times[1])}


class _Watcher:
    """Adds up, again and again, what a process and those below it hold."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most = pid, 0
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def most_mb(self) -> int:
        self._has_ended.set()
        self._thread.join()
        return self._most >> 20

    def _watch(self) -> None:
        has_ended = False
        while not has_ended:
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(self._pid)
                self._most = max(self._most, sum(map(_held, [root, *root.children(recursive=True)])))
            has_ended = self._has_ended.wait(_LOOK_SECONDS)


def _held(process: psutil.Process) -> int:
    # one that has just ended holds nothing
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return int(process.memory_full_info().pss)
    return 0
