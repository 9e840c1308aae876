"""A program for tests: fills the disk at a step of a run, makes room again, and goes on.

With "tmpfs" it is started in a user and mount namespace of its own (`unshare -rm`), mounts a small tmpfs there and copies the
homes into it; the mount goes away with the process. Where that is not allowed, "limit" sets the size limit of files
(RLIMIT_FSIZE) instead: writing fails in the same places, with EFBIG for ENOSPC. Results go to the folder given, as files.
"""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

from stepwise import take

from callback_survey import pipeline
from homes import Home, contents

_BLOCK = 64 * 1024


@contextlib.contextmanager
def full(disk: Path, kind: str) -> Iterator[None]:
    """Nothing more can be written below `disk`, not a byte."""
    if kind == "limit":
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        return
    ballast = disk / "ballast"
    for size in (_BLOCK, 1):
        with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
            while file.write(b"x" * size):
                pass
    try:
        yield
    finally:
        ballast.unlink()


def by_command(home: Home, disk: Path, kind: str, step: str) -> dict[str, Any]:
    """The command, whose disk fills up as it comes to a step and has room again when that has ended."""
    take_step = getattr(pipeline, step)

    def with_a_full_disk(*arguments: Any, **named: Any) -> Any:
        with full(disk, kind):
            return take_step(*arguments, **named)

    with mock.patch.object(pipeline, step, with_a_full_disk):
        return asdict(home.run_quarter_here())


def by_step(home: Home, disk: Path, kind: str, step: str, said: dict[str, Any]) -> dict[str, Any]:
    """The step alone; then again with room, and those after it."""
    error = ""
    with full(disk, kind):
        try:
            take(step, home, said)
        except Exception as caught:
            error = f"{type(caught).__name__}: {caught}"
    served = contents(home.serving)
    for each in ("release", "serve")[("release", "serve").index(step) :]:
        take(each, home, said)
    return {"err": error, "served": served}


def main() -> None:
    task = json.load(sys.stdin)
    kind, results = task["kind"], Path(task["results"])
    disk = results / "disk"
    disk.mkdir()
    if kind == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(disk)], check=True)
    else:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    told: dict[str, Any] = {}
    for step, source in task["homes"].items():
        home = Home(Path(source), Path(task["exports"]), task["key"]).copy(disk / step)
        if step in ("release", "serve"):
            told[step] = by_step(home, disk, kind, step, task["said"])
        else:
            told[step] = by_command(home, disk, kind, step)
            told[step]["served"] = contents(home.serving)
        if step == "build":
            # where the disk was full, there is room now
            told["again"] = {**asdict(home.run_quarter_here()), "served": {}}
        shutil.copytree(home.path, results / step, symlinks=True, ignore=shutil.ignore_patterns("warehouse"))
        shutil.rmtree(home.path)
    (results / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
