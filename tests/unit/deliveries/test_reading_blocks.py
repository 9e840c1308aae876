"""Clean lines are read at once, and nobody can tell by what comes out: rows, faults, lines, footers and refusals are the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callback_survey.deliveries import blocks, delimited, encodings
from callback_survey.deliveries.table import Table
from export_writers import ANNEX_HEADER, CALLS_HEADER, CASE, HEAD, ONE_CALL, REFUSALS, Reader, as_csv, as_gzip

CELLS = [
    *("XS-1", "2018-03-01", "15400000001", "区教育局", "统计局", "共青团区委", "注：见下", "合计", "总计：", "样例", "满意", "0"),
    *("", "", " ", "  x", "x ", "\u3000", "\u00a0注", "\ufeff", "\x1a", "case_id", "部门名称", "联系电话", "办件编号", "é𠮷", "=1"),
]  # fmt: skip
TROUBLE = [
    *("", " ", ",,,,,", "注：样例", "合计,,,2,,", "a,b", "a,b,c,d,e,f,g", "a,b,c,d,e,f,,", HEAD, f" {HEAD}", f"\ufeff{HEAD}"),
    *('"a",b,c,d,e,f', '"a\nb",c,d,e,f,g', '"a\r\n', '"', 'a"b,c,d,e,f,g', "a\0b,c,d,e,f,g", "a\rb,c,d,e,f", "\x1a", "\0\0"),
    *("办件编号,部门名称,办结日期,手机号,a,b", "部门名称,办件编号,办结日期,联系电话,,", f"XS-1,区教育局,2018-03-01,1,{'x' * 120},"),
]  # fmt: skip
PLAIN = st.sampled_from(
    [CASE, CASE.replace("XS-1", "XS-2"), "XS-3,统计局,2018-03-01,1,,", "XS-4, 区教育局,2018-03-01,,, "]
)
LINE = st.one_of(
    PLAIN,
    PLAIN,
    PLAIN,
    st.lists(st.sampled_from(CELLS), min_size=6, max_size=6).map(",".join),
    st.sampled_from(TROUBLE),
)
TEXTS = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])), max_size=40).map(
    lambda lines: "".join(line + end for line, end in lines)
)
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16"]
many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that everything stands at the edge of one now and then."""
    monkeypatch.setattr(encodings, "_BLOCK_BYTES", 300)
    monkeypatch.setattr(delimited, "_FIRST_BYTES", 100)
    monkeypatch.setattr(blocks, "_PART_BYTES", 80)


def what_comes_out(table: Table) -> Any:
    """All that a table says, or why it is refused."""
    columns = table.known.column_names
    try:
        records = [tuple(row.values()) for batch in table.batches(columns) for row in batch.to_pylist()]
    except REFUSALS as error:
        return str(error)
    return records, table.footer_lines, table.repeated_header_lines, table.short_lines, table.notes


def in_bulk(reader: Reader, name: str, content: bytes) -> int:
    """How many records came in bulk, after what comes out was compared with the reading row by row."""
    try:
        (table,) = reader.opened(name, content).tables
    except REFUSALS:
        return 0
    by_row = replace(table, parts=None)
    assert what_comes_out(table) == what_comes_out(by_row)
    assert by_row.in_bulk_count == 0
    return table.in_bulk_count


@many
@given(text=TEXTS, encoding=st.sampled_from(ENCODINGS), delimiter=st.sampled_from(",\t;"), is_compressed=st.booleans())
@pytest.mark.usefixtures("small")
def test_what_is_read_in_bulk_is_what_is_read_row_by_row(
    reader: Reader, text: str, encoding: str, delimiter: str, is_compressed: bool
) -> None:
    content = f"{HEAD}\n{text}".replace(",", delimiter).encode(encoding)
    in_bulk(reader, "frame.csv", as_gzip(content) if is_compressed else content)


@pytest.mark.usefixtures("small")
def test_bytes_that_were_changed_anywhere_are_read_alike(reader: Reader) -> None:
    chance = random.Random("2018Q1")
    counts = []
    for _ in range(120):
        lines = chance.choices([CASE, CASE, CASE, CASE, *TROUBLE[:8]], k=40)
        content = bytearray("\n".join([HEAD, *lines]).encode(chance.choice(ENCODINGS)))
        for _ in range(chance.choice([0, 1, 3])):
            at = chance.randrange(len(content))
            content[at : at + chance.randrange(3)] = chance.choice(
                [b"", b'"', b"\n", b",", b"\r", b" ", b"\0", b"\xef\xbb\xbf"]
            )
        counts.append(in_bulk(reader, "frame.csv", bytes(content)))
    assert sum(count > 0 for count in counts) > 40, "most of these have a block that is clean"


@pytest.mark.parametrize("header", [CALLS_HEADER, ("部门名称", *CALLS_HEADER)], ids=["case first", "department first"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_clean_table_comes_in_bulk_but_for_its_first_lines(
    reader: Reader, header: tuple[str, ...], encoding: str
) -> None:
    call = ONE_CALL if header == CALLS_HEADER else ("区统计局", *ONE_CALL)
    content = as_csv([header, *[call] * 3_000]).encode(encoding)
    assert in_bulk(reader, "calls.csv", content) > 2_500
    assert in_bulk(reader, "calls.csv.gz", as_gzip(content)) > 2_500


def test_a_line_that_is_not_clean_costs_its_neighbours_the_bulk_and_no_others(reader: Reader) -> None:
    lines = [CASE] * 4_000
    lines[2_000] = 'XS-1,区档案局,2018-03-01,15400000001,"查档\n,复印",样例申请人'
    assert 3_700 > in_bulk(reader, "frame.csv", "\n".join([HEAD, *lines]).encode()) > 2_500


@pytest.mark.usefixtures("small")
def test_an_office_whose_name_begins_like_a_footer_is_read_in_bulk_and_a_sum_is_not(reader: Reader) -> None:
    header = ",".join(("部门名称", *CALLS_HEADER))
    calls = "".join(f"{office},XS-1,2018-04-10,无人接听,,\n" for office in ("统计局", "审核中心") * 10)
    assert in_bulk(reader, "calls.csv", f"{header}\n{calls}".encode()) == 20
    in_the_middle = f"{header}\n{calls}合计,XS-1,2018-04-10,无人接听,,\n{calls}"
    assert in_bulk(reader, "calls.csv", in_the_middle.encode()) < 41


@pytest.mark.usefixtures("small")
def test_a_printed_annex_is_read_alike(reader: Reader) -> None:
    lines = [(str(number), "区档案局", "102", "50", "93.88", "6.12") for number in range(30)]
    assert in_bulk(reader, "published.csv", as_csv([ANNEX_HEADER, *lines, ("合计", "", "3060", "", "", "")]).encode())


@pytest.mark.usefixtures("small")
def test_columns_of_one_meaning_are_compared_row_by_row(reader: Reader) -> None:
    lines = "".join(f"{CASE},{phone}\n" for phone in ["15400000001"] * 30)
    assert in_bulk(reader, "frame.csv", f"{HEAD},手机号\n{lines}".encode()) == 0
