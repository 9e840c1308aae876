"""Reading the DAG files is cheap, and every one of them can be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from homes import REPOSITORY

FILES = sorted((REPOSITORY / "dags").glob("*.py"))
HEAVY = {"pandas", "numpy", "duckdb", "dbt", "great_expectations", "pyarrow", "apprise"}
PARSE = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("parsed", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
if len(sys.argv) > 2:
    __import__(sys.argv[2])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported_by_parsing(*arguments: str) -> set[str]:
    process = subprocess.run(
        [sys.executable, "-c", PARSE, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert process.returncode == 0, process.stderr
    return set(json.loads(process.stdout.splitlines()[-1]))


def test_there_are_dags_to_read() -> None:
    assert REPOSITORY / "dags" / "callback_quarter.py" in FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_parsing_imports_none_of_the_heavy_libraries(path: Path) -> None:
    modules = imported_by_parsing(str(path))
    assert {"airflow", "callback_survey"} <= modules
    assert modules & HEAVY == set(), "import it inside the step that uses it: every parse pays for it"


def test_a_heavy_import_would_be_seen() -> None:
    assert "duckdb" in imported_by_parsing(str(FILES[0]), "callback_survey.warehouse.database")
