"""For any table and any format: what was written is read back row for row, or the row carries a fault. None is lost."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from html import escape
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from export_writers import (
    FRAME_HEADER,
    Reader,
    Record,
    as_csv,
    as_gzip,
    as_parquet_rows,
    as_xls,
    as_xlsb,
    as_xlsx,
    as_zip,
    lines_of,
)
from known_headers import the_dataset

Cells = tuple[str, ...]
CHINESE = ["甲", "区教育局", "满意", "，", "１２", "\u3000", "𠮷"]
TROUBLE = [" ", ",", ";", "\t", '"', '""', "'", "=1+1", "\n", "\r\n", "\u00a0", "é", "0", "-"]
PIECES = [*CHINESE, *TROUBLE]
TEXT = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0"), max_size=8),
)
# a case number in the first column makes a row that no reader may take for a blank one, a title or a footer
ROWS = st.lists(st.tuples(st.integers(1, 10**6).map("XS-{}".format), *[TEXT] * 5), max_size=8)
NULS = st.lists(st.tuples(st.just("XS"), *[st.sampled_from(["\0", "a\0b", "c"])] * 5), min_size=1, max_size=4)
quickly = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
briefly = settings(quickly, max_examples=25)


def is_plain(rows: Sequence[Cells]) -> bool:
    """No row that is itself a header."""
    return not any(len(the_dataset("frame").known_headers.intersection(row)) >= 3 for row in rows)


def as_read(rows: Sequence[Cells], lines: Sequence[int]) -> list[Record]:
    return [
        (line, "a NUL character", ("",) * 6) if any("\0" in cell for cell in row) else (line, None, row)
        for line, row in zip(lines, rows, strict=True)
    ]


def unindented(rows: Sequence[Cells], **options: Any) -> list[Cells]:
    """Spaces before a cell are none of it in a text, unless the writer has put them into quotes."""

    def as_written(cell: str) -> str:
        is_quoted = as_csv([["x", cell]], **options).partition(options.get("delimiter", ","))[2].startswith('"')
        return cell if is_quoted else cell.lstrip(" ")

    return [tuple(map(as_written, row)) for row in rows]


@quickly
@given(
    rows=ROWS | NULS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]),
    delimiter=st.sampled_from([",", "\t", ";"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    is_compressed=st.booleans(),
)
def test_any_table_comes_back_from_csv(
    reader: Reader, rows: list[Cells], encoding: str, delimiter: str, quoting: int, is_compressed: bool
) -> None:
    assume(is_plain(rows))
    # without a byte order mark UTF-16 is known by its zero bytes: a text of NULs and little else would pass for it
    rows = [("XS-0", "x" * 400, "", "", "", ""), *rows]
    options = {"delimiter": delimiter, "quoting": quoting}
    text = as_csv([FRAME_HEADER, *rows], **options)
    content = text.encode(encoding)
    name = "frame.csv.gz" if is_compressed else "frame.csv"
    found = reader.one(name, as_gzip(content) if is_compressed else content)
    lines = lines_of([FRAME_HEADER, *rows], **options)[1:]
    assert found.records == as_read(unindented(rows, **options), lines)


def as_a_workbook_holds(cell: str) -> str:
    """XML has one kind of line end, and the reader trims."""
    return re.sub(r"\r\n?", "\n", cell).strip()


WORKBOOK_TEXT = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    # XML has no control characters, and `_x000D_` is how a workbook spells one
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="_\ufeff"), max_size=8),
)
WORKBOOK_ROWS = st.lists(st.tuples(st.integers(1, 10**6).map("XS-{}".format), *[WORKBOOK_TEXT] * 5), max_size=8)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb"])
@briefly
@given(rows=WORKBOOK_ROWS, blank=st.integers(0, 5), data=st.data())
@pytest.mark.usefixtures("in_process")
def test_any_table_comes_back_from_a_workbook(
    reader: Reader, kind: str, rows: list[Cells], blank: int, data: st.DataObject
) -> None:
    assume(is_plain(rows))
    at = data.draw(st.integers(0, len(rows)))
    sheet = [[], *[FRAME_HEADER], *rows[:at], *[[]] * blank, *rows[at:]]
    expected = [(number, tuple(map(as_a_workbook_holds, row))) for number, row in enumerate(sheet, start=1) if row][1:]
    write = {"xlsx": as_xlsx, "xls": as_xls, "xlsb": as_xlsb}[kind]
    found = reader.one(f"frame.{kind}", write({"一": sheet})).rows
    assert [(line, tuple(as_a_workbook_holds(cell or "") for cell in cells)) for line, cells in found] == expected


@briefly
@given(rows=ROWS | NULS, row_group_size=st.integers(1, 4), use_dictionary=st.booleans())
@example(rows=[("x", "", "", "", "", "")], row_group_size=1, use_dictionary=True)
def test_any_table_comes_back_from_parquet(
    reader: Reader, rows: list[Cells], row_group_size: int, use_dictionary: bool
) -> None:
    assume(is_plain(rows))
    content = as_parquet_rows(FRAME_HEADER, rows, row_group_size=row_group_size, use_dictionary=use_dictionary)
    stripped = [tuple(cell.strip() for cell in row) for row in rows]
    assert reader.one("frame.parquet", content).records == as_read(stripped, range(2, len(rows) + 2))


NAMES_OF_MARKUP = ["frame.xls", "frame.html", "frame.csv"]


@briefly
@given(rows=ROWS, name=st.sampled_from(NAMES_OF_MARKUP), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_any_table_comes_back_from_a_page(reader: Reader, rows: list[Cells], name: str, encoding: str) -> None:
    """White space of every kind is one space or one line end there, and control characters are none."""
    sheet = [FRAME_HEADER, *[tuple(re.sub(r"[\0-\x08\x0b-\x1f\x7f-\x9f]", "", cell) for cell in row) for row in rows]]
    assume(is_plain(sheet[1:]))
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in sheet)
    content = f"<html><body>\n<table border='1'>{lines}</table></body></html>".encode(encoding)
    found = reader.one(name, content).rows
    assert [line for line, _ in found] == list(range(2, len(sheet) + 1))
    assert ["".join("".join(map(str, cells)).split()) for _, cells in found] == [
        "".join("".join(row).split()) for row in sheet[1:]
    ]


@briefly
@given(parts=st.lists(ROWS, min_size=1, max_size=3))
def test_any_tables_come_back_from_an_archive(reader: Reader, parts: list[list[Cells]]) -> None:
    assume(all(map(is_plain, parts)))
    members = {f"frame-{number}.csv": as_csv([FRAME_HEADER, *rows]) for number, rows in enumerate(parts)}
    found = reader.all("x.zip", as_zip(members))
    expected = [as_read(unindented(rows), lines_of([FRAME_HEADER, *rows])[1:]) for rows in parts]
    assert [table.records for table in found] == expected


@quickly
@given(rows=st.lists(st.lists(TEXT, min_size=1, max_size=8), max_size=12))
def test_rows_read_are_rows_sent_whatever_their_shape(reader: Reader, rows: list[list[str]]) -> None:
    """Too short, too long, like a note or like the header: each row is a record, a fault, a footer or a repeated header."""
    sent = [row for row in rows if any(cell.strip() for cell in row)]
    assume(is_plain([tuple(row) for row in sent]))
    found = reader.one("frame.csv", as_csv([FRAME_HEADER, *rows, FRAME_HEADER]))
    lines = lines_of([FRAME_HEADER, *rows, FRAME_HEADER])
    expected = [line for line, row in zip(lines[1:], [*rows, FRAME_HEADER], strict=True) if any(map(str.strip, row))]
    told = [line for line, _, _ in found.records] + found.table.footer_lines + found.table.repeated_header_lines
    assert sorted(told) == expected
    assert all(fault for _, fault, cells in found.records if cells == ("",) * 6)
