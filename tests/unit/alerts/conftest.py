"""What the tests of alerts share: a receiver that is up, one that is not, and a place for the records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from receivers import Receiver, free_port


@pytest.fixture(autouse=True)
def _local_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A proxy of the machine must not carry what is meant for 127.0.0.1; importing Airflow must not touch ~/airflow."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "alerts"


@pytest.fixture
def refused_url() -> str:
    return f"json://127.0.0.1:{free_port()}/"
