"""A lake in object storage: landings that are killed, and landings that meet."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callback_survey.errors import SurveyError, UsageError
from callback_survey.landing import ledger
from callback_survey.object_storage import Stored
from homes import FIXTURES, PATIENCE_SECONDS
from lakes import ONE_CALL, ONE_CASE, SEEDS, Lake, calls, frame, write_delivery
from s3_servers import forget_clients, keys
from thorough import examples

OTHER_SECRET = b"another key for tests only, of 32 characters"


def lake_at(folder: Path, secret: bytes | None = None) -> Lake:
    stored = Stored("s3://survey/lake", folder / "lake")
    lake = Lake(stored, folder / "exports", SEEDS)  # type: ignore[arg-type]
    return replace(lake, secret=secret, landed=[]) if secret else lake


def test_a_landing_killed_before_any_of_its_requests_ends_well_when_it_is_done_again(
    bucket: Any, tmp_path: Path
) -> None:
    process = subprocess.run(
        [sys.executable, str(FIXTURES / "stored_kill_points.py")],
        input=json.dumps({"folder": str(tmp_path), "most": examples(500, 6)}),
        env={**os.environ, "PYTHONPATH": str(FIXTURES), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["expected"][1:] == [["superseded", "current"], []]
    assert len(found["points"]) >= examples(50, 6)
    assert [point["point"] for point in found["points"] if not point["killed"]] == []
    assert [point for point in found["points"] if not point["whole"]] == [], found["expected"]
    assert keys(bucket)


def test_of_two_first_landings_with_two_keys_one_is_the_first_and_the_other_is_told(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked, and seen no key, before either writes one."""
    both = threading.Barrier(2)
    real = Stored.create

    def create(self: Stored, content: bytes | Path) -> None:
        if self.name == "key.json":
            both.wait(PATIENCE_SECONDS)
        real(self, content)

    monkeypatch.setattr(Stored, "create", create)
    outcomes: list[str] = []

    def land(folder: Path, secret: bytes | None) -> None:
        try:
            lake = lake_at(folder, secret)
            outcomes.append(lake.deliver({"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}).key_id)
        except UsageError as error:
            outcomes.append(error.what)

    threads = [
        threading.Thread(target=land, args=(tmp_path / name, secret))
        for name, secret in (("one", None), ("other", OTHER_SECRET))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (refused,) = (said for said in outcomes if said.startswith("the privacy key is not the one"))
    (key_id,) = (said for said in outcomes if said != refused)
    lake = lake_at(tmp_path / "one")
    assert ledger.key_id_of(lake.folder) == key_id
    assert {entry.report.key_id for entry in ledger.entries(lake.folder) if entry.report} == {key_id}


@pytest.mark.parametrize("is_later", [True, False])
def test_of_two_runs_that_make_a_delivery_current_at_once_the_later_landing_holds(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_later: bool
) -> None:
    """The other run's request comes between this one's look and its own."""
    lake = lake_at(tmp_path)
    ours, other = (
        lake.land(
            write_delivery(
                lake.exports, {"frame.csv": frame(ONE_CASE), "calls.csv": calls((*ONE_CALL[:3], answer, "零上门"))}
            )
        )
        for answer in ("满意", "不满意")
    )
    at = {True: "2999-01-01T00:00:00+00:00", False: "1999-01-01T00:00:00+00:00"}[is_later]
    ledger.record(lake.folder, replace(other, landed_at=at, is_mended=True))
    between(monkeypatch, "current.json", lambda: ledger.make_current(lake.folder, other, run_id="run-2"))
    with caplog.at_level(logging.WARNING):
        ledger.make_current(lake.folder, ours, run_id="run-1")
    held = other if is_later else ours
    assert ledger.current_id(lake.folder, ours.scope) == held.delivery_id
    assert ("it stays current" in caplog.text) is is_later


def between(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> None:
    """Done once, right before the first request that writes a file of this name."""
    done: list[bool] = []
    for method in ("create", "replace"):
        real = getattr(Stored, method)

        def write(self: Stored, *arguments: Any, real: Callable[..., None] = real) -> None:
            if self.name == name and not done:
                done.append(True)
                act()
            real(self, *arguments)

        monkeypatch.setattr(Stored, method, write)


def test_a_store_that_fails_in_the_middle_leaves_a_landing_to_be_done_again(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_at(tmp_path)
    delivery = write_delivery(lake.exports, {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)})
    with monkeypatch.context() as cut:
        # a client takes its methods when it is made
        cut.setattr("s3fs.S3FileSystem._put_file", broken)
        forget_clients()
        with pytest.raises(SurveyError, match="the lake's storage cannot be used: the line is cut"):
            lake.land(delivery)
    forget_clients()
    assert not [key for key in keys(bucket) if "raw/" in key or "region=" in key]
    assert lake.publish(lake.land(delivery)).is_new
    assert [entry.state for entry in ledger.entries(lake.folder)] == ["current"]


async def broken(*arguments: Any, **options: Any) -> None:
    raise OSError("the line is cut")
