"""`make docs`: one page about every relation, made without a run, that opens without a network."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from callback_survey.errors import SurveyError
from homes import REPOSITORY

SCRIPT = REPOSITORY / "scripts" / "dbt_docs.py"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with nothing around it: no key, no exports, no warehouse, another working folder."""
    folder = tmp_path_factory.mktemp("docs")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLBACK_SURVEY_")}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--out", str(folder / "site")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == str(folder / "site" / "index.html"), "it says where the page is, and no more"
    return folder / "site" / "index.html"


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dbt_docs", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def embedded(text: str, schema: str) -> dict[str, Any]:
    """The manifest or the catalog that stands in the page."""
    start = text.rindex('{"metadata"', 0, text.index(f"schemas.getdbt.com/dbt/{schema}/"))
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return found


def test_it_is_one_page_that_holds_every_model_and_seed_with_their_types(text: str, page: Path) -> None:
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]
    catalog, manifest = embedded(text, "catalog"), embedded(text, "manifest")
    described = {key for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    assert set(catalog["nodes"]) == described and len(described) > 40
    rates = catalog["nodes"]["model.callback_survey.department_rates"]["columns"]
    assert rates["rate_pct"]["type"] == "DECIMAL(5,2)" and rates["answered_count"]["type"] == "BIGINT"
    # no contract says this one: it is read from the built relation
    assert catalog["nodes"]["model.callback_survey.int_frame"]["columns"]["line"]["type"] == "BIGINT"
    assert "办件" in manifest["nodes"]["model.callback_survey.int_frame"]["columns"]["case_id"]["description"]


def test_nothing_in_it_can_be_fetched(text: str) -> None:
    head = text[: text.index("</head>")]
    policy = re.search(r'<head><meta http-equiv="Content-Security-Policy" content="([^"]+)"/>', head)
    assert policy is not None, "before anything else in the page"
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    assert rules["default-src"] == "'none'"
    assert not any("http" in rule or "*" in rule or "'self'" in rule for rule in rules.values())
    assert "cloudfront" not in text
    assert re.findall(r"<script[^>]+src=|<link[^>]+stylesheet|@import", text) == []
    assert embedded(text, "manifest")["metadata"]["send_anonymous_usage_stats"] is False


def test_it_names_no_folder_of_the_machine(text: str) -> None:
    assert str(REPOSITORY) not in text and "callback-survey-docs-" not in text


def test_a_page_of_another_dbt_is_refused_and_not_passed_on_unread(script: ModuleType) -> None:
    with pytest.raises(SurveyError, match="what it fetches may have changed"):
        script.offline("<html><head></head><script src=//elsewhere.example/sp.js></script></html>", places=())


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_it_from_the_disk(page: Path, tmp_path: Path) -> None:
    shown = subprocess.run(
        [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
        + ["--virtual-time-budget=8000", "--dump-dom", f"{page.as_uri()}#!/model/model.callback_survey.int_frame"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    body = re.sub(r"(?s)<script.*?</script>", "", shown)
    assert "each with the first reason that keeps it out of the valid frame" in body
