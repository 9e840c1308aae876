"""A correction revises the quarter after it too: a run killed anywhere in between leaves what readers see, and the next run
ends as one that was never killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from deliveries import OFFICES, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, Home
from killing import job, kill_steps
from thorough import some

NEXT = "2018Q2"
EVERY_POINT: dict[str, dict[str, Any]] = {
    "after it was built": {"function": ("callback_survey.pipeline.steps", "judge", 2)},
    "before its revision has a name": {"point": ("os.rename", f"*/{NEXT}/r2", "before")},
    "after it is released, before it is served": {"function": ("callback_survey.pipeline.steps", "serve")},
}
POINTS = dict(some(list(EVERY_POINT.items()), every=3))


@dataclass(frozen=True)
class Corrected:
    """Two quarters with a correction of the first to be run: killed at each point, and never."""

    killed: dict[str, Home]
    done: Home
    served_before: list[tuple[Any, ...]]


def served(home: Home) -> list[tuple[Any, ...]]:
    return home.query("select quarter, revision, content_hash from releases where is_served order by all")


def released(home: Home) -> list[str]:
    return sorted(str(path.relative_to(home.path)) for path in (home.path / "releases").glob("*/*/r*"))


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory, small: Home) -> Corrected:
    folder = tmp_path_factory.mktemp("following")
    write_delivery(folder / "first" / REGION / QUARTER, rows_of(OFFICES))
    days = {"completed_on": "2018-05-14", "called_on": "2018-07-10"}
    write_delivery(folder / "first" / REGION / NEXT, rows_of(with_office("区民政局", satisfied=3), **days))
    write_delivery(folder / "corrected" / REGION / QUARTER, rows_of(with_office("区民政局", called=8, satisfied=6)))
    two = small.copy(folder / "home", exports=folder / "first")
    assert two.run_here("run", "--quarter", NEXT).code == 0

    def copy(name: str) -> Home:
        return two.copy(folder / name, exports=folder / "corrected")

    done = copy("done")
    assert done.run_quarter_here().code == 0
    killed = {name: copy(f"killed-{number}") for number, name in enumerate(POINTS)}
    kill_steps([job(killed[name], "run", {}, **where) for name, where in POINTS.items()])
    return Corrected(killed, done, served(two))


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_between_the_two_quarters_is_ended_by_the_next(corrected: Corrected, point: str) -> None:
    home = corrected.killed[point]
    assert served(home) == corrected.served_before
    again = home.run_quarter_here()
    assert again.code == 0, again.err
    assert served(home) == served(corrected.done)
    assert released(home) == released(corrected.done)
    assert [path for path in home.path.rglob(".*") if path.is_dir() and path.name.startswith(".r")] == []
