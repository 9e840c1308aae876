"""Parquet: typed columns as the text a person would have typed; what is no plain column is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from callback_survey.deliveries import parquet
from export_writers import FRAME_HEADER, ONE_CASE, Reader, as_parquet, as_parquet_rows

TYPED = {
    "whole numbers": (pa.array([330109201800000001, None], pa.int64()), ["330109201800000001", ""]),
    "fractions": (pa.array([98.04, 5.0], pa.float64()), ["98.04", "5"]),
    "no number": (pa.array([float("nan"), float("inf")], pa.float64()), ["nan", "inf"]),
    "decimals": (pa.array([Decimal("98.40"), None], pa.decimal128(5, 2)), ["98.40", ""]),
    "dates": (pa.array([dt.date(2018, 3, 1), None], pa.date32()), ["2018-03-01", ""]),
    "moments": (pa.array([dt.datetime(2018, 3, 1, 9, 30), None], pa.timestamp("us")), ["2018-03-01 09:30:00", ""]),
    "nanoseconds": (pa.array([1519896600000000001, None], pa.timestamp("ns")), ["2018-03-01 09:30:00", ""]),
    "truth": (pa.array([True, False]), ["1", "0"]),
    "large texts": (pa.array(["甲", ""], pa.large_string()), ["甲", ""]),
    "viewed texts": (pa.array(["甲", None], pa.string_view()), ["甲", ""]),
    "categories": (pa.array(["甲", None]).dictionary_encode(), ["甲", ""]),
    "nothing": (pa.nulls(2), ["", ""]),
}
UNFIT = {
    "lists": pa.array([["a"]]),
    "records": pa.array([{"a": 1}]),
    "bytes": pa.array([b"a"], pa.binary()),
    "bytes of one length": pa.array([b"a"], pa.binary(1)),
}


def frame_with(**changes: Any) -> bytes:
    columns = {name: pa.array(["x"] * 2) for name in ("case_id", "department_name", "completed_on", "phone")}
    return as_parquet(columns | changes)


def test_rows_are_numbered_after_the_header_of_column_names(reader: Reader) -> None:
    found = reader.one("frame.parquet", as_parquet_rows(FRAME_HEADER, [ONE_CASE] * 3, row_group_size=2))
    assert found.rows == [(2, ONE_CASE), (3, ONE_CASE), (4, ONE_CASE)]
    assert (found.table.encoding, found.table.header_line) == ("parquet", 1)


@pytest.mark.parametrize("name", TYPED)
def test_typed_columns_read_as_text(reader: Reader, name: str) -> None:
    column, expected = TYPED[name]
    assert [cells[0] for _, cells in reader.one("frame.parquet", frame_with(case_id=column)).rows] == expected


def test_a_row_of_nulls_is_a_record(reader: Reader) -> None:
    """The file counts it, so its sender does."""
    content = as_parquet({name: pa.nulls(2, pa.string()) for name in FRAME_HEADER})
    assert reader.one("frame.parquet", content).rows == [(2, ("",) * 6), (3, ("",) * 6)]


@pytest.mark.parametrize("name", UNFIT)
def test_columns_that_are_no_plain_values_are_refused(reader: Reader, name: str) -> None:
    told = reader.refusal("frame.parquet", as_parquet({"x": UNFIT[name]}))
    assert told == "columns that hold lists, records or bytes: x; expected text, numbers and dates"


def test_a_date_beyond_the_year_9999_is_refused(reader: Reader) -> None:
    column = pa.array([1 << 50, 0], pa.timestamp("ms"))
    assert "cut off or damaged" in reader.refusal("frame.parquet", frame_with(completed_on=column))


def test_texts_that_are_no_utf_8_are_refused(reader: Reader) -> None:
    broken = pa.array([b"\xff\xfe", b"x"], pa.binary()).view(pa.string())
    for encoded in (True, False):
        content = as_parquet(dict.fromkeys(FRAME_HEADER, broken), use_dictionary=encoded)
        assert "cut off or damaged" in reader.refusal("frame.parquet", content)


def test_a_missing_column_is_refused_with_what_is_close(reader: Reader) -> None:
    told = reader.refusal("frame.parquet", as_parquet_rows(("办件编码", *FRAME_HEADER[1:]), [ONE_CASE]))
    assert told.endswith("最接近的列: 办件编码")


@pytest.mark.parametrize(("row_count", "is_refused"), [(30, False), (10_000, True)])
def test_a_long_text_that_stands_in_many_rows_is_held_once(reader: Reader, row_count: int, is_refused: bool) -> None:
    """A file of some kilobytes: read plainly it would be twenty gigabytes."""
    values = pa.DictionaryArray.from_arrays(pa.array([0] * row_count, pa.int32()), pa.array(["x" * 2_000_000]))
    columns = {name: pa.array(["x"] * row_count) for name in ("case_id", "department_name", "completed_on", "phone")}
    content = as_parquet(columns | {"service_item": values}, compression="zstd", store_schema=False)
    assert len(content) < 100_000
    if is_refused:
        told = reader.refusal("frame.parquet", content)
        assert told == "line 35: the rows up to here hold too much text for a survey"
        return
    found = reader.one("frame.parquet", content)
    assert {fault for _, fault, _ in found.records} == {"a cell of more than 100000 characters"}
    assert len(found.records) == row_count


def test_one_text_of_a_hundred_megabytes_is_refused_before_it_is_read(reader: Reader) -> None:
    columns = {name: pa.array(["x"]) for name in FRAME_HEADER}
    columns[FRAME_HEADER[-1]] = pa.array(["x" * (100 << 20)], pa.large_string())
    content = as_parquet(columns, compression="zstd", use_dictionary=False)
    assert len(content) < 20_000
    assert reader.refusal("frame.parquet", content) == "its rows hold too much text for a survey"


def as_varint(value: int, length: int = 0) -> bytes:
    """A positive number as the footer of a Parquet file writes it, filled up to so many bytes."""
    left = value << 1
    parts: list[int] = []
    while left or not parts or len(parts) < length:
        parts.append(left & 127)
        left >>= 7
    return bytes([*(part | 128 for part in parts[:-1]), parts[-1]])


@pytest.mark.parametrize(("memory_megabytes", "refusal"), [(64, "the Parquet file cannot be read"), (1024, "its rows")])
def test_a_file_that_understates_its_sizes_is_refused_by_a_child(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, memory_megabytes: int, refusal: str
) -> None:
    columns = {name: pa.array(["x"]) for name in FRAME_HEADER}
    columns[FRAME_HEADER[-1]] = pa.array(["x" * (100 << 20)], pa.large_string())
    content = as_parquet(columns, compression="zstd", use_dictionary=False)
    group = pq.ParquetFile(BytesIO(content)).metadata.row_group(0)
    text = group.column(len(FRAME_HEADER) - 1)
    for size in (group.total_byte_size, text.total_uncompressed_size):
        true = as_varint(size)
        assert content.count(true) == 1
        content = content.replace(true, as_varint(1_000, len(true)))
    assert pq.ParquetFile(BytesIO(content)).metadata.row_group(0).total_byte_size == 1_000
    monkeypatch.setattr(parquet, "MEMORY_BYTES", memory_megabytes << 20)
    monkeypatch.setattr(parquet, "_rows", None)
    assert reader.refusal("frame.parquet", content).startswith(refusal)


def test_claims_beyond_any_survey_are_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    many = as_parquet({name: pa.array(["x"]).take(pa.array([0] * 600_000)) for name in FRAME_HEADER})
    assert len(many) < 10_000
    assert reader.refusal("frame.parquet", many) == "more than 500000 rows, one for each byte of the file"
    content = as_parquet_rows(FRAME_HEADER, [ONE_CASE] * 3)
    monkeypatch.setattr(parquet, "MAXIMUM_ROW_GROUP_BYTES", 100)
    assert reader.refusal("frame.parquet", content).startswith("a row group of more than ")
