"""What the tests of the readers share: a folder for what is unpacked, and workbooks read without a process each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import pytest

from callback_survey.deliveries import workbook
from callback_survey.deliveries.table import Unreadable
from export_writers import Reader

# a busy machine is no failure, and a test that failed once fails again
hypothesis.settings.register_profile("unit", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("unit")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child does, here: a second less for each workbook. The child itself is tested in test_reading_hostile."""
    import python_calamine

    def unpack(path: Path, folder: Path) -> list[dict[str, Any]]:
        try:
            return workbook._convert(path, folder, workbook.MAXIMUM_CHARACTERS)
        except python_calamine.CalamineError as error:
            raise Unreadable("the workbook is cut off or damaged") from error

    monkeypatch.setattr(workbook, "_unpack", unpack)
