"""Bytes to records: every promised encoding, exact line numbers, nothing repaired and nothing swallowed."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lakes import FRAME_HEADER, ONE_CASE

from callback_survey.exports import formats
from callback_survey.exports.formats import Unreadable
from callback_survey.exports.headers import HeaderNotRecognised, columns_of

HEAD = ",".join(FRAME_HEADER)
COLUMNS = [column.name for column in columns_of("frame")]
ENCODINGS = {
    "utf-8": (b"", "utf-8", "utf-8-sig"),
    "utf-8 with mark": (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    "gb18030": (b"", "gb18030", "gb18030"),
    "utf-16 little endian": (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    "utf-16 big endian": (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
}


@dataclass(frozen=True)
class Read:
    """What was found in a file: records as (line, fault, cells in the order of the columns)."""

    table: formats.Table
    records: list[tuple[int, str | None, tuple[str | None, ...]]]


def read(path: Path) -> Read:
    table = formats.open_table(path, "frame")
    records = [
        (row["line"], row["fault"], tuple(row[name] for name in COLUMNS))
        for batch in table.batches(COLUMNS)
        for row in batch.to_pylist()
    ]
    return Read(table, records)


def written(folder: Path, content: bytes | str, name: str = "frame.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("is_compressed", [False, True], ids=["plain", "gz"])
def test_every_promised_encoding_reads_the_same(tmp_path: Path, name: str, is_compressed: bool) -> None:
    mark, encoding, found = ENCODINGS[name]
    content = mark + f"{HEAD}\r\n{','.join(ONE_CASE)}\r\n".encode(encoding)
    path = tmp_path / ("frame.csv.gz" if is_compressed else "frame.csv")
    path.write_bytes(gzip.compress(content, mtime=0) if is_compressed else content)
    result = read(path)
    assert result.records == [(2, None, ONE_CASE)]
    assert (result.table.encoding, result.table.header_line) == (found, 1)


def test_one_byte_near_the_end_decides_the_encoding(tmp_path: Path) -> None:
    """A prefix proves nothing: a file that is ASCII for a megabyte is GB18030 when its last cell is."""
    head = b"case_id,department_name,completed_on,phone\n"
    filler = b"X-1,A,2018-03-01,15400000001\n" * 50_000
    result = read(written(tmp_path, head + filler + "X-2,区教育局,2018-03-01,15400000001\n".encode("gb18030")))
    assert result.table.encoding == "gb18030"
    assert (result.records[-1][0], result.records[-1][2][1]) == (50_002, "区教育局")


@pytest.mark.parametrize(
    "content", [b"\x80\xff\x80\xff", codecs.BOM_UTF16_LE + b"a"], ids=["no text", "half a UTF-16 character"]
)
def test_bytes_in_no_promised_encoding_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Unreadable, match="neither UTF-8, UTF-16 with a byte order mark, nor GB18030"):
        read(written(tmp_path, content))


@pytest.mark.parametrize("content", ["", "\n\r\n  \n,,\n"])
def test_a_file_without_text_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(Unreadable, match="holds no text"):
        read(written(tmp_path, content))


@pytest.mark.parametrize("name", ["frame.xls", "frame.csv.zip", "frame.txt"])
def test_other_kinds_of_files_are_refused_with_those_that_are_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable, match=r"expected \.csv or \.csv\.gz"):
        read(written(tmp_path, HEAD, name))


def test_a_record_is_named_by_the_line_it_starts_on(tmp_path: Path) -> None:
    lines = [HEAD, 'A,"查\n\r\n档",2018-03-01,1,,', "", "  ", ",,,,,", "B,区教育局,2018-03-01,2,,", 'C,"x', 'y",d,3,,']
    found = [(line, cells[0], cells[1]) for line, _, cells in read(written(tmp_path, "\n".join(lines))).records]
    assert found == [(2, "A", "查\n\r\n档"), (8, "B", "区教育局"), (9, "C", "x\ny")]


def test_old_line_ends_count_as_lines(tmp_path: Path) -> None:
    found = read(written(tmp_path, f"{HEAD}\rA,b,c,1,,\rB,b,c,2,,")).records
    assert [(line, cells[0]) for line, _, cells in found] == [(2, "A"), (3, "B")]


def test_a_row_with_a_missing_or_an_extra_field_is_kept_apart_without_its_cells(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}\nA,b,c,15400000001\nB,b,c,d,e,f\nC,b,c,d,e,f,g\nD\n")
    assert read(path).records == [
        (2, "4 fields, expected 6", ("",) * 6),
        (3, None, tuple("Bbcdef")),
        (4, "7 fields, expected 6", ("",) * 6),
        (5, "1 fields, expected 6", ("",) * 6),
    ]


def test_title_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    result = read(written(tmp_path, f"萧山区2018年一季度,,\n\n制表:办公室,部门\n{HEAD}\n{','.join(ONE_CASE)}\n"))
    assert result.table.header_line == 4
    assert result.records == [(5, None, ONE_CASE)]


@pytest.mark.parametrize(("title_lines", "is_found"), [(19, True), (20, False)])
def test_a_header_is_looked_for_in_the_first_twenty_rows(tmp_path: Path, title_lines: int, is_found: bool) -> None:
    path = written(tmp_path, "说明\n" * title_lines + f"{HEAD}\n{','.join(ONE_CASE)}\n")
    if is_found:
        assert read(path).records == [(title_lines + 2, None, ONE_CASE)]
    else:
        with pytest.raises(HeaderNotRecognised):
            read(path)


def test_a_header_alone_is_a_table_without_records(tmp_path: Path) -> None:
    assert read(written(tmp_path, HEAD)).records == []


def test_a_column_that_was_not_sent_is_null_and_an_empty_cell_is_not(tmp_path: Path) -> None:
    path = written(tmp_path, "办件编号,部门名称,办结日期,联系电话,事项名称\nA,b,c,1,\n")
    assert read(path).records == [(2, None, ("A", "b", "c", "1", "", None))]


def test_unknown_columns_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "天气,办件编号,部门名称,办结日期,联系电话\n晴,A,b,c,1\n")
    result = read(path)
    assert result.table.match.unknown == ("天气",)
    assert result.records == [(2, None, ("A", "b", "c", "1", None, None))]


@pytest.mark.parametrize("after", ["", "B,b,c,d,e,f\n" * 30_000], ids=["last", "in the middle"])
def test_a_quote_left_open_is_an_error_not_a_cell_that_swallows_the_rest(tmp_path: Path, after: str) -> None:
    path = written(tmp_path, f'{HEAD}\nA,b,c,d,e,f\nA,"区教育局15400000001,c,d,e,f\n{after}')
    with pytest.raises(Unreadable, match=r"^line \d+: ") as refused:
        read(path)
    assert "15400000001" not in str(refused.value), "an error text goes to alerts"


def test_text_after_a_closing_quote_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="line 2: "):
        read(written(tmp_path, f'{HEAD}\nA,"b"x,c,d,e,f\n'))


def test_a_cell_may_hold_100000_characters_and_no_more(tmp_path: Path) -> None:
    assert read(written(tmp_path, f"{HEAD}\nA,b,c,d,{'x' * 100_000},f\n")).records[0][2][4] == "x" * 100_000
    with pytest.raises(Unreadable, match=r"line 2: field larger than field limit \(100000\)"):
        read(written(tmp_path, f"{HEAD}\nA,b,c,d,{'x' * 100_001},f\n"))


def test_a_nul_character_is_text_like_any_other(tmp_path: Path) -> None:
    assert read(written(tmp_path, f"{HEAD}\nA\0B,b,c,d,e,f\n")).records == [(2, None, ("A\0B", *"bcdef"))]


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.999])
def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    rows = "".join(f"XS-{index * 7919},区教育局,2018-03-01,154{index:08d},,\n" for index in range(20_000))
    content = gzip.compress(f"{HEAD}\n{rows}".encode(), mtime=0)
    with pytest.raises(Unreadable, match=r"cut off or damaged|holds no text"):
        read(written(tmp_path, content[: int(len(content) * kept)], "frame.csv.gz"))


def test_a_damaged_or_falsely_named_compressed_file_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(f"{HEAD}\n{','.join(ONE_CASE)}\n".encode() * 100, mtime=0))
    content[len(content) // 2] ^= 0xFF
    for damaged in (bytes(content), HEAD.encode()):
        with pytest.raises(Unreadable, match="cut off or damaged"):
            read(written(tmp_path, damaged, "frame.csv.gz"))


def test_records_stream_in_batches_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "BATCH_ROWS", 3)
    table = formats.open_table(written(tmp_path, f"{HEAD}\n" + "A,b,c,d,e,f\n" * 7), "frame")
    batches = list(table.batches(COLUMNS))
    assert [batch.num_rows for batch in batches] == [3, 3, 1]
    assert [line for batch in batches for line in batch.column("line").to_pylist()] == list(range(2, 9))


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=8)
ROW = st.tuples(*[CELL] * len(FRAME_HEADER)).filter(lambda row: any(cell.strip() for cell in row))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, max_size=6),
    encoding=st.sampled_from(list(ENCODINGS)),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    is_compressed=st.booleans(),
)
def test_whatever_a_csv_writer_writes_reads_back_equal_with_its_line_numbers(
    tmp_path: Path, rows: list[tuple[str, ...]], encoding: str, quoting: int, is_compressed: bool
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting)
    writer.writerow(FRAME_HEADER)
    expected = []
    for row in rows:
        starts_on = 1 + len(re.findall(r"\r\n|\r|\n", text.getvalue()))
        writer.writerow(row)
        expected.append((starts_on, None, row))
    mark, codec, found = ENCODINGS[encoding]
    content = mark + text.getvalue().encode(codec)
    path = tmp_path / ("frame.csv.gz" if is_compressed else "frame.csv")
    path.write_bytes(gzip.compress(content, mtime=0) if is_compressed else content)
    result = read(path)
    assert result.table.encoding == found
    assert result.records == expected
