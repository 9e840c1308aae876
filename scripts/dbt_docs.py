"""Build the site that describes the dbt project as one page: `.venv/bin/python scripts/dbt_docs.py`, or `make docs`.

The relations are built once, without a single row, in a scratch folder: dbt reads column types from them, and neither a run
nor exports nor a key is needed. The page is dbt's own, made to open without a network: what could fetch is switched off.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from callback_survey.errors import SurveyError
from callback_survey.settings import load_settings
from callback_survey.storage import files
from callback_survey.warehouse.build import build
from callback_survey.warehouse.database import Warehouse

REPOSITORY = Path(__file__).resolve().parents[1]
# The browser itself refuses every fetch. dbt's page runs its scripts inline, and its framework compiles expressions.
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:"
# dbt's page can count its visitors; it does so only where the project sends usage statistics, which ours does not.
TRACKER = "//d1fc8wv8zag5ca.cloudfront.net/2.9.0/sp.js"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the site that describes the dbt project, as one page.")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "var" / "docs", help="folder (default: var/docs)")
    page = parser.parse_args(arguments).out.resolve() / "index.html"
    with tempfile.TemporaryDirectory(prefix="callback-survey-docs-") as scratch:
        try:
            made = _generated(Path(scratch))
        except SurveyError as error:
            print(error, file=sys.stderr)
            return 2
        text = offline(made.read_text(encoding="utf-8"), places=(scratch, str(REPOSITORY)))
    files.write_text(page, text)
    print(page)
    return 0


def offline(text: str, *, places: Sequence[str]) -> str:
    """dbt's page without what it could fetch, and without the folders of this machine.

    Raises SurveyError where dbt's page is no longer the one this was written for.
    """
    if TRACKER not in text or "<head>" not in text:
        raise SurveyError(
            "dbt's page is not as expected: what it fetches may have changed",
            expected=f"a <head>, and {TRACKER}",
            next_step="look for web addresses in static_index.html, then mend scripts/dbt_docs.py",
        )
    for removed in (TRACKER, *places):
        text = text.replace(removed, "")
    return text.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}"/>', 1)


def _generated(scratch: Path) -> Path:
    """dbt's single page about a warehouse that holds all relations and no rows."""
    from dbt.cli.main import dbtRunner

    loaded = load_settings({}, home=scratch, exports=scratch)
    warehouse = Warehouse(loaded.warehouse, loaded.memory_limit, "docs")
    build([], settings=loaded, warehouse=warehouse)
    os.environ |= {"CALLBACK_SURVEY_WAREHOUSE": str(warehouse.path), "DO_NOT_TRACK": "1"}
    project, target = str(loaded.dbt_project), scratch / "docs"
    folders = [
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        str(target),
        "--log-path",
        str(scratch),
    ]
    result = dbtRunner().invoke(["--quiet", "docs", "generate", "--static", *folders])
    if not result.success:
        raise SurveyError("dbt could not generate its page", next_step="read what it says above") from result.exception
    return target / "static_index.html"


if __name__ == "__main__":
    sys.exit(main())
