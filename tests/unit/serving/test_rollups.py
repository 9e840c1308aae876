"""Roll-ups equal what exact fractions give, over made-up provinces; and each of their rules in one small case."""

from __future__ import annotations

import json
import shutil
import statistics as stdlib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest

import rollup_oracle as oracle
import statistics_oracle
from callback_survey.serving import rollups
from callback_survey.serving.rollups import Rollups
from callback_survey.warehouse.fingerprint import code_fingerprint, sql_fingerprint
from lakes import REPOSITORY
from rollup_oracle import Rating, Region, World
from rollup_worlds import FIRST, make_world, rolled_up
from statistics_oracle import Counts

PROJECT = REPOSITORY / "dbt_project"
PROVINCE = Region("990000", None, "province", is_survey_region=False)
CITY = Region("990100", "990000", "city", is_survey_region=False)
OTHER_CITY = Region("990200", "990000", "city", is_survey_region=False)
DISTRICTS = tuple(Region(f"99010{number}", "990100", "district") for number in (1, 2, 3))
OTHER_DISTRICT = Region("990201", "990200", "district")


@pytest.fixture(scope="module")
def rules(compiled_project: Path) -> Rollups:
    """What dbt makes of the project."""
    return rollups.read(json.loads(compiled_project.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def worlds(rules: Rollups) -> Iterator[list[tuple[World, duckdb.DuckDBPyConnection]]]:
    made = [make_world(seed) for seed in range(4)]
    connections = [rolled_up(world, rules) for world in made]
    yield list(zip(made, connections, strict=True))
    for connection in connections:
        connection.close()


def rows_of(connection: duckdb.DuckDBPyConnection, rollup: rollups.Rollup) -> dict[tuple[str, ...], dict[str, Any]]:
    found = connection.execute(f"select * from {rollup.name}")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    by_key = {tuple(row[name] for name in rollup.key): row for row in rows}
    assert len(by_key) == len(rows), "the key makes a row unique"
    return by_key


def assert_equal(expected: dict[str, Any], found: dict[str, Any], key: tuple[str, ...]) -> None:
    for name, value in expected.items():
        if isinstance(value, Fraction):
            assert found[name] == pytest.approx(float(value), rel=0, abs=1e-12), (key, name)
        else:
            assert found[name] == value, (key, name)


@pytest.mark.parametrize(
    ("name", "work_out"),
    [
        ("region_rollups", oracle.region_rollups),
        ("department_rolling_rates", oracle.department_rolling_rates),
        ("region_rolling_rates", oracle.region_rolling_rates),
        ("region_rankings", oracle.region_rankings),
    ],
)
def test_every_figure_is_what_exact_fractions_give(
    rules: Rollups,
    worlds: list[tuple[World, duckdb.DuckDBPyConnection]],
    name: str,
    work_out: Callable[[World], dict[tuple[str, ...], dict[str, Any]]],
) -> None:
    (rollup,) = (served for served in rules.served if served.name == name)
    compared = 0
    for world, connection in worlds:
        found, expected = rows_of(connection, rollup), work_out(world)
        assert set(found) == set(expected)
        for key, row in expected.items():
            assert_equal(row, found[key], key)
        compared += len(expected)
    assert compared > 500


def test_the_made_up_worlds_hold_what_the_rules_are_about(
    worlds: list[tuple[World, duckdb.DuckDBPyConnection]],
) -> None:
    """A comparison over worlds without ties, gaps and breaks would prove little."""

    def count(query: str) -> int:
        return sum(connection.execute(f"select count(*) from {query}").fetchall()[0][0] for _, connection in worlds)

    assert count("region_rollups where definition_count > 1") > 20
    assert count("region_rollups where not is_complete") > 20
    assert count("region_rollups where answered_count is null and definition_count = 1") > 20
    assert count("region_rollups where department_mean_pct <> region_mean_pct") > 20
    for reason in ("break_in_series", "definition_changed"):
        assert count(f"department_rolling_rates where shortened_by = '{reason}'") > 100
    assert count("department_rolling_rates where shortened_by is null and quarter_count in (1, 2, 3)") > 100
    assert count("department_rolling_rates where quarter_count = 0") > 20
    assert count("department_rolling_rates where pooled_pct <> mean_pct") > 100
    assert count("region_rolling_rates where is_complete and made_from = 'districts'") > 5
    assert count("region_rolling_rates where quarter_count = 4 and not is_complete") > 5
    assert count("region_rankings where region_rank > 1") > 100
    tied = (
        "select 1 from region_rankings where region_rank is not null group by parent_region_code, made_from, quarter, "
    )
    assert count(f"({tied} measure, measure_definition, basis, region_rank having count(*) > 1)") > 5


def test_four_quarters_are_tested_as_libraries_test_them(
    worlds: list[tuple[World, duckdb.DuckDBPyConnection]],
) -> None:
    """The p-values of scipy's beta-binomial and the intervals of statsmodels, on the pooled counts; the spread by its formula."""
    tested = below = 0
    for _, connection in worlds:
        found = connection.execute(
            "select region_code, quarter, measure, answered_count, success_count, p_value, q_value, ci_low, ci_high, "
            "signal_reliability, is_accountable, is_significantly_below from department_rolling_rates "
            "where answered_count > 0 and success_count is not null order by region_code, quarter, measure, department_code"
        ).fetchall()
        for _, group in groupby(found, key=lambda row: row[:3]):
            rows = list(group)
            counts = [Counts(row[3], row[3], row[4]) for row in rows]
            expected = statistics_oracle.predictive(counts)
            assert [row[5] for row in rows] == approximately(expected)
            assert [row[6] for row in rows] == approximately(statistics_oracle.adjusted(expected))
            for row, one, reliability in zip(rows, counts, reliabilities(counts), strict=True):
                assert list(row[7:9]) == approximately(statistics_oracle.library_wilson(one, is_finite=False))
                assert row[9] == (None if reliability is None else pytest.approx(reliability, abs=1e-9))
                assert row[10] == (one.answers >= 100 or ((reliability or 0) >= 0.7 and one.answers >= 10))
                below += bool(row[11])
            tested += sum(p_value is not None for p_value in expected)
    assert tested > 100 and below > 5


def approximately(values: Sequence[float | None]) -> Any:
    return [None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9) for value in values]


def reliabilities(counts: Sequence[Counts]) -> list[float | None]:
    """Of each tested department, the share of its spread that is between departments; method of moments over all of them."""
    tested = [one for one in counts if one.is_tested]
    noise = {
        id(one): (one.successes + 0.5) * (one.answers - one.successes + 0.5) / (one.answers + 1) ** 2 / one.answers
        for one in tested
    }
    if len(tested) < 2:
        return [None for _ in counts]
    rates = [one.successes / one.answers for one in tested]
    between = max(0.0, stdlib.variance(rates) - stdlib.fmean(noise.values()))
    return [between / (between + noise[id(one)]) if one.is_tested else None for one in counts]


def rate(region: str, department: str, success: int | None, answered: int | None, **other: Any) -> Rating:
    values: dict[str, Any] = {"quarter": FIRST, "measure": "satisfaction", "definition": "top_box", "frame": 10}
    return Rating(
        region=region, department=f"{region}-{department}", success=success, answered=answered, **(values | other)
    )


def ask(rules: Rollups, world: World, query: str) -> list[tuple[Any, ...]]:
    with rolled_up(world, rules) as connection:
        return connection.execute(query).fetchall()


def test_the_three_means_answer_three_questions(rules: Rollups) -> None:
    """One district has three departments, the other one; the weights of the cases are different again."""
    world = World(
        (PROVINCE, CITY, *DISTRICTS[:2]),
        (
            rate("990101", "1", 1, 1, frame=100),
            rate("990101", "2", 1, 1, frame=100),
            rate("990101", "3", 1, 1, frame=100),
            rate("990102", "1", 1, 2, frame=700),
        ),
    )
    query = (
        "select region_code, department_mean_pct, region_mean_pct, frame_weighted_pct from region_rollups order by 1"
    )
    means = (Decimal("87.50"), Decimal("75.00"), Decimal("65.00"))
    assert ask(rules, world, query) == [("990000", *means), ("990100", *means)]


def test_a_mean_of_printed_figures_on_the_edge_is_rounded_half_up(rules: Rollups) -> None:
    """The mean of 50.00 and 50.01 is 50.005: half even and binary floats print 50.00. Weighted, 0.005 comes about too."""
    printed = {"definition": "top_box", "printed": Decimal("50.01")}
    world = World(
        (PROVINCE, CITY, *DISTRICTS[:2]),
        (rate("990101", "1", 1, 2), rate("990102", "1", None, None, **printed)),
    )
    query = "select department_mean_pct, region_mean_pct, frame_weighted_pct from region_rollups where region_level = 'city'"
    assert ask(rules, world, query) == [(Decimal("50.01"),) * 3]


def test_a_district_that_is_not_served_makes_the_city_incomplete_and_unranked_but_not_the_other_city(
    rules: Rollups,
) -> None:
    world = World(
        (PROVINCE, CITY, OTHER_CITY, *DISTRICTS, OTHER_DISTRICT),
        (rate("990101", "1", 1, 1), rate("990102", "1", 1, 1), rate("990201", "1", 1, 2)),
    )
    query = "select region_code, served_region_count, expected_region_count, is_complete from region_rollups order by 1"
    assert ask(rules, world, query) == [
        ("990000", 3, 4, False),
        ("990100", 2, 3, False),
        ("990200", 1, 1, True),
    ]
    query = (
        "select region_code, value_pct, region_rank, ranked_region_count, sibling_count from region_rankings "
        "where basis = 'region_mean' and region_level = 'city' order by 1"
    )
    assert ask(rules, world, query) == [
        ("990100", Decimal("100.00"), None, None, 2),
        ("990200", Decimal("50.00"), None, 1, 2),
    ]


def test_one_registered_district_is_not_the_province_and_is_first_of_nobody(rules: Rollups) -> None:
    """The register holds one of the thirteen districts, and nobody entered how many the province has."""
    world = World((PROVINCE, CITY, DISTRICTS[0]), (rate("990101", "1", 1, 1),))
    connection = rolled_up(world, Rollups())
    connection.execute("update regions set district_count = case when region_level = 'city' then 13 end")
    rollups.write(connection, rules)
    query = "select region_code, served_region_count, district_count, is_complete from region_rollups order by 1"
    assert connection.execute(query).fetchall() == [("990000", 1, None, False), ("990100", 1, 13, False)]
    query = (
        "select region_rank, ranked_region_count, sibling_count from region_rankings "
        "where made_from = 'survey' and basis = 'department_mean'"
    )
    assert connection.execute(query).fetchall() == [(None, 1, 13)]
    connection.close()


def test_districts_of_two_definitions_have_no_figure_together_and_no_rank_among_each_other(rules: Rollups) -> None:
    world = World(
        (PROVINCE, CITY, *DISTRICTS),
        (
            rate("990101", "1", 1, 2),
            rate("990102", "1", 1, 1),
            rate("990103", "1", 1, 1, definition="top_three"),
        ),
    )
    query = (
        "select distinct measure_definition, definition_count, department_mean_pct, answered_count from region_rollups"
    )
    assert ask(rules, world, query) == [(None, 2, None, None)]
    query = (
        "select region_code, region_rank, ranked_region_count, sibling_count from region_rankings "
        "where made_from = 'survey' and basis = 'department_mean' order by 1"
    )
    assert ask(rules, world, query) == [("990101", 2, 2, 3), ("990102", 1, 2, 3), ("990103", None, 1, 3)]


def test_regions_that_print_alike_share_a_rank_and_the_next_one_is_skipped(rules: Rollups) -> None:
    """2/3 and 6667/10000 are not the same number, but 66.67 is what anybody sees of both."""
    world = World(
        (PROVINCE, CITY, *DISTRICTS),
        (rate("990101", "1", 2, 3), rate("990102", "1", 6667, 10_000), rate("990103", "1", 1, 2)),
    )
    query = (
        "select region_code, value_pct, region_rank from region_rankings "
        "where made_from = 'survey' and basis = 'department_mean' order by 1"
    )
    two_thirds = Decimal("66.67")
    assert ask(rules, world, query) == [
        ("990101", two_thirds, 1),
        ("990102", two_thirds, 1),
        ("990103", Decimal("50.00"), 3),
    ]


def series(*rates: tuple[int, int, int], department: str = "1", **other: Any) -> tuple[Rating, ...]:
    """Quarters of one department: how many quarters after the first, success, answered."""
    return tuple(rate("990101", department, x, n, quarter=FIRST + later, **other) for later, x, n in rates)


def test_four_quarters_pool_their_answers_or_weigh_the_same(rules: Rollups) -> None:
    """The fifth quarter back is out. Pooled, the quarter with 97 answers decides; in the mean it is one of four."""
    world = World((PROVINCE, CITY, DISTRICTS[0]), series((0, 0, 500), (1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 0, 97)))
    query = (
        "select quarter_count, is_complete, first_quarter, answered_count, pooled_pct, mean_pct "
        "from department_rolling_rates where quarter = '2019Q1'"
    )
    assert ask(rules, world, query) == [(4, True, "2018Q2", 100, Decimal("3.00"), Decimal("75.00"))]


def test_a_gap_is_not_filled_from_further_back(rules: Rollups) -> None:
    world = World((PROVINCE, CITY, DISTRICTS[0]), series((0, 0, 10), (1, 1, 2), (4, 1, 1)))
    query = (
        "select quarter_count, is_complete, first_quarter, shortened_by, mean_pct "
        "from department_rolling_rates where quarter = '2019Q1'"
    )
    assert ask(rules, world, query) == [(2, False, "2018Q2", None, Decimal("75.00"))]


def test_a_merged_department_starts_anew_and_the_region_goes_on(rules: Rollups) -> None:
    """Department 2 took over from another in 2018 Q3 and had its code before: what it had then counts no more."""
    world = World(
        (PROVINCE, CITY, DISTRICTS[0]),
        (
            *series((0, 0, 1), (1, 0, 1), (2, 1, 1), (3, 1, 1)),
            *series((0, 0, 1), (1, 0, 1), (2, 1, 1), (3, 1, 1), department="2"),
        ),
        (("990101-2", FIRST + 2),),
    )
    query = (
        "select department_code, quarter_count, shortened_by, mean_pct from department_rolling_rates "
        "where quarter = '2018Q4' order by 1"
    )
    assert ask(rules, world, query) == [
        ("990101-1", 4, None, Decimal("50.00")),
        ("990101-2", 2, "break_in_series", Decimal("100.00")),
    ]
    query = (
        "select quarter_count, shortened_by from region_rolling_rates where quarter = '2018Q4' and made_from = 'survey'"
    )
    assert ask(rules, world, query) == [(4, None)]


def test_a_changed_definition_ends_the_window_also_where_the_department_was_not_there_when_it_changed(
    rules: Rollups,
) -> None:
    changed = {"definition": "top_three"}
    world = World(
        (PROVINCE, CITY, DISTRICTS[0]),
        (
            *series((0, 0, 1), (1, 0, 1)),
            *series((2, 1, 1), (3, 1, 1), **changed),
            # the other department pauses in the quarters around the change
            *series((0, 0, 1), department="2"),
            *series((3, 1, 1), department="2", **changed),
        ),
    )
    query = (
        "select department_code, quarter_count, shortened_by, mean_pct from department_rolling_rates "
        "where quarter = '2018Q4' order by 1"
    )
    assert ask(rules, world, query) == [
        ("990101-1", 2, "definition_changed", Decimal("100.00")),
        ("990101-2", 1, "definition_changed", Decimal("100.00")),
    ]
    query = "select quarter_count, shortened_by, department_mean_pct from region_rolling_rates where quarter = '2018Q4'"
    assert set(ask(rules, world, query)) == {(2, "definition_changed", Decimal("100.00"))}


def test_divisions_that_stand_above_each_other_do_not_hang_the_assembly(rules: Rollups) -> None:
    world = World(
        (Region("990000", "990100", "province"), CITY, DISTRICTS[0]),
        (rate("990101", "1", 1, 1),),
    )
    assert ask(rules, world, "select count(*) from region_rollups") == [(2,)]


def test_columns_are_those_that_are_declared_with_their_types_and_all_are_described(rules: Rollups) -> None:
    """Over no release at all, so that an input that is missing is also seen to be read as empty."""
    with duckdb.connect() as connection:
        rollups.write(connection, rules)
        for rollup in rules.served:
            found = connection.execute(
                "select column_name, lower(data_type) from duckdb_columns() where table_name = $1 order by column_index",
                [rollup.name],
            ).fetchall()
            promised = [(name, data_type.replace("string", "varchar")) for name, data_type, _ in rollup.columns]
            assert found == promised
            assert set(rollup.key) <= set(rollup.order_by) <= {name for name, _, _ in rollup.columns}
            assert rollup.description and all(text for *_, text in rollup.columns)
            assert "{{" not in repr(rollup)


def test_a_changed_rollup_neither_rebuilds_the_warehouse_nor_makes_a_rule_of_a_release_another(tmp_path: Path) -> None:
    """Also where the project stands below folders of that name."""
    project = tmp_path / "models" / "rollups"
    project.parent.mkdir()
    shutil.copytree(PROJECT, project)
    before = code_fingerprint(project, project / "seeds")
    compiled_before = sql_fingerprint(project)
    (project / "models" / "rollups" / "region_rollups.sql").write_text("select 1", encoding="utf-8")
    assert code_fingerprint(project, project / "seeds") == before
    assert sql_fingerprint(project) != compiled_before
    (project / "seeds" / "regions.csv").write_text("region_code\n", encoding="utf-8")
    assert code_fingerprint(project, project / "seeds") != before
