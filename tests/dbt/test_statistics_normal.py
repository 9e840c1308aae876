"""The normal distribution function in SQL, against scipy and against its power series in exact decimals."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal, localcontext
from statistics import NormalDist

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from homes import REPOSITORY
from statistical_models import SEEDS


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    source = (REPOSITORY / "dbt_project" / "macros" / "statistics.sql").read_text(encoding="utf-8")
    rendered = jinja2.Environment().from_string(source).module.normal_cdf("z")  # type: ignore[attr-defined]
    with duckdb.connect() as connection:
        connection.execute(f"create macro normal_cdf(z) as {rendered}")
        yield connection


def distribution(sql: duckdb.DuckDBPyConnection, scores: np.ndarray) -> np.ndarray:
    sql.register("scores", pa.table({"i": np.arange(len(scores)), "z": scores}))
    return sql.execute("select normal_cdf(z) as p from scores order by i").fetchnumpy()["p"]


def by_series(score: float) -> Decimal:
    """Φ(z) = 1/2 + φ(z)·Σ z^(2k+1) / (1·3·…·(2k+1)), in two hundred digits."""
    with localcontext() as context:
        context.prec = 200
        z = Decimal(score)
        term = total = z
        k = 0
        while abs(term) > Decimal("1e-180"):
            k += 1
            term = term * z * z / (2 * k + 1)
            total += term
        # π by Machin's formula, which the standard library does not have
        pi = 4 * (4 * _arctan_of_inverse(5) - _arctan_of_inverse(239))
        return Decimal("0.5") + total * (-z * z / 2).exp() / (2 * pi).sqrt()


def _arctan_of_inverse(n: int) -> Decimal:
    power = Decimal(1) / n
    total, k = power, 1
    while abs(power) > Decimal("1e-195"):
        power /= -n * n
        k += 2
        total += power / k
    return total


def test_it_is_scipys_to_1e_12_on_the_whole_range(sql: duckdb.DuckDBPyConnection) -> None:
    scores = np.concatenate([np.linspace(-38, 38, 400_001), np.linspace(-0.01, 0.01, 2_001)])
    assert np.abs(distribution(sql, scores) - norm.cdf(scores)).max() < 1e-15


def test_it_is_the_series_in_exact_decimals(sql: duckdb.DuckDBPyConnection) -> None:
    scores = [
        -12.5,
        -8.0,
        -7.0710679,
        -7.0710678,
        -7.07106781186547,
        -5.5,
        -1.959963984540054,
        -0.5,
        -1e-9,
        0.0,
        0.3,
        2.5,
        7.5,
    ]
    found = distribution(sql, np.array(scores))
    assert max(abs(Decimal(float(p)) - by_series(z)) for p, z in zip(found, scores, strict=True)) < Decimal("1e-15")


def test_small_probabilities_keep_their_first_seven_digits(sql: duckdb.DuckDBPyConnection) -> None:
    # p-values of 1e-30 are served: an absolute error alone would leave nothing of them
    scores = np.linspace(-37, 0, 50_001)
    assert np.abs(distribution(sql, scores) / norm.cdf(scores) - 1).max() < 1e-8


def test_the_middle_is_exact_and_the_ends_are_certain(sql: duckdb.DuckDBPyConnection) -> None:
    assert list(distribution(sql, np.array([0.0, -0.0]))) == [0.5, 0.5]
    assert list(distribution(sql, np.array([-38.0, -1e300, -np.inf, 38.0, 1e300, np.inf]))) == [0, 0, 0, 1, 1, 1]


def test_an_unknown_score_has_an_unknown_probability(sql: duckdb.DuckDBPyConnection) -> None:
    assert sql.execute("select normal_cdf(null::double)").fetchone() == (None,)


def test_the_seeded_quantile_belongs_to_the_seeded_level() -> None:
    with (SEEDS / "inference_settings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert abs(float(row["z_value"]) - NormalDist().inv_cdf((1 + float(row["confidence_level"])) / 2)) < 1e-14
    assert [(row["confidence_level"], row["significance_level"]) for row in rows] == [("0.95", "0.05")]
