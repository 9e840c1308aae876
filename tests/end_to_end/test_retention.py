"""An issued quarter loses its rows; what was released of it stays, and the quarter after it is built again as if they were there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callback_survey.releases import inventory
from deliveries import OFFICES, rows_of, write_delivery
from homes import QUARTER, REGION, Home, contents

NEXT = "2018Q2"


@pytest.fixture(scope="module")
def two_quarters(small: Home, small_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small home with its notice issued, and the quarter after it released."""
    folder = tmp_path_factory.mktemp("two-quarters")
    exports = folder / "exports"
    write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
    write_delivery(exports / REGION / NEXT, rows_of(OFFICES, completed_on="2018-05-14", called_on="2018-07-10"))
    home = small.copy(folder / "home", exports=exports).with_settings(RETENTION="cases=24 restricted=24 checks=999")
    imprint = ("--issuer", "样例办", "--number", "样例〔2018〕1号", "--date", "2018-06-07", "--by", "样例审批人")
    outcome = home.run_here("approve", "--region", REGION, "--quarter", QUARTER, "--revision", "r1", *imprint)
    assert outcome.code == 0, outcome.err
    outcome = home.run_here("run", "--quarter", NEXT)
    assert outcome.code == 0, outcome.err
    return home


def hashes(home: Home) -> dict[str, str]:
    return {release.name: release.content_hash for release in inventory.take(home.path / "releases").every}


def rows_of_quarter(home: Home, quarter: str) -> list[Path]:
    return [path for path in home.path.rglob("*.parquet") if f"quarter={quarter}" in path.parts]


def test_the_quarter_after_is_built_again_to_the_same_figures_without_the_rows_before(
    two_quarters: Home, tmp_path: Path
) -> None:
    home = two_quarters.copy(tmp_path / "home")
    before, released = hashes(home), contents(home.path / "releases")
    served = home.query("from department_rates order by all")
    outcome = home.run_here("retention", "--remove")
    assert outcome.code == 0, outcome.err
    assert "the notice of r1 is not issued" in outcome.out  # of the second quarter
    assert rows_of_quarter(home, QUARTER) == []
    assert rows_of_quarter(home, NEXT) != []
    assert not (home.path / "warehouse" / "warehouse.duckdb").exists()
    assert contents(home.path / "releases") == released
    outcome = home.run_here("run", "--quarter", NEXT)
    assert outcome.code == 0, outcome.err
    assert hashes(home) == before
    assert home.query("from department_rates order by all") == served
    assert home.run_here("verify").code == 0
    assert "removed" in home.run_here("deliveries").out
    # changes on the quarter before come from its release
    assert home.query(
        f"select count(*) from department_rates where quarter = '{NEXT}' and previous_rate is not null"
    ) != [(0,)]
    (record,) = (home.path / "retention").glob("*.json")
    assert {one["kind"] for one in json.loads(record.read_text(encoding="utf-8"))["removed"]} == {"cases", "restricted"}


def test_single_cases_whose_time_has_passed_do_not_come_back_with_a_run(two_quarters: Home, tmp_path: Path) -> None:
    home = two_quarters.copy(tmp_path / "home").with_settings(RETENTION="restricted=24")
    restricted = home.serving / "restricted"
    assert home.run_here("retention", "--remove").code == 0
    left = sorted(path.parent.name for path in restricted.rglob("*.parquet"))
    assert left and set(left) == {f"quarter={NEXT}"}, "whose notice is not issued"
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert sorted(path.parent.name for path in restricted.rglob("*.parquet")) == left
    assert "nothing new" in outcome.out
