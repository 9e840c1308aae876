"""What each task reads and writes, for OpenLineage: Airflow's provider sends it, where the extra `lineage` is installed and told where to.

A dataset is a folder or a file of the home, not a region's part of it: so ninety regions are one node of a graph. Nothing here fails
a task, and without the provider nothing is collected.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callback_survey.object_storage import Place
from callback_survey.settings import Settings

if TYPE_CHECKING:
    from callback_survey.warehouse.database import Warehouse

logger = logging.getLogger(__name__)

_PRODUCER = "https://pypi.org/project/callback-survey"
# what names the reporter to Airflow's collector
_REPORTER = object()
_Places = Callable[[Settings], Sequence[Place]]


def _lake(settings: Settings) -> Sequence[Place]:
    return [settings.lake / "raw" / name for name in ("frame", "calls", "answers", "published", "figures", "rejects")]


def _warehouse(settings: Settings) -> Sequence[Path]:
    return [_database(settings).path]


def _database(settings: Settings) -> Warehouse:
    from callback_survey.warehouse.database import Warehouse

    return Warehouse(settings.warehouse, settings.memory_limit, "lineage")


def _served(settings: Settings) -> Sequence[Path]:
    return [settings.serving / name for name in ("marts.duckdb", "callback_survey.duckdb", "parquet")]


def _released(settings: Settings) -> Sequence[Path]:
    return [settings.releases]


def _none(settings: Settings) -> Sequence[Path]:  # noqa: ARG001
    return []


# inputs and outputs of each task that has any, by its id
_OF_TASKS: Mapping[str, tuple[_Places, _Places]] = {
    "discover": (lambda settings: [settings.exports], _none),
    "land": (lambda settings: [settings.exports], _lake),
    "build": (_lake, _warehouse),
    "gate": (_warehouse, lambda settings: [settings.checks]),
    "release": (_warehouse, lambda settings: [settings.releases, settings.restricted]),
    "revise_following": (_lake, _released),
    "serve": (_released, _served),
    "documents": (_released, _released),
    "announce": (_released, _none),
    "issue": (_released, lambda settings: [settings.public]),
}


def report(task: str, settings: Settings) -> None:
    """Tell Airflow's collector what a task reads and writes; it is asked when the task has ended."""
    try:
        from airflow.sdk.lineage import get_hook_lineage_collector

        # under `airflow dags test` the tasks are one process: what the task before told is not this one's
        get_hook_lineage_collector.cache_clear()
        collector = get_hook_lineage_collector()
        reads, writes = _OF_TASKS.get(task, (_none, _none))
        for path in reads(settings):
            collector.add_input_asset(_REPORTER, **_asset(path))
        for path in writes(settings):
            collector.add_output_asset(_REPORTER, **_asset(path))
    except Exception as error:  # whatever a later Airflow changes there, the quarter goes on
        logger.warning("lineage of %s was not collected: %s", task, error)


def _asset(place: Place) -> dict[str, Any]:
    if isinstance(place, Path):
        return {"scheme": "file", "asset_kwargs": {"path": str(place)}}
    return {"uri": str(place)}


def report_dbt(settings: Settings, ti: Any) -> int:
    """Send what dbt wrote down of its build: each model with its columns, inputs and tests, as a run below the task's own.

    Returns how many events were sent.
    """
    from callback_survey.warehouse.parsed import TARGET
    from callback_survey.warehouse.project import place_of

    try:
        from airflow.providers.openlineage import conf

        if conf.is_disabled():
            return 0
        from airflow.providers.openlineage.plugins import macros
        from airflow.providers.openlineage.plugins.listener import get_openlineage_listener
        from openlineage.common.provider.dbt.facets import ParentRunMetadata  # type: ignore[import-untyped]
        from openlineage.common.provider.dbt.local import DbtLocalArtifactProcessor  # type: ignore[import-untyped]
    except ImportError:
        return 0
    warehouse = _database(settings)
    try:
        with _variable("CALLBACK_SURVEY_WAREHOUSE", str(warehouse.path)):
            processor = DbtLocalArtifactProcessor(
                producer=_PRODUCER,
                job_namespace=macros.lineage_job_namespace(),
                project_dir=str(place_of(settings, warehouse)),
                target_path=str(warehouse.folder / TARGET),
            )
            processor.dbt_run_metadata = ParentRunMetadata(
                run_id=macros.lineage_run_id(ti),
                job_name=macros.lineage_job_name(ti),
                job_namespace=macros.lineage_job_namespace(),
                root_parent_run_id=macros.lineage_root_run_id(ti),
                root_parent_job_name=macros.lineage_root_job_name(ti),
                root_parent_job_namespace=macros.lineage_root_job_namespace(ti),
            )
            events = processor.parse().events()
        adapter = get_openlineage_listener().adapter
        for event in events:
            adapter.emit(event)
    except Exception as error:  # lineage is no figure: the quarter goes on
        logger.warning("the lineage of dbt's models was not sent: %s", error)
        return 0
    logger.info("%d events of dbt's models were sent", len(events))
    return len(events)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    """What profiles.yml asks for, while it is read."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
