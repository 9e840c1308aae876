"""The copy in object storage is made where nobody waits for it, whatever command has served something new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callback_survey.errors import DamagedFile
from callback_survey.pipeline import steps
from callback_survey.serving import mirror
from callback_survey.storage import locks
from homes import QUARTER, REGION, Home

SCOPE = ("--region", REGION, "--quarter", QUARTER)
DECIDED = (*SCOPE, "--revision", "r1", "--by", "值班长")


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    return small.copy(tmp_path / "home").with_settings(MIRROR=f"file://{tmp_path}/mirror")


@pytest.fixture
def held(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether somebody held the warehouse, each time the copy was made."""
    found: list[bool] = []

    def looked(*_: Any, **__: Any) -> mirror.Mirrored:
        found.append(locks.is_held(home.path / "warehouse" / "warehouse.lock"))
        return mirror.Mirrored("v", 0, 0)

    monkeypatch.setattr(mirror, "mirror", looked)
    return found


def test_it_is_made_where_the_warehouse_is_free(home: Home, held: list[bool]) -> None:
    for command in (
        ("run", "--quarter", QUARTER),
        ("releases", "serve"),
        ("approve", *DECIDED, "--blank"),
        ("withdraw", *DECIDED, "--reason", "数字待核实"),
    ):
        outcome = home.run_here(*command)
        assert outcome.code == 0, outcome.err
    assert held == [False] * 4


def test_a_region_that_was_held_keeps_the_others_from_no_copy(
    home: Home, held: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: Any) -> None:
        raise DamagedFile("330110 2018Q1 is damaged", region_code="330110", quarter=QUARTER)

    monkeypatch.setattr(steps, "require_served", damaged)
    outcome = home.run_here("run", "--quarter", QUARTER)
    assert outcome.code != 0 and "is damaged" in outcome.err
    assert held == [False]
