"""The deliveries of a run, landed side by side on one machine: each process lands one after the other, and takes what gate 1 asks of
it. The gate then judges them together.

What a landing reports and how it ends comes to the run's own process, which tells it: lines of two landings do not mix, and alerts
are sent from one place. A process ends with the run, however that ends; what it was at is swept, as after any kill.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DamagedFile, GateFailed, SurveyError, is_stopped
from callback_survey.landing import ledger
from callback_survey.landing.ledger import LandingReport
from callback_survey.landing.workbench import sweep_scratch
from callback_survey.pipeline import judging, steps
from callback_survey.run import Run
from callback_survey.setting_values import size_in_bytes

logger = logging.getLogger(__name__)

# What a landing needs at least, of the run's memory limit, which those side by side share
_LEAST_BYTES = 500_000_000
# -P: a module beside the exports must not be taken for one of ours
_COMMAND = [sys.executable, "-P", "-m", "callback_survey.pipeline.landings"]

# Returns the report of a delivery, or raises why it did not land or pass gate 1
Outcome = Callable[[], LandingReport]
# The same before gate 1
_BroughtIn = Callable[[], judging.Landed]
_Message = tuple[str, Any]
Given = TypeVar("Given")


def side_by_side(run: Run, count: int) -> int:
    """How many of so many deliveries land at once: as many as the workers, and as the memory limit allows."""
    most = size_in_bytes(run.settings.memory_limit) // _LEAST_BYTES
    return max(1, min(run.settings.workers, count, most))


def land_all(run: Run, deliveries: Sequence[Delivery], log: Path) -> Generator[tuple[Delivery, Outcome], None, None]:
    """Each delivery with its outcome: one that is refused at once, the others when all have landed. An error of another kind, of the
    machine or the program, comes last: it ends a run, and what landed has its verdict by then. `log` is the run's, where the processes
    write too.

    Closed early, as by an error or by Ctrl-C, it ends what is under way.
    """
    landed: list[judging.Landed] = []
    faults: list[tuple[Delivery, Outcome]] = []
    with ledger.landing(run.settings.lake):
        with closing(_bring_in_all(run, deliveries, log)) as brought_in:
            for delivery, outcome in brought_in:
                try:
                    landed.append(outcome())
                except (GateFailed, DamagedFile) as error:  # whoever asks for its outcome tells it
                    yield delivery, partial(_given_or_raised, error)
                except Exception as error:
                    if is_stopped(error):
                        raise
                    # the run ends with the first of several; the log has each, without a text that may quote a cell
                    logger.error("%s: %s was not landed: %s", run.run_id, delivery.name, type(error).__name__)
                    faults.append((delivery, partial(_given_or_raised, error)))
        landed.sort(key=lambda one: one.report.region_code)
        yield from judging.judge_landed(run, landed)
        yield from faults


def _bring_in_all(
    run: Run, deliveries: Sequence[Delivery], log: Path
) -> Generator[tuple[Delivery, _BroughtIn], None, None]:
    at_once = side_by_side(run, len(deliveries))
    if at_once == 1:
        for delivery in deliveries:
            yield delivery, partial(steps.bring_in, run, delivery)
        return
    share = f"{size_in_bytes(run.settings.memory_limit) // at_once // 10**6}MB"
    own = Run(
        replace(run.settings, memory_limit=share),
        run.run_id,
        is_manifest_optional=run.is_manifest_optional,
        allowing=run.allowing,
        threads=max(1, (os.cpu_count() or 1) // at_once),
    )
    todo: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
    for delivery in deliveries:
        todo.put(delivery)
    told: queue.SimpleQueue[_Message] = queue.SimpleQueue()
    workers = [_Worker(own, todo, told, log) for _ in range(at_once)]
    try:
        left = len(deliveries)
        while left:
            kind, value = told.get()
            if kind == "event":
                if run.listener is not None:
                    run.listener(value)
            else:
                left -= 1
                yield value
    finally:
        broken_off = [worker.end() for worker in workers]
        if any(broken_off):
            sweep_scratch(run.settings.lake)


class _Worker(threading.Thread):
    """Waits for a process that lands, and passes on what it says. Nothing is landed in the thread."""

    def __init__(
        self, run: Run, todo: queue.SimpleQueue[Delivery], told: queue.SimpleQueue[_Message], log: Path
    ) -> None:
        super().__init__(daemon=True)
        self._run, self._todo, self._told, self._log = run, todo, told, log
        self._ended = threading.Event()
        self._has_died = False
        self._child = self._start_child()
        self._say(run)
        self.start()

    def _start_child(self) -> subprocess.Popen[bytes]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                delivery = self._todo.get_nowait()
            except queue.Empty:
                break
            self._told.put(("landed", (delivery, self._land(delivery))))
        # its end tells the child that nobody waits any more
        with suppress(OSError):
            _stream(self._child.stdin).close()

    def _land(self, delivery: Delivery) -> _BroughtIn:
        self._say(delivery)
        try:
            while True:
                kind, value = pickle.load(_stream(self._child.stdout))
                if kind != "event":
                    return partial(_given_or_raised, value)
                self._told.put((kind, value))
        except Exception as error:  # whatever cannot be read of it, its other deliveries must not wait for ever
            if not isinstance(error, EOFError):
                self._child.kill()
            code = self._child.wait()
            self._has_died = True
            self._begin_again()
            return partial(_given_or_raised, _ended_at(delivery, code, self._log))

    def _begin_again(self) -> None:
        """A new process for what is left: of one that ended, the next delivery would have nobody to land it."""
        if self._ended.is_set():
            return
        for stream in (self._child.stdin, self._child.stdout):
            with suppress(OSError):
                _stream(stream).close()
        self._child = self._start_child()
        self._say(self._run)

    def _say(self, value: object) -> None:
        with suppress(OSError):  # a child that has ended says so itself, by the end of what it tells
            pickle.dump(value, _stream(self._child.stdin))
            _stream(self._child.stdin).flush()

    def end(self) -> bool:
        """End the process, and the thread that waits for it. True where one died or was killed, and may have left its work."""
        self._ended.set()
        is_killed = self.is_alive()
        if is_killed:
            self._child.kill()
        self.join()
        # one that was begun meanwhile has heard by now that nothing comes
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            with suppress(OSError):
                _stream(stream).close()
        return is_killed or self._has_died


def _given_or_raised(value: Given | Exception) -> Given:
    if isinstance(value, Exception):
        raise value
    return value


def _ended_at(delivery: Delivery, code: int, log: Path) -> SurveyError:
    return SurveyError(
        f"{delivery.name}: the process that lands it ended with exit code {code}",
        where=str(log),
        next_step="this is a fault of the pipeline or the machine, not of the delivery; run the quarter again",
        region_code=delivery.region_code,
        quarter=delivery.quarter,
    )


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _main() -> None:
    from callback_survey.pipeline import local

    # a person's Ctrl-C is the run's, which ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # what a library prints must not come between
    tell = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    run: Run = pickle.load(sys.stdin.buffer)
    local.log_to_file(run)
    run = replace(run, listener=lambda event: _tell(tell, ("event", event)))
    todo: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(todo,), daemon=True).start()
    while True:
        delivery = todo.get()
        _tell(tell, ("landed", _outcome(run, delivery)))


def _take(todo: queue.SimpleQueue[Delivery]) -> None:
    """Deliveries as they come. Where none can come any more, nobody waits for what is under way either."""
    try:
        while True:
            todo.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        os._exit(0)


def _outcome(run: Run, delivery: Delivery) -> judging.Landed | Exception:
    try:
        with ledger.landing(run.settings.lake):
            return steps.bring_in(run, delivery)
    except SurveyError as error:
        return error
    except Exception as error:
        logger.exception("%s: %s was not landed", run.run_id, delivery.name)
        return error


def _tell(stream: IO[bytes], message: _Message) -> None:
    stream.write(pickle.dumps(message))
    stream.flush()


if __name__ == "__main__":
    _main()
