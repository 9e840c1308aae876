"""CSV: every promised encoding and separator, exact line numbers, nothing repaired and nothing swallowed."""

from __future__ import annotations

import codecs

import pytest

from export_writers import CALLS_HEADER, CASE, FRAME_HEADER, HEAD, ONE_CASE, Reader, as_csv, as_gzip

ENCODINGS = {
    "utf-8": (b"", "utf-8", "utf-8-sig"),
    "utf-8 with mark": (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    "gb18030": (b"", "gb18030", "gb18030"),
    "utf-16 little endian": (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    "utf-16 big endian": (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
    "utf-16 little endian without mark": (b"", "utf-16-le", "utf-16-le"),
    "utf-16 big endian without mark": (b"", "utf-16-be", "utf-16-be"),
    "utf-32 little endian": (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    "utf-32 big endian": (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
}
COMMA, TAB, SEMICOLON = ",", "\t", ";"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [COMMA, TAB, SEMICOLON], ids=["comma", "tab", "semicolon"])
@pytest.mark.parametrize("is_compressed", [False, True], ids=["plain", "gz"])
def test_every_promised_encoding_and_separator_reads_the_same(
    reader: Reader, encoding: str, delimiter: str, is_compressed: bool
) -> None:
    mark, codec, found = ENCODINGS[encoding]
    content = mark + as_csv([FRAME_HEADER, ONE_CASE], delimiter=delimiter).encode(codec)
    result = reader.one("frame.csv.gz", as_gzip(content)) if is_compressed else reader.one("frame.csv", content)
    assert result.rows == [(2, ONE_CASE)]
    assert (result.table.encoding, result.table.header_line) == (found, 1)
    assert result.table.separator == {COMMA: "commas", TAB: "tabs", SEMICOLON: "semicolons"}[delimiter]


@pytest.mark.parametrize(
    "name", ["frame.tsv", "frame.txt", "FRAME.CSV", "办件明细.csv", "frame.tsv.gz", "FRAME.CSV.GZ"]
)
def test_a_table_saved_as_text_is_read_under_any_usual_name(reader: Reader, name: str) -> None:
    content = as_csv([FRAME_HEADER, ONE_CASE], delimiter="\t").encode()
    assert reader.one(name, as_gzip(content) if name.lower().endswith(".gz") else content).rows == [(2, ONE_CASE)]


def test_a_separator_inside_cells_is_not_taken_for_the_separator(reader: Reader) -> None:
    row = ("XS-1", "区档案局", "2018-03-01", "1", "a,b,c,d,e,f,g", "x\ty")
    assert reader.one("frame.csv", as_csv([FRAME_HEADER, row], delimiter=";")).rows == [(2, row)]


def test_one_byte_near_the_end_decides_the_encoding(reader: Reader) -> None:
    """A prefix proves nothing: a file that is ASCII for a megabyte is GB18030 when its last cell is."""
    head = b"case_id,department_name,completed_on,phone\n"
    filler = b"X-1,A,2018-03-01,15400000001\n" * 50_000
    result = reader.one("frame.csv", head + filler + "X-2,区教育局,2018-03-01,15400000001\n".encode("gb18030"))
    assert result.table.encoding == "gb18030"
    assert (result.rows[-1][0], result.rows[-1][1][1]) == (50_002, "区教育局")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a\xff\x80\xff", "line 1, column 2 (offset 1): the byte 0xFF is no character of UTF-8"),
        (codecs.BOM_UTF16_LE + b"a", "line 1, column 1 (offset 2): the byte 0x61 is no character of UTF-16"),
        (
            codecs.BOM_UTF16_LE + b"\x00\xd8a\x00",
            "line 1, column 1 (offset 2): the byte 0x00 is no character of UTF-16",
        ),
        (
            f"{HEAD}\r\n区\xe9".encode() + b"\xe5\x8c,x\n",
            "line 2, column 3 (offset {}): the byte 0xE5 is no character of UTF-8",
        ),
        (
            f"{HEAD}\n区\xe9".encode("gb18030") + b"\xff,x\n",
            "line 2, column 3 (offset {}): the byte 0xFF is no character of GB18030",
        ),
    ],
    ids=["no text", "half a UTF-16 character", "half a pair", "half a UTF-8 character", "no GB18030 character"],
)
@pytest.mark.parametrize("is_compressed", [False, True], ids=["plain", "gz"])
def test_a_byte_in_no_promised_encoding_is_refused_with_its_place(
    reader: Reader, content: bytes, told: str, is_compressed: bool
) -> None:
    offset = max(content.find(b"\xe5\x8c,"), content.find(b"\xff,"))
    name = "frame.csv.gz" if is_compressed else "frame.csv"
    refusal = reader.refusal(name, as_gzip(content) if is_compressed else content)
    assert refusal == f"{told.format(offset)}; expected a text in UTF-8, UTF-16 or GB18030"


def test_the_place_of_a_byte_is_right_far_into_a_file(reader: Reader) -> None:
    """Blocks of a megabyte cut characters in two."""
    lines = f"{HEAD}\n" + "XS-1,区档案局,2018-03-01,1,,\n" * 50_000
    content = lines.encode() + b"XS,\xc0,x\n" + lines.encode()
    told = reader.refusal("frame.csv", content)
    assert told.startswith(
        f"line 50002, column 4 (offset {len(lines.encode()) + 3}): the byte 0xC0 is no character of UTF-8"
    )


def test_the_euro_sign_of_windows_is_read_where_gbk_has_it(reader: Reader) -> None:
    content = f"{HEAD}\nXS-1,区档案局,2018-03-01,1,收费5".encode("gbk") + b"\x80,\n"
    found = reader.one("frame.csv", content)
    assert (found.rows[0][1][4], found.table.encoding) == ("收费5€", "cp936")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{HEAD}\n{CASE}\nA,"区教育局,c,d,e,f\nB,b,c,d,e,f\n', "line 3: the quote that opens here is never closed"),
        (f'{HEAD}\nA,"b\nb","c\n,d\n,e', "line 3: the quote that opens here is never closed"),
        (f'{HEAD}\nA,"b""\n",c,"d\n\nB,"x",c', "line 3: text follows the quote that closes a cell which opens here"),
    ],
)
def test_a_quote_that_ends_wrongly_is_named_by_the_line_where_it_opens(reader: Reader, text: str, told: str) -> None:
    assert reader.refusal("frame.csv", text) == told


@pytest.mark.parametrize("content", ["", "\n\r\n  \n,,\n"])
@pytest.mark.parametrize("name", ["frame.csv", "frame.csv.gz", "frame.txt"])
def test_a_file_without_text_is_refused(reader: Reader, name: str, content: str) -> None:
    told = reader.refusal(name, as_gzip(content) if name.endswith(".gz") else content)
    assert told == "the file holds no text"


@pytest.mark.parametrize("name", ["frame.pdf", "frame.csv.bz2", "frame"])
def test_other_kinds_of_files_are_refused_with_those_that_are_read(reader: Reader, name: str) -> None:
    told = reader.refusal(name, HEAD)
    assert all(ending in told for ending in (".csv", ".csv.gz", ".xlsx", ".xls", ".parquet", ".docx", ".zip"))


def test_a_record_is_named_by_the_line_it_starts_on(reader: Reader) -> None:
    lines = [HEAD, 'A,"查\n\r\n档",2018-03-01,1,,', "", "  ", ",,,,,", "B,区教育局,2018-03-01,2,,", 'C,"x', 'y",d,3,,']
    found = [(line, cells[0], cells[1]) for line, cells in reader.one("frame.csv", "\n".join(lines)).rows]
    assert found == [(2, "A", "查\n\r\n档"), (8, "B", "区教育局"), (9, "C", "x\ny")]


def test_old_line_ends_count_as_lines(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\rA,b,c,1,,\rB,b,c,2,,").rows
    assert [(line, cells[0]) for line, cells in found] == [(2, "A"), (3, "B")]


def test_a_row_with_an_extra_field_is_kept_apart_without_its_cells(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\nB,b,c,d,e,f\nC,b,c,15400000001,e,f,g\n")
    assert found.records == [(2, None, tuple("Bbcdef")), (3, "7 fields, expected 6", ("",) * 6)]


@pytest.mark.parametrize("delimiter", ["|", " | ", "  ", " " * 5, " "])
def test_bars_and_spaces_part_cells_too(reader: Reader, delimiter: str) -> None:
    call = ("XS-1", "2018-04-10 09:30:00", "成功", "满意", "零上门")
    text = "\n".join(delimiter.join(row) for row in (CALLS_HEADER, call))
    found = reader.one("calls.txt", text)
    cells = [(cell or "").replace("\u00a0", " ").strip() for cell in found.rows[0][1][:5]]
    assert cells == list(call)
    named = {"|": "bars", "": "two spaces or more"}[delimiter.strip()] if delimiter != " " else "single spaces"
    assert found.table.separator == named


def test_columns_that_are_lined_up_may_hold_single_spaces(reader: Reader) -> None:
    text = "办件编号   部门 名称    办结日期     联系电话\nXS-1      区 档案局     2018-03-01   15400000001\n"
    (_, cells) = reader.one("frame.txt", text).rows[0]
    assert [(cell or "").replace("\u00a0", " ") for cell in cells[:4]] == [
        "XS-1",
        "区 档案局",
        "2018-03-01",
        "15400000001",
    ]


@pytest.mark.parametrize("delimiter", ["  ", " "])
def test_between_spaces_a_row_with_too_few_cells_is_a_fault_and_not_filled(reader: Reader, delimiter: str) -> None:
    """A blank cell cannot be seen there: the cells behind it would move."""
    text = "\n".join(delimiter.join(row) for row in (CALLS_HEADER, ["XS-1", "2018-04-10", "满意", "一次"]))
    assert [fault for _, fault, _ in reader.one("calls.txt", text).records] == ["4 fields, expected 5"]


def test_the_rule_under_a_printed_header_is_no_record(reader: Reader) -> None:
    text = " 办件编号 | 部门名称 | 办结日期 | 联系电话\n----------+-------+------+-----\n XS-1 | b | 2018-03-01 | 1\n"
    found = reader.one("frame.txt", text)
    assert [line for line, _ in found.rows] == [3]
    marked = "| 办件编号 | 部门名称 | 办结日期 | 联系电话 |\n|---|:--|---|---|\n| XS-1 | b | 2018-03-01 | 1 |\n"
    assert [(line, (cells[0] or "").strip()) for line, cells in reader.one("frame2.txt", marked).rows] == [(3, "XS-1")]


@pytest.mark.parametrize("after", ["", "B,b,c,d,e,f\n" * 300_000], ids=["last", "in the middle"])
def test_a_quote_left_open_is_an_error_not_a_cell_that_swallows_the_rest(reader: Reader, after: str) -> None:
    told = reader.refusal("frame.csv", f'{HEAD}\nA,b,c,d,e,f\nA,"区教育局15400000001,c,d,e,f\n{after}')
    assert told.startswith("line ")
    assert "15400000001" not in told, "an error text goes to alerts"


def test_text_after_a_closing_quote_is_an_error(reader: Reader) -> None:
    assert reader.refusal("frame.csv", f'{HEAD}\nA,"b"x,c,d,e,f\n').startswith("line 2: ")


def test_a_cell_may_hold_100000_characters_and_a_longer_one_makes_a_fault(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\nA,b,c,d,{'x' * 100_000},f\nA,b,c,d,{'x' * 100_001},f\n{CASE}\n")
    assert found.records[0][1:] == (None, ("A", "b", "c", "d", "x" * 100_000, "f"))
    assert found.records[1] == (3, "a cell of more than 100000 characters", ("",) * 6)
    assert found.records[2] == (4, None, ONE_CASE)


def test_a_nul_character_makes_a_fault_of_its_row_alone(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\nA\0B,b,c,d,e,f\n{CASE}\n")
    assert found.records == [(2, "a NUL character", ("",) * 6), (3, None, ONE_CASE)]


def test_a_formula_is_text_like_any_other(reader: Reader) -> None:
    row = ("=1+1", '=HYPERLINK("http://x.invalid","x")', "+1", "-1", "@x", "=cmd|' /C calc'!A0")
    assert reader.one("frame.csv", as_csv([FRAME_HEADER, row])).rows == [(2, row)]


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.999])
def test_a_compressed_file_that_is_cut_off_is_refused(reader: Reader, kept: float) -> None:
    rows = "".join(f"XS-{index * 7919},区教育局,2018-03-01,154{index:08d},,\n" for index in range(20_000))
    content = as_gzip(f"{HEAD}\n{rows}")
    assert "cut off or damaged" in reader.refusal("frame.csv.gz", content[: int(len(content) * kept)])


def test_a_damaged_compressed_file_is_refused(reader: Reader) -> None:
    content = bytearray(as_gzip(f"{HEAD}\n{CASE}\n".encode() * 100))
    content[len(content) // 2] ^= 0xFF
    for damaged in (bytes(content), as_gzip(HEAD) + b"more"):
        assert "cut off or damaged" in reader.refusal("frame.csv.gz", damaged)


@pytest.mark.parametrize(
    ("separator", "named"),
    [
        *(("，", "full-width commas"), ("；", "full-width semicolons"), ("｜", "full-width bars"), ("^", "carets")),
        *(("~", "tildes"), ("¦", "broken bars"), ("\x01", "control characters (0x01)")),
    ],
)
def test_a_separator_that_is_rare_is_found_where_no_other_shows_a_header(
    reader: Reader, separator: str, named: str
) -> None:
    found = reader.one("frame.csv", "\n".join(separator.join(row) for row in (FRAME_HEADER, ONE_CASE)))
    assert (found.rows, found.table.separator) == ([(2, ONE_CASE)], named)


def test_a_space_before_a_quote_is_no_part_of_the_cell(reader: Reader) -> None:
    text = "\n".join(", ".join(f'"{cell}"' for cell in row) for row in (FRAME_HEADER, ONE_CASE))
    assert reader.one("frame.csv", text).rows == [(2, ONE_CASE)]


@pytest.mark.parametrize("end", ["\x1a", "\x1a\0\0\0", "\0" * 3, "\r\n\x1a\r\n"])
def test_what_old_programs_put_behind_the_last_line_is_no_record(reader: Reader, end: str) -> None:
    assert reader.one("frame.csv", f"{HEAD}\r\n{CASE}\r\n{end}").rows == [(2, ONE_CASE)]
