"""What a step costs, in numbers that a busy machine does not change: modules loaded, statements given, nodes run.

A limit that is crossed on purpose is raised here, with the figure of `make bench` in the commit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pytest

from callback_survey.landing.ledger import LandingReport
from callback_survey.storage import duck
from homes import Home
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame

# what is slow to import, or has no business in a step that counts
_HEAVY = [
    "airflow",
    "altair.vegalite",
    "apprise",
    "dbt",
    "docx",
    "docxtpl",
    "duckdb",
    "great_expectations",
    "jinja2",
    "openpyxl",
    "pandas",
    "psycopg2",
    "rich",
    "scipy.stats._stats_py",
    "sqlalchemy",
    "weasyprint",
]
_LOADING = f"""
import importlib, json, sys
loaded = {{}}
for step in sys.argv[1:]:
    before = set(sys.modules)
    importlib.import_module(step)
    loaded[step] = [name for name in {_HEAVY!r} if name in sys.modules and name not in before]
print(json.dumps(loaded))
"""


def _loaded(*modules: str) -> dict[str, list[str]]:
    ended = subprocess.run(
        [sys.executable, "-c", _LOADING, *modules], capture_output=True, text=True, check=True, timeout=120
    )
    found: dict[str, list[str]] = json.loads(ended.stdout)
    return found


def test_frozen_marts_are_queried_without_pandas(small: Home) -> None:
    """A district's documents are made in a process of its own, and DuckDB imports pandas for the first parameter it is given."""
    code = f"""
import sys
from pathlib import Path
from callback_survey import releases
from callback_survey.documents.marts import QuarterMarts, open_frozen
(release,) = releases.take(Path({str(small.path / "releases")!r})).every
marts = QuarterMarts(open_frozen(release), "main", release.region_code, release.quarter)
print(marts.rows("select department_name from {{schema}}.department_rates where measure = $measure and $none is null order by 1",
    measure="satisfaction", none=None))
print("pandas" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    rows, is_loaded = ended.stdout.splitlines()
    assert "区民政局" in rows
    assert is_loaded == "False"


def test_a_step_loads_what_it_uses_and_nothing_else() -> None:
    """In the order of a run: what an earlier step has loaded, a later one has for nothing."""
    assert _loaded(
        "callback_survey.cli.main",
        "callback_survey.pipeline.local",
        "callback_survey.landing.land",
        "callback_survey.warehouse.build",
        "callback_survey.pipeline.freezing",
        "callback_survey.pipeline.following",
        "callback_survey.pipeline.documenting",
        "callback_survey.serving.serve",
        "callback_survey.alerts",
    ) == {
        "callback_survey.cli.main": [],
        "callback_survey.pipeline.local": ["duckdb"],
        "callback_survey.landing.land": [],
        "callback_survey.warehouse.build": [],
        "callback_survey.pipeline.freezing": [],
        "callback_survey.pipeline.following": [],
        "callback_survey.pipeline.documenting": [],
        "callback_survey.serving.serve": [],
        "callback_survey.alerts": [],
    }


def test_the_gates_load_a_library_without_the_third_of_it_that_no_check_uses() -> None:
    code = (
        "from callback_survey.expectations import delivery, marts\n"
        "import sys\n"
        "print([name for name in ('scipy.stats._stats_py', 'altair.vegalite', 'sqlalchemy', 'pyspark') if name in sys.modules])\n"
        # whoever does use it has it
        "from scipy import stats; import scipy.stats as again\n"
        "import pyspark, sqlalchemy\n"
        "print(stats.norm.cdf(0), again.norm is stats.norm, sqlalchemy.select.__name__)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert ended.stdout.splitlines() == ["[]", "0.5 True select"]


def test_what_a_delivery_is_judged_by_is_taken_without_the_library_that_judges() -> None:
    """Where many are landed, by processes side by side, only the run's own process loads it, once."""
    assert _loaded("callback_survey.pipeline.landings", "callback_survey.expectations.delivery") == {
        "callback_survey.pipeline.landings": ["duckdb"],
        "callback_survey.expectations.delivery": ["pandas"],
    }


@contextmanager
def _counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """The statements that DuckDB logs, by their first word, of every connection made meanwhile."""
    statements: Counter[str] = Counter()
    connect = duck.connect

    @contextmanager
    def counting(*given: Any, **named: Any) -> Iterator[duckdb.DuckDBPyConnection]:
        with connect(*given, **named) as connection:
            connection.execute("call enable_logging('QueryLog')")
            yield connection
            connection.execute("call disable_logging()")
            logged = connection.execute("select message from duckdb_logs where type = 'QueryLog'").fetchall()
            statements.update(message.split(None, 1)[0].lower() for (message,) in logged if message.strip())

    with monkeypatch.context() as patched:
        patched.setattr(duck, "connect", counting)
        yield statements


def _delivered(lake: Lake, count: int, quarter: str) -> LandingReport:
    cases = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(count)]
    called = [(f"XS-{number}", *ONE_CALL[1:]) for number in range(count)]
    return lake.deliver({"frame.csv": frame(*cases), "calls.csv": calls(*called)}, quarter=quarter)


def test_landing_and_its_gate_give_as_many_statements_for_a_thousand_rows_as_for_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {}
    for rows, quarter in ((1, "2018Q1"), (1000, "2018Q2")):
        with _counted(monkeypatch) as landing:
            report = _delivered(lake, rows, quarter)
        with _counted(monkeypatch) as gate:
            lake.verdict(report)
        counts[rows] = landing, gate
    assert counts[1000] == counts[1]
    landing, gate = counts[1]
    assert 0 < landing.total() <= 65 and 0 < gate.total() <= 50


def test_a_build_runs_no_more_nodes_than_it_did(small: Home) -> None:
    """A node costs dbt some 40 ms of CPU whatever it holds; tests of keys are asked together, at the end."""
    results = json.loads((small.path / "warehouse" / "dbt" / "run_results.json").read_text(encoding="utf-8"))
    nodes = Counter(result["unique_id"].split(".")[0] for result in results["results"])
    assert nodes["model"] <= 99 and nodes["seed"] <= 37 and nodes["test"] <= 7 and nodes["unit_test"] == 0
