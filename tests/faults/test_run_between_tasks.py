"""The command line runs a quarter between two tasks of an Airflow run: the later task reads no warehouse that is not its own."""

from __future__ import annotations

import pytest

from callback_survey.errors import StaleBuild
from homes import Home, Outcome, Served, contents
from killing import copy_without_logs
from stepwise import Bases, take


@pytest.fixture(scope="module")
def overtaken(bases: Bases, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Outcome]:
    """The tasks have landed and built; then somebody runs the same quarter by hand, to its end."""
    home = copy_without_logs(bases.before["gate"], tmp_path_factory.mktemp("overtaken") / "home")
    # as if something had changed in between: the same build would not be made again
    (home.path / "warehouse" / "built.json").unlink()
    return home, home.run_quarter_here()


def test_the_command_releases_as_if_it_were_alone(overtaken: tuple[Home, Outcome], corrected: Served) -> None:
    home, outcome = overtaken
    assert outcome.code == 0, outcome.err
    for part in ("marts", "csv"):
        assert contents(home.revisions / "r2" / part) == contents(corrected.home.revisions / "r2" / part)


@pytest.mark.parametrize("step", ["gate", "release"])
def test_the_overtaken_task_says_so_and_changes_nothing(
    step: str, overtaken: tuple[Home, Outcome], bases: Bases
) -> None:
    home, _ = overtaken
    before = contents(home.path / "releases"), contents(home.serving)
    with pytest.raises(StaleBuild, match="another run's build") as caught:
        take(step, home, bases.said)
    assert "run the quarter again: nothing of this run was released" in str(caught.value)
    assert (contents(home.path / "releases"), contents(home.serving)) == before
