"""The models that read single cases, built on a Spark cluster: they have the tag `records` in the dbt project.

What they count is department-level; all that is computed of it stays DuckDB's, so that a figure is the same to its last digit
whichever engine counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from callback_survey.landing.ledger import LandingReport
from callback_survey.object_storage import Place
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.storage.lakes import near
from callback_survey.warehouse import cluster, commands
from callback_survey.warehouse.cluster import Cluster
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.dbt import DbtProcess, arguments_of, environment_of
from callback_survey.warehouse.parsed import SPARK_TARGET
from callback_survey.warehouse.project import project_of

# Read where they lie, with the dataset that each comes of. The rest of `raw` is small and comes through DuckDB, as does what an
# earlier version landed in another form.
_IN_LAKE = {"frame": "frame", "calls": "calls", "answers": "calls"}
_EXPORTED = ("deliveries", "published", "figures")


def build(
    landed: Sequence[LandingReport],
    *,
    settings: Settings,
    warehouse: Warehouse,
    code: str,
    columns: Mapping[str, Sequence[str]],
    say: Callable[[str], None],
) -> None:
    """Build what has the tag on the cluster, and show it in the warehouse as views of the same names.

    The caller holds the warehouse lock and has loaded the registers; `columns` are those of a dataset of the lake.
    """
    assert settings.spark_remote is not None, "load_settings lets nothing else through"
    place = Cluster(settings.spark_remote, warehouse.folder / "spark")
    place.folder.mkdir(parents=True, exist_ok=True)
    cluster.end_killed_build(place)
    with warehouse.open() as connection, place.session() as session:
        place = cluster.made_ready(place, session, connection, code)
        for name in _IN_LAKE:
            paths = files_in_lake(landed, name, settings.lake)
            if paths:
                cluster.show_files(place, session, "raw", name, paths, columns[name])
            else:
                cluster.export(place, session, connection, "raw", name)
        for name in _EXPORTED:
            cluster.export(place, session, connection, "raw", name)
    _run_dbt(settings, warehouse, place, say)
    manifest = files.read_json(warehouse.folder / SPARK_TARGET / "manifest.json")
    with warehouse.open(read_only=False) as connection, place.session() as session:
        for node in _tables(manifest):
            is_contract = node["config"]["contract"]["enforced"]
            order = [*node["columns"]] if is_contract else []
            cluster.attach(place, session, connection, node["config"]["schema"], node["alias"], order)


def files_in_lake(landed: Sequence[LandingReport], name: str, lake: Place) -> list[Path]:
    """The files of a relation of single cases, where all deliveries that have it have it in the form of today; else none."""
    having = [report for report in landed if _IN_LAKE[name] in report.lake_files]
    if any(name not in report.lake_files for report in having):
        return []
    return [near(lake / report.lake_files[name]) for report in having]


def _run_dbt(settings: Settings, warehouse: Warehouse, place: Cluster, say: Callable[[str], None]) -> None:
    with cluster.marked_session(place) as session_id:
        environment = {
            **environment_of(settings, warehouse.path, warehouse.spill, schemas=place.prefix),
            "SPARK_REMOTE": place.session_address(session_id),
            "CALLBACK_SURVEY_SPARK_SCHEMA": place.prefix,
            # Spark's client warns of versions of pandas, which nothing here uses
            "PYTHONWARNINGS": "ignore",
        }
        where = [
            *arguments_of(settings, project_of(settings, warehouse), warehouse.folder / SPARK_TARGET),
            "--target",
            "spark",
        ]
        process = DbtProcess(environment, where, lock_descriptor=warehouse.lock_descriptor)
        try:
            process.run(commands.records(), say)
        finally:
            process.close()


def _tables(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and commands.RECORDS in node["tags"]
        and node["config"]["materialized"] != "view"
    ]
