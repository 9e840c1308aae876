"""Assessment points equal what exact fractions give, over generated rules, weights and rates, by the SQL that a run compiled."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from homes import Home, Served

MEASURES = ("satisfaction", "realisation", "politeness")
QUARTER = "2018Q1"
Rule = tuple[Decimal, dict[str, int]]
Rates = dict[str, Decimal | None]


def half_up(value: Fraction) -> Decimal:
    """To four decimals, halves up."""
    return Decimal(math.floor(value * 10_000 + Fraction(1, 2))) / 10_000


@pytest.fixture(scope="module")
def cases() -> list[tuple[Rule, Rates]]:
    """Departments of regions with a rule each; items of few points and small weights, so that halves occur."""
    dice = random.Random(20180607)
    made = []
    for _ in range(3000):
        chosen = dice.sample(MEASURES, dice.randint(1, 3))
        weights = {measure: dice.choice((1, 1, 2, 3, 7, 100)) for measure in chosen}
        points = Decimal(dice.choice((1, 25, 50, 100, 200, 333, 10_000))) / 100
        rates = {
            measure: None
            if dice.random() < 0.1
            else Decimal(dice.choice((0, 10_000, *[dice.randint(0, 10_000)] * 8))) / 100
            for measure in MEASURES
        }
        made.append(((points, weights), rates))
    return made


def load(connection: duckdb.DuckDBPyConnection, cases: list[tuple[Rule, Rates]]) -> None:
    """A region with one department and one rule for each case."""
    rules, weights, departments, measures = [], [], [], []
    for number, ((points, weighted), rates) in enumerate(cases):
        code = f"{number:06d}"
        rules.append(f"('rule-{code}', '{code}', {points}, 10, true, '{QUARTER}', null)")
        departments.append(f"('{code}', '{QUARTER}', '{code}', '局')")
        weights += [f"('rule-{code}', '{measure}', {weight})" for measure, weight in weighted.items()]
        measures += [
            f"('{code}', '{QUARTER}', '{code}', '{measure}', {'null' if rate is None else rate})"
            for measure, rate in rates.items()
            # a measure without a rate may be without a row as well
            if rate is not None or number % 2
        ]
    connection.execute(f"insert into seeds.assessment_rules values {', '.join(rules)}")
    connection.execute(f"insert into seeds.assessment_weights values {', '.join(weights)}")
    connection.execute(f"insert into intermediate.int_departments values {', '.join(departments)}")
    connection.execute(f"insert into intermediate.int_department_measures values {', '.join(measures)}")


@pytest.fixture(scope="module")
def computed(
    small: Home, cases: list[tuple[Rule, Rates]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The compiled models over tables of the cases; the catalog must have the name that dbt compiled in."""
    with duckdb.connect(str(tmp_path_factory.mktemp("assessment") / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema seeds; create schema intermediate; create schema marts; "
            "create table seeds.assessment_rules (rule_code text, region_code text, item_points decimal(5, 2), "
            "module_pct decimal(5, 2), is_assumption boolean, valid_from text, valid_to text); "
            "create table seeds.assessment_weights (rule_code text, measure text, weight bigint); "
            "create table intermediate.int_departments (region_code text, quarter text, department_code text, "
            "department_name text); "
            "create table intermediate.int_department_measures (region_code text, quarter text, department_code text, "
            "measure text, rate_pct decimal(5, 2))"
        )
        load(connection, cases)
        compiled = small.path / "warehouse" / "dbt" / "compiled" / "callback_survey" / "models"
        for schema, name in (
            ("intermediate", "int_assessed_rates"),
            ("marts", "assessment_points"),
            ("marts", "assessment_contributions"),
        ):
            query = (compiled / schema / f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"create table {schema}.{name} as {query}")
        yield connection


def test_points_are_the_exact_weighted_mean_rounded_half_up(
    computed: duckdb.DuckDBPyConnection, cases: list[tuple[Rule, Rates]]
) -> None:
    found = computed.execute(
        "select points, max_points, points_status from marts.assessment_points order by region_code"
    )
    halves = 0
    for ((item, weights), rates), row in zip(cases, found.fetchall(), strict=True):
        known = {measure: rates[measure] for measure in weights if rates[measure] is not None}
        total = sum(weights.values())
        exact = (
            sum((Fraction(rate or 0) / 100 * weights[measure] for measure, rate in known.items()), Fraction()) / total
        )
        halves += (Fraction(item) * exact * 10_000 * 2) % 2 == 1
        points = half_up(Fraction(item) * exact) if len(known) == len(weights) else None
        status = "complete" if points is not None else "partly_rated" if known else "not_rated"
        assert row == (points, item, status), (item, weights, rates)
    assert halves > 50, "cases on the edge"


def test_contributions_are_rounded_by_themselves_and_add_up_to_the_points_within_their_rounding(
    computed: duckdb.DuckDBPyConnection, cases: list[tuple[Rule, Rates]]
) -> None:
    found = {
        (region, measure): row
        for region, measure, *row in computed.execute(
            "select region_code, measure, contribution_points, max_contribution_points "
            "from marts.assessment_contributions"
        ).fetchall()
    }
    assert len(found) == sum(len(weights) for (_, weights), _ in cases)
    for number, ((item, weights), rates) in enumerate(cases):
        for measure, weight in weights.items():
            share, rate = Fraction(item) * weight / sum(weights.values()), rates[measure]
            contribution = None if rate is None else half_up(share * Fraction(rate) / 100)
            assert found[f"{number:06d}", measure] == [contribution, half_up(share)], (item, weights, rates)
    missed = computed.execute(
        "select count(*) from marts.assessment_points as points inner join ("
        "select region_code, sum(contribution_points) as added from marts.assessment_contributions group by all"
        ") using (region_code) where abs(added - points.points) > 0.00005 * (points.measure_count + 1)"
    ).fetchall()
    assert missed == [(0,)]


def test_in_2018_q1_a_department_has_its_two_printed_rates_added_and_the_unsampled_one_has_no_points(
    served: Served,
) -> None:
    query = "select department_name, points, max_points, is_assumption, points_status from assessment_points"
    points = {name: rest for name, *rest in served.home.query(query)}
    assert len(points) == 35
    assert points["区民政局"] == [Decimal("1.6013"), 2, True, "complete"]
    assert points["区教育局"] == [Decimal("1.5533"), 2, True, "complete"]
    assert points["区旅游局"] == [None, 2, True, "not_rated"]
    added = (
        "select any_value(points) * 100 = sum(rate_pct) as is_sum from assessment_points "
        "join department_rates using (region_code, quarter, department_code) group by department_code"
    )
    counted = f"select is_sum, count(*) from ({added}) group by all order by all"
    assert served.home.query(counted) == [(True, 34), (None, 1)]
