"""Write what BI tools need of the semantic definitions in dbt: `.venv/bin/python scripts/bi_files.py`, or `--check`.

    bi/superset/datasets/callback_survey/<mart>.yaml    Superset's datasets, with columns, metrics and their descriptions
    docs/bi.md                                          the tables between the two marks

The charts and the dashboard in bi/superset/ are written by hand: they choose and arrange, and define nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml

import marts_doc
import metrics
from callback_survey.storage import files
from callback_survey.warehouse.published import Labels
from metrics import Mart

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "bi.md"
DATASETS = REPOSITORY / "bi" / "superset" / "datasets" / "callback_survey"
BEGIN, END = (
    "<!-- metrics: made by scripts/bi_files.py of the definitions in dbt_project/models/marts/ -->",
    "<!-- /metrics -->",
)
# How Superset writes a figure.
_FORMATS = {"percent": ",.2f", "points": "+,.2f", "count": ",d"}
_TYPES = {"string": "VARCHAR"}
# The contrast test is of use to who knows what it is made of, and misleads everybody else: docs/methodology.md.
_FOR_METHODOLOGISTS = "contrast_"
# The database that the datasets belong to: bi/superset/databases/callback_survey.yaml
DATABASE_UUID = str(uuid5(NAMESPACE_URL, "callback_survey/database"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write Superset's datasets and the tables of docs/bi.md from dbt.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file would change")
    parser.add_argument("--manifest", type=Path, help="dbt's manifest.json (default: parse the project now)")
    options = parser.parse_args(arguments)
    if options.manifest is not None:
        wanted = contents(options.manifest)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            wanted = contents(marts_doc.parse_project(Path(scratch)))
    changed = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    left_over = sorted(set(DATASETS.glob("*.yaml")) - set(wanted))
    if not options.check:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        for path in left_over:
            path.unlink()
    elif changed or left_over:
        names = ", ".join(path.relative_to(REPOSITORY).as_posix() for path in [*changed, *left_over])
        print(f"not what dbt says: {names}; run: .venv/bin/python scripts/bi_files.py", file=sys.stderr)
        return 1
    return 0


def contents(manifest: Path) -> dict[Path, str]:
    """Every generated file with its text."""
    marts = metrics.marts(manifest)
    labels = Labels.read(files.read_json(manifest))
    found = {DATASETS / f"{mart.name}.yaml": _yaml(dataset(mart, labels)) for mart in marts}
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    found[DOCUMENT] = "\n".join([f"{before}{BEGIN}", *_tables(marts), f"{END}{after}"])
    return found


def dataset(mart: Mart, labels: Labels) -> dict[str, Any]:
    """One dataset in the form of Superset's own export. It is a query, so that a filter can show names for codes."""
    # `or None`: an empty label would be shown as one
    columns = [
        _column(c.name, _TYPES.get(c.data_type, c.data_type.upper()), c.description)
        for c in mart.columns
        if not c.name.startswith(_FOR_METHODOLOGISTS)
    ]
    columns += [_column(name, "VARCHAR", description) for name, _, description in _joined(mart)]
    columns += [_column(d.name, "VARCHAR", d.description, d.expression) for d in mart.dimensions]
    own = {dimension.name: dimension.label for dimension in mart.dimensions}
    for column in columns:
        name = column["column_name"]
        column["verbose_name"] = own.get(name) or labels.column(mart.name, name) or None
    return {
        "table_name": mart.name,
        "description": mart.description,
        "main_dttm_col": None,
        "schema": "main",
        "sql": _query(mart),
        "filter_select_enabled": True,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": str(identity("dataset", mart.name)),
        "columns": columns,
        "metrics": [
            {
                "metric_name": metric.name,
                "verbose_name": metric.label,
                "expression": metric.expression,
                "description": metric.description,
                "d3format": _FORMATS[metric.unit],
            }
            for metric in mart.metrics
        ],
        "version": "1.0.0",
        "database_uuid": DATABASE_UUID,
    }


def identity(kind: str, name: str) -> UUID:
    """The same thing has the same identity in every Superset, so an import replaces what an earlier one brought."""
    return uuid5(NAMESPACE_URL, f"callback_survey/{kind}/{name}")


def _joined(mart: Mart) -> list[tuple[str, str, str]]:
    """Names for codes, where the mart lacks them: column, join, description."""
    present = {column.name for column in mart.columns}
    joins = [
        ("region_name", "left join regions using (region_code)", "Name of the region, from regions."),
        ("measure_name", "left join measures using (measure)", "Name of the measure as printed in the notice."),
    ]
    keys = {"region_name": "region_code", "measure_name": "measure"}
    return [join for join in joins if join[0] not in present and keys[join[0]] in present]


def _query(mart: Mart) -> str:
    joined = _joined(mart)
    chosen = "".join(f", {join.split()[2]}.{name}" for name, join, _ in joined)
    hidden = ", ".join(c.name for c in mart.columns if c.name.startswith(_FOR_METHODOLOGISTS))
    every = f"{mart.name}.*" + (f" exclude ({hidden})" if hidden else "")
    return "\n".join([f"select {every}{chosen}", f"from {mart.name}", *(join for _, join, _ in joined)])


def _column(name: str, data_type: str, description: str, expression: str | None = None) -> dict[str, Any]:
    return {
        "column_name": name,
        "verbose_name": None,
        "description": description,
        "type": data_type,
        "expression": expression,
        "is_dttm": False,
        "is_active": True,
        "groupby": True,
        "filterable": True,
    }


def _tables(marts: tuple[Mart, ...]) -> Iterator[str]:
    for mart in marts:
        yield from ("", f"### Of `{mart.name}`", "", "| metric | label | unit | formula | what it is, and what not |")
        yield "|---|---|---|---|---|"
        for metric in mart.metrics:
            cells = (metric.label, metric.unit, _code(metric.expression), _cell(metric.description))
            yield f"| `{metric.name}` | {' | '.join(cells)} |"
        if mart.dimensions:
            yield from ("", "| column to compute | label | formula | what it says |", "|---|---|---|---|")
            for dimension in mart.dimensions:
                cells = (dimension.label, _code(dimension.expression), _cell(dimension.description))
                yield f"| `{dimension.name}` | {' | '.join(cells)} |"
    yield ""


def _code(text: str) -> str:
    return f"`{_cell(' '.join(text.split()))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _yaml(value: dict[str, Any]) -> str:
    head = "# Made by scripts/bi_files.py of the definitions in dbt_project/models/marts/; edit those, then run it again.\n"
    text: str = yaml.dump(value, allow_unicode=True, sort_keys=False, width=110)
    return head + text


if __name__ == "__main__":
    sys.exit(main())
