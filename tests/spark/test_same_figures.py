"""The sample's five quarters and the programme of another city, built by each engine: every figure, every case and every release is
the same, to the last bit."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from both_engines import content_hashes, differing_files, differing_relations, restricted_files
from deliveries import OFFICES, rows_of, write_delivery
from homes import REGION, SAMPLE_EXPORTS, Home
from lakes import SAMPLE_REGISTERS
from register_seeds import add, joined
from spark_cluster import Cluster
from spark_homes import folders, on_spark

HOTLINE, BOTH = "510107", "2021Q1"
# in the second of these, two regions are built together
QUARTERS = ("2018Q1..2019Q1", "2021Q1..2021Q2")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, cluster: Cluster) -> tuple[Home, Home]:
    """Both programmes in one home, built by DuckDB, and in another, built by Spark; its path has Chinese, a space and a percent sign."""
    folder = tmp_path_factory.mktemp("engines")
    registers = joined(SAMPLE_REGISTERS, SAMPLE_EXPORTS / "registers-hotline", into=folder / "registers")
    add(registers, "disclosure_rules", (REGION, "true", "", "", "", "invented for a test", BOTH, BOTH))
    exports = folder / "exports"
    for region in (REGION, HOTLINE):
        shutil.copytree(SAMPLE_EXPORTS / region, exports / region)
    write_delivery(exports / REGION / BOTH, rows_of(OFFICES, completed_on="2021-02-14", called_on="2021-04-10"))
    plain = Home(folder / "duckdb", exports, privacy_key, {"REGISTERS": str(registers)})
    spark = on_spark(replace(plain, path=folder / "家 %41"), cluster)
    for home in (plain, spark):
        for quarters in QUARTERS:
            outcome = home.run_here("run", "--quarter", quarters)
            assert outcome.code == 0, outcome.err
    return plain, spark


def test_every_release_has_the_same_content_hash(homes: tuple[Home, Home]) -> None:
    plain, spark = homes
    assert len(content_hashes(plain)) == 8
    assert content_hashes(spark) == content_hashes(plain)


def test_every_relation_of_the_warehouse_is_the_same(homes: tuple[Home, Home]) -> None:
    assert [*differing_relations(*homes)] == []


def test_the_released_cases_are_the_same(homes: tuple[Home, Home]) -> None:
    plain, spark = homes
    found = restricted_files(plain)
    assert len(found) == 24  # three tables, eight revisions
    assert [*differing_files(found, restricted_files(spark))] == []


def test_what_reads_cases_was_built_by_spark_and_nothing_else_was(homes: tuple[Home, Home]) -> None:
    _, spark = homes
    (folder,) = folders(spark)
    written = {path.name for layer in ("intermediate", "marts") for path in (folder / layer).iterdir()}
    nodes = json.loads((spark.path / "warehouse" / "dbt" / "manifest.json").read_text())["nodes"].values()
    tables = {node["alias"] for node in nodes if "records" in node.get("tags", []) and node["schema"] != "staging"}
    # ... but for the few small ones that it looks names up in
    assert written - tables == {"int_region_quarters", "int_departments", "int_department_names"}
    assert written >= tables


def test_readers_find_the_same_averages(homes: tuple[Home, Home]) -> None:
    plain, spark = homes
    query = "select region_code, quarter, measure, average_pct, mean_rate from region_rates order by all"
    assert spark.query(query) == plain.query(query)
