"""A real cluster on this machine for the whole session: a master, two workers and Spark Connect (make test-spark)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deliveries import OFFICES, rows_of, write_delivery
from homes import QUARTER, REGION, REPOSITORY, Home, Served
from spark_cluster import Cluster, spark_home
from spark_homes import on_spark

ENVIRONMENT = REPOSITORY / ".venv-spark"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("cluster"), spark_home(ENVIRONMENT))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def small_on_duckdb(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Served:
    """Three departments, built by DuckDB: what Spark is compared with."""
    return _small(tmp_path_factory.mktemp("small-duckdb"), privacy_key, None)


@pytest.fixture(scope="session")
def small_on_spark(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, cluster: Cluster) -> Served:
    """The same, built by Spark. To be read only; `home.copy` for the rest."""
    return _small(tmp_path_factory.mktemp("small-spark"), privacy_key, cluster)


def _small(folder: Path, key: str, cluster: Cluster | None) -> Served:
    write_delivery(folder / "exports" / REGION / QUARTER, rows_of(OFFICES))
    home = Home(folder / "home", folder / "exports", key)
    home = home if cluster is None else on_spark(home, cluster)
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    return Served(home, outcome)
