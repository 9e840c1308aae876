"""What the tests share: one real run through Airflow over the sample exports, one small served home, a receiver of alerts."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import thorough
from callback_survey.register_layers import ORIGINS
from deliveries import OFFICES, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, SAMPLE_EXPORTS, Home, Served
from shared import once

if TYPE_CHECKING:
    from receivers import Receiver

# Airflow reads this when it is imported, and would make ~/airflow
_airflow_home = tempfile.TemporaryDirectory(prefix="callback-survey-airflow-")
os.environ["AIRFLOW_HOME"] = _airflow_home.name


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="every point of every search, as make test-thorough asks")


def pytest_configure(config: pytest.Config) -> None:
    thorough.configure(config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Registers that were merged of this session's own folders lie among the machine's temporary files: they go with the tests.
    Those of another session stay, which may run just now."""
    if hasattr(session.config, "workerinput"):
        return
    own = str(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    merged = Path(tempfile.gettempdir()) / f"callback-survey-registers-{os.getuid()}"
    for told in merged.glob(f"*/{ORIGINS}"):
        origins = json.loads(told.read_text(encoding="utf-8"))
        if any(origins[side].startswith(own) for side in ("shipped", "own")):
            shutil.rmtree(told.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def privacy_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    return once(tmp_path_factory, "privacy-key", lambda folder: secrets.token_hex(32))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Served:
    """2018 Q1 of Xiaoshan from the sample exports, through Airflow, with all documents. To be read only; `home.copy` for the rest."""

    def make(folder: Path) -> Served:
        home = Home(folder / "home", SAMPLE_EXPORTS, privacy_key, {"DOCUMENTS": "html pdf docx"})
        outcome = home.run("airflow", "run", "--region", REGION, "--quarter", QUARTER)
        assert outcome.code == 0, outcome.err
        return Served(home, outcome)

    return once(tmp_path_factory, "served", make)


@pytest.fixture(scope="session")
def five_quarters(tmp_path_factory: pytest.TempPathFactory, served: Served) -> Served:
    """The served home after the four invented quarters of the sample exports were run too. To be read only."""

    def make(folder: Path) -> Served:
        home = served.home.copy(folder / "home").with_settings(DOCUMENTS="html")
        outcome = home.run_here("run", "--region", REGION, "--quarter", "2018Q2..2019Q1")
        assert outcome.code == 0, outcome.err
        return Served(home, outcome)

    return once(tmp_path_factory, "five-quarters", make)


@pytest.fixture(scope="session")
def small_exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(exports: Path) -> Path:
        write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
        return exports

    return once(tmp_path_factory, "small-exports", make)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, small_exports: Path, privacy_key: str) -> Home:
    """Three departments with a few cases each, released and served. To be read only."""

    def make(folder: Path) -> Home:
        home = Home(folder / "home", small_exports, privacy_key)
        outcome = home.run_quarter_here()
        assert outcome.code == 0, outcome.err
        return home

    return once(tmp_path_factory, "small", make)


@pytest.fixture(scope="session")
def corrected_exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small delivery, sent again: 区民政局 has now called everyone in its frame."""

    def make(exports: Path) -> Path:
        write_delivery(exports / REGION / QUARTER, rows_of(with_office("区民政局", called=8, satisfied=6)))
        return exports

    return once(tmp_path_factory, "corrected-exports", make)


@pytest.fixture(scope="session")
def corrected(tmp_path_factory: pytest.TempPathFactory, small: Home, corrected_exports: Path) -> Served:
    """The small home after the correction was run over it. To be read only."""

    def make(folder: Path) -> Served:
        home = small.copy(folder / "home", exports=corrected_exports)
        return Served(home, home.run_quarter_here())

    return once(tmp_path_factory, "corrected", make)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where alerts of a test arrive over HTTP."""
    from receivers import Receiver

    found = Receiver()
    yield found
    found.close()


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """The address of an S3 server of this machine."""
    from s3_servers import server

    with server() as address:
        yield address


@pytest.fixture
def bucket(s3_endpoint: str) -> Iterator[Any]:
    """An empty bucket `survey` in it, which this process and its children reach."""
    from s3_servers import bucket_at

    with bucket_at(s3_endpoint, "survey") as found:
        yield found
