"""A rollback killed (SIGKILL) at each of its writes: readers see one revision or the other, whole, and the next run or the
same command ends it. Whatever is done to a revision, the revision itself stays as it was, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey import releases
from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from homes import QUARTER, REGION, Home, Served, contents
from killing import copy_without_logs, job, kill_steps
from stepwise import take

WHY = ("--by", "值班长", "--reason", "再来")
FIRST, SECOND = "75.00", "83.33"
_ENTRY = "*/journal/0001-rolled_back-r1.json"
POINTS = [("before", _ENTRY), ("after", _ENTRY), ("before", "*/serving/current"), ("after", "*/serving/current")]


def decisions(home: Home) -> list[tuple[str, int]]:
    return [(entry.act, entry.revision) for entry in journal.entries(home.path / "releases")]


def frozen(home: Home) -> dict[str, dict[str, str]]:
    return {name: contents(home.revisions / name) for name in ("r1", "r2")}


@pytest.fixture(scope="module")
def killed(corrected: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Home]:
    """A home per point, each with a rollback from r2 to r1 that died there."""
    folder = tmp_path_factory.mktemp("killed-rollbacks")
    homes = {point: copy_without_logs(corrected.home, folder / str(at)) for at, point in enumerate(POINTS)}
    kill_steps(
        [job(home, "rollback", {}, point=("os.rename", pattern, when)) for (when, pattern), home in homes.items()]
    )
    return homes


@pytest.mark.parametrize("point", POINTS, ids=" ".join)
def test_readers_see_one_revision_whole(point: tuple[str, str], killed: dict[tuple[str, str], Home]) -> None:
    home = killed[point]
    expected = FIRST if point == ("after", "*/serving/current") else SECOND
    assert home.averages()["satisfaction"] == expected
    is_first = expected == FIRST
    assert home.query("select is_served from releases order by revision") == [(is_first,), (not is_first,)]
    assert decisions(home) == ([] if point == ("before", _ENTRY) else [("rolled_back", 1)])


@pytest.mark.parametrize("healed_by", ["rollback", "serve"])
@pytest.mark.parametrize("point", POINTS, ids=" ".join)
def test_the_same_command_or_the_next_run_ends_it(
    point: tuple[str, str], healed_by: str, killed: dict[tuple[str, str], Home], corrected: Served, tmp_path: Path
) -> None:
    """What a run does of it is its last step, which needs nothing of the others."""
    home = copy_without_logs(killed[point], tmp_path / "home")
    is_done = point == ("after", "*/serving/current")
    if healed_by == "rollback" and is_done:
        outcome = home.run_here("releases", "rollback", "--region", REGION, "--quarter", QUARTER, "r1", *WHY)
        assert (outcome.code, "is already served" in outcome.err) == (2, True)
    else:
        take(healed_by, home, {})
    was_decided = point != ("before", _ENTRY)
    assert home.averages()["satisfaction"] == (FIRST if was_decided or healed_by == "rollback" else SECOND)
    assert decisions(home) == ([("rolled_back", 1)] if was_decided or healed_by == "rollback" else [])
    assert frozen(home) == frozen(corrected.home)


def test_a_run_of_the_same_delivery_leaves_the_rollback_and_every_revision_as_they_were(
    corrected: Served, tmp_path: Path
) -> None:
    home = corrected.home.copy(tmp_path / "home")
    before = frozen(home)
    take("rollback", home, {})
    journal.append(home.path / "releases", Decision("approved", REGION, QUARTER, 1, "值班长"))
    assert frozen(home) == before
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert "r1 is served instead of r2, rolled back by 值班长" in outcome.out
    assert home.averages()["satisfaction"] == FIRST
    assert frozen(home) == before
    assert sorted(path.name for path in home.revisions.glob("r*")) == ["r1", "r2"]
    assert home.query("select approval_status, approved_by from releases where is_served") == [("approved", "值班长")]
    assert all(found.is_whole for found in releases.verify_all(home.path / "releases"))
