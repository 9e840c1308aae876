"""Decisions, documents, change of the privacy key, backup, restore, retention: killed (SIGKILL) at changes of files, and done again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homes import FIXTURES, PATIENCE_SECONDS
from thorough import examples


def killed(act: str, folder: Path, most: int) -> dict[str, Any]:
    """What became of the act at each point; at most so many points, evenly apart, the last two among them."""
    process = subprocess.run(
        [sys.executable, str(FIXTURES / "kill_points.py")],
        input=json.dumps({"act": act, "folder": str(folder), "most": most}),
        env={**os.environ, "PYTHONPATH": str(FIXTURES), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout)
    return found


# at least and at most so many of its changes: a rotation lands two deliveries, so fewer are tried
@pytest.mark.parametrize(
    ("act", "fewest", "most"),
    [
        ("approve", examples(38, 8), examples(50, 8)),
        ("withdraw", examples(12, 6), examples(50, 6)),
        ("document", examples(20, 6), examples(50, 6)),
        ("rotate-key", examples(6, 3), examples(6, 3)),
        ("backup", 6, examples(50, 6)),
        ("restore", examples(20, 6), examples(50, 6)),
        ("retain", examples(20, 6), examples(50, 6)),
    ],
)
def test_done_again_it_ends_as_if_it_had_never_been_killed(act: str, fewest: int, most: int, tmp_path: Path) -> None:
    found = killed(act, tmp_path, most)
    assert len(found["points"]) >= fewest
    assert [point["point"] for point in found["points"] if not point["killed"]] == []
    assert [point for point in found["points"] if not point["whole"]] == [], found["expected"]
