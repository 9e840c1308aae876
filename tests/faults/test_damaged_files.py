"""Files that are not what was written: found before a figure is made of them, named with what to do, mended where that can be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from callback_survey import releases
from callback_survey.errors import DamagedFile
from callback_survey.pipeline import steps
from callback_survey.scope import Scope
from homes import QUARTER, REGION, Home, contents
from killing import copy_without_logs
from stepwise import Bases, delivery_of, run_of, take


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def with_one_bit_changed(path: Path) -> None:
    """In the middle: such a file opens, and may be read without an error."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES = pytest.mark.parametrize("damage", [cut_off, with_one_bit_changed])
Damage = Callable[[Path], None]


@pytest.fixture
def home(bases: Bases, tmp_path: Path) -> Home:
    """A correction that was released and served."""
    return copy_without_logs(bases.done, tmp_path / "home")


@DAMAGES
@pytest.mark.parametrize("dataset", ["frame", "calls", "rejects"])
def test_a_damaged_file_of_the_lake_is_landed_again_and_said_aloud(damage: Damage, dataset: str, home: Home) -> None:
    before = contents(home.path / "lake" / "raw")
    report = steps.land(run_of(home), delivery_of(home))
    assert not report.is_mended
    damage(home.path / "lake" / report.lake_files[dataset])
    assert contents(home.path / "lake" / "raw") != before
    mended = steps.land(run_of(home), delivery_of(home))
    assert contents(home.path / "lake" / "raw") == before
    assert mended.is_mended and mended.delivery_id == report.delivery_id
    said = run_of(home).progress.log.read_text(encoding="utf-8")
    assert "landed again: a file in the lake was damaged" in said
    assert not steps.land(run_of(home), delivery_of(home)).is_mended


def test_a_damaged_file_of_the_superseded_delivery_holds_no_correction_up(bases: Bases, tmp_path: Path) -> None:
    """Only the list of changed rows needs it: that stays empty, and the departments that moved are named all the same."""
    home = copy_without_logs(bases.before["release"], tmp_path / "home")
    first, *_ = releases.revisions(home.path / "releases", Scope(REGION, QUARTER))
    ledger = home.path / "lake" / "ledger" / f"region={REGION}" / f"quarter={QUARTER}" / f"{first.delivery_id}.json"
    cut_off(home.path / "lake" / json.loads(ledger.read_text(encoding="utf-8"))["lake_files"]["calls"])
    take("release", home, bases.said)
    difference = releases.revisions(home.path / "releases", Scope(REGION, QUARTER))[-1].difference
    assert difference is not None and difference["rows"] == [] and difference["departments"]


@DAMAGES
def test_a_damaged_release_is_named_with_what_to_do_and_not_served(
    damage: Damage, bases: Bases, tmp_path: Path
) -> None:
    home = copy_without_logs(bases.before["serve"], tmp_path / "home")
    shown = home.averages()
    damaged = home.revisions / "r2" / "marts" / "region_rates.parquet"
    damage(damaged)
    report = steps.serve(run_of(home))
    with pytest.raises(DamagedFile, match="330109 2018Q1 r2 is damaged or lost; what is served was not") as caught:
        steps.require_served(report, [Scope(REGION, QUARTER)])
    assert str(damaged) in str(caught.value) and "restore it from a backup" in str(caught.value)
    assert home.averages() == shown
    # the way without a backup: the warehouse still holds what was built of the same delivery
    content_hash = releases.revisions(home.path / "releases", Scope(REGION, QUARTER))[-1].content_hash
    shutil.move(home.revisions / "r2", home.revisions / "r2.damaged")
    take("release", home, bases.said)
    again = releases.revisions(home.path / "releases", Scope(REGION, QUARTER))[-1]
    assert (again.content_hash, again.revision) == (content_hash, 3), "a number is used once"
    take("serve", home, bases.said)
    assert home.averages()["satisfaction"] == "83.33"


def test_a_damaged_release_document_is_named(home: Home) -> None:
    document = home.revisions / "r2" / "release.json"
    cut_off(document)
    report = steps.serve(run_of(home))
    with pytest.raises(DamagedFile, match="cannot be read") as caught:
        steps.require_served(report, [Scope(REGION, QUARTER)])
    assert str(document) in str(caught.value)


@DAMAGES
@pytest.mark.parametrize("name", ["marts.duckdb", "parquet/region_rates/region_rates.parquet"])
def test_a_damaged_served_file_is_made_again_from_the_releases(damage: Damage, name: str, home: Home) -> None:
    before = sorted(map(repr, home.query("from department_rates")))
    first = (home.serving / "current").readlink()
    path = (home.serving / name).resolve()
    whole = path.read_bytes()
    damage(path)
    steps.serve(run_of(home))
    again = (home.serving / "current").readlink()
    assert sorted(map(repr, home.query("from department_rates"))) == before
    assert first != again, "readers saw the damaged version until the whole one was there"
    if name.endswith(".parquet"):
        assert (home.serving / name).read_bytes() == whole
    # damaged once more: between two names, never without one
    damage((home.serving / name).resolve())
    steps.serve(run_of(home))
    assert sorted(map(repr, home.query("from department_rates"))) == before
    if name.endswith(".parquet"):
        assert (home.serving / name).read_bytes() == whole
    served = contents(home.serving)
    steps.serve(run_of(home))
    assert contents(home.serving) == served, "whole: nothing is made again"


@pytest.mark.parametrize("name", ["current.json", "delivery"])
def test_a_damaged_entry_of_the_ledger_is_named(name: str, home: Home) -> None:
    folder = home.path / "lake" / "ledger" / f"region={REGION}" / f"quarter={QUARTER}"
    report = steps.land(run_of(home), delivery_of(home))
    damaged = folder / (name if name == "current.json" else f"{report.delivery_id}.json")
    cut_off(damaged)
    with pytest.raises(DamagedFile, match="cannot be read") as caught:
        steps.land(run_of(home), delivery_of(home))
    assert str(damaged) in str(caught.value)
