"""The containers as a user meets them: built, brought up, a quarter run over the REST API, the served marts read from the volume.

Any engine with Compose v2 will do; where none answers, these tests say so and are skipped.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

import compose_env

pytestmark = pytest.mark.compose

REPOSITORY = Path(__file__).resolve().parents[2]
DAG = "callback_quarter"
SERVED = "/var/lib/callback_survey/serving/marts.duckdb"
LONG_RUNNING = {"postgres", "api-server", "scheduler", "dag-processor", "triggerer"}
# An engine that reaches no registry cannot pull by digest; where it was given the images under these names, they are tested.
LOADED = {"PYTHON_IMAGE": "python:3.11-slim-bookworm", "POSTGRES_IMAGE": "postgres:16"}
UP_SECONDS, PARSE_SECONDS, RUN_SECONDS, ANSWER_SECONDS = 900, 120, 1200, 120


@dataclass
class Stack:
    """One project of its own (name, port, volumes, secrets), so that a stack that somebody uses is left alone."""

    project: str
    port: int
    postgres_port: int
    env_file: Path
    token: str = ""

    def compose(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "CALLBACK_SURVEY_", "COMPOSE_", "MARTS_", "POSTGRES_"))
        }
        return subprocess.run(
            ["docker", "compose", "--env-file", str(self.env_file), "-p", self.project, *arguments],
            cwd=REPOSITORY,
            env={**inherited, **loaded(), "AIRFLOW_PORT": str(self.port), "POSTGRES_PORT": str(self.postgres_port)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"}
            | ({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)

    def secret(self, name: str) -> str:
        lines = dict(line.split("=", 1) for line in self.env_file.read_text().splitlines() if not line.startswith("#"))
        return lines[name]


def missing_engine() -> str | None:
    if shutil.which("docker") is None:
        return "no container engine: the command `docker` is not installed"
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        except subprocess.TimeoutExpired:
            return f"no container engine: `{' '.join(command)}` does not answer"
        if result.returncode != 0:
            return f"no container engine: `{' '.join(command)}` says {result.stderr.strip()[:200]}"
    return None


@cache
def loaded() -> dict[str, str]:
    """The images that were loaded or built on this machine: one that was pulled has a digest of its registry."""

    def was_pulled(image: str) -> bool:
        command = ["docker", "image", "inspect", "--format", "{{len .RepoDigests}}", image]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        return told.returncode != 0 or told.stdout.strip() != "0"

    return {variable: image for variable, image in LOADED.items() if not was_pulled(image)}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until(what: str, seconds: float, look: Callable[[], Any]) -> Any:
    """The first answer of `look` that is not None; a test that waits longer fails with `what`."""
    deadline = time.monotonic() + seconds
    while (answer := look()) is None:
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        time.sleep(1)
    return answer


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if reason := missing_engine():
        pytest.skip(reason)
    env_file = tmp_path_factory.mktemp("compose") / "env"
    compose_env.write(env_file)
    # a task whose process was killed is missed after so many seconds, not after Airflow's five minutes
    airflow_file = env_file.with_name("airflow.env")
    airflow_file.write_text(
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT=30\n"
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL=5\n"
        "AIRFLOW__CORE__EXECUTOR=NoSuchExecutor\n"
    )
    with env_file.open("a") as file:
        file.write(f"AIRFLOW_ENV_FILE={airflow_file}\n")
    made = Stack(f"callback-test-{secrets.token_hex(4)}", free_port(), free_port(), env_file)
    try:
        up = made.compose("up", "--build", "--wait", "--wait-timeout", "300", timeout=UP_SECONDS)
        if up.returncode != 0:
            pytest.fail(f"the stack did not come up\n{up.stderr}\n{made.compose('logs', '--tail', '40').stdout}")
        credentials = {"username": "admin", "password": made.secret("AIRFLOW_ADMIN_PASSWORD")}
        made.token = made.api("POST", "/auth/token", credentials)["access_token"]
        yield made
    finally:
        made.compose("down", "--volumes", "--remove-orphans", timeout=300)


@pytest.fixture(scope="module")
def finished_run(stack: Stack) -> dict[str, Any]:
    """2018 Q1 of Xiaoshan, asked for over REST and waited for."""
    return finished(stack, asked_for(stack, "2018Q1"))


def asked_for(stack: Stack, quarter: str) -> str:
    """A run of a quarter, begun over REST. Returns its name."""
    until(f"the DAG {DAG} to be read", PARSE_SECONDS, lambda: dag_or_none(stack))
    # A DAG that is switched on also runs its latest interval, and one run at a time is allowed: ours comes after that one.
    stack.api("PATCH", f"/api/v2/dags/{DAG}", {"is_paused": False})
    asked = {"logical_date": None, "conf": {"region": "330109", "quarter": quarter}}
    return str(stack.api("POST", f"/api/v2/dags/{DAG}/dagRuns", asked)["dag_run_id"])


def finished(stack: Stack, run_id: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        run: dict[str, Any] = stack.api("GET", f"/api/v2/dags/{DAG}/dagRuns/{run_id}")
        return run if run["state"] in ("success", "failed") else None

    run: dict[str, Any] = until(f"the run {run_id} to end", RUN_SECONDS, ended)
    if run["state"] != "success":
        pytest.fail(f"the run {run_id} ended as {run['state']}\n{logs_of_failed_tasks(stack, run_id)}")
    return run


def dag_or_none(stack: Stack) -> Any:
    errors = stack.api("GET", "/api/v2/importErrors")["import_errors"]
    if errors:
        pytest.fail("\n".join(error["stack_trace"] for error in errors))
    try:
        return stack.api("GET", f"/api/v2/dags/{DAG}")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def logs_of_failed_tasks(stack: Stack, run_id: str) -> str:
    tasks = f"/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances"
    parts = []
    for task in stack.api("GET", tasks)["task_instances"]:
        if task["state"] != "failed":
            continue
        log = f"{tasks}/{task['task_id']}/logs/{task['try_number']}?map_index={task['map_index']}&full_content=true"
        lines = stack.api("GET", log)["content"]
        parts.append(f"--- {task['task_id']}, try {task['try_number']}")
        for line in lines:
            parts.append(f"{line.get('level', ''):8}{line['event']}")
            parts += [f"        {error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or ()]
    return "\n".join(parts) or stack.compose("logs", "--tail", "60").stdout


def test_a_quarter_asked_for_over_rest_is_served_with_the_published_averages(
    stack: Stack, finished_run: dict[str, Any], tmp_path: Path
) -> None:
    assert finished_run["conf"] == {"region": "330109", "quarter": "2018Q1"}
    copy = tmp_path / "marts.duckdb"
    copied = stack.compose("cp", "--follow-link", f"scheduler:{SERVED}", str(copy))
    assert copied.returncode == 0, copied.stderr
    with duckdb.connect(str(copy), read_only=True) as served:
        averages = served.execute(
            "select measure, average_pct::text from region_rates where region_code = '330109' and quarter = '2018Q1'"
        ).fetchall()
    assert dict(averages) == {"satisfaction": "94.77", "realisation": "92.53"}


def test_every_service_is_healthy_and_reachable_from_this_machine_only(stack: Stack) -> None:
    services = [json.loads(line) for line in stack.compose("ps", "--format", "json").stdout.splitlines()]
    assert {service["Service"]: service["Health"] for service in services} == dict.fromkeys(LONG_RUNNING, "healthy")
    published = [port for service in services for port in service["Publishers"] or [] if port["PublishedPort"]]
    expected = {("127.0.0.1", stack.port), ("127.0.0.1", stack.postgres_port)}
    assert {(port["URL"], port["PublishedPort"]) for port in published} == expected


def as_reader(stack: Stack, database: str) -> Any:
    return psycopg2.connect(
        host="127.0.0.1",
        port=stack.postgres_port,
        dbname=database,
        user="marts_reader",
        password=stack.secret("MARTS_READER_PASSWORD"),
    )


def test_a_bi_tool_reads_the_marts_in_postgresql_and_cannot_write_or_look_into_airflow(
    stack: Stack, finished_run: dict[str, Any]
) -> None:
    with closing(as_reader(stack, "marts")) as connection, connection.cursor() as cursor:
        cursor.execute("select measure, average_pct::text from marts.region_rates where quarter = '2018Q1'")
        assert dict(cursor.fetchall()) == {"satisfaction": "94.77", "realisation": "92.53"}
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("delete from marts.region_rates")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        as_reader(stack, "airflow")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        as_reader(stack, "postgres")


def test_only_the_service_that_runs_tasks_knows_the_privacy_key(stack: Stack) -> None:
    key = stack.secret("CALLBACK_SURVEY_PRIVACY_KEY")
    holders = {name for name in LONG_RUNNING if key in stack.compose("exec", "-T", name, "env").stdout}
    assert holders == {"scheduler"}


def test_the_api_server_sees_what_its_pages_show_and_cannot_change_it(
    stack: Stack, finished_run: dict[str, Any]
) -> None:
    def shell(command: str, service: str = "api-server") -> str:
        return stack.compose("exec", "-T", service, "sh", "-c", f"cd /var/lib/callback_survey && {command} 2>&1").stdout

    assert shell("ls -A . /exports").split() == [".:", "checks", "public", "releases", "serving", "/exports:"]
    assert "release.json" in shell("ls releases/330109/2018Q1/r1")
    restricted = "ls serving/restricted"
    assert shell(restricted, "scheduler").split() == ["case_answers", "case_outcomes", "dissatisfied_cases"]
    # the empty folder that lies over it is root's, and has the mode of what it covers
    assert "Permission denied" in shell(restricted)
    for folder in ("checks", "public", "releases", "serving"):
        assert "Read-only file system" in shell(f"touch {folder}/written"), folder
    assert "Permission denied" in shell("touch serving/restricted/written")


def test_airflows_pages_show_the_release_to_whoever_has_logged_in(stack: Stack, finished_run: dict[str, Any]) -> None:
    address = f"http://127.0.0.1:{stack.port}/callback-survey/releases/330109/2018Q1/r1"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        direct.open(address, timeout=30)
    assert refused.value.code == 401
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {stack.token}"})
    with direct.open(asked, timeout=30) as answer:
        page = answer.read().decode()
    assert "正在提供" in page and "94.77" in page


def test_the_image_holds_neither_a_secret_nor_anything_but_the_project(stack: Stack) -> None:
    folders = stack.compose("exec", "-T", "scheduler", "ls", "-A", "/opt/callback_survey").stdout.split()
    assert folders == ["sample_exports"]
    for about in ("inspect", "history"):
        command = ["docker", "image", about, "callback-survey:local"] + ["--no-trunc"] * (about == "history")
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert [name for name in compose_env.SECRETS if stack.secret(name) in told] == []


def test_an_unknown_password_is_refused(stack: Stack) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        stack.api("POST", "/auth/token", {"username": "admin", "password": "admin"})
    assert refused.value.code == 401


def state_of(stack: Stack, run_id: str, task: str) -> str | None:
    tasks = stack.api("GET", f"/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances")["task_instances"]
    return next((str(one["state"]) for one in tasks if one["task_id"] == task), None)


def under_way(stack: Stack, run_id: str, task: str) -> None:
    until(f"{task} to run", RUN_SECONDS, lambda: state_of(stack, run_id, task) == "running" or None)


def test_settings_of_airflow_come_from_a_file_and_ours_win(stack: Stack) -> None:
    told = stack.compose(
        "exec", "scheduler", "airflow", "config", "get-value", "scheduler", "task_instance_heartbeat_timeout"
    )
    assert told.stdout.split()[-1] == "30", told.stderr
    told = stack.compose("exec", "scheduler", "printenv", "AIRFLOW__CORE__EXECUTOR")
    assert told.stdout.strip() == "LocalExecutor"


def test_killed_in_mid_run_worker_and_scheduler_go_on_where_they_were(stack: Stack) -> None:
    """The processes of a task, then the service with all in it. The run ends green, and each task was done once in the end."""
    run_id = asked_for(stack, "2018Q2")
    under_way(stack, run_id, "build")
    # the task, the executor's process that would report its end, and dbt: not those that wait for work
    script = (
        "import os, pathlib, signal\n"
        "for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n"
        "    words = path.read_bytes()\n"
        "    is_at_work = words.startswith(b'airflow worker -- ') and b'<idle>' not in words\n"
        "    if is_at_work or b'\\0callback_survey.warehouse.dbt\\0' in words:\n"
        "        os.kill(int(path.parent.name), signal.SIGKILL)\n"
    )
    stack.compose("exec", "scheduler", "python", "-c", script)
    under_way(stack, run_id, "gate")
    killed = stack.compose("kill", "--signal", "KILL", "scheduler")
    assert killed.returncode == 0, killed.stderr
    up = stack.compose("up", "--no-build", "--detach", "--wait", "scheduler", timeout=UP_SECONDS)
    assert up.returncode == 0, up.stderr
    assert finished(stack, run_id)["state"] == "success"
    listed = stack.compose("exec", "scheduler", "callback-survey", "releases", "list", "--quarter", "2018Q2", "--json")
    assert [(one["revision"], one["state"]) for one in json.loads(listed.stdout)] == [(1, "served")]
    verified = stack.compose("exec", "scheduler", "callback-survey", "verify", timeout=300)
    assert verified.returncode == 0, verified.stdout
