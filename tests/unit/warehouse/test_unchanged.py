"""When a build stands, and when it has to be made again: each thing that a build is made of, changed alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from callback_survey.scope import Scope
from callback_survey.warehouse import unchanged
from callback_survey.warehouse.build import manifest_path
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.unchanged import Note

SCOPE = Scope("330109", "2018Q1")
KEY = SCOPE.key
NOTE = Note(code="models", deliveries={KEY: "d1"}, compared={KEY: "2017Q4 2"}, masking={KEY: "r1"})


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse that was built as noted: build b1."""
    made = Warehouse(tmp_path, "100MB", "test")
    with duckdb.connect(str(made.path)) as connection:
        connection.execute("create schema raw; create table raw.build as select 'b1' as build_id")
    made.stamp.write_text(NOTE.code, encoding="utf-8")
    manifest_path(made).parent.mkdir()
    manifest_path(made).write_text("{}", encoding="utf-8")
    unchanged.write(made, NOTE, "b1")
    return made


def standing(warehouse: Warehouse, wanted: Note) -> str | None:
    return unchanged.standing(warehouse, wanted, manifest_path(warehouse))


def test_a_build_of_the_same_stands(warehouse: Warehouse) -> None:
    assert standing(warehouse, NOTE) == "b1"


@pytest.mark.parametrize(
    "wanted",
    [
        replace(NOTE, code="other models"),
        replace(NOTE, deliveries={KEY: "d2"}),
        replace(NOTE, deliveries={KEY: "d1", "330108|2018Q1": "d1"}),
        replace(NOTE, deliveries={}),
        replace(NOTE, compared={KEY: "2017Q4 3"}),
        replace(NOTE, compared={}),
        replace(NOTE, masking={KEY: "r2"}),
        replace(NOTE, masking={}),
    ],
)
def test_whatever_else_it_is_made_of_it_is_made_again(wanted: Note, warehouse: Warehouse) -> None:
    assert standing(warehouse, wanted) is None


def test_the_revision_made_of_a_build_masks_what_the_build_masked(warehouse: Warehouse) -> None:
    by_its_own_revision = replace(NOTE, masking={KEY: "r2"})
    unchanged.add_released(warehouse, "another build", {SCOPE: Path("releases/330109/2018Q1/r2/marts")})
    assert standing(warehouse, by_its_own_revision) is None
    unchanged.add_released(warehouse, "b1", {SCOPE: Path("releases/330109/2018Q1/r2/marts")})
    assert standing(warehouse, by_its_own_revision) == "b1"
    assert standing(warehouse, replace(NOTE, masking={KEY: "r3"})) is None


def test_a_note_of_another_build_than_the_one_in_the_file_is_worth_nothing(warehouse: Warehouse) -> None:
    unchanged.write(warehouse, NOTE, "b2")
    assert standing(warehouse, NOTE) is None


def test_an_unfinished_build_does_not_stand(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("drop table raw.build")
    assert standing(warehouse, NOTE) is None


def test_a_warehouse_known_to_be_damaged_does_not_stand(warehouse: Warehouse) -> None:
    warehouse.damaged("Corrupt database file")
    assert standing(warehouse, NOTE) is None


@pytest.mark.parametrize("name", ["warehouse.duckdb", "built.json", "dbt/manifest.json"])
@pytest.mark.parametrize("text", [None, "neither JSON nor a database", '{"code": "mod'])
def test_what_cannot_be_read_is_made_again(name: str, text: str | None, warehouse: Warehouse) -> None:
    path = warehouse.folder / name
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert standing(warehouse, NOTE) is None


def test_before_anything_is_landed_the_regions_tell_whether_it_may_stand(warehouse: Warehouse) -> None:
    assert unchanged.may_stand(warehouse, NOTE.code, [SCOPE])
    assert not unchanged.may_stand(warehouse, NOTE.code, [SCOPE, Scope("330108", "2018Q1")])
    assert not unchanged.may_stand(warehouse, "other models", [SCOPE])
