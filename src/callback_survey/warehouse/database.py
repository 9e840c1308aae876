"""The private DuckDB file: how it is opened, and the one lock that lets a single run write at a time.

The lock is a file lock (flock). It belongs to the open file, so a child process that inherits the descriptor keeps it:
a killed parent does not free the warehouse while dbt is still writing. DuckDB locks the file besides: a person who has it open
in a program of their own is waited for too.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from callback_survey.errors import DamagedWarehouse, SurveyError
from callback_survey.scope import Scope
from callback_survey.storage import duck, locks

WAIT_SECONDS = 30 * 60
# What DuckDB says of a file that is cut off, overwritten, or fails a block's checksum; not of one that is locked or gone.
_DAMAGED = ("Corrupt database file", "not a valid DuckDB database file", "Could not read enough bytes")
# What DuckDB says where another process has the file open
_OPENED = re.compile(r"Could not set lock on file .*Conflicting lock is held in .*?\(PID (\d+)\)")


@dataclass
class Warehouse:
    """The warehouse of one home. `lock` is re-entrant within a process, so a run can hold it over several steps."""

    folder: Path
    memory_limit: str
    run_id: str
    waiting: Callable[[str], None] = lambda message: None
    _descriptor: int | None = field(default=None, init=False)
    _depth: int = field(default=0, init=False)

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def stamp(self) -> Path:
        """Holds the fingerprint of the models and registers that the file is built by; gone where the file is damaged."""
        return self.folder / "fingerprint"

    def is_of(self, fingerprint: str) -> bool:
        """Whether the file was built by the models and registers of this fingerprint, and is not known to be damaged."""
        return self.stamp.is_file() and self.stamp.read_text(encoding="utf-8") == fingerprint

    def checked_path(self, scope: Scope) -> Path:
        """Where what gate 2 answered about a region's quarter is kept (`checks.kept`)."""
        return self.folder / "checked" / f"{scope.region_code}-{scope.quarter}.json"

    @property
    def spill(self) -> Path:
        return self.folder / "spill"

    @property
    def lock_descriptor(self) -> int:
        """To be handed to a child process that writes. Only inside `lock`."""
        if self._descriptor is None:
            raise AssertionError("the warehouse lock is not held")
        return self._descriptor

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the warehouse. Waits for another run, saying for whom; gives up after half an hour."""
        if self._depth == 0:
            self._descriptor = self._acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0 and self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    @contextmanager
    def open(self, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the warehouse, under the lock. Raises DamagedWarehouse where the file cannot be read.

        Waits for another program that has the file open, as it waits for another run.
        """
        with self.lock():
            try:
                with ExitStack() as opened:
                    yield self._connect(opened, read_only=read_only)
            except duckdb.Error as error:
                if not self.is_damage(str(error)):
                    raise
                raise self.damaged(str(error)) from error

    def opener(self, message: str) -> str | None:
        """The process that has the warehouse file open, where DuckDB says that this is why it cannot be opened."""
        found = _OPENED.search(message)
        return locks.process(found[1]) if found and self.path.name in message else None

    def is_damage(self, message: str) -> bool:
        """Whether DuckDB says that the warehouse file itself is damaged, and not one of those it reads."""
        # a failed checksum names no file: Parquet files fail in other words
        return _DAMAGED[0] in message or (self.path.name in message and any(sign in message for sign in _DAMAGED))

    def damaged(self, message: str) -> DamagedWarehouse:
        """The error for a file that cannot be read. It is marked, so that the next build starts from an empty one."""
        self.stamp.unlink(missing_ok=True)
        return DamagedWarehouse(
            "the warehouse file is damaged; nothing was released from it, and what is served is not affected",
            where=str(self.path),
            expected="a readable DuckDB file: " + message.splitlines()[0],
            next_step="run the quarter again: the warehouse is then rebuilt from the lake. If it happens again, check the disk",
        )

    def set_aside(self) -> Path:
        """Move a damaged file out of the way, for whoever wants to know why. One is kept."""
        kept = self.path.with_name(f"{self.path.name}.damaged")
        os.replace(self.path, kept)
        self.path.with_name(f"{self.path.name}.wal").unlink(missing_ok=True)
        return kept

    def discard(self) -> None:
        """Remove the file with all its rows, and a damaged one that was kept: DuckDB leaves deleted rows in the file until it needs
        their place. The next build makes it anew of what it reads."""
        with self.lock():
            for path in (self.stamp, *sorted(self.folder.glob(f"{self.path.name}*"))):
                path.unlink(missing_ok=True)

    def _connect(self, opened: ExitStack, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline: float | None = None
        while True:
            try:
                return opened.enter_context(
                    duck.connect(self.path, memory_limit=self.memory_limit, spill=self.spill, read_only=read_only)
                )
            except duckdb.IOException as error:
                opener = self.opener(str(error))
                if opener is None:
                    raise
                if deadline is None:
                    self.waiting(f"waiting for the warehouse, open in {opener}")
                    deadline = time.monotonic() + WAIT_SECONDS
                elif time.monotonic() > deadline:
                    raise SurveyError(
                        f"the warehouse is open in {opener} for more than {WAIT_SECONDS // 60} minutes",
                        where=str(self.path),
                        next_step="close it there, then run again; serving/marts.duckdb can be read at any time",
                    ) from error
                time.sleep(locks.POLL_SECONDS)

    def _acquire(self) -> int:
        descriptor = locks.open_lock(self.folder / "warehouse.lock")

        def say_for_whom() -> None:
            self.waiting(f"waiting for the warehouse, held by {_holder(descriptor)}")

        if not locks.take_within(descriptor, WAIT_SECONDS, waiting=say_for_whom):
            holder = _holder(descriptor)
            os.close(descriptor)
            raise SurveyError(
                f"the warehouse is held by {holder} for more than {WAIT_SECONDS // 60} minutes",
                where=str(self.path),
                next_step="check that run; stop it if it hangs, then run again",
            )
        locks.sign(descriptor, {"pid": os.getpid(), "run_id": self.run_id})
        return descriptor


def _holder(descriptor: int) -> str:
    match locks.holder_of(descriptor):
        case {"run_id": run_id, "pid": pid}:
            return f"run {run_id} (pid {pid})"
    return "another run"
