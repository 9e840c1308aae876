"""A revision number is used once, and a decision is about figures: never about others under the same number."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.errors import DamagedFile
from callback_survey.releases import Release, journal
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from frozen import WAREHOUSE, freeze

SCOPE = Scope("330109", "2018Q1")


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(WAREHOUSE)
    return connection


def correct(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update marts.department_rates set rate_pct = rate_pct + 1 where department_code = 'd2'")


@pytest.fixture
def two(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> list[Release]:
    first = freeze(warehouse, tmp_path / "releases")
    correct(warehouse)
    return [first, freeze(warehouse, tmp_path / "releases")]


def decide(root: Path, release: Release, act: journal.Act, **details: str) -> None:
    entry = Decision(act, *("330109", "2018Q1"), release.revision, "值班长", details=details)
    journal.append(root, Decision(**{**vars(entry), "content_hash": release.content_hash}))


def test_a_number_that_was_decided_about_does_not_come_back(
    tmp_path: Path, two: list[Release], warehouse: duckdb.DuckDBPyConnection
) -> None:
    root = tmp_path / "releases"
    decide(root, two[1], "issued")
    decide(root, two[0], "rolled_back", instead_of="r2", served_before="r2")
    shutil.move(two[1].folder, tmp_path / "moved")
    correct(warehouse)
    new = freeze(warehouse, root)
    assert new.revision == 3
    found = releases.take(root)
    assert [release.name for release in found.served] == [new.name], "nobody who decided could know of it"
    assert found.standings[new.name].approval_status == "draft"


@pytest.mark.parametrize("kept", ["releases/330109/2018Q1/r2.damaged", "public/330109/2018Q1/r2"])
def test_a_number_that_was_set_aside_or_issued_does_not_come_back(
    tmp_path: Path, two: list[Release], warehouse: duckdb.DuckDBPyConnection, kept: str
) -> None:
    (tmp_path / kept).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(two[1].folder, tmp_path / kept)
    assert freeze(warehouse, tmp_path / "releases").revision == 3


def test_a_decision_about_other_figures_is_an_error_that_names_both(tmp_path: Path, two: list[Release]) -> None:
    root = tmp_path / "releases"
    decide(root, two[1], "issued")
    shutil.rmtree(two[1].folder)
    shutil.move(two[0].folder, two[1].folder)
    path = two[1].folder / "release.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"revision": 1', '"revision": 2'), encoding="utf-8")
    with pytest.raises(DamagedFile) as caught:
        releases.standing(journal.entries(root), Release.read(two[1].folder))
    assert two[0].content_hash[:16] in caught.value.what and two[1].content_hash[:16] in caught.value.what
    assert list(releases.take(root).damaged) == [SCOPE]


def test_a_decision_from_before_hashes_were_kept_counts_by_its_number(tmp_path: Path, two: list[Release]) -> None:
    journal.append(tmp_path / "releases", Decision("rejected", "330109", "2018Q1", 2, "值班长"))
    assert releases.take(tmp_path / "releases").standings[two[1].name].approval_status == "rejected"
