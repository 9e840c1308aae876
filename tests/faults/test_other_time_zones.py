"""A machine whose clock stands in another time zone: the same figures, and the same quarter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callback_survey import releases
from callback_survey.airflow import quarter
from callback_survey.scope import Scope
from homes import PATIENCE_SECONDS, QUARTER, REGION, Home

# eleven hours behind UTC to fourteen ahead of it: on some day of each run the date is another one than in Shanghai
ZONES = ("Pacific/Pago_Pago", "Pacific/Kiritimati")


@pytest.fixture(scope="module")
def elsewhere(small_exports: Path, privacy_key: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Home]:
    """The small delivery run from nothing on two such machines, both at once."""
    folder = tmp_path_factory.mktemp("elsewhere")
    homes = {zone: Home(folder / zone.replace("/", "-"), small_exports, privacy_key) for zone in ZONES}
    with pytest.MonkeyPatch.context() as patch:
        started = {}
        for zone, home in homes.items():
            patch.setenv("TZ", zone)
            started[zone] = home.start("run", "--quarter", QUARTER)
    for zone, process in started.items():
        said = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, (zone, *said)
    return homes


@pytest.mark.parametrize("zone", ZONES)
def test_a_run_elsewhere_releases_the_same_content(zone: str, elsewhere: dict[str, Home], small: Home) -> None:
    here, there = (
        releases.revisions(home.path / "releases", Scope(REGION, QUARTER)) for home in (small, elsewhere[zone])
    )
    assert [release.content_hash for release in there] == [release.content_hash for release in here]
    assert [release.delivery_id for release in there] == [release.delivery_id for release in here]


@pytest.mark.parametrize("zone", ZONES)
def test_days_and_tokens_in_the_lake_are_the_same(zone: str, elsewhere: dict[str, Home], small: Home) -> None:
    here, there = (
        {path.name for path in (home.path / "lake" / "raw").rglob("*.parquet")} for home in (small, elsewhere[zone])
    )
    assert there == here, "files of the lake are named by their content"


@pytest.fixture(params=ZONES)
def clock_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (datetime(2018, 3, 31, 15, 59, 59, tzinfo=UTC), "2018Q1"),
        (datetime(2018, 3, 31, 16, 0, tzinfo=UTC), "2018Q2"),
    ],
)
def test_the_quarter_of_a_scheduled_run_turns_at_midnight_in_shanghai(
    clock_of: str, start: datetime, expected: str
) -> None:
    context: dict[str, Any] = {"params": {}, "data_interval_start": start}
    found, is_asked_for = quarter.quarter_of(context)
    assert (str(found), is_asked_for) == (expected, False), clock_of
