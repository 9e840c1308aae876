"""Two districts and two quarters through the real pipeline: what is made of their releases while serving is assembled."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import Any

import pytest

from deliveries import OFFICES, Office, add_region, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, REPOSITORY, Home

NEXT, NEIGHBOUR, CITY = "2018Q2", "330110", "330100"
DAYS = {"completed_on": "2018-05-14", "called_on": "2018-07-10"}
# as many cases as the three departments of the other district have together, and more
LARGE = Office("区经信局", frame=70, called=4, satisfied=4, one_visit=4)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Home:
    """Both districts deliver the first quarter, one of them the second."""
    folder = tmp_path_factory.mktemp("districts")
    project, exports = folder / "dbt_project", folder / "exports"
    shutil.copytree(REPOSITORY / "dbt_project", project)
    add_region(project, NEIGHBOUR, "余杭区", [LARGE.name])
    write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
    write_delivery(exports / NEIGHBOUR / QUARTER, rows_of([LARGE]))
    write_delivery(exports / REGION / NEXT, rows_of(with_office("区民政局", called=8, satisfied=8), **DAYS))
    made = Home(folder / "home", exports, privacy_key).with_settings(DBT_PROJECT=str(project))
    for quarter in (QUARTER, NEXT):
        outcome = made.run_here("run", "--quarter", quarter)
        assert outcome.code == 0, outcome.err
    return made


def ask(home: Home, query: str) -> list[tuple[Any, ...]]:
    return home.query(f"{query} and measure = 'satisfaction' order by all")


def test_a_city_has_three_means_of_its_districts(home: Home) -> None:
    """100, 75 and 50 in one district, 100 in the other; 12, 10, 8 and 70 cases."""
    columns = "department_mean_pct, region_mean_pct, frame_weighted_pct, served_region_count, expected_region_count"
    means = (Decimal("81.25"), Decimal("87.50"), Decimal("93.50"))
    where = f"from region_rollups where region_code = '{CITY}' and quarter"
    assert ask(home, f"select {columns} {where} = '{QUARTER}'") == [(*means, 2, 2)]
    # two of the thirteen that the city has are not the city
    assert ask(home, f"select district_count, is_complete {where} = '{QUARTER}'") == [(13, False)]
    assert ask(home, f"select served_region_count, is_complete {where} = '{NEXT}'") == [(1, False)]


def test_districts_are_ranked_among_those_of_their_city(home: Home) -> None:
    query = (
        "select region_rank, region_name, value_pct, ranked_region_count, sibling_count from region_rankings "
        f"where quarter = '{QUARTER}' and made_from = 'survey' and basis = 'department_mean'"
    )
    assert ask(home, query) == [(1, "余杭区", 100, 2, 13), (2, "萧山区", 75, 2, 13)]


def test_a_department_has_its_quarters_pooled_and_as_a_mean(home: Home) -> None:
    """2 of 4 and 8 of 8: ten of twelve together, but 50.00 and 100.00 weigh the same."""
    query = (
        "select quarter, quarter_count, first_quarter, pooled_pct, mean_pct from department_rolling_rates "
        "where department_name = '区民政局'"
    )
    assert ask(home, query) == [
        (QUARTER, 1, QUARTER, 50, 50),
        (NEXT, 2, QUARTER, Decimal("83.33"), 75),
    ]
    query = f"select quarter_count, is_complete from region_rolling_rates where region_code = '{REGION}' and quarter = '{NEXT}'"
    assert ask(home, query) == [(2, False)]


def test_only_the_region_with_a_rule_gets_points(home: Home) -> None:
    assert home.query("select distinct region_code from assessment_points") == [(REGION,)]
