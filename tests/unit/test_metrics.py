"""Figures of a run arrive at a real collector, and one that is down fails nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from callback_survey import metrics
from callback_survey.errors import UsageError
from callback_survey.metrics import METRICS, Measurement
from callback_survey.run import Run
from callback_survey.settings import load_settings
from callback_survey.watch import look
from collectors import Collector
from homes import REPOSITORY, Home


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    metrics._silent.clear()
    yield found
    found.close()


def run_of(folder: Path, url: str) -> Run:
    return Run(load_settings({"CALLBACK_SURVEY_HOME": str(folder), "CALLBACK_SURVEY_METRICS_URL": url}), "run-1")


def test_a_step_sends_what_it_counted_and_how_long_it_took(tmp_path: Path, collector: Collector) -> None:
    with run_of(tmp_path, collector.url).progress.step("land", "330109") as step:
        step.quarter, step.figures = "2018Q1", {"rows.read": 43, "rows.rejected": 2}
    found = {point.name: point for point in collector.points}
    about = {"step": "land", "region": "330109", "quarter": "2018Q1"}
    assert (found["callback_survey.rows.read"].value, found["callback_survey.rows.rejected"].value) == (43, 2)
    assert found["callback_survey.rows.read"].attributes == about
    assert found["callback_survey.step.duration"].attributes == {**about, "state": "done"}
    assert found["callback_survey.step.duration"].unit == "s"
    assert len(collector.bodies) == 1


def test_a_step_that_fails_says_so_and_nothing_of_why(tmp_path: Path, collector: Collector) -> None:
    with pytest.raises(ValueError, match="XS-1"), run_of(tmp_path, collector.url).progress.step("build"):
        raise ValueError("XS-1 区档案局")
    (point,) = collector.points
    assert point.attributes == {"step": "build", "state": "failed"}
    assert b"XS-1" not in collector.bodies[0]


def test_what_is_logged_of_a_collector_that_is_down_tells_no_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    metrics._silent.clear()
    with (
        caplog.at_level("DEBUG"),
        run_of(tmp_path, "http://127.0.0.1:9/v1/metrics?token=VerySecret").progress.step("land"),
    ):
        pass
    assert "the collector of metrics does not take them" in caplog.text
    assert "VerySecret" not in caplog.text


@pytest.mark.parametrize("status", [400, 404])
def test_a_collector_that_refuses_is_asked_once_and_fails_nothing(
    tmp_path: Path, collector: Collector, status: int
) -> None:
    collector.status = status
    run = run_of(tmp_path, collector.url)
    for name in ("land", "build", "serve"):
        with run.progress.step(name):
            pass
    assert len(collector.bodies) == 1


def test_one_that_is_not_there_fails_nothing(tmp_path: Path, collector: Collector) -> None:
    url = collector.url
    collector.close()
    with run_of(tmp_path, url).progress.step("land"):
        pass
    assert not metrics.send(url, [Measurement("step.duration", 1)])


def test_without_the_setting_nothing_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom callback_survey.run import Run\nfrom callback_survey.settings import load_settings\n"
        "with Run(load_settings({'CALLBACK_SURVEY_HOME': sys.argv[1]}), 'run-1').progress.step('land'): pass\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError, match="METRICS_URL is not an address") as caught:
        load_settings({"CALLBACK_SURVEY_METRICS_URL": "user:password@collector"})
    assert "password" not in str(caught.value)


def test_the_watch_sends_the_age_of_what_is_served_and_what_it_sees(
    small: Home, tmp_path: Path, collector: Collector
) -> None:
    home = small.copy(tmp_path / "home")
    settings = load_settings({**home.environment, "CALLBACK_SURVEY_METRICS_URL": collector.url})
    look.watch(settings, run_id="watch-1", today=date(2099, 1, 1))
    found = {(point.name, point.attributes.get("severity")): point.value for point in collector.points}
    assert found["callback_survey.served.quarters", None] == 1
    assert found["callback_survey.served.age", None] > 70 * 365 * 86_400
    assert found["callback_survey.watch.problems", "warn"] >= 1


def test_a_run_from_the_command_line_sends_each_of_its_figures(
    small: Home, tmp_path: Path, collector: Collector
) -> None:
    home = small.copy(tmp_path / "home").with_settings(METRICS_URL=collector.url)
    assert home.run_quarter_here().code == 0
    names = {point.name.removeprefix("callback_survey.") for point in collector.points}
    assert names == METRICS.keys() - {"watch.problems"}
    rows = {point.name: point.value for point in collector.points if ".rows." in point.name}
    assert rows == {"callback_survey.rows.read": 43, "callback_survey.rows.rejected": 0}
    gates = {point.attributes["step"] for point in collector.points if ".checks." in point.name}
    assert gates == {"gate 1", "gate 2"}


def test_the_page_lists_every_metric() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `callback_survey\.([a-z.]+)` \|", page, re.MULTILINE) == list(METRICS)
