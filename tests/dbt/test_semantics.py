"""Metrics stand once, in dbt: they give the figures of the marts, refuse what must not be summed, and feed every tool's files."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml

import metrics as semantics
from callback_survey.errors import SurveyError
from homes import REPOSITORY, Served
from metrics import Mart

SUPERSET = REPOSITORY / "bi" / "superset"
SCRIPT = REPOSITORY / "scripts" / "bi_files.py"
CHARTS = sorted((SUPERSET / "charts").glob("*.yaml"))
BY_MEASURE = "region_code, quarter, measure"
# What charts name beside metrics and columns: an order that is no figure.
SORTING = {"quarter_order": "max(quarter)"}


@pytest.fixture(scope="module")
def manifest(served: Served) -> Path:
    return served.home.path / "warehouse" / "dbt" / "manifest.json"


@pytest.fixture(scope="module")
def marts(manifest: Path) -> dict[str, Mart]:
    return {mart.name: mart for mart in semantics.marts(manifest)}


@pytest.fixture(scope="module")
def reader(served: Served) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(served.home.serving / "marts.duckdb"), read_only=True) as connection:
        yield connection


def expression(mart: Mart, name: str) -> str:
    return next(entry.expression for entry in (*mart.metrics, *mart.dimensions) if entry.name == name)


def by_measure(reader: duckdb.DuckDBPyConnection, mart: Mart, name: str) -> list[tuple[Any, ...]]:
    return reader.execute(
        f"select {BY_MEASURE}, {expression(mart, name)} from {mart.name} group by all order by all"
    ).fetchall()


def test_the_generated_files_are_what_dbt_says(manifest: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check", "--manifest", str(manifest)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("mean_of_printed_rates_pct", "average_pct"),
        ("department_average_pct", "average_pct"),
        ("rated_department_count", "rated_department_count"),
        ("below_average_count", "below_average_count"),
        ("significantly_below_count", "significantly_below_count"),
        ("significantly_below_superpopulation_count", "significantly_below_count_superpopulation"),
    ],
)
def test_a_metric_over_departments_is_the_figure_of_the_region(
    reader: duckdb.DuckDBPyConnection, marts: dict[str, Mart], metric: str, column: str
) -> None:
    computed = by_measure(reader, marts["department_rates"], metric)
    served = reader.execute(f"select {BY_MEASURE}, {column} from region_rates order by all").fetchall()
    # 94.77 as a double is the same text as 94.77 as a decimal; 94.765 would not be
    assert [(*key, str(value)) for *key, value in computed] == [(*key, str(value)) for *key, value in served]


def test_the_average_is_rounded_as_the_notice_rounds_it(
    reader: duckdb.DuckDBPyConnection, marts: dict[str, Mart]
) -> None:
    found = dict(row[2:] for row in by_measure(reader, marts["department_rates"], "mean_of_printed_rates_pct"))
    assert found == {"satisfaction": 94.77, "realisation": 92.53}


@pytest.mark.parametrize("rate", ["response_rate_1", "cooperation_rate_1", "refusal_rate_1", "contact_rate_1"])
def test_a_rate_of_calls_over_departments_is_that_of_the_region(
    reader: duckdb.DuckDBPyConnection, marts: dict[str, Mart], rate: str
) -> None:
    metric = expression(marts["call_outcomes"], f"{rate}_pct")
    (computed,) = reader.execute(f"select {metric} from call_outcomes").fetchall()
    (served,) = reader.execute(f"select 100 * {rate} from region_call_outcomes").fetchall()
    assert computed[0] == pytest.approx(served[0], abs=1e-12)


def test_what_must_not_be_averaged_or_summed_is_null(reader: duckdb.DuckDBPyConnection, marts: dict[str, Mart]) -> None:
    rates = marts["department_rates"]
    over_all = {
        metric.name: reader.execute(f"select {metric.expression} from department_rates").fetchall()[0][0]
        for metric in rates.metrics
    }
    assert {name for name, value in over_all.items() if value is not None} == {
        "below_average_count",
        "significantly_below_count",
        "significantly_below_superpopulation_count",
        "below_threshold_count",
        "significant_change_count",
    }
    # and over one measure the sample is the one that was called, not twice as large
    samples = {row[-1] for row in by_measure(reader, rates, "sample_sum")}
    assert samples == set(reader.execute("select sum(sample_count)::bigint from annex_satisfaction").fetchall()[0])


def test_where_only_printed_rates_survive_nothing_is_invented(marts: dict[str, Mart]) -> None:
    rates = marts["department_rates"]
    with duckdb.connect(":memory:") as connection:
        typed = ", ".join(f"{c.name} {c.data_type.replace('string', 'text')}" for c in rates.columns)
        connection.execute(f"create table department_rates ({typed})")
        connection.execute("""
            insert into department_rates by name
            select
                'r' as region_code, '2018Q1' as quarter, 'satisfaction' as measure, d as department_code, d as department_name,
                'top_box' as measure_definition, 'published' as source_grain, rate as rate_pct, 90.00 as average_pct,
                rate < 90 as is_below_average, 'counts_unknown' as change_status
            from (values ('甲', 80.00), ('乙', 100.00)) as printed (d, rate)
        """)
        found = {
            metric.name: connection.execute(f"select {metric.expression} from department_rates").fetchall()[0][0]
            for metric in rates.metrics
        }
        said = connection.execute(
            f"select {expression(rates, 'flag_label')} from department_rates order by rate_pct"
        ).fetchall()
    assert found["mean_of_printed_rates_pct"] == 90.0
    assert (found["answered_sum"], found["pooled_rate_pct"], found["significantly_below_count"]) == (None, None, None)
    assert said == [("□ 低于平均（未检验）",), ("",)]


def test_the_words_of_the_flags_are_those_of_the_flags(
    reader: duckdb.DuckDBPyConnection, marts: dict[str, Mart]
) -> None:
    flag = expression(marts["department_rates"], "flag_label")
    rows = reader.execute(f"""
        select
            measure, flag, is_below_average, is_significantly_below, is_significantly_below_superpopulation, rate_pct, reliability
        from (select *, {flag} as flag from department_rates)
    """).fetchall()
    assert {row[1] for row in rows} >= {"未评价", "", "□ 低于平均", "▽ 低于平均，超出抽样误差"}
    for _, said, is_below, is_beyond_chance, is_beyond_the_quarter, rate, reliability in rows:
        # what is not rated says so, whatever else
        assert said.startswith("‡") == (reliability == "not_rated" and rate is not None)
        if said.startswith("‡"):
            continue
        assert said.startswith(("□", "▽", "▼")) == bool(is_below)
        assert said.startswith(("▽", "▼")) == bool(is_beyond_chance)
        assert said.startswith("▼") == bool(is_beyond_the_quarter)
        assert ("未评价" in said) == (rate is None)


def test_a_dataset_is_a_query_over_the_marts_with_the_columns_it_names(reader: duckdb.DuckDBPyConnection) -> None:
    found = sorted((SUPERSET / "datasets" / "callback_survey").glob("*.yaml"))
    assert [path.stem for path in found] == [
        "call_outcomes",
        "department_rates",
        "department_rolling_rates",
        "region_rates",
    ]
    for path in found:
        dataset = yaml.safe_load(path.read_text(encoding="utf-8"))
        described = reader.execute(f"describe ({dataset['sql']})").fetchall()
        columns = [(c["column_name"], c["type"]) for c in dataset["columns"] if c["expression"] is None]
        assert columns == [(name, data_type) for name, data_type, *_ in described], path.name
        (before,) = reader.execute(f"select count(*) from {dataset['table_name']}").fetchall()
        assert reader.execute(f"select count(*) from ({dataset['sql']})").fetchall() == [before]
        for column in dataset["columns"]:
            reader.execute(f"select {column['expression'] or column['column_name']} from ({dataset['sql']})")
        for metric in dataset["metrics"]:
            reader.execute(f"select {metric['expression']} from ({dataset['sql']})")


def test_no_two_names_of_a_dataset_are_shown_alike() -> None:
    # Superset looks a name up by its label too: two alike and a chart takes the wrong colour, or the wrong figure
    paths = [*(SUPERSET / "datasets" / "callback_survey").glob("*.yaml")]
    assert paths
    for path in paths:
        dataset = yaml.safe_load(path.read_text(encoding="utf-8"))
        labels = [entry["verbose_name"] for entry in dataset["columns"] + dataset["metrics"] if entry["verbose_name"]]
        assert sorted(labels) == sorted(set(labels)), path.name


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_a_chart_names_only_what_its_dataset_has(path: Path) -> None:
    chart = yaml.safe_load(path.read_text(encoding="utf-8"))
    dataset = datasets()[chart["dataset_uuid"]]
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    params = chart["params"]
    asked_columns = {*params.get("all_columns", []), *params.get("groupby", []), *params.get("groupby_b", [])}
    asked_columns |= {params["x_axis"]} if "x_axis" in params else set()
    asked_metrics = {*params.get("metrics", []), *params.get("metrics_b", [])}
    sorting = params.get("timeseries_limit_metric")
    assert asked_columns and asked_columns <= columns
    assert asked_metrics <= metrics
    assert sorting is None or SORTING[sorting["label"]] == sorting["sqlExpression"]


def test_the_dashboard_shows_every_chart_and_filters_by_columns_that_exist() -> None:
    dashboard = yaml.safe_load((SUPERSET / "dashboards" / "callback_survey.yaml").read_text(encoding="utf-8"))
    shown = [
        item["meta"] for item in dashboard["position"].values() if isinstance(item, dict) and item["type"] == "CHART"
    ]
    known = {chart["uuid"]: chart for chart in (yaml.safe_load(path.read_text(encoding="utf-8")) for path in CHARTS)}
    assert {meta["uuid"]: meta["sliceName"] for meta in shown} == {u: chart["slice_name"] for u, chart in known.items()}
    filters = dashboard["metadata"]["native_filter_configuration"]
    assert [entry["name"] for entry in filters] == ["地区", "季度", "指标"]
    for entry in filters:
        (target,) = entry["targets"]
        columns = [column["column_name"] for column in datasets()[target["datasetUuid"]]["columns"]]
        assert target["column"]["name"] in columns
        assert set(entry["scope"]["excluded"]) <= {meta["chartId"] for meta in shown}


def test_the_marts_are_opened_read_only_and_at_the_link_that_is_switched() -> None:
    provision = loaded(REPOSITORY / "bi" / "provision.py")
    contents = provision.contents(Path("/srv/home/serving/marts.duckdb"))
    database = yaml.safe_load(contents["databases/callback_survey.yaml"])
    assert database["sqlalchemy_uri"] == "duckdb:////srv/home/serving/marts.duckdb"
    assert database["extra"]["engine_params"]["connect_args"]["read_only"] is True
    assert database["extra"]["engine_params"]["connect_args"]["config"] == {"enable_external_access": False}
    assert not database["allow_dml"]
    assert {dataset["database_uuid"] for dataset in datasets().values()} == {database["uuid"]}


def test_an_unknown_unit_is_named(manifest: Path, tmp_path: Path) -> None:
    text = manifest.read_text(encoding="utf-8")
    changed = tmp_path / "manifest.json"
    changed.write_text(re.sub(r'"unit": "points"', '"unit": "furlongs"', text), encoding="utf-8")
    with pytest.raises(SurveyError, match=r"furlongs\n.*department_rates\.interval_width_points"):
        semantics.marts(changed)


def datasets() -> dict[str, Any]:
    found = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (SUPERSET / "datasets" / "callback_survey").glob("*.yaml")
    ]
    return {dataset["uuid"]: dataset for dataset in found}


def loaded(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
