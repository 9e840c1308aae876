"""The first step of a run: what there is to land, and nothing that an earlier landing left."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.errors import NothingDelivered
from callback_survey.pipeline import steps
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.settings import load_settings


def test_a_run_that_lands_nothing_removes_what_a_killed_landing_left(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    given = {"CALLBACK_SURVEY_HOME": str(tmp_path / "home"), "CALLBACK_SURVEY_EXPORTS": str(tmp_path / "exports")}
    settings = load_settings(given)
    left = settings.lake / ".landing-d1-killed" / "work"
    left.mkdir(parents=True)
    (left / "frame.csv").write_text("15400000001", encoding="utf-8")
    with pytest.raises(NothingDelivered):
        steps.discover(Run(settings, "run-1"), Quarter(2018, 1))
    assert list(settings.lake.iterdir()) == []
