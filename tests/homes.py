"""A home of the pipeline under test: runs the real command over it, and reads what it serves."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from callback_survey import cli, progress
from callback_survey.progress import Event

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE_EXPORTS = REPOSITORY / "sample_exports"
REGION, QUARTER = "330109", "2018Q1"
PATIENCE_SECONDS = 300.0
_OURS = ("AIRFLOW", "CALLBACK_SURVEY_")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Served:
    """A home in which a quarter was run, and what the run said."""

    home: Home
    outcome: Outcome


@dataclass(frozen=True)
class Home:
    """Where a run writes, what it reads, and the settings it gets: nothing of the machine's own settings reaches it."""

    path: Path
    exports: Path
    key: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def serving(self) -> Path:
        return self.path / "serving"

    @property
    def revisions(self) -> Path:
        return self.path / "releases" / REGION / QUARTER

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        # PDF and DOCX cost seconds a release: what looks at them asks for them
        ours = {"HOME": str(self.path), "EXPORTS": str(self.exports), "PRIVACY_KEY": self.key, "DOCUMENTS": "html"}
        ours |= self.variables
        direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONUTF8": "1"}
        return {**inherited, **direct, **{f"CALLBACK_SURVEY_{name}": value for name, value in ours.items()}}

    def with_settings(self, **variables: str) -> Home:
        return replace(self, variables={**self.variables, **variables})

    def copy(self, to: Path, exports: Path | None = None) -> Home:
        """The same state elsewhere, for a test that changes it."""
        shutil.copytree(self.path, to, symlinks=True)
        return replace(self, path=to, exports=exports or self.exports)

    def run(self, *arguments: str) -> Outcome:
        """The command as a user starts it, in a process of its own."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return Outcome(process.returncode, out, err)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("callback-survey")), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run_here(self, *arguments: str) -> Outcome:
        """The same entry point in this process: what takes seconds to import is imported once."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _own_log_handlers(),
        ):
            try:
                code = cli.main(arguments)
            except SystemExit as refused:  # argparse
                code = int(refused.code or 0)
        return Outcome(code, out.getvalue(), err.getvalue())

    def run_quarter_here(self, *arguments: str) -> Outcome:
        return self.run_here("run", "--quarter", QUARTER, *arguments)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the served file, as a reader sees them."""
        with duckdb.connect(str(self.serving / "marts.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def averages(self, region_code: str = REGION) -> dict[str, str]:
        query = f"select measure, average_pct::text from region_rates where region_code = '{region_code}'"
        return dict(self.query(query))


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder by what it holds, and every link by where it leads."""
    return {
        path.relative_to(folder).as_posix(): f"-> {path.readlink()}"
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def until(what: str, look: Callable[[], bool], *, every_seconds: float = 0.01) -> None:
    """Returns as soon as `look` says yes; a test that waits longer than its patience fails with `what`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS:.0f} s for {what}"
        time.sleep(every_seconds)


def reported(log: Path, step: str, state: str) -> list[Event]:
    """What a run's progress log holds of a step so far."""
    return [event for event in progress.read(log) if (event.step, event.state) == (step, state)]


@contextlib.contextmanager
def _own_log_handlers() -> Iterator[None]:
    """The command sends the log of its process to its run's file; afterwards pytest's own handlers are back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers, root.level = handlers, level
