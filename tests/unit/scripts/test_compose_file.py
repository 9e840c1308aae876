"""What docker-compose.yml lets each service see, read off the file: needs no container engine."""

from __future__ import annotations

import re
from typing import Any

import yaml

from homes import REPOSITORY

HOME = "/var/lib/callback_survey"


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    return found


def test_the_api_server_may_read_what_its_pages_show_and_nothing_else_of_the_home() -> None:
    mounts = services()["api-server"]["volumes"]
    of_home = {mount["target"]: mount for mount in mounts if mount.get("source") == "home"}
    assert {target: mount["volume"]["subpath"] for target, mount in of_home.items()} == {
        f"{HOME}/{folder}": folder for folder in ("checks", "public", "releases", "serving")
    }
    assert all(mount["read_only"] for mount in of_home.values())
    covers = [mount["target"] for mount in mounts if mount["type"] == "tmpfs"]
    assert covers == [f"{HOME}/serving/restricted"], "records of single cases lie there"
    others = {mount["target"]: mount for mount in mounts if mount.get("source") not in (None, "airflow", "home")}
    # names of regions and titles of checks: nothing of a case
    assert list(others) == ["/registers", "/notices.toml"] and all(mount["read_only"] for mount in others.values())


def test_the_folders_that_the_api_server_is_given_are_made_before_it_starts() -> None:
    init = services()["airflow-init"]
    made = " ".join(init["command"])
    assert [name for name in ("checks", "public", "releases", "serving/restricted") if name not in made] == []
    assert {"type": "volume", "source": "home", "target": HOME} in init["volumes"]
    assert services()["api-server"]["depends_on"]["airflow-init"] == {"condition": "service_completed_successfully"}


def test_only_the_service_that_runs_tasks_is_given_the_privacy_key_and_the_exports() -> None:
    keyed = [name for name, service in services().items() if "CALLBACK_SURVEY_PRIVACY_KEY" in service["environment"]]
    mounted = [name for name, service in services().items() if "/exports" in str(service.get("volumes", []))]
    assert (keyed, mounted) == (["scheduler"], ["scheduler"])


def test_whoever_reads_the_registers_is_given_the_instances_own_and_cannot_change_them() -> None:
    mounted = {
        name: mount
        for name, service in services().items()
        for mount in service.get("volumes", [])
        if isinstance(mount, dict) and mount["target"] == "/registers"
    }
    assert sorted(mounted) == ["api-server", "dag-processor", "scheduler"]
    assert all(mount["read_only"] for mount in mounted.values())


def test_the_people_of_the_environment_are_the_api_servers_logins_and_the_approval_knows_them() -> None:
    users = {
        name: service["environment"].get("CALLBACK_SURVEY_AIRFLOW_USERS")
        for name, service in services().items()
        if name != "postgres"
    }
    assert set(users.values()) == {"${AIRFLOW_USERS:-}"}
    assert services()["api-server"]["command"] == [
        "python",
        "-m",
        "callback_survey.airflow.users",
        "airflow",
        "api-server",
    ]


def test_no_service_may_take_the_memory_of_the_machine() -> None:
    assert [name for name, service in services().items() if not service.get("mem_limit")] == []


def test_what_comes_from_a_registry_is_named_by_digest() -> None:
    """A tag is another image tomorrow. What is built here (`build`, or its image by name) comes from no registry."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    defaults = dict(re.findall(r"^ARG (\w+)=(\S+)$", dockerfile, re.MULTILINE))
    stages = set(re.findall(r"^FROM .+ AS (\w+)$", dockerfile, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) - stages
    pulled = [defaults[base.strip("${}")] for base in bases]
    pulled += [
        service["image"].removeprefix("${POSTGRES_IMAGE:-").removesuffix("}")
        for service in services().values()
        if service.get("pull_policy") != "never"
    ]
    assert len(pulled) == 2
    assert [image for image in pulled if not re.fullmatch(r"\w+:[\w.-]+@sha256:[0-9a-f]{64}", image)] == []
    example = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    assert [image for image in pulled if image not in example] == []
