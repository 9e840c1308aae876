"""A delivery is the whole folder, and it is what its manifest says, or it is refused with every fault named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from callback_survey.deliveries import delivery as deliveries
from callback_survey.deliveries import folders
from callback_survey.errors import DeliveryRefused
from callback_survey.quarter import Quarter
from callback_survey.wording.translation import in_chinese
from export_deliveries import CALLS, FILES, faults_of, rewrite_manifest, tree_of, write_delivery

ANNEX = {"published.csv": (b"x", 1)}
Q1 = Quarter(2018, 1)


def test_a_folder_without_its_manifest_is_found_and_then_refused(tmp_path: Path) -> None:
    """The manifest comes last: an upload under way must not look like a quarter without deliveries."""
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").unlink()
    assert folders.discover(tmp_path, Q1) == [delivery]
    assert "expected {" in faults_of(delivery)[0]
    with pytest.raises(DeliveryRefused, match="the upload is not complete"):
        deliveries.verify(delivery)


def test_a_whole_delivery_passes_and_is_only_read(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES | ANNEX, note="样例数据；电话15400000001")
    before = tree_of(tmp_path)
    manifest = deliveries.verify(delivery)
    assert [(file.path.name, file.row_count) for file in manifest.files] == [
        ("calls-001.csv", 1),
        ("frame.csv", 1),
        ("published.csv", 1),
    ]
    assert manifest.is_given
    assert manifest.note == "样例数据；电话[号码]", "the note goes as far as the notice"
    assert tree_of(tmp_path) == before


def test_missing_unlisted_changed_and_foreign_files_are_all_named_at_once(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES | {"calls-002.csv": (CALLS, 1)})
    (delivery.folder / "calls-002.csv").unlink()
    (delivery.folder / "frame-2.csv").write_bytes(b"x")
    (delivery.folder / "frame.csv").write_bytes(FILES["frame.csv"][0] + b"\n")
    faults = faults_of(delivery)
    assert len(faults) == 3
    assert faults[:2] == [
        "calls-002.csv: listed in the manifest, not in the folder",
        "frame-2.csv: in the folder, not in the manifest",
    ]
    assert faults[2].startswith("frame.csv: sha256 ") and "the manifest says" in faults[2]


def test_a_link_or_a_folder_is_no_delivered_file(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "frame.csv").rename(tmp_path / "elsewhere.csv")
    (delivery.folder / "frame.csv").symlink_to(tmp_path / "elsewhere.csv")
    (delivery.folder / "calls-001.csv").unlink()
    (delivery.folder / "calls-001.csv").mkdir()
    assert faults_of(delivery) == ["calls-001.csv: not a regular file", "frame.csv: not a regular file"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"files": 1}',
        '{"files": [{"name": "frame.csv"}]}',
        '{"files": ["x"]}',
        "[" * 100_000,
        "9" * 9_999,
    ],
    ids=lambda content: content[:30],
)
def test_a_manifest_that_cannot_be_read_is_refused_with_its_form(tmp_path: Path, content: str) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").write_text(content, encoding="utf-8")
    assert 'expected {"files"' in faults_of(delivery)[-1]
    assert "Error" not in "".join(faults_of(delivery)), "no name of a class"
    with pytest.raises(DeliveryRefused, match=r"manifest\.json cannot be read"):
        deliveries.verify(delivery)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{\n"files":', "不是有效的 JSON：第 2 行，第 9 列"),
        ('{"files": [{"name": "frame.csv"}]}', "缺少 'sha256' 一项"),
        ("[]", "不是列出文件名的清单"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_in_words(tmp_path: Path, content: str, said: str) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").write_text(content, encoding="utf-8")
    assert in_chinese(faults_of(delivery)[0]) == said


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["files"].append(document["files"][0]),
        lambda document: document["files"][0].update(name="../frame.csv"),
        lambda document: document["files"][0].update(name=""),
        lambda document: document["files"][0].update(name="frame\n.csv"),
        lambda document: document["files"][0].update(name="\ud800.csv"),
        lambda document: document["files"][0].update(name=["frame.csv"]),
        lambda document: document["files"][0].update(rows="one"),
        lambda document: document["files"][0].update(rows=-1),
        lambda document: document["files"][0].update(rows=True),
        lambda document: document["files"][0].update(sha256=None),
    ],
    ids=[
        "a file twice",
        "a file elsewhere",
        "a file without a name",
        "a name over two lines",
        "a name no file can have",
        "a name that is a list",
        "rows as a word",
        "rows below zero",
        "rows that are a yes",
        "no hash",
    ],
)
def test_a_manifest_that_lists_wrongly_is_refused(tmp_path: Path, change: Any) -> None:
    delivery = write_delivery(tmp_path, FILES)
    rewrite_manifest(delivery, change)
    with pytest.raises(DeliveryRefused, match="lists a file twice or has a wrong entry"):
        deliveries.verify(delivery)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        (["x"], "it is no text"),
        ("\ud800", "a character of it cannot be printed"),
        ("说" * 5000, "it has 5000 characters"),
    ],
)
def test_a_note_that_cannot_be_printed_refuses_the_delivery_in_words(tmp_path: Path, note: Any, said: str) -> None:
    delivery = write_delivery(tmp_path, FILES)
    rewrite_manifest(delivery, lambda document: document.update(note=note))
    with pytest.raises(DeliveryRefused, match=r"the note in manifest\.json cannot be printed") as refused:
        deliveries.verify(delivery)
    assert said in refused.value.alert_lines and "at most 300 characters" in refused.value.alert_lines[1]


def test_a_note_is_one_paragraph_of_what_can_be_seen(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES, note=" 样例\v数据\n\x1b[31m反\u202e ")
    assert deliveries.verify(delivery).note == "样例 数据 [31m反"
    assert deliveries.verify(write_delivery(tmp_path, FILES, note=" \n")).note is None


def test_a_manifest_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    path = delivery.folder / "manifest.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(deliveries.verify(delivery).files) == 2


def test_a_manifest_that_is_no_text_is_refused_without_its_content(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").write_bytes(b'{"note": "15400000001\xff"}')
    assert "15400000001" not in str(faults_of(delivery))


def test_a_manifest_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    os.truncate(delivery.folder / "manifest.json", 8 << 30)  # sparse: it takes no room
    assert "larger than 16 MB" in faults_of(delivery)[0]


def test_a_hash_in_capital_letters_is_the_same_hash(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    rewrite_manifest(
        delivery, lambda document: document["files"][0].update(sha256=document["files"][0]["sha256"].upper())
    )
    assert len(deliveries.verify(delivery).files) == 2


def test_parts_numbered_by_day_are_no_series_with_gaps(tmp_path: Path) -> None:
    folder = tmp_path / "330109" / "2018Q1"
    folder.mkdir(parents=True)
    for name in ("calls-0401.csv", "calls-0403.csv", "frame.csv"):
        (folder / name).write_text("x\n", encoding="utf-8")
    found = deliveries.verify(deliveries.Delivery("330109", "2018Q1", folder), is_manifest_optional=True)
    assert [file.path.name for file in found.files] == ["calls-0401.csv", "calls-0403.csv", "frame.csv"]


@pytest.mark.parametrize("has_manifest", [True, False])
def test_a_file_named_after_a_phone_is_refused_and_its_name_is_not_told(tmp_path: Path, has_manifest: bool) -> None:
    folder = tmp_path / "330109" / "2018Q1"
    folder.mkdir(parents=True)
    (folder / "calls 15400000001.csv").write_text("x\n", encoding="utf-8")
    if has_manifest:
        (folder / "manifest.json").write_text('{"files": []}', encoding="utf-8")
    with pytest.raises(DeliveryRefused) as refused:
        deliveries.verify(deliveries.Delivery("330109", "2018Q1", folder), is_manifest_optional=True)
    assert refused.value.alert_lines == ["calls [号码].csv: the name of a file contains a phone or identity number"]
