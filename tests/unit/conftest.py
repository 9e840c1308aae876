"""What the unit tests share: an empty lake beside an empty export folder."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from lakes import Lake

# a busy machine is no failure, and a test that failed once fails again
hypothesis.settings.register_profile("unit", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("unit")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "exports")
