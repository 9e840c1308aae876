"""The page of a run's results is written for all that a step records, once, and also where the step is broken off.

Regions land one by one: what gate 1 passed is shown when they are built together.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.checks.model import CheckReport, CheckResult
from callback_survey.pipeline import steps, verdicts
from callback_survey.run import Run
from callback_survey.settings import load_settings
from homes import Home
from stepwise import delivery_of, run_of


def run_in(home: Path) -> Run:
    return Run(load_settings({"CALLBACK_SURVEY_PRIVACY_KEY": "k" * 32}, home=home), "a-run")


def of_region(code: str) -> CheckReport:
    result = CheckResult("marts", "marts", "shares_sum_to_100", "Expect", "fail", "pass", "1 of 2 rows", "none", ())
    return CheckReport("a-run", "marts", code, "2018Q1", (result,))


def test_regions_are_recorded_one_by_one_and_shown_together(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    page = run.checks_folder / "index.html"
    with verdicts.shown(run):
        for code in ("330109", "330110"):
            verdicts.record(run, of_region(code))
            assert (run.checks_folder / f"marts-{code}-2018Q1.json").is_file() and not page.exists()
    text = page.read_text(encoding="utf-8")
    assert "330109" in text and "330110" in text


def test_what_was_recorded_before_an_error_is_shown(tmp_path: Path) -> None:
    run = run_in(tmp_path)

    @verdicts.shown(run)
    def broken_off() -> None:
        verdicts.record(run, of_region("330109"))
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        broken_off()
    assert "330109" in (run.checks_folder / "index.html").read_text(encoding="utf-8")


def test_a_step_that_recorded_nothing_leaves_no_page(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    with verdicts.shown(run):
        pass
    assert not run.checks_folder.exists()


def test_what_gate_1_passed_is_shown_when_it_is_built(small: Home, tmp_path: Path) -> None:
    run = run_of(small.copy(tmp_path / "home"))
    page = run.checks_folder / "index.html"
    landed = steps.land(run, delivery_of(small))
    assert not page.exists()
    steps.build(run, [landed])
    assert "第一道关口" in page.read_text(encoding="utf-8")
