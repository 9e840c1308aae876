"""With a manifest a delivery is what it says, or nothing of it lands; without one it lands only when a person said so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from callback_survey.errors import DeliveryRefused
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame, tree_of, write_delivery

FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}


def test_a_delivery_without_a_manifest_is_not_taken_unless_the_run_says_so(lake: Lake) -> None:
    delivery = write_delivery(lake.exports, FILES, has_manifest=False)
    with pytest.raises(DeliveryRefused, match=r"no manifest\.json, so the upload is not complete"):
        lake.land(delivery)
    assert tree_of(lake.folder) == {}
    report = lake.land(delivery, is_manifest_optional=True)
    assert (report.has_manifest, report.count("accepted_count")) == (False, 2)
    assert lake.verdict(report) == {
        "manifest_present": ("330109 2018Q1: 2 tables, accepted without a manifest because the run allows it",)
    }


def test_a_manifest_that_is_there_is_held_to_whatever_the_run_says(lake: Lake) -> None:
    delivery = write_delivery(lake.exports, FILES)
    (delivery.folder / "frame.csv").write_bytes(frame(ONE_CASE, ONE_CASE)[0])
    with pytest.raises(DeliveryRefused, match="not match its manifest"):
        lake.land(delivery, is_manifest_optional=True)
    (delivery.folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(DeliveryRefused, match=r"manifest\.json cannot be read"):
        lake.land(delivery, is_manifest_optional=True)


def test_a_sound_manifest_warns_of_nothing_though_the_run_would_do_without(lake: Lake) -> None:
    report = lake.land(write_delivery(lake.exports, FILES), is_manifest_optional=True)
    assert report.has_manifest
    assert lake.verdict(report) == {}


def test_the_same_files_with_their_manifest_are_another_delivery_that_no_longer_warns(lake: Lake) -> None:
    first = lake.land(write_delivery(lake.exports, FILES, has_manifest=False), is_manifest_optional=True)
    second = lake.deliver(FILES)
    assert first.delivery_id != second.delivery_id
    assert second.is_new


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["calls-001.csv", "calls-003.csv"], "part calls-002.csv is missing"),
        (["calls-2.csv", "calls-3.csv"], "part calls-1.csv is missing"),
        (["calls1.csv.gz", "calls3.csv.gz"], "part calls2.csv.gz is missing"),
    ],
)
def test_without_a_manifest_a_gap_in_numbered_parts_is_noticed(lake: Lake, names: list[str], missing: str) -> None:
    files = {"frame.csv": frame(ONE_CASE), **{name: calls(ONE_CALL) for name in names}}
    delivery = write_delivery(lake.exports, files, has_manifest=False)
    with pytest.raises(DeliveryRefused) as refused:
        lake.land(delivery, is_manifest_optional=True)
    assert refused.value.alert_lines == [missing]
    assert tree_of(lake.folder) == {}


@pytest.mark.parametrize(
    "names",
    [["calls-1.csv", "calls-2.csv"], ["calls-2018.csv"], ["calls-20180410.csv", "calls-20180411.csv"], ["calls-2.csv"]],
)
def test_numbers_that_count_no_parts_are_no_gap(lake: Lake, names: list[str]) -> None:
    files = {"frame.csv": frame(ONE_CASE), **{name: calls(ONE_CALL) for name in names}}
    report = lake.land(write_delivery(lake.exports, files, has_manifest=False), is_manifest_optional=True)
    assert report.count("read_count") == 1 + len(names)


def with_manifest(lake: Lake, change: Callable[[list[dict[str, Any]]], None]) -> Lake:
    delivery = write_delivery(lake.exports, FILES)
    path = delivery.folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document["files"])
    path.write_text(json.dumps(document), encoding="utf-8")
    lake.land(delivery)
    return lake


def test_hashes_may_be_written_in_capitals_and_mean_the_same_delivery(lake: Lake) -> None:
    def capitals(listed: list[dict[str, Any]]) -> None:
        for entry in listed:
            entry["sha256"] = entry["sha256"].upper()

    report = with_manifest(lake, capitals).landed[-1]
    again = lake.deliver(FILES)
    assert (again.delivery_id, again.is_new) == (report.delivery_id, False)
    assert all(file.sha256 == file.sha256.lower() for file in report.files)


@pytest.mark.parametrize(
    "change",
    [
        lambda listed: listed.append(dict(listed[0])),
        lambda listed: listed.append({**listed[0], "sha256": "0" * 64}),
        lambda listed: listed[0].update(rows="1"),
        lambda listed: listed[0].update(rows=True),
        lambda listed: listed[0].update(rows=-1),
        lambda listed: listed[0].update(name="../frame.csv"),
    ],
    ids=["the same twice", "another hash", "rows as text", "rows as a truth", "fewer than none", "another folder"],
)
def test_a_manifest_that_lists_a_file_twice_or_wrongly_is_refused(
    lake: Lake, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    with pytest.raises(DeliveryRefused, match="lists a file twice or has a wrong entry"):
        with_manifest(lake, change)
