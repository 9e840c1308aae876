"""Readers of the served Parquet folder during switches, and which versions of DuckDB can open the served file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from callback_survey.releases import Inventory, Release
from callback_survey.serving import readers
from callback_survey.serving import serve as serving
from callback_survey.storage import files
from published import make_release

# A notebook in a process of its own: finds out once where the folder leads, then reads all tables there.
READER = """
import select, sys
from pathlib import Path
import duckdb
seen, tables = None, ("department_rates", "departments", "notes", "releases")
while not select.select([sys.stdin], [], [], 0)[0]:
    folder = Path(sys.argv[1]).resolve()
    marks = set()
    for table in tables:
        column = "max(revision)::text" if table == "releases" else "marker"
        where = "where is_served" if table == "releases" else ""
        marks |= set(duckdb.sql(f"select distinct {column} from '{folder}/{table}/*.parquet' {where}").fetchall())
    if len(marks) != 1:
        sys.exit(f"a mixture of versions: {marks}")
    if marks != seen:
        seen = marks
        print(next(iter(marks))[0], flush=True)
"""


def release_of(root: Path, number: int) -> Release:
    keys = "select '330109' as region_code, '2018Q1' as quarter"
    tables = {
        "department_rates": f"{keys}, 'd' || i as department_code, '{number}' as marker from range(2000) t(i)",
        "departments": f"{keys}, 'd' || i as department_code, '{number}' as marker from range(2000) t(i)",
        "notes": f"{keys}, '{number}' as marker",
    }
    return make_release(root, revision=number, marker=str(number), tables=tables)


def test_a_reader_of_one_resolved_parquet_folder_never_meets_a_mixture_or_an_error(tmp_path: Path) -> None:
    folder, releases = tmp_path / "serving", [release_of(tmp_path / "releases", number) for number in range(1, 7)]

    def serve(release: Release) -> None:
        found = Inventory(tuple(releases[: release.revision]), (release,), {}, {})
        serving.serve(found, serving=folder, memory_limit="1GB")

    serve(releases[0])
    command = [sys.executable, "-c", READER, str(folder / "parquet")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        seen = []
        # the version before stays while one is switched; who needs longer than two switches has to look again
        for release in releases[1:]:
            seen.append(reader.stdout.readline())
            serve(release)
        seen.append(reader.stdout.readline())
        reader.stdin.close()
    assert reader.returncode == 0, "the reader always found one whole version"
    assert seen == [f"{number}\n" for number in range(1, 7)]


def test_the_served_file_can_be_opened_by_duckdb_1_0_and_later(tmp_path: Path) -> None:
    """BI drivers hold older versions than ours. Storage version 64 is that of DuckDB 0.9 to 1.1, which all later ones read."""
    release = release_of(tmp_path / "releases", 1)
    report = serving.serve(Inventory((release,), (release,), {}, {}), serving=tmp_path / "serving", memory_limit="1GB")
    header = report.marts.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64
    with duckdb.connect(str(report.marts), read_only=True) as connection:
        tags = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where not internal"
        ).fetchall()
    assert tags == [("v1.0.0+",)]


def test_a_revision_that_was_set_aside_as_the_runbook_says_hides_nothing_that_is_served(tmp_path: Path) -> None:
    served = make_release(tmp_path / "releases", revision=1)
    make_release(tmp_path / "releases", revision=2).folder.rename(served.folder.with_name("r2.damaged"))
    current = tmp_path / "serving" / "current"
    current.mkdir(parents=True)
    files.write_json(current / "served.json", [[served.key, served.content_hash]])
    (found,) = readers.served(tmp_path / "serving", tmp_path / "releases")
    assert (found.region_code, found.revision) == ("330109", 1)
