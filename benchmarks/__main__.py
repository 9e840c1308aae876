"""What a run costs: whole processes, CPU seconds and memory, beside a hand-written script over the same files.

    python -m benchmarks --districts 3            make them, run both, write benchmarks/results/<districts>.json
    python -m benchmarks --districts 90 --formats html

Each run has a home of its own. Districts are invented (benchmarks/districts.py); their averages must come out as printed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import duckdb

from benchmarks import districts

RESULTS = Path(__file__).parent / "results"
AVERAGES = {("realisation", Decimal("92.53")), ("satisfaction", Decimal("94.77"))}
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "callback-survey")


@dataclass(frozen=True)
class Cost:
    """A process and all that it started. `largest_mb` is the resident memory of the largest single one of them."""

    what: str
    cpu_seconds: float
    wall_seconds: float
    largest_mb: int
    steps: dict[str, float] | None = None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--districts", type=int, default=1, help="how many districts of 91,000 frame rows each (default: 1)"
    )
    parser.add_argument(
        "--formats", default="html", help="documents of each district: html, html pdf, … (default: html)"
    )
    parser.add_argument(
        "--workers", type=int, default=0, help="CALLBACK_SURVEY_WORKERS (default: as many as processors)"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callback-survey-bench-") as scratch:
        return _measure(Path(scratch), given)


def _measure(folder: Path, given: argparse.Namespace) -> int:
    for code in districts.write(folder, given.districts):
        print(f"written: {code}", flush=True)
    exports, registers, home = folder / "exports", folder / "registers", folder / "home"
    settings = {
        "CALLBACK_SURVEY_HOME": str(home),
        "CALLBACK_SURVEY_EXPORTS": str(exports),
        "CALLBACK_SURVEY_REGISTERS": str(registers),
        "CALLBACK_SURVEY_PRIVACY_KEY": "a key for the benchmark only, 32 characters",
        "CALLBACK_SURVEY_DOCUMENTS": given.formats,
        "CALLBACK_SURVEY_MEMORY_LIMIT": "2GB",
        **({"CALLBACK_SURVEY_WORKERS": str(given.workers)} if given.workers else {}),
    }
    run = [str(Path(sys.executable).with_name("callback-survey")), "run", "--quarter", districts.QUARTER]
    costs = [
        _cost("script", [sys.executable, "-m", "benchmarks.script", exports, registers, folder / "rates.parquet"], {}),
        _cost("first run", run, settings),
        _cost("second run, nothing new", run, settings),
    ]
    _verify(home, given.districts)
    size = sum(path.stat().st_size for path in exports.rglob("*.csv"))
    found = {
        "districts": given.districts,
        "bytes": size,
        "formats": given.formats,
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "costs": [asdict(cost) for cost in costs],
    }
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{given.districts}.json"
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    base = costs[0].cpu_seconds
    for cost in costs:
        ratio = f"{cost.cpu_seconds / base:.1f} times the script"
        print(
            f"{cost.what:24} {cost.cpu_seconds:8.1f} CPU s {cost.wall_seconds:8.1f} s {cost.largest_mb:6} MB  {ratio}"
        )
    print(target)
    return 0


def _cost(what: str, command: Sequence[str | Path], settings: dict[str, str]) -> Cost:
    """Run a process to its end, and read what the kernel counted of it and of its children."""
    with tempfile.TemporaryFile("w+") as out:
        environment = {name: text for name, text in os.environ.items() if not name.startswith("CALLBACK_SURVEY_")}
        with subprocess.Popen([*map(str, command)], env={**environment, **settings}, stdout=out, stderr=out) as process:
            started = os.times().elapsed
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = os.times().elapsed - started
        out.seek(0)
        said = out.read()
    if process.returncode != 0:
        raise SystemExit(f"{what}: exit code {process.returncode}\n{said[-4000:]}")
    times = re.search(r"^Time  (.+)$", said, re.MULTILINE)
    steps = (
        {name: float(seconds) for name, seconds in re.findall(r"([a-z0-9 ]+?) ([0-9.]+) s", times[1])}
        if times
        else None
    )
    cpu = round(usage.ru_utime + usage.ru_stime, 1)
    return Cost(what, cpu, round(wall, 1), usage.ru_maxrss // 1024, steps)


def _verify(home: Path, count: int) -> None:
    """A fast run that counts wrongly is not fast."""
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        found = connection.execute("select measure, average_pct, count(*) from region_rates group by all").fetchall()
    averages = {(measure, average) for measure, average, _ in found}
    if averages != AVERAGES or {districts_found for *_, districts_found in found} != {count}:
        raise SystemExit(f"the averages are not those of the printed annexes: {found}")


if __name__ == "__main__":
    sys.exit(main())
