"""A sum of probabilities is the floating-point number nearest to the exact sum, whatever version of DuckDB adds them."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import jinja2

from homes import REPOSITORY

TERMS = "(select i // 7 as place, exp(-i / 977.0) / 7 as term from range(7000) as numbers (i))"


def probability_sum(expression: str) -> str:
    """The SQL of the macro, as dbt renders it."""
    folder = REPOSITORY / "dbt_project" / "macros"
    source = "".join((folder / f"{name}.sql").read_text("utf-8") for name in ("arithmetic", "probability"))
    return str(jinja2.Environment().from_string(source).module.probability_sum(expression)).strip()  # type: ignore[attr-defined]


def test_the_sum_is_the_number_nearest_to_the_exact_one() -> None:
    exact = "sum(cast(term as decimal(38, 30)))::varchar"
    query = f"select {probability_sum('term')}, {exact} from {TERMS} group by place order by place"
    sums = duckdb.sql(query).fetchall()
    assert len(sums) == 1000
    assert [of_macro for of_macro, _ in sums] == [float(Decimal(text)) for _, text in sums]
