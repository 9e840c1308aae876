"""What the same build costs by each engine: landed districts, an empty warehouse, by DuckDB and on a Spark cluster of this machine.

    python -m benchmarks.engines --districts 1 6       needs .venv-spark (make .venv-spark/.installed)

Nothing may be new to either: the releases of the first run are compared with what was built again, so the engines agree.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path

import psutil

from benchmarks import districts, measure

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "spark"))

from spark_cluster import HOST, Cluster, spark_home  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__.split("\n\n")[0])
    parser.add_argument("--districts", type=int, nargs="+", default=[1], help="of 91,000 frame rows each (default: 1)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callback-survey-engines-") as scratch:
        cluster = Cluster(Path(scratch) / "cluster", spark_home(REPOSITORY / ".venv-spark"))
        cluster.start()
        try:
            for count in given.districts:
                _measure(Path(scratch) / str(count), count, cluster)
        finally:
            cluster.stop()
    return 0


def _measure(folder: Path, count: int, cluster: Cluster) -> None:
    for _ in districts.write(folder, count):
        pass
    command: list[str | Path] = [
        Path(sys.executable).with_name("callback-survey"),
        "run",
        "--quarter",
        districts.QUARTER,
    ]
    settings = {
        "CALLBACK_SURVEY_EXPORTS": str(folder / "exports"),
        "CALLBACK_SURVEY_REGISTERS": str(folder / "registers"),
        "CALLBACK_SURVEY_PRIVACY_KEY": "a key for the benchmark only, 32 characters",
        "CALLBACK_SURVEY_DOCUMENTS": "html",
        "CALLBACK_SURVEY_MEMORY_LIMIT": "2GB",
    }
    first = folder / "home"
    measure.cost("first run", command, {**settings, "CALLBACK_SURVEY_HOME": str(first)})
    shutil.rmtree(first / "warehouse")
    engines = {
        "duckdb": {},
        "spark": {"CALLBACK_SURVEY_ENGINE": "spark", "CALLBACK_SURVEY_SPARK_REMOTE": cluster.remote},
    }
    for name, own in engines.items():
        home = folder / name
        shutil.copytree(first, home, symlinks=True)
        before, written = _cpu_seconds(cluster), _shuffled_bytes(cluster)
        cost = measure.cost(name, command, {**settings, **own, "CALLBACK_SURVEY_HOME": str(home)})
        if list(home.glob("releases/*/*/r2")):
            raise SystemExit(f"{name} built other figures than the first run")
        print(
            f"{count:4} districts, {name:6} {cost.cpu_seconds:8.1f} CPU s of the pipeline"
            f" {_cpu_seconds(cluster) - before:8.1f} CPU s of the cluster"
            f" {(cost.steps or {}).get('build', 0):8.1f} s build {cost.wall_seconds:8.1f} s"
            f" {(_shuffled_bytes(cluster) - written) / 1e6:8.1f} MB shuffled"
            f" {cost.tree_mb:6} MB pipeline {_largest_mb(cluster):6} MB largest executor",
            flush=True,
        )


def _processes(cluster: Cluster) -> list[psutil.Process]:
    roots = [psutil.Process(process.pid) for process in cluster.processes.values()]
    return [*roots, *(child for root in roots for child in root.children(recursive=True))]


def _cpu_seconds(cluster: Cluster) -> float:
    times = [process.cpu_times() for process in _processes(cluster)]
    return float(sum(time.user + time.system for time in times))


def _largest_mb(cluster: Cluster) -> int:
    workers = [psutil.Process(cluster.processes[name].pid) for name in cluster.processes if name.startswith("worker")]
    executors = [child for worker in workers for child in worker.children(recursive=True)]
    return max((executor.memory_info().rss for executor in executors), default=0) >> 20


def _shuffled_bytes(cluster: Cluster) -> int:
    """What the stages wrote for each other, as Spark's own pages tell it."""
    pages = f"http://{HOST}:{cluster.ports['pages']}/api/v1/applications"
    with urllib.request.urlopen(pages, timeout=60) as answer:
        (application,) = json.load(answer)
    with urllib.request.urlopen(f"{pages}/{application['id']}/stages?status=complete", timeout=60) as answer:
        return sum(stage["shuffleWriteBytes"] for stage in json.load(answer))


if __name__ == "__main__":
    sys.exit(main())
