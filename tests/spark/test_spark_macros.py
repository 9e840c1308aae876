"""What differs between the engines stands in macros, and each form of them gives the same on Spark as on DuckDB."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import pytest

from homes import REPOSITORY
from spark_cluster import Cluster
from spark_homes import session_of

MACROS = REPOSITORY / "dbt_project" / "macros"
# in the order in which they are looked for
FORMS = {"spark": ("spark__", "default__"), "duckdb": ("duckdb__", "default__")}
ALPHABET = (
    "区市场监管局公安分（）　ＡＢｚ～！＇＼abcXYZ '\"\\`%_$\t\n\r\x0b\x0c\x1c\x1f\x85\u00a0\u2003\u3000\ufeff。、—"
)


def rendered(engine: str, name: str, *given: Any) -> str:
    """The SQL of a macro, as dbt renders it for an engine."""
    macros: dict[str, Any] = {}

    def dispatch(wanted: str, package: str) -> Any:
        return next(macros[form + wanted] for form in FORMS[engine] if form + wanted in macros)

    environment = jinja2.Environment()
    environment.globals.update({"adapter": SimpleNamespace(dispatch=dispatch), "return": lambda value: value})
    source = "".join((MACROS / f"{file}.sql").read_text("utf-8") for file in ("aggregates", "calendar", "names"))
    macros.update(vars(environment.from_string(source).module))
    return str(macros[name](*given)).strip()


@pytest.fixture(scope="module")
def spark(cluster: Cluster) -> Iterator[Any]:
    with session_of(cluster) as session:
        yield session


def answers(spark: Any, table: pa.Table, query: str, name: str, *given: Any) -> tuple[list[Any], list[Any]]:
    """What both engines say to `query`, in which the macro stands for `@`, over the same rows."""
    spark.createDataFrame(table).createOrReplaceTempView("given")
    of_spark = spark.sql(query.replace("@", rendered("spark", name, *given))).collect()
    with duckdb.connect() as connection:
        connection.register("given", table)
        of_duckdb = connection.execute(query.replace("@", rendered("duckdb", name, *given))).fetchall()
    return [tuple(row) for row in of_spark], of_duckdb


@pytest.mark.parametrize("name", ["half_width", "name_key"])
def test_names_are_folded_to_the_same_key(spark: Any, name: str) -> None:
    dice = random.Random(20180101)
    texts = ["".join(dice.choices(ALPHABET, k=dice.randrange(12))) for _ in range(2000)]
    table = pa.table({"i": range(len(texts) + 1), "name": [*texts, None]})
    of_spark, of_duckdb = answers(spark, table, "select i, @ as folded from given order by i", name, "name")
    assert of_spark == of_duckdb
    assert len({folded for _, folded in of_duckdb}) > 500


ATTEMPTS = pa.table(
    {
        "case_id": ["one", "one", "one", "two", "two", "none", "none"],
        "attempt_no": [1, 2, 2, 10, 9, 1, 2],
        "line": [7, 9, 8, 1, 2, 1, 2],
        "is_answered": [True, True, True, True, False, True, False],
        # the last attempt of `one` names nothing, and `none` never does
        "reason": ["early", None, "late", "ten", "nine", None, "unanswered"],
    }
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("last_by", [("none", None), ("one", "late"), ("two", "ten")]),
        ("first_by", [("none", None), ("one", "early"), ("two", "ten")]),
    ],
)
def test_the_last_and_the_first_of_a_group_that_have_a_value(spark: Any, name: str, found: list[Any]) -> None:
    query = "select case_id, @ as reason from given group by case_id order by case_id"
    of_spark, of_duckdb = answers(spark, ATTEMPTS, query, name, "reason", ["attempt_no", "line"], "is_answered")
    assert of_spark == of_duckdb == found


def test_a_group_is_joined_in_its_order(spark: Any) -> None:
    query = "select case_id, @ as reasons from given group by case_id order by case_id"
    of_spark, of_duckdb = answers(spark, ATTEMPTS, query, "joined_text", "reason", "line")
    assert of_spark == of_duckdb == [("none", "unanswered"), ("one", "early, late"), ("two", "ten, nine")]
    nothing = ATTEMPTS.filter(pa.array([row is None for row in ATTEMPTS["reason"].to_pylist()]))
    of_spark, of_duckdb = answers(spark, nothing, query, "joined_text", "reason", "line")
    assert of_spark == of_duckdb == [("none", None), ("one", None)]


@pytest.mark.parametrize(("name", "given"), [("iso_weekday", ()), ("days_after", ("n",))])
def test_days_are_counted_alike(spark: Any, name: str, given: tuple[str, ...]) -> None:
    days = [date(2019, 12, 1) + timedelta(days=number) for number in range(500)]
    table = pa.table({"day": days, "n": range(500)})
    query = "select day, cast(@ as string) as found from given order by day"
    of_spark, of_duckdb = answers(spark, table, query, name, "day", *given)
    assert [(day, str(found)[:10]) for day, found in of_duckdb] == of_spark
    assert len(of_spark) == 500


def test_every_form_for_spark_stands_above() -> None:
    """A form that no test runs would be a guess."""
    source = "".join(path.read_text(encoding="utf-8") for path in MACROS.glob("*.sql"))
    forms = set(re.findall(r"macro (?:default|spark)__(\w+)", source))
    compared = {"half_width", "name_key", "last_by", "first_by", "joined_text", "iso_weekday", "days_after"}
    # how tables are written: run by every build of test_spark_faults.py
    assert forms == compared | {"replace_scope", "partition_cols", "persist_constraints"}
