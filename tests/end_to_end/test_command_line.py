"""Exit codes 0, 1, 2 and 3 tell a scheduler what kind of end a run came to; usage is judged before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deliveries import OFFICES, rows_of, write_delivery
from homes import QUARTER, REGION, Home

if TYPE_CHECKING:
    from receivers import Receiver

WRONG_QUARTERS = ["2018q1", "2018Q5", "2018-Q1", "2018Q1..2017Q4", ""]


@pytest.fixture
def home(tmp_path: Path, privacy_key: str, small_exports: Path) -> Home:
    return Home(tmp_path / "home", small_exports, privacy_key)


@pytest.mark.parametrize("quarter", WRONG_QUARTERS)
@pytest.mark.parametrize("command", [("run",), ("airflow", "run")], ids=" ".join)
def test_a_wrong_quarter_is_refused_before_anything_is_made(home: Home, command: tuple[str, ...], quarter: str) -> None:
    outcome = home.run_here(*command, "--quarter", quarter)
    assert outcome.code == 2
    assert "2018Q1" in outcome.err  # an example of a right one, or of the right order
    assert not home.path.exists()


@pytest.mark.parametrize("region", ["33010", "萧山", "3301090"])
def test_a_wrong_region_code_is_refused_with_an_example(home: Home, region: str) -> None:
    outcome = home.run_here("run", "--quarter", QUARTER, "--region", region)
    assert outcome.code == 2
    assert region in outcome.err and "six digits, such as 123456" in outcome.err
    assert not home.path.exists()


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_proper_privacy_key_nothing_is_read(home: Home, key: str) -> None:
    outcome = home.with_settings(PRIVACY_KEY=key).run_here("run", "--quarter", QUARTER)
    assert outcome.code == 2
    assert "privacy key" in outcome.err and "openssl rand" in outcome.err
    assert not home.path.exists()


def test_an_asked_for_quarter_without_a_delivery_names_the_folder_and_is_told(home: Home, receiver: Receiver) -> None:
    outcome = home.with_settings(ALERT_URLS=receiver.url).run_here("run", "--quarter", "2020Q1", "--region", REGION)
    assert outcome.code == 2
    assert "no delivery for 2020Q1 of region 330109" in outcome.err
    assert str(home.exports / REGION / "2020Q1") in outcome.err
    assert len(receiver.messages) == 1 and "2020Q1" in receiver.text


def test_a_fault_of_the_pipeline_ends_with_one_and_names_the_log(home: Home, receiver: Receiver) -> None:
    home.path.mkdir()
    (home.path / "lake").write_text("a file where a folder must be", encoding="utf-8")
    outcome = home.with_settings(ALERT_URLS=receiver.url).run_here("run", "--quarter", QUARTER)
    assert outcome.code == 1
    assert str(home.path / "logs" / "runs") in outcome.err
    assert len(receiver.messages) == 1


def test_a_refused_delivery_ends_with_three(home: Home, tmp_path: Path) -> None:
    folder = write_delivery(tmp_path / "exports" / REGION / QUARTER, rows_of(OFFICES))
    (folder / "manifest.json").unlink()
    outcome = home.run_here("run", "--quarter", QUARTER, "--exports", str(tmp_path / "exports"))
    assert outcome.code == 3
    assert "manifest.json" in outcome.err


def test_a_released_quarter_ends_with_zero(small: Home) -> None:
    assert small.averages() == {"satisfaction": "75.00", "realisation": "85.00"}
