"""A quarter through Airflow, as OpenLineage hears of it over HTTP: what each task reads and writes, and dbt's models below their task."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from homes import QUARTER, REGION, Home


@dataclass
class Receiver:
    """Takes OpenLineage's events on 127.0.0.1."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                found = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.events += found if isinstance(found, list) else [found]
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def heard(
    small_exports: Path, privacy_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Home, list[dict[str, Any]]]]:
    pytest.importorskip("airflow.providers.openlineage", reason="the extra lineage is not installed")
    receiver = Receiver()
    home = Home(tmp_path_factory.mktemp("lineage") / "home", small_exports, privacy_key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{receiver.server.server_address[1]}")
        outcome = home.run("airflow", "run", "--region", REGION, "--quarter", QUARTER)
    receiver.server.shutdown()
    receiver.server.server_close()
    assert outcome.code == 0, outcome.err
    yield home, receiver.events


def of_tasks(home: Home, events: list[dict[str, Any]]) -> dict[str, tuple[set[str], set[str]]]:
    """What each task of the quarter had read and written when it ended, below the home or as a whole path. (Under `airflow dags test` the
    tasks are one process, and the event of a beginning may still hold what the task before told.)"""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for event in events:
        dag, _, task = event["job"]["name"].partition(".")
        if dag == "callback_quarter" and task and event["eventType"] == "COMPLETE":
            for names, side in zip(found[task], ("inputs", "outputs"), strict=True):
                names |= {one["name"].removeprefix(f"{home.path}/") for one in event.get(side, [])}
    return found


def test_every_task_says_what_it_reads_and_writes(heard: tuple[Home, list[dict[str, Any]]]) -> None:
    home, events = heard
    found = of_tasks(home, events)
    raw = {f"lake/raw/{name}" for name in ("frame", "calls", "answers", "published", "figures", "rejects")}
    warehouse = {"warehouse/warehouse.duckdb"}
    assert found["land"] == ({str(home.exports)}, raw)
    assert found["build"] == (raw, warehouse)
    assert found["gate"] == (warehouse, {"checks"})
    assert found["release"] == (warehouse, {"releases", "serving/restricted"})
    assert found["serve"] == (
        {"releases"},
        {f"serving/{name}" for name in ("marts.duckdb", "callback_survey.duckdb", "parquet")},
    )
    assert found["documents"] == ({"releases"}, {"releases"})


def test_each_model_of_dbt_is_a_run_below_the_task_that_built_it(heard: tuple[Home, list[dict[str, Any]]]) -> None:
    _, events = heard
    task = {event["run"]["runId"] for event in events if event["job"]["name"] == "callback_quarter.build"}
    models = [
        event
        for event in events
        if event["job"]["name"].endswith(".department_rates.build.run") and event["eventType"] == "COMPLETE"
    ]
    (rates,) = [
        event for event in models if any(one["name"].endswith("marts.department_rates") for one in event["outputs"])
    ]
    parent = rates["run"]["facets"]["parent"]
    assert {parent["run"]["runId"]} == task
    assert parent["job"]["name"] == "callback_quarter.build"
    assert parent["root"]["job"]["name"] == "callback_quarter"
    columns = {one["name"] for one in rates["outputs"][0]["facets"]["schema"]["fields"]}
    assert {"department_code", "rate_pct", "is_below_average"} <= columns
    assert rates["inputs"]


def test_no_event_holds_a_case_or_a_phone(heard: tuple[Home, list[dict[str, Any]]]) -> None:
    home, events = heard
    text = json.dumps(events, ensure_ascii=False)
    assert "BJ01-0000" not in text
    assert "15400010000" not in text
    assert home.key not in text
