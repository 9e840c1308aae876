"""Changes are changes on the quarter before as released: correcting that one revises the next, and nothing more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from deliveries import OFFICES, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, Home, Outcome, Served, contents

NEXT = "2018Q2"
DAYS = {"completed_on": "2018-05-14", "called_on": "2018-07-10"}


def run(home: Home, quarter: str = QUARTER) -> Outcome:
    return home.run_here("run", "--quarter", quarter)


def release(home: Home, revision: int, quarter: str = NEXT) -> dict[str, Any]:
    path = home.path / "releases" / REGION / quarter / f"r{revision}" / "release.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def revisions(home: Home) -> list[tuple[str, int, bool]]:
    found: list[Any] = home.query("select quarter, revision, is_served from releases order by all")
    return found


@pytest.fixture(scope="module")
def two_quarters(tmp_path_factory: pytest.TempPathFactory, small: Home, small_exports: Path) -> Served:
    """The small home with a second quarter after the first one."""
    exports = tmp_path_factory.mktemp("two-exports")
    write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
    write_delivery(exports / REGION / NEXT, rows_of(with_office("区民政局", satisfied=3), **DAYS))
    home = small.copy(tmp_path_factory.mktemp("two") / "home", exports=exports)
    return Served(home, run(home, NEXT))


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory, two_quarters: Served) -> Served:
    """The same after a correction of the first quarter that moves 区民政局."""
    exports = tmp_path_factory.mktemp("revised-exports")
    write_delivery(exports / REGION / QUARTER, rows_of(with_office("区民政局", called=8, satisfied=6)))
    home = two_quarters.home.copy(tmp_path_factory.mktemp("revised") / "home", exports=exports)
    return Served(home, run(home))


def test_a_quarter_is_compared_with_the_one_before_as_released(two_quarters: Served) -> None:
    assert two_quarters.outcome.code == 0, two_quarters.outcome.err
    assert release(two_quarters.home, 1)["compared_with"] == {"quarter": QUARTER, "revision": 1}
    assert release(two_quarters.home, 1, QUARTER)["compared_with"] is None


def change_of(home: Home, department_name: str) -> tuple[Any, ...]:
    """Status, revision, rate before, change, its interval and whether it is significant: satisfaction in the next quarter."""
    [found] = home.query(
        "select change_status, previous_revision, previous_rate, change, change_ci_low, change_ci_high, is_significant_change "
        f"from department_rates where quarter = '{NEXT}' and department_name = '{department_name}' and measure = 'satisfaction'"
    )
    return found


def test_a_change_is_served_with_its_interval(two_quarters: Served) -> None:
    status, revision, before, change, low, high, is_significant = change_of(two_quarters.home, "区民政局")
    assert (status, revision, before, change, is_significant) == ("compared", 1, 0.5, 0.25, False)
    assert (low, high) == pytest.approx(confint_proportions_2indep(3, 4, 2, 4, method="newcomb"), abs=1e-9)
    # released before, without a rate
    assert change_of(two_quarters.home, "区旅游局") == ("no_previous", 1, None, None, None, None, None)


def test_a_corrected_quarter_moves_the_change_after_it(revised: Served) -> None:
    status, revision, before, change, low, high, _ = change_of(revised.home, "区民政局")
    assert (status, revision, before, change) == ("compared", 2, 0.75, 0.0)
    assert (low, high) == pytest.approx(confint_proportions_2indep(3, 4, 6, 8, method="newcomb"), abs=1e-9)


def test_a_correction_that_moves_figures_revises_the_next_quarter_and_says_why(revised: Served) -> None:
    assert revised.outcome.code == 0, revised.outcome.err
    assert revisions(revised.home) == [
        (QUARTER, 1, False),
        (QUARTER, 2, True),
        (NEXT, 1, False),
        (NEXT, 2, True),
    ]
    second = release(revised.home, 2)
    assert second["compared_with"] == {"quarter": QUARTER, "revision": 2}
    assert second["reason"] == "2018Q1, which it is compared with, was corrected"
    assert second["delivery_id"] == release(revised.home, 1)["delivery_id"]
    gates = revised.home.query(f"select distinct gate from check_results where quarter = '{NEXT}' order by gate")
    assert gates == [("delivery",), ("marts",)]


def test_running_the_corrected_quarter_again_revises_nothing_more(revised: Served, tmp_path: Path) -> None:
    home = revised.home.copy(tmp_path / "home")
    assert run(home).code == 0
    assert contents(home.path / "releases") == contents(revised.home.path / "releases")


def test_a_correction_that_moves_no_compared_figure_leaves_the_next_quarter_alone(
    revised: Served, tmp_path: Path
) -> None:
    """One more case in the frame: another revision of its quarter, but no rate is another one."""
    changed = rows_of(with_office("区民政局", called=8, satisfied=6, frame=9))
    write_delivery(tmp_path / "exports" / REGION / QUARTER, changed)
    home = revised.home.copy(tmp_path / "home", exports=tmp_path / "exports")
    assert run(home).code == 0
    assert revisions(home)[2:] == [(QUARTER, 3, True), (NEXT, 1, False), (NEXT, 2, True)]
    # and the figures it is compared with stand since r2, also when it is run again itself
    assert run(two_exports(home, tmp_path), NEXT).code == 0
    assert revisions(home)[2:] == [(QUARTER, 3, True), (NEXT, 1, False), (NEXT, 2, True)]


def test_a_next_quarter_whose_delivery_is_lost_is_told_and_holds_nothing_up(
    two_quarters: Served, corrected_exports: Path, tmp_path: Path
) -> None:
    home = two_quarters.home.copy(tmp_path / "home", exports=corrected_exports)
    for path in (home.path / "lake" / "raw").glob(f"*/region={REGION}/quarter={NEXT}/*.parquet"):
        path.unlink()
    outcome = run(home)
    assert outcome.code == 3
    assert f"{REGION} {NEXT}" in outcome.err and "the lake no longer has the complete delivery" in outcome.err
    assert revisions(home) == [(QUARTER, 1, False), (QUARTER, 2, True), (NEXT, 1, True)]


def test_a_gap_is_not_skipped(small: Home, tmp_path: Path) -> None:
    rows = rows_of(OFFICES, completed_on="2018-08-14", called_on="2018-10-10")
    write_delivery(tmp_path / "exports" / REGION / "2018Q3", rows)
    home = small.copy(tmp_path / "home", exports=tmp_path / "exports")
    assert run(home, "2018Q3").code == 0
    assert release(home, 1, "2018Q3")["compared_with"] is None


def two_exports(home: Home, folder: Path) -> Home:
    """The same home, given the second quarter's delivery again."""
    write_delivery(folder / "next" / REGION / NEXT, rows_of(with_office("区民政局", satisfied=3), **DAYS))
    return Home(home.path, folder / "next", home.key)
