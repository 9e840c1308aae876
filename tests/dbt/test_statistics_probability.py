"""The logarithm of the gamma function in the form for Spark, which has none of its own, against scipy."""

from __future__ import annotations

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
from scipy.special import gammaln

from homes import REPOSITORY

MACROS = REPOSITORY / "dbt_project" / "macros"


def test_the_form_for_spark_is_scipys() -> None:
    source = "".join((MACROS / f"{name}.sql").read_text(encoding="utf-8") for name in ("statistics", "probability"))
    form = jinja2.Environment().from_string(source).module.default__log_gamma("x")  # type: ignore[attr-defined]
    values = np.concatenate([np.geomspace(1e-3, 1e7, 5001), np.arange(1.0, 200.0), np.arange(0.5, 60.0)])
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"i": np.arange(len(values)), "x": values}))
        found = connection.execute(f"select {form} as y from given order by i").fetchnumpy()["y"]
    wanted = gammaln(values)
    # near 1 and 2, where it is 0, the error is that of what cancels
    assert np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), 10)) < 1e-14
