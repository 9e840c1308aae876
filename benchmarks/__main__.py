"""What a run costs: whole processes, CPU seconds and memory, beside two hand-written scripts over the same files.

    python -m benchmarks --size S                 one district; M has 90, L has 900
    python -m benchmarks --districts 6 --airflow  six, and the same through Airflow
    python -m benchmarks --size L --keep FOLDER   what was delivered and made stays there
    python -m benchmarks --page                   results/index.html from all results there are

Each run has a home of its own. Districts are invented (benchmarks/districts.py); their averages must come out as printed, and both
scripts must count the same. A script that does not end within the memory that the run gets is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import duckdb

from benchmarks import districts, measure
from benchmarks.measure import Cost

RESULTS = Path(__file__).parent / "results"
SIZES = {"S": 1, "M": 90, "L": 900}
# from so many districts on a run gets more than 2 GB
_LARGE, _LARGE_LIMIT = 300, "3500MB"
AVERAGES = {("realisation", Decimal("92.53")), ("satisfaction", Decimal("94.77"))}
_COUNTS = ("frame_row_count", "sample_count", "satisfaction_count", "satisfied_count", "visits_count")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n\n")[0])
    parser.add_argument("--size", choices=SIZES, default="S", help="S: 1 district, M: 90, L: 900 (default: S)")
    parser.add_argument("--districts", type=int, help="another number of districts, of 91,000 frame rows each")
    parser.add_argument(
        "--formats", default="html", help="documents of each district: html, html pdf, … (default: html)"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work in this folder, and leave all in it")
    parser.add_argument("--workers", type=int, help="CALLBACK_SURVEY_WORKERS (default: as many as processors)")
    parser.add_argument(
        "--airflow", action="store_true", help="the first run through Airflow too, in a home of its own"
    )
    parser.add_argument("--page", action="store_true", help="only write the page of the results there are")
    given = parser.parse_args()
    if not given.page:
        count = given.districts or SIZES[given.size]
        kept = nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory(prefix="callback-survey-bench-")
        with kept as scratch:
            costs, size = _measure(Path(scratch), count, given)
        _keep(costs, count, size, given.formats)
    from benchmarks import page

    print(page.write(RESULTS))
    return 0


def _measure(folder: Path, count: int, given: argparse.Namespace) -> tuple[list[Cost], int]:
    for code in districts.write(folder, count):
        print(f"written: {code}", flush=True)
    exports, registers, home = folder / "exports", folder / "registers", folder / "home"
    size = sum(path.stat().st_size for path in exports.rglob("*.csv"))
    settings = {
        "CALLBACK_SURVEY_HOME": str(home),
        "CALLBACK_SURVEY_EXPORTS": str(exports),
        "CALLBACK_SURVEY_REGISTERS": str(registers),
        "CALLBACK_SURVEY_PRIVACY_KEY": "a key for the benchmark only, 32 characters",
        "CALLBACK_SURVEY_DOCUMENTS": given.formats,
        "CALLBACK_SURVEY_MEMORY_LIMIT": _LARGE_LIMIT if count >= _LARGE else "2GB",
        **({"CALLBACK_SURVEY_WORKERS": str(given.workers)} if given.workers else {}),
    }
    costs: list[Cost] = []

    def add(what: str, command: Sequence[str | Path], own: Mapping[str, str] | None = None) -> None:
        told = measure.cost(what, command, {**settings, **(own or {})})
        costs.append(told)
        line = f"{what:26} {told.cpu_seconds:8.1f} CPU s {told.wall_seconds:8.1f} s {told.tree_mb:6} MB"
        if base := measure.base(costs):
            line += f"  {told.cpu_seconds / base:.1f} times the script"
        print(line, flush=True)

    command = str(Path(sys.executable).with_name("callback-survey"))
    run = [command, "run", "--quarter", districts.QUARTER]
    peers = {"script": folder / "rates.parquet", "pandas_script": folder / "rates.csv"}
    for name, target in peers.items():
        try:
            add(name, [sys.executable, "-m", f"benchmarks.{name}", exports, registers, target])
        except measure.Failed as failed:
            # any other failure is a fault of the script, and no measurement
            if "OutOfMemory" not in str(failed):
                raise
            print(f"left out, it needs more than the run's memory: {name}", flush=True)
    if len(costs) == len(peers):
        verify_peers(*peers.values())
    add("first run", run)
    _verify(home, count)
    add("again, nothing new", run)
    _correct(exports / districts.codes(1)[0] / districts.QUARTER)
    add("one district corrected", [*run, "--region", districts.codes(1)[0]])
    if given.airflow:
        through = {"CALLBACK_SURVEY_HOME": str(folder / "airflow")}
        add("first run, Airflow", [command, "airflow", *run[1:]], through)
        _verify(folder / "airflow", count)
    return costs, size


def _keep(costs: Sequence[Cost], count: int, size: int, formats: str) -> None:
    found = {
        "districts": count,
        "bytes": size,
        "formats": formats,
        **measure.machine(),
        "costs": [asdict(cost) for cost in costs],
    }
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"districts-{count}.json"
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(target)


def _correct(delivered: Path) -> None:
    """A delivery that is sent again without its last call."""
    path = sorted(delivered.glob("calls*.csv"))[-1]
    lines = path.read_bytes().splitlines(keepends=True)[:-1]
    path.write_bytes(b"".join(lines))
    manifest = json.loads((delivered / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["files"]:
        if file["name"] == path.name:
            file |= {"rows": len(lines) - 1, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (delivered / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def verify_peers(parquet: Path, csv: Path) -> None:
    counts = ", ".join(_COUNTS)
    texts = "{'region_code': 'varchar', 'department_code': 'varchar'}"
    other = f"select region_code, department_code, {counts} from read_csv('{csv}', types = {texts})"
    own = f"select region_code, department_code, {counts} from '{parquet}'"
    different = duckdb.sql(f"(({own}) except ({other})) union all (({other}) except ({own}))").fetchall()
    if different:
        raise SystemExit(f"the two scripts count differently: {different[:5]}")


def _verify(home: Path, count: int) -> None:
    """A fast run that counts wrongly is not fast."""
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        found = connection.execute("select measure, average_pct, count(*) from region_rates group by all").fetchall()
    averages = {(name, average) for name, average, _ in found}
    if averages != AVERAGES or {districts_found for *_, districts_found in found} != {count}:
        raise SystemExit(f"the averages are not those of the printed annexes: {found}")


if __name__ == "__main__":
    sys.exit(main())
