"""Roll-ups: tables over all regions and quarters, made from released tables while serving is assembled.

Their SQL stands in dbt_project/rollups/ and is rendered here with the project's own macros, so that a figure is rounded in
one way only. dbt itself does not run them: the warehouse holds what a run built, not what is served.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callback_survey.errors import SurveyError

if TYPE_CHECKING:
    import duckdb
    import jinja2

_ENGINE = "duckdb"
_DOCS_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", flags=re.DOTALL)


@dataclass(frozen=True)
class Rollup:
    """One query. A step on the way has no columns: it is not served. `columns` maps a name to its type and meaning."""

    name: str
    query: str
    description: str
    key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    columns: tuple[tuple[str, str, str], ...] = ()

    @property
    def is_served(self) -> bool:
        return bool(self.columns)


@dataclass(frozen=True)
class Rollups:
    """The queries in their order, and what they read: table, column, type."""

    inputs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    queries: tuple[Rollup, ...] = ()

    @property
    def served(self) -> list[Rollup]:
        return [rollup for rollup in self.queries if rollup.is_served]


def read(dbt_project: Path) -> Rollups:
    """The roll-ups of a dbt project, rendered for DuckDB. Raises SurveyError where the project has none."""
    import yaml

    folder = dbt_project / "rollups"
    if not (folder / "rollups.yml").is_file():
        raise SurveyError(
            "the dbt project has no roll-ups, so the served tables would lack them",
            where=str(folder / "rollups.yml"),
            next_step="copy the folder rollups from the repository",
        )
    document = yaml.safe_load((folder / "rollups.yml").read_text(encoding="utf-8"))
    environment = _environment(dbt_project)
    relations = {name: f"input_{name}" for name in document["inputs"]}
    # a query finds the released tables and what was made before it, nothing else
    environment.globals["ref"] = relations.__getitem__
    queries = []
    for entry in [*document["steps"], *document["tables"]]:
        query = environment.from_string((folder / f"{entry['name']}.sql").read_text(encoding="utf-8")).render()
        queries.append(_rollup(entry, query, environment))
        relations[entry["name"]] = entry["name"]
    inputs = tuple((name, tuple(columns.items())) for name, columns in document["inputs"].items())
    return Rollups(inputs, tuple(queries))


def write(connection: duckdb.DuckDBPyConnection, rollups: Rollups) -> None:
    """Make the tables in the file that the released tables stand in."""
    for name, columns in rollups.inputs:
        _define_input(connection, name, columns)
    for rollup in rollups.queries:
        if rollup.is_served:
            ordered = f"select * from ({rollup.query}) order by {', '.join(rollup.order_by)}"
            connection.execute(f"create table {rollup.name} as {ordered}")
        else:
            connection.execute(f"create temp table {rollup.name} as {rollup.query}")


def _define_input(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[tuple[str, str], ...]) -> None:
    """The columns that the roll-ups read, whatever the releases hold: an early one may lack a table or a column."""
    found = connection.execute(
        "select column_name from duckdb_columns() where table_name = $1 and not internal", [name]
    ).fetchall()
    present = {column for (column,) in found}
    chosen = [f"cast({c if c in present else 'null'} as {data_type}) as {c}" for c, data_type in columns]
    source = f"from {name}" if present else "where false"
    connection.execute(f"create temp view input_{name} as select {', '.join(chosen)} {source}")


def _rollup(entry: dict[str, Any], query: str, environment: jinja2.Environment) -> Rollup:
    def described(item: dict[str, Any]) -> str:
        return " ".join(environment.from_string(item["description"]).render().split())

    return Rollup(
        name=entry["name"],
        query=query,
        description=described(entry),
        key=tuple(entry.get("key", ())),
        order_by=tuple(entry.get("order_by", ())),
        columns=tuple((column["name"], column["data_type"], described(column)) for column in entry.get("columns", ())),
    )


def _environment(dbt_project: Path) -> jinja2.Environment:
    """Jinja with as much of dbt as the roll-ups use: the project's macros, `return`, and dispatch to DuckDB's form."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    environment.globals |= {"return": lambda value: value, "adapter": _Adapter(environment)}
    # every macro sees every other, as in dbt, where files do not matter
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((dbt_project / "macros").glob("*.sql")))
    macros = environment.from_string(source).make_module()
    environment.globals |= {name: value for name, value in vars(macros).items() if not name.startswith("_")}
    blocks = _DOCS_BLOCK.findall((dbt_project / "models" / "columns.md").read_text(encoding="utf-8"))
    environment.globals["doc"] = {name: text.strip() for name, text in blocks}.__getitem__
    return environment


class _Adapter:
    """What dbt's `adapter` does for a dispatched macro: the engine's own form where there is one, else the default."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment

    def dispatch(self, macro_name: str, _namespace: str = "") -> Any:
        forms = self._environment.globals
        return forms.get(f"{_ENGINE}__{macro_name}") or forms[f"default__{macro_name}"]
