"""ZIP: what the archive's directory promises is distrusted; what it holds is read as if it lay in the folder."""

from __future__ import annotations

import stat
import zipfile

import pytest

from export_writers import (
    CALLS_HEADER,
    CASE,
    FRAME_HEADER,
    HEAD,
    ONE_CALL,
    ONE_CASE,
    Reader,
    as_csv,
    as_gzip,
    as_parquet_rows,
    as_xlsx,
    as_zip,
)

FRAME = f"{HEAD}\n{CASE}\n"
CALLS = as_csv([CALLS_HEADER, ONE_CALL])


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with bytes of its directory replaced, as no writer would write it."""
    assert content.count(old) and len(old) == len(new)
    return content.replace(old, new)


def test_several_files_in_folders_are_read_each_by_its_name(reader: Reader) -> None:
    content = as_zip({"一季度/frame.csv": FRAME, "一季度/回访/calls-001.csv": CALLS, "一季度/": ""})
    calls, frame = reader.all("330109.zip", content)
    assert (calls.table.name, calls.table.dataset) == ("330109.zip/calls-001.csv", "calls")
    assert (frame.table.name, frame.table.dataset) == ("330109.zip/frame.csv", "frame")
    assert frame.rows == [(2, ONE_CASE)]


@pytest.mark.usefixtures("in_process")
def test_an_archive_may_hold_any_format(reader: Reader) -> None:
    content = as_zip(
        {
            "frame-1.csv.gz": as_gzip(FRAME),
            "frame-2.xlsx": as_xlsx({"一": [FRAME_HEADER, ONE_CASE], "旧": [["x"]]}, hidden=["旧"]),
            "frame-3.parquet": as_parquet_rows(FRAME_HEADER, [ONE_CASE]),
        }
    )
    opened = reader.opened("frame.zip", content)
    assert [table.name for table in opened.tables] == [
        "frame.zip/frame-1.csv.gz",
        "frame.zip/frame-2.xlsx#一",
        "frame.zip/frame-3.parquet",
    ]
    assert opened.remarks == ("frame.zip/frame-2.xlsx: hidden sheet「旧」was not read",)


def test_names_in_gbk_are_read_though_the_archive_does_not_say_so(reader: Reader) -> None:
    name = "回访办件明细"
    stand_in = "x" * len(name.encode("gbk"))
    content = patched(as_zip({f"{stand_in}.csv": FRAME}), stand_in.encode(), name.encode("gbk"))
    assert reader.one("frame.zip", content).table.name == f"frame.zip/{name}.csv"


def test_what_file_managers_add_is_passed_over_and_what_only_sounds_like_it_is_not(reader: Reader) -> None:
    added = {"__MACOSX/._frame.csv": b"\0", "a/.DS_Store": b"\0", "Thumbs.db": b"\0"}
    assert len(reader.all("frame.zip", as_zip({"frame.csv": FRAME, **added}))) == 1
    assert len(reader.all("frame2.zip", as_zip({"frame.csv": FRAME, "old__MACOSX/frame-Thumbs.db.csv": FRAME}))) == 2


@pytest.mark.parametrize(
    "name",
    ["../frame.csv", "a/../../frame.csv", "/etc/frame.csv", "..\\frame.csv", "C:\\frame.csv", "//host/frame.csv"],
)
def test_a_path_that_leads_out_is_refused_and_nothing_is_written(reader: Reader, name: str) -> None:
    before = set(reader.folder.parent.rglob("frame*"))
    told = reader.refusal("x.zip", as_zip([(member(name), FRAME)]))
    assert told.startswith("the archive holds a path outside itself")
    assert set(reader.folder.parent.rglob("frame*")) == before


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644])
def test_a_link_or_a_device_is_refused(reader: Reader, mode: int) -> None:
    told = reader.refusal("x.zip", as_zip([(member("frame.csv", mode), "/etc/passwd")]))
    assert told == "the archive holds a link or a device: 'frame.csv'"


@pytest.mark.parametrize("name", ["frame\n.csv", "frame\u202e.csv", "x" * 252 + ".csv"])
def test_a_name_that_cannot_be_written_or_shown_is_refused(reader: Reader, name: str) -> None:
    told = reader.refusal("x.zip", as_zip([(member(name), FRAME)]))
    assert told == "the archive holds a name that is too long or has characters that do not print"


def test_an_archive_in_an_archive_is_refused(reader: Reader) -> None:
    told = reader.refusal("x.zip", as_zip({"a/Frame.ZIP": as_zip({"frame.csv": FRAME})}))
    assert told == "the archive holds another archive: 'a/Frame.ZIP'"


def test_two_files_of_one_name_are_refused(reader: Reader) -> None:
    assert reader.refusal("x.zip", as_zip({"a/frame.csv": FRAME, "b/frame.csv": FRAME})).endswith("named frame.csv")
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = as_zip([("frame.csv", FRAME), ("frame.csv", FRAME)])
    assert reader.refusal("x.zip", content) == "the archive holds several files named frame.csv"


def test_a_password_is_told(reader: Reader) -> None:
    content = bytearray(as_zip({"frame.csv": FRAME}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 0x1
    assert reader.refusal("x.zip", bytes(content)) == "the archive is protected by a password"


@pytest.mark.parametrize("method", [9, 12, 14, 98], ids=["deflate64", "bzip2", "lzma", "ppmd"])
def test_an_unusual_packing_is_told(reader: Reader, method: int) -> None:
    content = bytearray(as_zip({"frame.csv": FRAME}))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(signature) + offset] = method
    assert "packed by an unsupported method" in reader.refusal("x.zip", bytes(content))


def test_damage_inside_is_told(reader: Reader) -> None:
    """The check sum of each file is checked, whatever the damaged bytes unpack to."""
    with zipfile.ZipFile(reader.folder / "stored.zip", "w") as archive:
        archive.writestr("frame.csv", FRAME)
    content = (reader.folder / "stored.zip").read_bytes()
    damaged = patched(content, "区档案局".encode(), "区教育局".encode())
    assert reader.refusal("x.zip", damaged).startswith("the archive is cut off, damaged")


@pytest.mark.parametrize("kept", [0, 1, 30, 100, -1, -22, -60])
def test_a_cut_off_archive_is_refused(reader: Reader, kept: int) -> None:
    content = as_zip({"frame.csv": FRAME, "calls.csv": CALLS})
    assert reader.refusal("x.zip", content[:kept]).startswith("the archive is cut off, damaged")


@pytest.mark.parametrize("members", [{}, {"a/": ""}, {"__MACOSX/x": "x"}])
def test_an_archive_of_nothing_is_refused(reader: Reader, members: dict[str | zipfile.ZipInfo, bytes | str]) -> None:
    assert reader.refusal("x.zip", as_zip(members)) == "the archive holds no file"


def test_one_unreadable_file_refuses_the_archive_and_is_named(reader: Reader) -> None:
    told = reader.refusal("x.zip", as_zip({"frame.csv": FRAME, "frame-2.pdf": "x"}))
    assert told.startswith("frame-2.pdf: this type of file is not supported")
    told = reader.refusal("y.zip", as_zip({"frame.csv": FRAME.replace("办件编号", "办件编码")}))
    assert told.startswith("frame.csv: 没有找到 case_id") and told.endswith("办件编码")


def test_a_folder_that_has_content_is_not_passed_over(reader: Reader) -> None:
    content = patched(as_zip({"frame.csvx": FRAME}), b"frame.csvx", b"frame.csv/")
    assert reader.one("x.zip", content).rows == [(2, ONE_CASE)]


def test_very_many_files_are_refused(reader: Reader) -> None:
    told = reader.refusal("x.zip", as_zip({f"frame-{number}.csv": "" for number in range(201)}))
    assert told == "the archive holds 201 files, expected at most 200"


def test_names_that_are_no_utf_8_where_the_archive_says_so_are_refused(reader: Reader) -> None:
    content = as_zip({"样.csv": FRAME})
    assert "damaged" in reader.refusal("x.zip", patched(content, "样".encode(), b"\xff\xff\xff"))


def test_a_member_named_after_a_phone_is_refused_and_its_name_is_not_told(reader: Reader) -> None:
    told = reader.refusal("frame.zip", as_zip({"frame 15400000001.csv": FRAME}))
    assert told == "the name of a file in the archive contains a phone or identity number"
