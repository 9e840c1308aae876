"""Files made to do harm: refused in bounded time and memory, with words, and never with a cell's content."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from callback_survey.deliveries import annexes, delimited, documents, limits, workbook
from callback_survey.deliveries.table import Unreadable
from export_writers import (
    ANNEX_HEADER,
    CASE,
    FRAME_HEADER,
    HEAD,
    ONE_CASE,
    ONE_LINE,
    Reader,
    as_docx,
    as_gzip,
    as_parquet,
    as_xls,
    as_xlsx,
    as_zip,
)

SECRET = "15400000001"
LAUGHS = (
    "<!DOCTYPE x ["
    + "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10 if number else "哈" * 10}">' for number in range(10))
    + "]>"
)


def rewritten(package: bytes, part: str, change: Any) -> bytes:
    """A workbook or document with one of its parts changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode() if name == part else old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return target.getvalue()


def laughing(content: str, cell: str) -> str:
    """The part with the billion laughs declared, and a cell that tells them."""
    content = re.sub(r"^(<\?xml[^>]*\?>)?", lambda match: match[0] + LAUGHS, content, count=1)
    assert cell in content
    return content.replace(cell, "&l9;")


def test_a_workbook_with_one_cell_in_the_last_corner_is_refused(reader: Reader) -> None:
    """16384 columns by 1048576 rows: five kilobytes that ask for half a terabyte."""
    corner = [FRAME_HEADER, ONE_CASE]
    content = as_xlsx({"一": corner})
    bomb = rewritten(
        content,
        "xl/worksheets/sheet1.xml",
        lambda sheet: sheet.replace(
            "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
    )
    assert len(bomb) < 10_000
    assert "it may be damaged or malicious" in reader.refusal("frame.xlsx", bomb)


def test_a_workbook_that_is_cut_off_is_refused_in_words(reader: Reader) -> None:
    content = as_xlsx({"一": [FRAME_HEADER, ONE_CASE]})
    assert reader.refusal("frame.xlsx", content[: len(content) // 2]) == "the workbook is cut off or damaged"


def test_a_workbook_is_read_by_a_child_whose_limits_hold(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_xlsx({"一": [FRAME_HEADER, *[ONE_CASE] * 50]})
    assert len(reader.one("frame.xlsx", content).rows) == 50
    with monkeypatch.context() as patch:
        patch.setattr(workbook, "MAXIMUM_CHARACTERS", 500)
        assert reader.refusal("frame.xlsx", content) == "the workbook's cells hold too much text for a survey"
    monkeypatch.setattr(workbook, "MEMORY_BYTES", 64 << 20)
    assert "the workbook cannot be read within" in reader.refusal("frame.xlsx", content)


def test_a_long_text_that_stands_in_very_many_cells_is_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some kilobytes that would be written out as gigabytes; the true limit is one."""
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>' + "x" * 30_000 + "</t></is></c></row>"
    cells = "".join(cell.format(line) for line in range(2, 500))
    content = as_xlsx({"一": [FRAME_HEADER]})
    bomb = rewritten(
        content, "xl/worksheets/sheet1.xml", lambda part: part.replace("</sheetData>", cells + "</sheetData>")
    )
    assert len(bomb) < 200_000
    monkeypatch.setattr(workbook, "MAXIMUM_CHARACTERS", 10_000_000)
    assert reader.refusal("frame.xlsx", bomb) == "the workbook's cells hold too much text for a survey"


def test_a_child_that_does_not_end_is_an_unreadable_workbook(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    assert "300 seconds" in reader.refusal("frame.xlsx", as_xlsx({"一": [FRAME_HEADER]}))


def test_a_module_beside_the_exports_is_not_run(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    (reader.folder / "resource.py").write_text("raise SystemExit(7)", encoding="utf-8")
    monkeypatch.chdir(reader.folder)
    assert len(reader.one("frame.xls", as_xls({"一": [FRAME_HEADER, ONE_CASE]})).rows) == 1


def test_a_protected_workbook_is_told(reader: Reader) -> None:
    """Excel puts an encrypted workbook into a container of the old format; a protected old one has a record for it."""
    plain = as_xls({"一": [FRAME_HEADER, ONE_CASE]})
    name, length = "EncryptedPackage", 2 * (len("EncryptedPackage") + 1)
    entry = plain.index("Workbook".encode("utf-16-le"))
    container = bytearray(plain)
    container[entry : entry + 66] = name.encode("utf-16-le").ljust(64, b"\0") + length.to_bytes(2, "little")
    assert reader.refusal("frame.xlsx", bytes(container)) == "the workbook is protected by a password"
    # the record after the first (0x0809, 16 bytes) becomes FILEPASS
    first = plain.index(b"\x09\x08\x10\x00")
    old = bytearray(plain)
    old[first + 20 : first + 22] = b"\x2f\x00"
    assert reader.refusal("frame.xls", bytes(old)) == "the workbook is protected by a password"


@pytest.mark.usefixtures("in_process")
def test_entities_in_a_workbook_are_not_expanded(reader: Reader) -> None:
    content = rewritten(
        as_xlsx({"一": [FRAME_HEADER, ONE_CASE]}), "xl/sharedStrings.xml", lambda part: laughing(part, ONE_CASE[4])
    )
    told = _refusal_or_cells(reader, "frame.xlsx", content)
    assert "哈" not in told and len(told) < 1_000


def test_entities_in_a_document_are_not_expanded(reader: Reader) -> None:
    content = rewritten(
        as_docx([[ANNEX_HEADER, ONE_LINE]]), "word/document.xml", lambda part: laughing(part, ONE_LINE[1])
    )
    told = _refusal_or_cells(reader, "published.docx", content)
    assert "哈" not in told and len(told) < 1_000


def test_an_entity_that_names_a_file_is_not_read(reader: Reader) -> None:
    secret = reader.path("secret", SECRET)
    content = rewritten(
        as_docx([[ANNEX_HEADER, ONE_LINE]]),
        "word/document.xml",
        lambda part: re.sub(
            r"^(<\?xml[^>]*\?>)?",
            lambda match: f'{match[0]}<!DOCTYPE x [<!ENTITY f SYSTEM "{secret.as_uri()}">]>',
            part,
        ).replace(ONE_LINE[1], "&f;"),
    )
    assert SECRET not in _refusal_or_cells(reader, "published.docx", content)


def _refusal_or_cells(reader: Reader, name: str, content: bytes) -> str:
    try:
        return str(reader.one(name, content).records)
    except Unreadable as error:
        return str(error)


@pytest.mark.parametrize("name", ["frame.csv.gz", "frame.zip"])
def test_a_bomb_is_refused_while_it_unpacks(reader: Reader, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Sixteen megabytes in some kilobytes, with the limit drawn in; the true one is two gigabytes."""
    bomb = f"{HEAD}\n".encode() + b"A,b,c,d,e,f\n" * 1_400_000
    monkeypatch.setattr(limits, "MAXIMUM_UNPACKED_BYTES", 8 << 20)
    content = as_gzip(bomb) if name.endswith(".gz") else as_zip({"frame.csv": bomb})
    assert len(content) < 100_000
    assert "unpacks to more than" in reader.refusal(name, content)
    written = sum(path.stat().st_size for path in reader.work.rglob("*") if path.is_file())
    assert written <= 8 << 20


@pytest.mark.parametrize("name", ["frame.csv.gz", "frame.zip"])
def test_what_unpacks_to_hundreds_of_times_its_size_is_refused_at_once(reader: Reader, name: str) -> None:
    """Some hundred kilobytes with the true limits: 80 MB of one letter. What people export packs to a tenth."""
    bomb = f"{HEAD}\n".encode() + b"x" * (80 << 20)
    content = as_gzip(bomb) if name.endswith(".gz") else as_zip({"frame.csv": bomb})
    assert len(content) < 320_000
    assert "unpacks to more than 64 MB" in reader.refusal(name, content)
    written = sum(path.stat().st_size for path in reader.work.rglob("*") if path.is_file())
    assert written <= 64 << 20


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["frame.csv.gz", "frame.zip"])
def test_millions_of_short_lines_in_some_kilobytes_are_refused_before_they_are_rows(
    reader: Reader, name: str, line_end: str
) -> None:
    """With the true limits: twenty million rows of one field took a minute, as they are only 40 MB."""
    bomb = f"{HEAD}{line_end}".encode() + f"x{line_end}".encode() * 20_000_000
    content = as_gzip(bomb) if name.endswith(".gz") else as_zip({"frame.csv": bomb})
    assert len(content) < 100_000
    assert "unpacks to more than 500000 lines, one for each of its bytes" in reader.refusal(name, content)
    written = sum(path.stat().st_size for path in reader.work.rglob("*") if path.is_file())
    assert written < 4 << 20


def test_a_file_with_a_line_for_each_case_is_read_however_well_it_packs(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_HARMLESS_RECORDS", 100)
    rows = [",".join([f"20180101{number:06}", *ONE_CASE[1:]]) for number in range(2_000)]
    content = as_gzip("\n".join([HEAD, *rows]).encode())
    assert 2_000 < len(content) < 10_000
    assert len(reader.one("frame.csv.gz", content).records) == 2_000


def test_the_limit_of_what_unpacks_grows_with_the_file_up_to_two_gigabytes() -> None:
    assert limits.most_unpacked(1_000) == 64 << 20
    assert limits.most_unpacked(1 << 20) == 200 << 20
    assert limits.most_unpacked(1 << 30) == 2 << 30


def test_rows_of_books_are_refused_by_their_text(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand characters a row, and 64 million more, are more than any survey has; here with less at once."""
    monkeypatch.setattr(limits, "_TEXT_AT_ONCE", 1_000)
    row = [*ONE_CASE[:-1], "x" * 10_300]
    assert len(ONE_CASE) == len(FRAME_HEADER)
    for count, is_refused in ((2, False), (5, True)):
        content = "\n".join([",".join(FRAME_HEADER), *[",".join(row)] * count])
        if is_refused:
            assert reader.refusal("frame.csv", content) == "line 5: the rows up to here hold too much text for a survey"
        else:
            assert len(reader.one("frame.csv", content).records) == count


def test_a_document_of_very_many_cells_is_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAXIMUM_CELLS", 2 * len(ANNEX_HEADER))
    assert len(reader.one("published.docx", as_docx([[ANNEX_HEADER, ONE_LINE]])).records) == 1
    told = reader.refusal("published.docx", as_docx([[ANNEX_HEADER, ONE_LINE, ONE_LINE]]))
    assert told == f"the document's tables have more than {2 * len(ANNEX_HEADER)} cells"


def test_the_files_of_an_archive_share_one_limit(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAXIMUM_UNPACKED_BYTES", 1_000)
    content = as_zip({f"frame-{number}.csv": "x" * 400 for number in range(3)})
    assert "unpacks to more than" in reader.refusal("x.zip", content)


def test_an_archive_that_understates_its_sizes_is_refused(reader: Reader) -> None:
    content = as_zip({"frame.csv": f"{HEAD}\n" + f"{CASE}\n" * 100})
    true, small = (len(f"{HEAD}\n{CASE}\n".encode()) + 99 * len(f"{CASE}\n".encode())), 10
    forged = content.replace(true.to_bytes(4, "little"), small.to_bytes(4, "little"))
    assert forged != content
    assert reader.refusal("x.zip", forged).startswith("the archive is cut off, damaged")


def test_a_document_bomb_is_refused_before_it_is_parsed(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = rewritten(as_docx([[ANNEX_HEADER, ONE_LINE]]), "word/document.xml", lambda part: part + " " * (13 << 20))
    assert len(bomb) < 100_000
    assert reader.refusal("published.docx", bomb) == "the document's text unpacks to more than 12 MB"
    monkeypatch.setattr(documents, "MAXIMUM_UNPACKED_BYTES", 1 << 20)
    assert reader.refusal("published.docx", bomb) == "the document unpacks to more than 1 MB"


def test_a_document_cell_over_a_thousand_million_columns_is_refused(reader: Reader) -> None:
    content = rewritten(
        as_docx([[ANNEX_HEADER, ONE_LINE]]),
        "word/document.xml",
        lambda part: part.replace("<w:tcPr>", '<w:tcPr><w:gridSpan w:val="1000000000"/>'),
    )
    assert "spans more than 1000 columns" in reader.refusal("published.docx", content)


@pytest.mark.parametrize("content", [",".join([HEAD, *["x"] * 300_000]), "," * 999_990 + "x", "\t" * 999_990 + "x"])
def test_very_many_columns_are_refused(reader: Reader, content: str) -> None:
    told = reader.refusal("frame.csv", f"{content}\n")
    assert told == "more than 1000 columns" or told.startswith("没有找到 case_id")


@pytest.mark.usefixtures("in_process")
def test_very_many_columns_of_a_workbook_or_parquet_are_refused(reader: Reader) -> None:
    names = [*FRAME_HEADER, *(f"列{number}" for number in range(1_000))]
    assert reader.refusal("frame.xlsx", as_xlsx({"一": [names]})) == "sheet「一」: more than 1000 columns"
    assert reader.refusal("frame.parquet", as_parquet({name: ["x"] for name in names})) == "more than 1000 columns"


def test_a_row_of_a_million_columns_far_below_the_header_is_a_fault(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\n" + f"{CASE}\n" * 30 + f"{',' * 900_000}x\n{CASE}\n")
    assert [fault for _, fault, _ in found.records[-2:]] == ["900001 fields, expected 6", None]


@pytest.mark.parametrize("before", ["", f"{HEAD}\n{CASE}\n"], ids=["first line", "below the header"])
def test_a_line_without_an_end_is_refused_before_it_is_held_whole(reader: Reader, before: str) -> None:
    told = reader.refusal("frame.csv", before + SECRET * 900_000)
    assert told.endswith("longer than 1000000 characters")
    assert SECRET not in told


@pytest.mark.parametrize("cell", [f'"{SECRET * 950_000}"', '"' + f"{SECRET}\n" * 870_000 + '"'], ids=["line", "lines"])
def test_a_cell_of_ten_megabytes_is_refused(reader: Reader, cell: str) -> None:
    told = reader.refusal("frame.csv", f"{HEAD}\nA,b,c,d,{cell},f\n")
    assert "1000000" in told and SECRET not in told


def test_hours_of_blank_lines_are_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAXIMUM_BLANK_LINES", 1_000)
    assert reader.one("frame.csv", f"{HEAD}\n" + "\n" * 1_000 + CASE).rows == [(1_002, ONE_CASE)]
    for start in ("", f"{HEAD}\n{CASE}\n"):
        assert "blank lines in a row" in reader.refusal("frame.csv.gz", as_gzip(start + "\n" * 100_000))


def test_a_run_of_combining_marks_does_not_take_quadratic_time_to_compare_with_headers(reader: Reader) -> None:
    """Normalising half a million of them would take a quarter of an hour."""
    marks = "a" + "\u0301\u0316" * 250_000
    found = reader.one("frame.csv", f"{marks}\n{HEAD}\n{CASE}\n")
    assert found.rows == [(3, ONE_CASE)]


@pytest.mark.parametrize("zeros", [b"\0" * 1_000, b"\0" * 5_000_000, HEAD.encode() + b"\0" * 1_000])
@pytest.mark.parametrize("name", ["frame.csv", "frame.txt", "frame.xlsx", "frame.parquet", "frame.zip", "frame.docx"])
@pytest.mark.usefixtures("in_process")
def test_zeros_under_any_name_are_refused(reader: Reader, name: str, zeros: bytes) -> None:
    assert reader.refusal(name, zeros)


def test_a_notice_too_long_for_one_is_not_held_in_memory(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as a table instead, row by row."""
    monkeypatch.setattr(annexes, "MAXIMUM_TEXT_BYTES", 100)
    content = "\n".join("\t".join(row) for row in [ANNEX_HEADER, *[ONE_LINE] * 10])
    monkeypatch.setattr(annexes, "_tables", lambda *_: pytest.fail("read whole"))
    assert len(reader.one("published.txt", content).rows) == 10


def test_a_work_folder_holds_what_was_unpacked_and_the_source_is_only_read(reader: Reader) -> None:
    content = as_zip({"frame.csv": f"{HEAD}\n{CASE}\n"})
    path = reader.path("x.zip", content)
    before = sorted(Path(reader.folder).iterdir())
    reader.one("x.zip", content)
    assert path.read_bytes() == content
    assert sorted(Path(reader.folder).iterdir()) == before
