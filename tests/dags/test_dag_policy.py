"""What every DAG and every task must have, with the reason in the failure message."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from callback_survey import errors
from homes import REPOSITORY

USES_THE_WAREHOUSE = {
    "callback_quarter": {"build", "gate", "release", "revise_following", "serve"},
    "callback_notice": {"serve"},
    "callback_retention": {"remove"},
    "callback_watch": set(),
}
WAITS_FOR_PEOPLE = "callback_notice"


@pytest.fixture(scope="module")
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(REPOSITORY / "dags"))


@pytest.fixture(scope="module")
def dags(bag: Any) -> list[Any]:
    return list(bag.dags.values())


def tasks(dags: list[Any]) -> Iterator[Any]:
    for dag in dags:
        assert dag.tasks, f"{dag.dag_id} has no tasks"
        yield from dag.tasks


def test_every_dag_file_imports_without_error(bag: Any) -> None:
    assert bag.import_errors == {}
    assert {"callback_quarter", "callback_notice", "callback_retention", "callback_watch"} <= bag.dags.keys()


def test_every_dag_file_holds_a_dag_of_its_name(bag: Any) -> None:
    files = {path.stem for path in (REPOSITORY / "dags").glob("*.py")}
    assert files == bag.dags.keys(), "one file, one DAG, one name: that is where a page's DAG is looked for"


def test_every_task_is_tried_again(dags: list[Any]) -> None:
    for task in tasks(dags):
        assert task.retries >= 1, f"{task.task_id}: a machine may stumble once; set retries"


def test_every_task_ends_in_bounded_time(dags: list[Any]) -> None:
    for task in tasks(dags):
        limit = task.execution_timeout
        assert limit and limit <= timedelta(hours=6), (
            f"{task.task_id}: a hung task holds the pool; set execution_timeout"
        )


def test_every_task_has_the_notifier(dags: list[Any]) -> None:
    from callback_survey.airflow.callbacks import Notify

    for task in tasks(dags):
        callbacks = task.on_failure_callback or []
        callbacks = callbacks if isinstance(callbacks, list) else [callbacks]
        assert any(isinstance(callback, Notify) for callback in callbacks), f"{task.task_id}: nobody would hear of it"


def test_every_task_has_an_owner(dags: list[Any]) -> None:
    for task in tasks(dags):
        assert task.owner and task.owner != "airflow", f"{task.task_id}: name an owner"


def test_every_parameter_says_what_it_is_and_proposes_what_it_takes(dags: list[Any]) -> None:
    for dag in dags:
        for name in dag.params:
            param = dag.params.get_param(name)
            schema = param.schema
            assert schema.get("title") and param.description, f"{dag.dag_id}: {name} needs title and description"
            examples = schema.get("examples", [])
            assert examples or schema["type"] == "boolean", f"{dag.dag_id}: {name} proposes nothing"
            pattern = schema.get("pattern", "")
            assert [one for one in examples if not re.search(pattern, str(one))] == [], f"{dag.dag_id}: {name}"


def test_no_task_repeats_a_verdict_and_every_task_repeats_the_rest(dags: list[Any]) -> None:
    from airflow.sdk import RetryAction

    verdicts = [
        errors.GateFailed("no"),
        errors.DeliveryRefused("no"),
        errors.UsageError("no"),
        errors.NothingDelivered("no"),
        errors.RegisterError("no"),
        errors.ApprovalOutdated("no"),
        errors.NotAnswered("no"),
        errors.RowsRemoved("no"),
    ]
    for task in tasks(dags):
        for error in verdicts:
            decision = task.retry_policy.evaluate(error, 1, 3)
            assert decision.action == RetryAction.FAIL, f"{task.task_id} would repeat {type(error).__name__}"
        for stumble in (
            OSError("disk"),
            errors.SurveyError("dbt"),
            errors.StaleBuild("other run"),
            errors.DocumentsFailed("no memory"),
        ):
            decision = task.retry_policy.evaluate(stumble, 1, 3)
            assert decision is None or decision.action != RetryAction.FAIL, f"{task.task_id} gives up on {stumble!r}"


def test_every_dag_explains_itself_and_how_to_triage(dags: list[Any]) -> None:
    for dag in dags:
        assert dag.tags and dag.description, f"{dag.dag_id}: tags and description are how it is found"
        assert "## When it fails" in dag.doc_md, f"{dag.dag_id}: doc_md needs triage notes"


def test_the_triage_notes_name_every_task_and_what_readers_see(dags: list[Any]) -> None:
    for dag in dags:
        table = dag.doc_md.partition("## When it fails")[2]
        rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("|")]
        named = {name.strip() for row in rows for name in row.split(",")}
        unnamed = {task.task_id for task in dag.tasks} - named
        assert unnamed == set(), f"{dag.dag_id}: say in its doc_md what a failure of {unnamed} means"
        for part in ("**When**", "What readers see meanwhile"):
            assert part in dag.doc_md, f"{dag.dag_id}: doc_md says nothing of {part}"


def test_every_dag_runs_one_at_a_time_and_makes_up_for_nothing(dags: list[Any]) -> None:
    for dag in dags:
        if dag.dag_id == WAITS_FOR_PEOPLE:
            assert dag.max_active_runs >= 100, "ninety regions may be waiting for a person, and none for another"
        else:
            assert dag.max_active_runs == 1, f"{dag.dag_id}: two runs would be in each other's way"
        assert dag.catchup is False, f"{dag.dag_id}: a fresh scheduler would run years"


def test_every_dag_is_tagged_as_ours_and_with_how_often_it_runs(dags: list[Any]) -> None:
    for dag in dags:
        assert {"callback-survey"} < set(dag.tags), f"{dag.dag_id}: callback-survey, and how often, such as daily"


def test_the_callback_of_every_dag_is_a_plain_function(dags: list[Any]) -> None:
    for dag in dags:
        assert inspect.isfunction(dag.on_failure_callback), f"{dag.dag_id}: `airflow dags test` breaks a notifier here"


def test_one_leaf_on_a_rule_that_sees_failures_decides_every_run(dags: list[Any]) -> None:
    for dag in dags:
        assert len(dag.leaves) == 1, f"{dag.dag_id}: {[task.task_id for task in dag.leaves]} would each colour the run"
        assert dag.leaves[0].trigger_rule in ("all_success", "none_failed"), f"{dag.dag_id}: its leaf hides failures"


def test_whoever_opens_the_warehouse_waits_in_its_pool(dags: list[Any]) -> None:
    waiting = {dag.dag_id: {task.task_id for task in dag.tasks if task.pool == "warehouse"} for dag in dags}
    assert waiting == USES_THE_WAREHOUSE


def test_the_limit_of_the_work_is_not_taken_for_the_limit_of_the_waiting(bag: Any) -> None:
    approval = bag.dags["callback_notice"].get_task("approval")
    assert approval.execution_timeout < approval.response_timeout


@pytest.mark.parametrize(("judged", "served"), [(None, None), ({"passed": [], "failed": []}, None)])
def test_a_run_that_served_nothing_announces_nothing(bag: Any, judged: Any, served: Any) -> None:
    """The task runs whatever became of the others: what was served before would be told as this run's success."""
    from airflow.sdk.exceptions import AirflowSkipException

    announce = bag.dags["callback_quarter"].get_task("announce")
    with pytest.raises(AirflowSkipException):
        announce.python_callable(judged, served, None, outlet_events={})


def test_what_the_quarter_announces_starts_the_notice(bag: Any) -> None:
    from callback_survey.airflow.assets import MARTS

    announce = bag.dags["callback_quarter"].get_task("announce")
    assert announce.outlets == [MARTS] and "documents" in announce.upstream_task_ids
    assert bag.dags["callback_notice"].timetable.asset_condition == MARTS


def test_documents_are_one_task_per_region_after_the_tables_are_served(bag: Any) -> None:
    documents = bag.dags["callback_quarter"].get_task("documents")
    assert documents.is_mapped and documents.upstream_task_ids == {"serve"}
    assert "region" in documents.map_index_template


def test_landing_is_one_task_per_delivery_named_by_its_region(bag: Any) -> None:
    land = bag.dags["callback_quarter"].get_task("land")
    assert land.is_mapped
    assert "region_code" in land.map_index_template
