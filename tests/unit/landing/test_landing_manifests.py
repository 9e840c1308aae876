"""With a manifest a delivery is what it says, or nothing of it lands; without one it lands only when a person said so."""

from __future__ import annotations

import io
import json
import unicodedata
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from callback_survey.deliveries.delivery import Delivery, content_digest, verify
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


def test_a_gap_is_refused_in_an_archive_too_and_remarked_where_the_manifest_has_it(lake: Lake) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, (data, _) in {**FILES, "办件 (1).csv": frame(ONE_CASE), "办件 (3).csv": frame(ONE_CASE)}.items():
            archive.writestr(name, data)
    files = {"一季度.zip": (content.getvalue(), 4)}
    with pytest.raises(DeliveryRefused) as refused:
        lake.land(write_delivery(lake.exports, files, has_manifest=False), is_manifest_optional=True)
    assert refused.value.alert_lines == ["part 一季度.zip/办件 (2).csv is missing"]
    assert lake.deliver(files).remarks == (
        "part 一季度.zip/办件 (2).csv is missing, and the manifest does not list it",
    )
    parted = {"frame.csv": frame(ONE_CASE), "calls_1.csv": calls(ONE_CALL), "calls_3.csv": calls(ONE_CALL)}
    report = lake.deliver(parted, region="330110")
    assert report.remarks == ("part calls_2.csv is missing, and the manifest does not list it",)


def test_a_folder_beside_under_another_spelling_is_remarked(lake: Lake) -> None:
    write_delivery(lake.exports, FILES, quarter="2018q1")
    report = lake.deliver(FILES)
    assert report.remarks == ("2018q1, beside 2018Q1: was not read",)
    assert lake.verdict(report) == {"everything_read": report.remarks}


@pytest.mark.parametrize(
    "allowing", ["callback-survey airflow run --without-manifest", "callback-survey run --without-manifest"]
)
def test_the_option_is_named_as_the_run_was_called(lake: Lake, allowing: str) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        verify(write_delivery(lake.exports, FILES, has_manifest=False), allowing=allowing)
    assert refused.value.alert_lines[1] == f"to accept the files unverified: {allowing}"


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
        lambda listed: listed[0].update(rows="one"),
        lambda listed: listed[0].update(rows="1.5"),
        lambda listed: listed[0].update(rows=1.5),
        lambda listed: listed[0].update(rows=None),
        lambda listed: listed[0].update(sha256=None),
        lambda listed: listed.append({**listed[0], "name": f"./{listed[0]['name']}"}),
        lambda listed: listed[0].update(rows=True),
        lambda listed: listed[0].update(rows=-1),
        lambda listed: listed[0].update(name="../frame.csv"),
    ],
    ids=[
        "the same twice",
        "another hash",
        "a word",
        "half a row as text",
        "half a row",
        "nothing",
        "no hash",
        "twice in two ways",
        "rows as a truth",
        "fewer than none",
        "another folder",
    ],
)
def test_a_manifest_that_lists_a_file_twice_or_wrongly_is_refused(
    lake: Lake, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    with pytest.raises(DeliveryRefused, match=r"lists a file twice or has a wrong entry|manifest\.json cannot be read"):
        with_manifest(lake, change)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": "./{name}"},
        {"name": ".\\{name}"},
        {"rows": "1"},
        {"rows": "１"},
        {"rows": 1.0},
        {"rows": "1.0"},
        {"sha256": " {upper}\n"},
        {"sha256": "SHA256: {spaced}"},
    ],
)
def test_a_manifest_as_programs_write_it_means_the_same_delivery(
    lake: Lake, encoding: str, change: dict[str, Any]
) -> None:
    plain = lake.deliver(FILES, note="样例")
    path = lake.exports / "330109" / "2018Q1" / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for entry in document["files"]:
        values = {"name": entry["name"], "upper": entry["sha256"].upper()}
        values["spaced"] = " ".join(entry["sha256"][at : at + 8] for at in range(0, 64, 8))
        entry.update({key: text.format(**values) if isinstance(text, str) else text for key, text in change.items()})
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode(encoding))
    again = lake.land(Delivery("330109", "2018Q1", path.parent))
    assert (again.delivery_id, again.is_new) == (plain.delivery_id, False)
    assert content_digest(path.parent) == plain.content_digest


def test_a_corrected_note_is_another_delivery_and_no_note_the_same_as_before(lake: Lake) -> None:
    first = lake.deliver(FILES, note="这是真实数据")
    folder = lake.exports / "330109" / "2018Q1"
    digest = content_digest(folder)
    second = lake.deliver(FILES, note="更正：这是虚构数据，不得引用")
    assert second.is_new and second.delivery_id != first.delivery_id
    assert second.data_note == "更正：这是虚构数据，不得引用"
    assert content_digest(folder) != digest, "the watch sees that it waits"
    third = lake.deliver(FILES)
    assert third.is_new and third.data_note is None
    # white space and invisible characters are no correction
    assert not lake.deliver(FILES, note=" 这是\u200b真实数据\n").is_new


def test_a_name_with_letters_and_marks_apart_is_the_name_in_the_folder(lake: Lake) -> None:
    composed = "frame-\u00e9.csv"
    delivery = write_delivery(lake.exports, {composed: FILES["frame.csv"], "calls.csv": FILES["calls.csv"]})
    (delivery.folder / composed).rename(delivery.folder / unicodedata.normalize("NFD", composed))
    assert lake.land(delivery).count("read_count") == 2


@pytest.mark.parametrize("is_listed", [False, True])
def test_what_programs_leave_in_the_folder_is_passed_over_and_told(lake: Lake, is_listed: bool) -> None:
    left = {"~$frame.xlsx": (b"x", 0), "._calls.csv": (b"x", 0), "desktop.ini": (b"x", 0)}
    delivery = write_delivery(lake.exports, {**FILES, **(left if is_listed else {})})
    for name in left:
        (delivery.folder / name).write_bytes(b"x")
    report = lake.land(delivery)
    assert report.passed_over == ("._calls.csv", "desktop.ini", "~$frame.xlsx")
    assert lake.verdict(report) == {}


def test_what_is_no_data_is_named_and_the_rest_lands(lake: Lake) -> None:
    report = lake.deliver({**FILES, "说明.txt": ("一、数据说明\n".encode(), 0), "报告.pdf": (b"%PDF-1.7\n", 0)})
    assert report.remarks == (
        "报告.pdf: was not read, it is a document in PDF",
        "说明.txt: was not read, it holds no known table",
    )
    assert lake.verdict(report) == {"everything_read": ("；".join(report.remarks),)}


def test_where_data_are_missing_what_was_not_read_is_named(lake: Lake) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        lake.deliver({"frame.csv": FILES["frame.csv"], "回访.pdf": (b"%PDF-1.7\n", 0)})
    assert refused.value.alert_lines == [
        "found frame; a delivery is frame and calls, or published",
        "回访.pdf: was not read, it is a document in PDF",
    ]
