"""What the unit tests share: an empty lake beside an empty export folder, and the roll-ups as dbt compiles them."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from callback_survey.settings import load_settings
from callback_survey.warehouse import compiled
from callback_survey.warehouse.database import Warehouse
from lakes import Lake

# a busy machine is no failure, and a test that failed once fails again
hypothesis.settings.register_profile("unit", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("unit")


@pytest.fixture(scope="session")
def compiled_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's manifest of the project with its roll-ups compiled, as serving has it made where nothing was built."""
    settings = load_settings({}, home=tmp_path_factory.mktemp("compiled") / "home")
    compiled.manifest(settings, Warehouse(settings.warehouse, settings.memory_limit, "tests"))
    (path,) = settings.warehouse.glob("*/manifest.json")
    return path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "exports")
