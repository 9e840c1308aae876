"""What the tests of approval share: documents that show their heading, and cost no process."""

from __future__ import annotations

import pytest

from callback_survey.documents import write
from issuing import print_heading


@pytest.fixture(autouse=True)
def _documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "write_apart", print_heading)
