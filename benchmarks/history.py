"""What a history of releases costs: one released quarter, frozen again under other codes and quarters, with hashes of its own.

    python -m benchmarks.history --from <home> --releases 5 40 300      results/growth.json, and the page

`<home>` has released the sample's first quarter (make run). Releases are written as the pipeline would have left them; then they are
served, and once more after one more release.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from benchmarks import measure, page
from benchmarks.districts import FIRST_CODE, QUARTER, REGION
from benchmarks.measure import Cost
from callback_survey.quarter import Quarter
from callback_survey.releases import hashes
from callback_survey.releases.model import RELEASE_FILE, combined_hash
from callback_survey.storage import duck, files
from callback_survey.warehouse.published import content_hash

TARGET = Path(__file__).parent / "results" / "growth.json"
# of each region, from the sample's first one on
QUARTERS, LAST_QUARTER = 20, "2022Q4"


@dataclass(frozen=True)
class Copy:
    """A released quarter as another region's in another quarter."""

    region_code: str
    quarter: str


def copies(count: int, quarters: int = QUARTERS) -> Iterator[Copy]:
    """So many, region by region, each with `quarters` of them from the sample's first one on."""
    for number in range(count):
        quarter = Quarter.parse(QUARTER)
        for _ in range(number % quarters):
            quarter = quarter.next()
        yield Copy(str(FIRST_CODE + number // quarters), str(quarter))


def write(source: Path, releases: Path, wanted: Copy) -> Path:
    """Freeze the release in the folder `source` as r1 of another region and quarter below `releases`; returns its folder."""
    target = releases / wanted.region_code / wanted.quarter / "r1"
    target.mkdir(parents=True)
    document = json.loads(_renamed((source / RELEASE_FILE).read_text(encoding="utf-8"), wanted))
    document |= {"revision": 1, "difference": None, "compared_with": None}
    with duckdb.connect() as connection:
        for name, table in document["tables"].items():
            table |= _copy_table(connection, source, target, name, tuple(table["order_by"]), wanted)
    for folder in ("checks", "notice"):
        shutil.copytree(source / folder, target / folder)
    for path in (*(target / "checks").glob("*.json"), *source.glob("*.*")):
        if path.name != RELEASE_FILE:
            own = target / path.name if path.parent == source else path
            own.write_text(_renamed(path.read_text(encoding="utf-8"), wanted), encoding="utf-8")
            if path.parent != source:
                path.rename(path.with_name(_renamed(path.name, wanted)))
    document["content_hash"] = combined_hash(
        {name: table["content_hash"] for name, table in document["tables"].items()}, None
    )
    document["files"] = hashes.hashes_of(target)
    files.write_json(target / RELEASE_FILE, document)
    hashes.write(target)
    return target


def _copy_table(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    target: Path,
    name: str,
    order_by: tuple[str, ...],
    wanted: Copy,
) -> dict[str, str]:
    parquet, csv = f"marts/{name}.parquet", f"csv/{name}.csv"
    for path in (parquet, csv):
        (target / path).parent.mkdir(exist_ok=True)
    rows = duck.read_parquet([source / parquet])
    described = connection.execute(f"describe from {rows}").fetchall()
    changed = ", ".join(
        f"replace(replace({duck.name(column)}, '{REGION}', '{wanted.region_code}'), '{QUARTER}', '{wanted.quarter}') "
        f"as {duck.name(column)}"
        for column, kind, *_ in described
        if kind == "VARCHAR"
    )
    replaced = f"replace ({changed})" if changed else ""
    connection.execute(f"create or replace temp table copied as select * {replaced} from {rows}")
    ordered = f"(from copied order by {', '.join(order_by)})"
    connection.execute(f"copy {ordered} to {duck.text(target / parquet)} (format parquet, compression zstd)")
    (target / csv).write_text(_renamed((source / csv).read_text(encoding="utf-8"), wanted), encoding="utf-8")
    return {
        "content_hash": content_hash(connection, "copied", order_by),
        "parquet_sha256": files.sha256_of(target / parquet),
        "csv_sha256": files.sha256_of(target / csv),
    }


def _renamed(text: str, wanted: Copy) -> str:
    return text.replace(REGION, wanted.region_code).replace(QUARTER, wanted.quarter)


def serve() -> None:
    """What the step of a run does, over the home that the settings name."""
    from callback_survey.pipeline import steps
    from callback_survey.run import Run
    from callback_survey.settings import load_settings

    steps.serve(Run(load_settings(), "benchmark"))


def costs(source: Path, home: Path, count: int) -> Iterator[Cost]:
    """Write `count` releases and one more into a home, and measure whole processes over them."""
    *first, last = copies(count + 1)
    for wanted in first:
        write(source, home / "releases", wanted)
    # the SQL of the roll-ups, as the last build compiled it
    (home / "warehouse" / "dbt").mkdir(parents=True, exist_ok=True)
    shutil.copy(source.parents[3] / "warehouse" / "dbt" / "manifest.json", home / "warehouse" / "dbt")
    settings = {"CALLBACK_SURVEY_HOME": str(home), "CALLBACK_SURVEY_MEMORY_LIMIT": "2GB"}
    served = [sys.executable, "-c", "from benchmarks.history import serve; serve()"]
    listed = [str(Path(sys.executable).with_name("callback-survey")), "releases", "list"]
    yield measure.cost("serve: all anew", served, settings)
    write(source, home / "releases", last)
    yield measure.cost("serve: one more", served, settings)
    yield measure.cost("serve: nothing new", served, settings)
    yield measure.cost("releases list", listed, settings)
    yield measure.cost("releases list, one region", [*listed, "--region", str(FIRST_CODE)], settings)
    verified = [*listed[:2], "verify", "--since", LAST_QUARTER]
    yield measure.cost("releases verify, last quarter", verified, settings)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--from", dest="source", type=Path, required=True, help="a home that released 2018Q1 of the sample"
    )
    parser.add_argument("--releases", type=int, nargs="+", default=[5, 40, 300], help="how many (default: 5 40 300)")
    given = parser.parse_args(arguments)
    source = given.source.resolve() / "releases" / REGION / QUARTER / "r1"
    found: dict[str, list[dict[str, object]]] = {}
    for count in given.releases:
        with tempfile.TemporaryDirectory(prefix="callback-survey-bench-") as scratch:
            for cost in costs(source, Path(scratch), count):
                found.setdefault(str(count), []).append(asdict(cost))
                print(
                    f"{count:6} releases  {cost.what:30} {cost.cpu_seconds:8.1f} CPU s {cost.wall_seconds:8.1f} s "
                    f"{cost.tree_mb:6} MB",
                    flush=True,
                )
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps({**measure.machine(), "releases": found}, indent=1) + "\n", encoding="utf-8")
    print(page.write(TARGET.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
