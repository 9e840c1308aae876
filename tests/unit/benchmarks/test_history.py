"""A released quarter under other codes and quarters is a release like those that the pipeline makes."""

from __future__ import annotations

from pathlib import Path

from benchmarks import history
from callback_survey import releases
from callback_survey.releases import verify
from callback_survey.serving import serve as serving
from homes import Home


def test_a_history_of_copies_is_whole_and_can_be_served(small: Home, tmp_path: Path) -> None:
    for wanted in history.copies(3, quarters=2):
        history.write(small.revisions / "r1", tmp_path / "releases", wanted)
    found = releases.take(tmp_path / "releases")
    keys = ["990001|2018Q1", "990001|2018Q2", "990002|2018Q1"]
    assert [release.key for release in found.every] == keys and not found.damaged
    assert all(verify(release).is_whole for release in found.every)
    assert len({release.content_hash for release in found.every}) == 3
    report = serving.serve(found, serving=tmp_path / "serving", memory_limit="1GB")
    assert [release.key for release in report.newly_served] == keys
