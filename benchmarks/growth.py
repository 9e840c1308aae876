"""What a history costs the next quarter: the same commands over a few releases and over many.

    python -m benchmarks.growth --releases 5 300        a home of each; results/growth.json

The releases are one of the sample's, frozen under other codes and quarters (benchmarks/history.py).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import districts, history, measure
from benchmarks.measure import Cost

TARGET = Path(__file__).parent / "results" / "growth.json"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.split("\n\n")[0])
    parser.add_argument("--releases", type=int, nargs="+", default=[5, 40, 300], help="how many (default: 5 40 300)")
    given = parser.parse_args(arguments)
    found: dict[int, list[Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="callback-survey-bench-") as scratch:
        folder = Path(scratch)
        list(districts.write(folder, 1))
        settings = _settings()
        run = [_command(), "run", "--quarter", districts.QUARTER, "--region", districts.REGION]
        measure.cost("a release to copy", run, {**settings, "CALLBACK_SURVEY_HOME": str(folder / "source")})
        for count in given.releases:
            home = folder / f"of-{count}"
            history.main(["--from", str(folder / "source"), "--releases", str(count), "--to", str(home)])
            found[count] = _measure({**settings, "CALLBACK_SURVEY_HOME": str(home)}, run)
            shutil.rmtree(home)
            for cost in found[count]:
                print(
                    f"{count:6} releases  {cost.what:26} {cost.cpu_seconds:8.1f} CPU s {cost.tree_mb:6} MB", flush=True
                )
    TARGET.parent.mkdir(exist_ok=True)
    told = {str(count): [asdict(cost) for cost in costs] for count, costs in found.items()}
    TARGET.write_text(json.dumps({**measure.machine(), "releases": told}, indent=1) + "\n", encoding="utf-8")
    print(TARGET)
    return 0


def _command() -> str:
    return str(Path(sys.executable).with_name("callback-survey"))


def _settings() -> dict[str, str]:
    return {
        "CALLBACK_SURVEY_EXPORTS": str(districts.SAMPLE),
        "CALLBACK_SURVEY_REGISTERS": str(districts.SAMPLE / "registers"),
        "CALLBACK_SURVEY_PRIVACY_KEY": "a key for the benchmark only, 32 characters",
        "CALLBACK_SURVEY_DOCUMENTS": "html",
        "CALLBACK_SURVEY_MEMORY_LIMIT": "2GB",
    }


def _measure(settings: dict[str, str], run: Sequence[str]) -> list[Cost]:
    """The first run serves the whole history, as a home would that lost what it serves; the next ones add to it."""
    following = [*run[:3], districts.NEXT_QUARTER, *run[4:]]
    commands = {
        "run, all served anew": run,
        "run of one more quarter": following,
        "run, nothing new": following,
        "releases list": [_command(), "releases", "list"],
        "releases list, one region": [_command(), "releases", "list", "--region", districts.REGION],
        "releases verify, last ones": [_command(), "releases", "verify", "--since", history.LAST_QUARTER],
    }
    return [measure.cost(what, command, settings) for what, command in commands.items()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
