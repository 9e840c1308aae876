"""Which quarter a run is about: the one asked for, else the one whose deliveries fall due, reckoned in Shanghai."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pendulum
import pytest

from callback_survey.airflow import quarter as airflow_steps
from callback_survey.errors import NothingDelivered, UsageError
from deliveries import OFFICES, rows_of, write_delivery
from homes import REPOSITORY, Home

SHANGHAI = "Asia/Shanghai"


@pytest.fixture(scope="module")
def written() -> Any:
    """The DAG as its file says it."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(REPOSITORY / "dags")).dags["callback_quarter"]


@pytest.fixture(scope="module")
def quarterly(written: Any) -> Any:
    """The DAG as the scheduler has it: serialised and read again."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(DagSerialization.to_dict(written))


@pytest.fixture
def home(tmp_path: Path, privacy_key: str) -> Home:
    for quarter in ("2018Q1", "2018Q2", "2018Q3", "2018Q4"):
        write_delivery(tmp_path / "exports" / "330109" / quarter, rows_of(OFFICES))
    return Home(tmp_path / "home", tmp_path / "exports", privacy_key)


def discovered(home: Home, *, quarter: str | None = None, region: str | None = None, start: Any = None) -> list[str]:
    """The quarters of the deliveries that a run with these parameters and this data interval would land."""
    context = {
        "run_id": "scheduled__test",
        "params": {"quarter": quarter, "region": region},
        "data_interval_start": start,
    }
    with mock.patch.dict(os.environ, home.environment, clear=True):
        return [found["quarter"] for found in airflow_steps.discover(context)]


def test_a_backfill_of_2018_runs_its_four_quarters_when_they_are_due(quarterly: Any, home: Home) -> None:
    first, last = pendulum.datetime(2018, 1, 1, tz=SHANGHAI), pendulum.datetime(2018, 12, 31, tz=SHANGHAI)
    runs = list(quarterly.iter_dagrun_infos_between(first, last))
    due = [run.run_after.in_timezone(SHANGHAI).format("YYYY-MM-DD HH:mm") for run in runs]
    assert due == ["2018-04-20 06:00", "2018-07-20 06:00", "2018-10-20 06:00", "2019-01-20 06:00"]
    quarters = [discovered(home, start=run.data_interval.start) for run in runs]
    assert quarters == [["2018Q1"], ["2018Q2"], ["2018Q3"], ["2018Q4"]]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (datetime(2018, 3, 31, 15, 59, tzinfo=UTC), "2018Q1"),
        (datetime(2018, 3, 31, 16, 0, tzinfo=UTC), "2018Q2"),  # midnight in Shanghai
    ],
)
def test_the_quarter_turns_at_midnight_in_shanghai(home: Home, start: datetime, expected: str) -> None:
    assert discovered(home, start=start) == [expected]


def test_an_asked_for_quarter_wins_over_the_interval(home: Home) -> None:
    assert discovered(home, quarter="2018Q3", start=datetime(2018, 1, 20, tzinfo=UTC)) == ["2018Q3"]


def test_a_scheduled_quarter_without_deliveries_is_nothing_to_do(home: Home) -> None:
    assert discovered(home, start=datetime(2019, 1, 20, tzinfo=UTC)) == []


def test_an_asked_for_quarter_without_deliveries_is_an_error_that_names_the_folder(home: Home) -> None:
    with pytest.raises(NothingDelivered, match="no delivery for 2019Q1 of region 330109") as raised:
        discovered(home, quarter="2019Q1", region="330109")
    assert str(home.exports / "330109" / "2019Q1") in str(raised.value)


def test_a_run_without_quarter_and_interval_is_told_what_to_pass(home: Home) -> None:
    with pytest.raises(UsageError, match='"quarter": "2018Q1"'):
        discovered(home)


@pytest.mark.parametrize("quarter", ["2018Q5", "2018-Q1", "2018"])
def test_the_form_of_the_page_refuses_what_is_no_quarter(written: Any, quarter: str) -> None:
    param = written.params.get_param("quarter")
    assert param.resolve("2018Q1") == "2018Q1"
    with pytest.raises(ValueError, match="does not match"):
        param.resolve(quarter)
