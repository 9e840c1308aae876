"""Write docs/marts.md from the dbt project: `.venv/bin/python scripts/marts_doc.py`, or `--check` to compare only.

Names, types, keys and meanings come from where they are enforced: dbt's manifest for marts and roll-ups, the package for the
tables that say what was released and checked. Only the prose around them is written here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.serving import added, carried, check_results, rollups, tables, wide
from callback_survey.serving.carried import Carried
from callback_survey.warehouse.published import PUBLIC, RESTRICTED, Labels, published_tables
from callback_survey.warehouse.references import REFERRED_TO

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "marts.md"
# What dbt's contracts call a type, as DuckDB shows it to a reader.
_TYPES = {"string": "VARCHAR"}
_ORDER = (
    *("department_rates", "department_quarters", "department_answers", "region_rates", "below_average"),
    *("region_rollups", "department_rolling_rates", "region_rolling_rates", "region_rankings"),
    *("annexes", "annex_satisfaction", "annex_realisation", "reconciliation"),
    *("call_outcomes", "region_call_outcomes", "findings", "finding_codes"),
    *("assessment_points", "assessment_contributions"),
    *("releases", "check_results", "departments", "current_departments", "department_successions"),
    *("regions", "quarters", "measures", "measure_definitions", "inference_settings", "disclosure_rules", "footnotes"),
)

INTRODUCTION = """\
<!-- Made by scripts/marts_doc.py. Edit that file or the descriptions in dbt_project/, then run it again. -->
# Marts: the tables you can rely on

These tables are what the project promises to its readers. They are in `serving/marts.duckdb` (schema `main`), and the same
tables as Parquet in `serving/parquet/<table>/`. Each release also keeps its own copy, as Parquet and as CSV.

DuckDB names a database after its file, so `marts.department_rates` is the right name whether the file is opened directly or
attached as `marts`. To attach it under another name, take `serving/callback_survey.duckdb`: the same tables, and a schema `marts`.
Every table and column in the served file carries the label and the description printed here, as a comment.
What the figures mean, and how each is computed, is in [methodology.md](methodology.md).

[Rules that hold for all tables](#rules-that-hold-for-all-tables) · [What may change](#what-may-change) · [Tables](#tables), each with its
columns · [Restricted](#restricted) · [Queries to start from](#queries-to-start-from)

## Rules that hold for all tables

- **Text keys.** `region_code`, `quarter`, `department_code` and `measure` are text. `330109` is a name, not a number.
- **Percentages** (`…_pct`) are printed figures: DECIMAL(5,2), rounded half up. **Rates** (`…_rate`, `rate`) are unrounded
  fractions between 0 and 1, DOUBLE. **Counts** are BIGINT.
- **Moments** (`…_at`) are TIMESTAMP WITH TIME ZONE: an instant, shown in the reader's zone. **Days** (`…_on`) are DATE.
- **Invented data.** Figures have `is_synthetic` and `data_note`, what the senders say of the data behind them; a roll-up is synthetic where
  any part of it is. Both are added while serving, and stand in no release.
- **NULL is not zero.** A department without answers has NULL in every rate, rank and flag. It keeps its rows and its counts.
- **Keys are declared.** The key of each table is a primary key in the served file and in PostgreSQL; where a column of it may be empty,
  it is unique. A table that has the whole key of @REFERRED_TO@ refers to it by a foreign key.
- **One name for charts.** `department_name` is that of the row's quarter. `department_current_name` is the one that the department has now;
  it is added while serving, stands in no release, and follows a rename.
- **One revision.** For each region and quarter the tables show one release: the latest, or the earlier one that somebody rolled
  back to. `releases` lists all of them, and what was decided about each.
- **A reader sees one version.** The file and the Parquet folder are switched together. A connection that is open keeps what it
  opened; connect again to see a new release. Always open the file read-only.

## What may change

- New columns may be added at the end of a table, and new tables may appear. Name the columns you read; do not use `select *` in a report.
- A column is not renamed, and its type is not changed. If that becomes necessary, the new form is published as a new table
  beside the old one, and the old one stays until its readers have moved.
- A correction of a quarter is a new revision. It replaces the rows of that region and quarter, and `releases` says why.

## Tables
"""

RESTRICTED_INTRODUCTION = """\
## Restricted

This table is at the level of single cases. It is not in `marts.duckdb`, not in `serving/parquet/` and in no release. It
lies in `serving/restricted/` as one Parquet file per region and quarter. It holds tokens and codes only: no case number, no
phone, no name, no free text. Still, treat it as personal data, and give its folder
only to people who need single cases. Nothing removes a partition by itself: how long they are kept is for you to decide.
"""

QUERIES = """\
## Queries to start from

Open the file with `duckdb -readonly var/serving/marts.duckdb`, or from Python with
`duckdb.connect("var/serving/marts.duckdb", read_only=True)`.

The averages beside the province's:

```sql
select quarter, measure_name, average_pct, benchmark_label, benchmark_pct, gap_to_benchmark_pct
from marts.region_rates join marts.measures using (measure)
where region_code = '330109'
order by quarter, measure_order;
```

The list below average, in the order of the notice:

```sql
select list_position, department_name, rate_pct, gap_pct
from marts.below_average
where region_code = '330109' and quarter = '2018Q1' and measure = 'satisfaction'
order by list_position;
```

One department, with what stands behind its rate:

```sql
select measure_name, sample_count, answered_count, success_count, rate_pct, rate_rank, is_below_average
from marts.department_rates
where region_code = '330109' and quarter = '2018Q1' and department_name = '区民政局';
```

Where computed and printed figures differ:

```sql
select department_name, measure, figure, computed_pct, published_pct, difference_pct
from marts.reconciliation
where status in ('adjusted', 'different')
order by department_code, measure, figure;
```

Which revision is shown, and what its checks said:

```sql
select releases.revision, releases.reason, check_results.gate, check_results.check_id, check_results.severity, check_results.observed
from marts.releases join marts.check_results using (region_code, quarter, revision)
where releases.is_served and check_results.outcome not in ('pass', 'skipped');
```

How often each check stopped or warned, over all runs that are known:

```sql
select check_id, severity, quarter, count(*) as run_count, max(checked_at) as last_checked_at, any_value(accepted_by) as accepted_by
from marts.check_results
where outcome not in ('pass', 'skipped')
group by all
order by all;
```

A warning is `outcome = 'warn'`: of a release, as many rows as its `warning_count`.

How the calls ended, from the restricted partitions:

```sql
select quarter, aapor_class, count(*) as case_count
from read_parquet('var/serving/restricted/case_outcomes/*/*/*.parquet', hive_partitioning = false)
group by all
order by all;
```
"""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    description: str
    label: str = ""


@dataclass(frozen=True)
class Table:
    name: str
    key: tuple[str, ...]
    description: str
    columns: tuple[Column, ...]
    is_rollup: bool = False
    label: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write docs/marts.md from the dbt project.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where the file would change")
    parser.add_argument("--manifest", type=Path, help="dbt's manifest.json (default: parse the project now)")
    options = parser.parse_args(arguments)
    if options.manifest is not None:
        text = document(options.manifest)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            text = document(parse_project(Path(scratch)))
    if not options.check:
        DOCUMENT.write_text(text, encoding="utf-8")
    elif not DOCUMENT.is_file() or DOCUMENT.read_text(encoding="utf-8") != text:
        print(
            "docs/marts.md is not what the dbt project says; run: .venv/bin/python scripts/marts_doc.py",
            file=sys.stderr,
        )
        return 1
    return 0


def document(manifest: Path) -> str:
    """The whole text of docs/marts.md."""
    public = {table.name: table for table in served_tables(manifest)}
    if set(public) != set(_ORDER):
        raise SystemExit(f"not the tables this page is arranged for: {', '.join(sorted(set(public) ^ set(_ORDER)))}")
    shown = [public[name] for name in _ORDER]
    overview = ["| table | one row per | what it holds |", "|---|---|---|"]
    overview += [
        f"| [`{table.name}`](#{table.name}) | {_grain(table)} | {_cell(table.description)} |" for table in shown
    ]
    restricted = [part for table in _tables(manifest, RESTRICTED) for part in _section(table)]
    introduction = INTRODUCTION.replace("@REFERRED_TO@", ", ".join(f"`{name}`" for name in REFERRED_TO))
    parts = [introduction, *overview, "", *(line for table in shown for line in _section(table))]
    return "\n".join([*parts, RESTRICTED_INTRODUCTION, *restricted, QUERIES])


def served_tables(manifest: Path) -> list[Table]:
    """All tables that readers get, as they get them."""
    public = {table.name: table for table in [*_tables(manifest, PUBLIC), *_rollups(manifest), *_served_tables()]}
    labels = Labels.read(json.loads(manifest.read_text(encoding="utf-8")))
    public[wide.NAME] = _side_by_side(public[wide.RATES], labels)
    return [_labelled(_as_served(table, public), labels) for table in public.values()]


def _side_by_side(rates: Table, labels: Labels) -> Table:
    """The wide table, its columns as those of any measure."""
    types = {column.name: column.type for column in rates.columns}
    meanings = {column.name: column.description for column in rates.columns}
    found = wide.described([("<measure>", "指标")], types, meanings, labels)
    columns = tuple(
        Column(name, types[name.removeprefix("<measure>_")], meaning.removeprefix("指标: "), found.labels.get(name, ""))
        for name, meaning in found.columns.items()
    )
    return Table(found.name, found.key, found.description, columns)


def _as_served(table: Table, public: Mapping[str, Table]) -> Table:
    """With the columns that serving adds."""
    has = {column.name for column in table.columns}
    extra = added.columns(table.name, has, public.keys(), is_rollup=table.is_rollup)
    return replace(table, columns=(*table.columns, *(Column(one.name, one.type, one.description) for one in extra)))


def _labelled(table: Table, labels: Labels) -> Table:
    columns = tuple(
        replace(column, label=column.label or labels.column(table.name, column.name)) for column in table.columns
    )
    return replace(table, columns=columns, label=labels.table(table.name))


def parse_project(scratch: Path) -> Path:
    """dbt's manifest of the project as it stands. Nothing is built, so the paths it asks for need not exist."""
    project = str(REPOSITORY / "dbt_project")
    arguments = ["--quiet", "parse", "--no-partial-parse", "--project-dir", project, "--profiles-dir", project]
    arguments += ["--target-path", str(scratch), "--log-path", str(scratch)]
    code = "import sys; from dbt.cli.main import cli; cli(sys.argv[1:])"
    environment = {**os.environ, "CALLBACK_SURVEY_WAREHOUSE": str(scratch / "none.duckdb"), "DO_NOT_TRACK": "1"}
    subprocess.run([sys.executable, "-c", code, *arguments], env=environment, check=True)
    return scratch / "manifest.json"


def _tables(manifest: Path, exposure: str) -> Iterator[Table]:
    """The marts of an exposure: names and descriptions as they are published, types from the enforced contracts."""
    nodes: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    models = {node["alias"]: node for node in nodes.values() if node["resource_type"] == "model"}
    for published in published_tables(manifest, exposure):
        typed = models[published.name]["columns"]
        columns = tuple(
            Column(name, _shown(typed[name]["data_type"]), description)
            for name, description in published.column_descriptions.items()
        )
        yield Table(published.name, published.key, published.description, columns)


def _shown(data_type: str) -> str:
    return _TYPES.get(data_type, data_type.upper())


def _rollups(manifest: Path) -> Iterator[Table]:
    for rollup in rollups.read(json.loads(manifest.read_text(encoding="utf-8"))).served:
        columns = tuple(Column(name, _shown(data_type), text) for name, data_type, text in rollup.columns)
        yield Table(rollup.name, rollup.key, rollup.description, columns, is_rollup=True)


def _served_tables() -> Iterator[Table]:
    """`releases` and `check_results`, made empty by the code that serves them."""
    with duckdb.connect(":memory:") as connection:
        tables.write_releases(connection, [], [], {})
        carried.attach(connection, Path(":memory:"), Carried())
        check_results.read_reports(connection, [], None, Carried())
        check_results.write_table(connection, [], [])
        for table in (tables.RELEASES, check_results.TABLE):
            described = connection.execute(f"describe {table.name}").fetchall()
            columns = tuple(Column(name, kind, table.columns[name]) for name, kind, *_ in described)
            yield Table(table.name, table.key, table.description, columns)


def _section(table: Table) -> Iterator[str]:
    called = f"{table.label}. " if table.label else ""
    yield from (f"### {table.name}", "", called + _sentence(table.description), "", f"Key: {_grain(table)}.", "")
    yield from ("| column | label | type | meaning |", "|---|---|---|---|")
    for column in table.columns:
        yield f"| `{column.name}` | {column.label} | {column.type} | {_cell(column.description)} |"
    yield ""


def _grain(table: Table) -> str:
    return ", ".join(f"`{name}`" for name in table.key)


def _cell(text: str) -> str:
    return _sentence(text).replace("|", "\\|")


def _sentence(text: str) -> str:
    """One line that ends with a stop: descriptions come from several places."""
    line = " ".join(text.split())
    return line if line.endswith((".", "。", "!", "?")) else f"{line}."


if __name__ == "__main__":
    sys.exit(main())
