"""Roll-ups are served by the SQL that dbt compiled last: no second dbt in the usual case, and no build where there was none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callback_survey.pipeline import steps
from callback_survey.warehouse import compiled
from homes import REPOSITORY, Home
from stepwise import run_of


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    return small.copy(tmp_path / "home")


def served_version(home: Home) -> str:
    return (home.serving / "current").resolve().name


def without_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("dbt was started for the roll-ups alone")

    monkeypatch.setattr(compiled, "DbtProcess", start)


def test_after_a_build_dbt_is_not_started_a_second_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    without_dbt(monkeypatch)
    before = served_version(home)
    assert steps.serve(run_of(home)).version == before


def test_without_a_warehouse_the_same_is_served_and_none_is_made(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = served_version(home)
    shutil.rmtree(home.path / "warehouse")
    assert steps.serve(run_of(home)).version == before, "dbt compiles the same SQL for the roll-ups alone"
    left = {path.name for path in (home.path / "warehouse").iterdir()}
    assert left == {"dbt-compiled", "project", "warehouse.lock"}
    without_dbt(monkeypatch)
    assert steps.serve(run_of(home)).version == before, "and remembers it"
    assert home.run_quarter_here().code == 0, "the next run builds the warehouse as always"


@pytest.mark.parametrize("manifest", ["", '{"nodes": '])
def test_a_manifest_that_a_killed_build_left_is_not_believed(home: Home, manifest: str) -> None:
    before = served_version(home)
    (home.path / "warehouse" / "dbt" / "manifest.json").write_text(manifest, encoding="utf-8")
    assert steps.serve(run_of(home)).version == before


def test_a_rollup_that_an_upgrade_changed_is_served_without_a_build(home: Home, tmp_path: Path) -> None:
    """And a roll-up that was compiled, but not from these files, is not."""
    project = tmp_path / "dbt_project"
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    path = project / "models" / "rollups" / "region_rollups.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(" figures.department_count,", " 1000 + figures.department_count as department_count,"),
        encoding="utf-8",
    )
    changed = home.with_settings(DBT_PROJECT=str(project))
    built = (home.path / "warehouse" / "warehouse.duckdb").stat().st_mtime_ns
    before, query = served_version(home), "select distinct department_count from region_rollups"
    ((count,),) = home.query(query)
    assert steps.serve(run_of(changed)).version != before
    assert home.query(query) == [(1000 + count,)]
    assert (home.path / "warehouse" / "warehouse.duckdb").stat().st_mtime_ns == built
    assert len(list(home.revisions.iterdir())) == 1, "no release is another"
    assert steps.serve(run_of(home)).version == before, (
        "the warehouse's own manifest is still that of the other project"
    )
