"""Each step killed (SIGKILL) at each of its writes, before and after the rename, and then taken again.

What is served is the old version or the new one, whole; nothing half-written can be taken for finished; and the step taken
again, as a retried task, ends as if it had never been killed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.landing import ledger
from callback_survey.scope import Scope
from callback_survey.storage import files
from homes import QUARTER, REGION, Home, Served, contents
from killing import copy_without_logs, job, kill_steps
from stepwise import Bases, go_on
from thorough import some


@dataclass(frozen=True)
class Point:
    """Where a step dies: before or after the first call on a file that fits the pattern."""

    step: str
    when: str
    pattern: str
    event: str = "os.rename"

    @property
    def name(self) -> str:
        return f"{self.step}, {self.when} {self.pattern}"


_ENTRY = f"*/ledger/region={REGION}/quarter={QUARTER}/{'[0-9a-f]' * 16}.json"
_VERSION = f"*/serving/versions/{'[0-9a-f]' * 16}"
EVERY_POINT = [
    Point("land", "before", "*/lake/raw/frame/*.parquet"),
    Point("land", "after", "*.checked.json"),
    Point("land", "after", "*/lake/raw/rejects/*.parquet"),
    *(Point("land", when, _ENTRY) for when in ("before", "after")),
    *(Point("land", when, "*/checks/*/delivery-*.json") for when in ("before", "after")),
    *(Point("land", when, "*.gate.json") for when in ("before", "after")),
    *(Point("land", when, "*/current.json") for when in ("before", "after")),
    Point("gate", "after", "*/warehouse/checked/*.json"),
    *(Point("gate", when, "*/checks/*/marts-*.json") for when in ("before", "after")),
    Point("gate", "before", "*/checks/*/index.html"),
    *(Point("release", when, "*/serving/restricted/*.parquet") for when in ("before", "after")),
    Point("release", "before", "*/csv/department_rates.csv", "open"),
    Point("release", "before", "*/dictionary.csv"),
    Point("release", "before", "*/release.json"),
    Point("release", "before", "*/SHA256SUMS"),
    *(Point("release", when, f"*/{QUARTER}/r2") for when in ("before", "after")),
    Point("serve", "before", "*/served.json"),
    *(Point("serve", when, _VERSION) for when in ("before", "after")),
    *(Point("serve", when, "*/serving/current") for when in ("before", "after")),
    *(Point("documents", when, "*/r2/notice") for when in ("before", "after")),
    *(Point("documents", when, "*/SHA256SUMS") for when in ("before", "after")),
]
POINTS = [point for _, of_step in groupby(EVERY_POINT, attrgetter("step")) for point in some(list(of_step), every=4)]
UNLISTED = Point("documents", "after", "*/r2/notice"), Point("documents", "before", "*/SHA256SUMS")


@pytest.fixture(scope="module")
def killed(bases: Bases, tmp_path_factory: pytest.TempPathFactory) -> dict[Point, Home]:
    """A home per point, each with a step that died there."""
    folder = tmp_path_factory.mktemp("killed-steps")
    homes = {
        point: copy_without_logs(bases.before[point.step], folder / str(number)) for number, point in enumerate(POINTS)
    }
    kill_steps(
        [
            job(home, point.step, bases.said, point=(point.event, point.pattern, point.when))
            for point, home in homes.items()
        ]
    )
    return homes


def served_to_readers(home: Home) -> dict[str, str]:
    """What stands behind the names that readers open."""
    current = (home.serving / "current").resolve()
    return {name: digest for name, digest in contents(current).items() if name != "served.json"}


def half_written(home: Home) -> list[str]:
    """What was written aside and not renamed, or is scratch."""
    return [
        path.relative_to(home.path).as_posix()
        for part in ("lake", "releases", "serving", "checks")
        for path in (home.path / part).rglob(".*")
        if path.name != ".lock"
    ]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_readers_see_the_old_version_or_the_new_one_whole(
    point: Point, killed: dict[Point, Home], small: Home, bases: Bases
) -> None:
    home = killed[point]
    is_switched = point.step == "documents" or point == Point("serve", "after", "*/serving/current")
    if not is_switched:
        assert served_to_readers(home) == served_to_readers(small)
    assert home.averages()["satisfaction"] == ("83.33" if is_switched else "75.00")
    folder = home.serving / "parquet" / "region_rates" / "*.parquet"
    rates = duckdb.execute(f"select average_pct::text from '{folder}' where measure = 'satisfaction'").fetchall()
    assert rates == [("83.33" if is_switched else "75.00",)]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_what_has_its_name_is_whole(point: Point, killed: dict[Point, Home]) -> None:
    """Every file that a later step would take for finished is what it says it is."""
    home = killed[point]
    for path in home.path.glob("lake/raw/*/*/*/[0-9a-f]*.parquet"):
        assert path.stem == files.sha256_of(path)
    for entry in ledger.entries(home.path / "lake"):
        assert entry.report is not None
        assert ledger.find(home.path / "lake", entry.scope, entry.name) is not None
    for release in releases.take(home.path / "releases").every:
        assert len(release.check_reports()) == 2
        damage = releases.verify(release).damage
        if release.revision == 2 and point in UNLISTED:
            # no later step takes them for finished, and whoever verifies is told
            assert not releases.has_documents(release) and {each.kind for each in damage} == {"extra"}
        else:
            assert damage == () and releases.has_documents(release) == release.notice.is_file()
    for path in home.path.glob("checks/*/[a-z]*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_the_step_taken_again_ends_as_if_it_had_not_been_killed(
    point: Point, killed: dict[Point, Home], bases: Bases, tmp_path: Path
) -> None:
    home = copy_without_logs(killed[point], tmp_path / "home")
    go_on(home, point.step, bases.said)
    assert half_written(home) == []
    assert contents(home.path / "lake" / "raw") == contents(bases.done.path / "lake" / "raw")
    assert current(home) == current(bases.done)
    assert verdicts(home) == verdicts(bases.done)
    if point.step != "land":
        assert end_of(home) == end_of(bases.done)
    if point.step == "documents":
        assert contents(home.revisions / "r2") == contents(bases.done.revisions / "r2")


def test_a_run_of_such_steps_ends_as_the_command_does(bases: Bases, corrected: Served) -> None:
    """Also its build, which was made over what a dead dbt and a killed build had left."""
    assert end_of(bases.done) == end_of(corrected.home)
    assert contents(bases.done.path / "lake" / "raw") == contents(corrected.home.path / "lake" / "raw")


def test_the_death_of_dbt_ends_the_build_and_says_that_nothing_was_released(bases: Bases) -> None:
    assert "dbt ended with exit code -9; nothing was released" in bases.of_dead_dbt


def test_a_build_killed_before_its_stamp_is_nobody_s_build(bases: Bases) -> None:
    assert "found an unfinished one" in bases.of_missing_stamp


def current(home: Home) -> str:
    pointer = ledger.folder(home.path / "lake", Scope(REGION, QUARTER)) / "current.json"
    return str(files.read_json(pointer)["delivery_id"])


def verdicts(home: Home) -> dict[str, list[str]]:
    found = sorted((home.path / "lake" / "ledger").rglob("*.gate.json"))
    return {path.name: files.read_json(path)["failed_checks"] for path in found}


def end_of(home: Home) -> dict[str, object]:
    """What a correction ends with, without the moments and the names of runs."""
    first, second = releases.revisions(home.path / "releases", Scope(REGION, QUARTER))
    tables = [name for (name,) in home.query("select table_name from duckdb_tables() order by 1")]
    timeless = [name for name in tables if name not in ("releases", "check_results")]
    return {
        "revisions": [(each.content_hash, each.reason, each.delivery_id, each.difference) for each in (first, second)],
        "frozen": [contents(second.folder / part) for part in ("marts", "csv")],
        "restricted": contents(home.serving / "restricted"),
        "served": {name: sorted(map(repr, home.query(f"from {name}"))) for name in timeless},
        "listed": home.query("select revision, is_served, content_hash from releases order by 1"),
        "checked": home.query("select revision, is_served, gate, check_id, outcome from check_results order by all"),
    }
