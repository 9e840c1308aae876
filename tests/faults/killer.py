"""A program for tests: takes one step and kills itself (SIGKILL) at one exact call of it.

The job comes as JSON on standard input. Its point names an audited call of Python (`os.rename`, `open`), a pattern for its
target, and whether to die before or after it; or a function of a module, to die when it is called.
"""

from __future__ import annotations

import fnmatch
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from stepwise import take

from homes import Home

_TARGET = {"os.rename": 1, "open": 0}


def arm(event: str, pattern: str, when: str) -> None:
    """From now on this process dies at the first such call, or with the first call after it."""
    is_past = False

    def look(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal is_past
        # the kill itself is an audited call too
        if is_past and name != "os.kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == event and fnmatch.fnmatchcase(str(arguments[_TARGET[event]]), pattern):
            if when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            is_past = True

    sys.addaudithook(look)


def die_in(module: str, function: str) -> None:
    """From now on this process dies when that function is called."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(importlib.import_module(module), function, die)


def main() -> None:
    job = json.load(sys.stdin)
    home = Home(Path(job["home"]), Path(job["exports"]), job["key"])
    if "function" in job:
        die_in(*job["function"])
    else:
        arm(*job["point"])
    take(job["step"], home, job["said"])


if __name__ == "__main__":
    main()
