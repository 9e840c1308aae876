"""Whether a change of the code left every figure as it was: the five sample quarters, run afresh and told as hashes.

  .venv/bin/python scripts/unchanged.py > before.json              # at the commit before
  .venv/bin/python scripts/unchanged.py --against before.json      # at each commit after; exits with 1 and names what moved
  .venv/bin/python scripts/unchanged.py --without-text > before.json

Told are the delivery, the content hash and every released table of each release, and every served table. With --without-text
the text columns that are no keys are left out, and with them the content hashes: for a commit that changes wording alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

REPOSITORY = Path(__file__).resolve().parents[1]
QUARTERS = "2018Q1..2019Q1"
KEY = "a key for figures that are compared with themselves"
# Made anew in each run: they say when and by which code, not what.
_OF_A_RUN = {"run_id", "released_at", "checked_at", "code_version", "code_fingerprint", "build_id", "built_at"}
_KEYS = ("_code", "_token", "_id", "quarter", "measure", "grade", "status", "severity", "outcome")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, metavar="FILE", help="what an earlier commit printed")
    parser.add_argument("--without-text", action="store_true", help="leave out text columns that are no keys")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        run_quarters(Path(home))
        found = figures(Path(home), is_text_wanted=not options.without_text)
    if options.against is None:
        print(json.dumps(found, indent=1, sort_keys=True))
        return 0
    before = json.loads(options.against.read_text(encoding="utf-8"))
    moved = sorted(name for name in before.keys() | found.keys() if before.get(name) != found.get(name))
    for name in moved:
        print(f"{name}: {before.get(name)} -> {found.get(name)}", file=sys.stderr)
    print(f"{len(found)} figures compared, {len(moved)} moved")
    return 1 if moved else 0


def run_quarters(home: Path) -> None:
    """Run the sample's quarters into an empty home, from the command line as a user would."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("CALLBACK_SURVEY_")}
    command = [Path(sys.executable).with_name("callback-survey"), "run", "--quarter", QUARTERS, "--home", home]
    subprocess.run(
        [*command, "--exports", REPOSITORY / "sample_exports"],
        env={**settings, "CALLBACK_SURVEY_PRIVACY_KEY": KEY, "CALLBACK_SURVEY_DOCUMENTS": "html"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def figures(home: Path, *, is_text_wanted: bool) -> dict[str, str]:
    """A hash for each delivery, release and table, by a name that says where it is."""
    found = {}
    for path in sorted(home.glob("releases/*/*/r*/release.json")):
        release = json.loads(path.read_text(encoding="utf-8"))
        name = "/".join(path.parts[-4:-1])
        found[f"{name} delivery_id"] = release["delivery_id"]
        if is_text_wanted:
            found[f"{name} content_hash"] = release["content_hash"]
    for path in sorted(home.glob("releases/*/*/r*/marts/*.parquet")):
        name = f"{'/'.join(path.parts[-5:-2])} {path.stem}"
        found[name] = table_hash(duckdb.connect(), f"'{path}'", is_text_wanted=is_text_wanted)
    with duckdb.connect(str(home / "serving/current/marts.duckdb"), read_only=True) as served:
        for (table,) in served.execute("select table_name from duckdb_tables() order by 1").fetchall():
            found[f"served {table}"] = table_hash(served, f'main."{table}"', is_text_wanted=is_text_wanted)
    return found


def table_hash(connection: duckdb.DuckDBPyConnection, relation: str, *, is_text_wanted: bool) -> str:
    """A hash of a relation's rows in their order of values, without what belongs to a run."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = [
        name
        for name, kind, *_ in described
        if name not in _OF_A_RUN and (is_text_wanted or kind != "VARCHAR" or name.endswith(_KEYS))
    ]
    listed = ", ".join(f'"{name}"' for name in columns)
    digest = hashlib.sha256(repr([row[:2] for row in described if row[0] in columns]).encode())
    for row in connection.execute(f"select {listed} from {relation} order by all").fetchall():
        digest.update(repr(row).encode())
    return digest.hexdigest()[:20]


if __name__ == "__main__":
    sys.exit(main())
