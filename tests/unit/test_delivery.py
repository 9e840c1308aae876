"""A delivery is the whole folder, and it is what its manifest says, or it is refused with every fault named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lakes import ONE_CALL, ONE_CASE, calls, frame, tree_of, write_delivery

from callback_survey.errors import DeliveryRefused
from callback_survey.exports import delivery as deliveries
from callback_survey.exports.delivery import Delivery
from callback_survey.quarter import Quarter

FILES = {"frame.csv": frame(ONE_CASE), "calls-001.csv": calls(ONE_CALL)}
ANNEX = {"published.csv": (b"x", 1)}
Q1 = Quarter(2018, 1)


def rewrite_manifest(delivery: Delivery, change: Any) -> None:
    path = delivery.folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(document) or document), encoding="utf-8")


def faults_of(delivery: Delivery) -> list[str]:
    with pytest.raises(DeliveryRefused) as refused:
        deliveries.verify(delivery)
    error = refused.value
    assert (error.region_code, error.quarter) == ("330109", "2018Q1")
    assert "ask the sender for the whole folder again" in str(error)
    return error.alert_lines


def test_deliveries_of_a_quarter_are_found_by_region_in_order(tmp_path: Path) -> None:
    for region, quarter in [("330110", "2018Q1"), ("330109", "2018Q1"), ("330109", "2018Q2")]:
        write_delivery(tmp_path, FILES, region=region, quarter=quarter)
    found = deliveries.discover(tmp_path, Q1)
    assert [delivery.name for delivery in found] == ["330109 2018Q1", "330110 2018Q1"]
    assert [delivery.region_code for delivery in deliveries.discover(tmp_path, Q1, "330110")] == ["330110"]
    assert deliveries.discover(tmp_path, Q1, "330111") == []


def test_what_is_no_region_or_holds_nothing_is_no_delivery(tmp_path: Path) -> None:
    for name in ("README", "33010", "3301099", "33010a"):
        (tmp_path / name / "2018Q1").mkdir(parents=True)
        (tmp_path / name / "2018Q1" / "frame.csv").touch()
    (tmp_path / "330109" / "2018Q1").mkdir(parents=True)
    (tmp_path / "330110").write_text("a file", encoding="utf-8")
    assert deliveries.discover(tmp_path, Q1) == []
    assert deliveries.discover(tmp_path / "not there", Q1) == []


def test_a_folder_without_its_manifest_is_found_and_then_refused(tmp_path: Path) -> None:
    """The manifest comes last: an upload under way must not look like a quarter without deliveries."""
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").unlink()
    assert deliveries.discover(tmp_path, Q1) == [delivery]
    assert "expected {" in faults_of(delivery)[0]
    with pytest.raises(DeliveryRefused, match="the upload is not complete"):
        deliveries.verify(delivery)


def test_a_whole_delivery_passes_and_is_only_read(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES | ANNEX, note="样例数据；电话15400000001")
    before = tree_of(tmp_path)
    manifest = deliveries.verify(delivery)
    assert [(file.path.name, file.dataset, file.row_count) for file in manifest.files] == [
        ("calls-001.csv", "calls", 1),
        ("frame.csv", "frame", 1),
        ("published.csv", "published", 1),
    ]
    assert manifest.note == "样例数据；电话[号码]", "the note goes as far as the notice"
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize("files", [FILES, ANNEX, FILES | ANNEX, FILES | {"calls-002.csv": calls()}])
def test_frame_and_calls_or_annexes_alone_make_a_delivery(tmp_path: Path, files: dict[str, tuple[bytes, int]]) -> None:
    assert len(deliveries.verify(write_delivery(tmp_path, files)).files) == len(files)


@pytest.mark.parametrize("kept", [("frame.csv",), ("calls-001.csv",), ("frame.csv", "published.csv")])
def test_half_a_delivery_is_refused(tmp_path: Path, kept: tuple[str, ...]) -> None:
    delivery = write_delivery(tmp_path, {name: (FILES | ANNEX)[name] for name in kept})
    datasets = ", ".join(sorted({name.split(".")[0].split("-")[0] for name in kept}))
    assert faults_of(delivery) == [f"found {datasets}; a delivery is frame and calls, or published"]


def test_a_delivery_of_no_files_is_refused(tmp_path: Path) -> None:
    assert faults_of(write_delivery(tmp_path, {})) == ["found nothing; a delivery is frame and calls, or published"]


def test_missing_unlisted_changed_and_foreign_files_are_all_named_at_once(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES | {"calls-002.csv": calls(ONE_CALL), "notes.csv": (b"x", 1)})
    (delivery.folder / "calls-002.csv").unlink()
    (delivery.folder / "frame-2.csv").write_bytes(b"x")
    (delivery.folder / "frame.csv").write_bytes(FILES["frame.csv"][0] + b"\n")
    faults = faults_of(delivery)
    assert faults[:2] == [
        "calls-002.csv: listed in the manifest, not in the folder",
        "frame-2.csv: in the folder, not in the manifest",
    ]
    assert faults[2].startswith("frame.csv: sha256 ") and "the manifest says" in faults[2]
    assert faults[3] == "notes.csv: the name starts with none of frame, calls, published"


def test_a_link_or_a_folder_is_no_delivered_file(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "frame.csv").rename(tmp_path / "elsewhere.csv")
    (delivery.folder / "frame.csv").symlink_to(tmp_path / "elsewhere.csv")
    (delivery.folder / "calls-001.csv").unlink()
    (delivery.folder / "calls-001.csv").mkdir()
    assert faults_of(delivery) == ["calls-001.csv: not a regular file", "frame.csv: not a regular file"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"files": 1}', '{"files": [{"name": "frame.csv"}]}', '{"files": ["x"]}']
)
def test_a_manifest_that_cannot_be_read_is_refused_with_its_form(tmp_path: Path, content: str) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").write_text(content, encoding="utf-8")
    assert 'expected {"files"' in faults_of(delivery)[-1]
    with pytest.raises(DeliveryRefused, match=r"manifest\.json cannot be read"):
        deliveries.verify(delivery)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["files"].append(document["files"][0]),
        lambda document: document["files"][0].update(name="../frame.csv"),
        lambda document: document["files"][0].update(rows="1"),
        lambda document: document["files"][0].update(sha256=None),
        lambda document: document.update(note=["x"]),
    ],
    ids=["a file twice", "a file elsewhere", "rows as text", "no hash", "a note that is no text"],
)
def test_a_manifest_that_lists_wrongly_is_refused(tmp_path: Path, change: Any) -> None:
    delivery = write_delivery(tmp_path, FILES)
    rewrite_manifest(delivery, change)
    with pytest.raises(DeliveryRefused, match="lists a file twice or wrongly"):
        deliveries.verify(delivery)


def test_a_manifest_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    path = delivery.folder / "manifest.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(deliveries.verify(delivery).files) == 2
