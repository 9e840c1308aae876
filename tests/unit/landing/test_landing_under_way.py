"""A delivery that changes while it is read is refused: what was hashed is what is read."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callback_survey.errors import DeliveryRefused
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame, tree_of, write_delivery

landing = importlib.import_module("callback_survey.landing.land")
FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
OTHER = calls((*ONE_CALL[:3], "不满意", ONE_CALL[4]))[0]


def after_verification(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    """Another process changes the exports between the hashing of the delivery and the reading of its first file."""
    workbench = landing.workbench

    def changed(*given: Any) -> Any:
        change()
        return workbench(*given)

    monkeypatch.setattr(landing, "workbench", changed)


@pytest.mark.parametrize("how", ["other bytes", "renamed over", "gone", "a link"])
def test_a_file_that_changes_after_it_was_hashed_refuses_the_delivery(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    delivery = write_delivery(lake.exports, FILES)
    path, aside = delivery.folder / "calls.csv", tmp_path / "other"
    aside.write_bytes(OTHER)

    def change() -> None:
        if how == "other bytes":
            path.write_bytes(OTHER)
        elif how == "renamed over":
            aside.replace(path)
        else:
            path.unlink()
            if how == "a link":
                path.symlink_to(aside)

    after_verification(monkeypatch, change)
    with pytest.raises(DeliveryRefused, match="a file changed while the delivery was read") as refused:
        lake.land(delivery)
    assert refused.value.alert_lines[0].startswith("calls.csv: ")
    assert list(tree_of(lake.folder)) == ["ledger/key.json"]


def test_a_file_that_changes_while_it_is_read_changes_nothing_of_what_lands(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes once the first file is being read: each is read from a copy of the bytes that were hashed."""
    clean = lake.deliver(FILES)
    for name in clean.lake_files.values():
        (lake.folder / name).unlink()
    delivery = write_delivery(lake.exports, FILES)
    read_file = landing.read_file

    def changed(*given: Any) -> Any:
        for name in ("frame.csv", "calls.csv"):
            if given[2].path.name == name:
                (delivery.folder / name).write_bytes(OTHER)
        return read_file(*given)

    monkeypatch.setattr(landing, "read_file", changed)
    again = lake.land(delivery)
    assert again.is_new and again.lake_files == clean.lake_files
