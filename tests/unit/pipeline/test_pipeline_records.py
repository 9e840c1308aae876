"""What a run leaves for those that come after it: which regions passed, and which releases no event tells of yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from callback_survey import releases
from callback_survey.airflow import quarter as airflow_steps
from callback_survey.checks.model import CheckReport, CheckResult
from callback_survey.pipeline import steps
from callback_survey.progress import file_name
from callback_survey.quarter import Quarter
from callback_survey.releases import Release, journal
from callback_survey.releases.journal import Decision
from callback_survey.run import Run
from callback_survey.serving import serve
from callback_survey.settings import Settings
from callback_survey.storage import files
from homes import REPOSITORY
from lakes import tree_of
from published import PASS, WARNING, make_release

FAILURE = replace(WARNING, severity="fail")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path, REPOSITORY / "dbt_project", "1GB", (), None, None)


def test_the_regions_that_passed_are_those_whose_marts_failed_no_check(settings: Settings) -> None:
    def checked(run_id: str, gate: str, region: str, quarter: str, *results: CheckResult) -> None:
        CheckReport(run_id, gate, region, quarter, results).write(settings.checks / file_name(run_id))

    run_id = "manual__2018-04-20T06:00:00+00:00"
    checked(run_id, "delivery", "330108", "2018Q1", FAILURE)
    checked(run_id, "marts", "330109", "2018Q1", PASS, WARNING)
    checked(run_id, "marts", "330110", "2018Q1", PASS, FAILURE)
    checked(run_id, "marts", "330111", "2018Q1", PASS)
    checked(run_id, "marts", "330112", "2018Q2", PASS)
    checked("another run", "marts", "330113", "2018Q1", PASS)
    assert steps.passed_regions(run_id, settings, Quarter.parse("2018Q1")) == ["330109", "330111"]
    assert steps.passed_regions(run_id, settings, Quarter.parse("2018Q2")) == ["330112"]
    assert steps.passed_regions("no run", settings, Quarter.parse("2018Q1")) == []


def names(found: Sequence[Release]) -> list[str]:
    return [release.name for release in found]


def test_a_release_is_announced_until_its_event_is_known_to_be_stored(settings: Settings) -> None:
    first = make_release(settings.releases)
    assert names(serve.unannounced([first], settings.serving)) == [first.name]
    assert names(serve.unannounced([first], settings.serving)) == [first.name], "the task was killed: once more"
    serve.remember_announced(settings.serving)
    before = tree_of(settings.serving)
    assert serve.unannounced([first], settings.serving) == []
    assert tree_of(settings.serving) == before


def test_only_what_is_new_is_announced_and_what_was_stays_known(settings: Settings) -> None:
    first, other = make_release(settings.releases), make_release(settings.releases, region="330110")
    serve.unannounced([first], settings.serving)
    serve.remember_announced(settings.serving)
    assert names(serve.unannounced([first, other], settings.serving)) == [other.name]
    serve.remember_announced(settings.serving)
    assert serve.unannounced([first, other], settings.serving) == []


def test_a_revision_made_while_an_event_was_lost_is_announced_in_its_place(settings: Settings) -> None:
    first = make_release(settings.releases)
    serve.unannounced([first], settings.serving)
    second = make_release(settings.releases, revision=2)
    assert names(serve.unannounced([second], settings.serving)) == [second.name]
    serve.remember_announced(settings.serving)
    assert serve.unannounced([second], settings.serving) == []


def test_a_revision_that_goes_back_to_earlier_figures_is_an_event_again(settings: Settings) -> None:
    """r3 has the content of r1: whoever holds r2's figures must hear of it."""
    made = [make_release(settings.releases, revision=number) for number in (1, 2)]
    made.append(replace(made[0], revision=3))
    for release in made:
        assert names(serve.unannounced([release], settings.serving)) == [release.name]
        serve.remember_announced(settings.serving)


def test_remembering_where_nothing_was_announced_writes_nothing(settings: Settings) -> None:
    serve.remember_announced(settings.serving)
    assert not settings.serving.exists()


def test_the_step_announces_the_latest_revision_of_every_quarter_also_what_a_local_run_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_release(settings.releases)
    make_release(settings.releases, revision=2)
    make_release(settings.releases, quarter="2018Q2")
    assert names(releases.served(settings.releases)) == ["330109 2018Q1 r2", "330109 2018Q2 r1"]
    monkeypatch.setattr("callback_survey.airflow.settings.load_settings", lambda: settings)
    context = {"run_id": "run-1", "params": {}}
    judged: dict[str, list[object]] = {"passed": [], "failed": []}
    keys = ["330109|2018Q1", "330109|2018Q2"]
    assert airflow_steps.announce(context, judged, None) == [], "readers cannot open it yet"
    assert airflow_steps.serve(context, judged) == [], "releases of an earlier version have their documents"
    assert airflow_steps.announce(context, judged, [[], None]) == keys
    assert airflow_steps.announce(context, judged, None) == keys
    airflow_steps.remember_announced(context)
    assert airflow_steps.announce(context, judged, None) == []


def test_what_is_served_again_is_announced_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds r2's figures must hear of it; Airflow can tell them when it next serves."""
    for revision in (1, 2):
        make_release(settings.releases, revision=revision)
    monkeypatch.setattr("callback_survey.airflow.settings.load_settings", lambda: settings)
    context = {"run_id": "run-1", "params": {}}
    judged: dict[str, list[object]] = {"passed": [], "failed": []}
    told = []
    for _ in range(2):
        airflow_steps.serve(context, judged)
        told.append(airflow_steps.announce(context, judged, None))
        airflow_steps.remember_announced(context)
        journal.append(
            settings.releases, Decision("rolled_back", "330109", "2018Q1", 1, "值班长", details={"instead_of": "r2"})
        )
    assert told == [["330109|2018Q1"]] * 2
    run = Run(settings, "run-1")
    assert names(steps.unannounced(run, steps.documented(run))) == []


def test_a_release_is_announced_once_its_documents_are_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the approval that the event asks for finds drafts to look at; another region's need not wait."""
    for region in ("330108", "330109"):
        make_release(settings.releases, region=region)
    path = settings.releases / "330109" / "2018Q1" / "r1" / "release.json"
    files.write_json(path, {**files.read_json(path), "files": {"dictionary.csv": "0" * 64}})
    monkeypatch.setattr("callback_survey.airflow.settings.load_settings", lambda: settings)
    context = {"run_id": "run-1", "params": {}}
    judged: dict[str, list[object]] = {"passed": [], "failed": []}
    assert airflow_steps.serve(context, judged) == ["330109"]
    assert airflow_steps.serve({**context, "params": {"region": "330108"}}, judged) == []
    assert airflow_steps.announce(context, judged, None) == ["330108|2018Q1"]
    airflow_steps.remember_announced(context)
    path.with_name("SHA256SUMS").write_text(f"{'0' * 64}  notice/notice.html\n")
    assert airflow_steps.announce(context, judged, [["330109 2018Q1 r1"]]) == ["330109|2018Q1"]


@pytest.mark.parametrize(("params", "is_optional"), [({}, False), ({"without_manifest": True}, True)])
def test_a_person_may_run_the_dag_for_a_delivery_without_a_manifest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, params: dict[str, bool], is_optional: bool
) -> None:
    monkeypatch.setattr("callback_survey.airflow.settings.load_settings", lambda: settings)
    assert airflow_steps._run({"run_id": "run-1", "params": params}).is_manifest_optional is is_optional
