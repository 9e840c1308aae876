"""Parquet: typed columns as rows of text, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from callback_survey.deliveries import limits
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.table import BATCH_ROWS, MAXIMUM_COLUMNS, Row, Table, Unreadable, as_text, find_table

MAXIMUM_ROW_GROUP_BYTES = 256 << 20
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_PLAIN = (
    *_TEXTS,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_temporal,
    pa.types.is_null,
)
# What Arrow answers damage with: its own errors, texts that are no UTF-8, dates beyond year 9999
_DAMAGED = (pa.ArrowException, OSError, ValueError, OverflowError)


def open_parquet(path: Path, name: str, datasets: Sequence[Dataset]) -> Table:
    """The table of a Parquet file; its column names are the header, on line 1. Raises Unreadable or HeaderNotRecognised."""
    try:
        with pq.ParquetFile(path) as file:
            metadata, schema = file.metadata, file.schema_arrow
            groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
            largest = max((group.total_byte_size for group in groups), default=0)
    except _DAMAGED as error:
        raise Unreadable("the Parquet file is cut off or damaged") from error
    if len(schema.names) > MAXIMUM_COLUMNS:
        raise Unreadable(f"more than {MAXIMUM_COLUMNS} columns")
    # a column that holds one value takes no room however often
    if metadata.num_rows > (most := limits.most_records(path.stat().st_size)):
        raise Unreadable(f"more than {most} rows, one for each byte of the file")
    if largest > MAXIMUM_ROW_GROUP_BYTES:
        raise Unreadable(f"a row group of more than {MAXIMUM_ROW_GROUP_BYTES >> 20} MB")
    if any(group.total_byte_size > limits.most_text(group.num_rows) for group in groups):
        raise Unreadable("its rows hold too much text for a survey")
    unfit = [field.name for field in schema if not _is_plain(field.type)]
    if unfit:
        raise Unreadable(
            f"columns that hold lists, records or bytes: {'、'.join(unfit)[:200]}; expected text, numbers and dates"
        )
    texts = [field.name for field in schema if any(is_kind(field.type) for is_kind in _TEXTS)]
    return find_table(name, partial(_rows, path, texts), encoding="parquet", datasets=datasets)


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(is_kind(kind) for is_kind in _PLAIN)


def _rows(path: Path, texts: Sequence[str]) -> Iterator[Row]:
    try:
        # read as a dictionary, a long text that stands in many rows is held once
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            yield 1, list(file.schema_arrow.names)
            line = 1
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for cells in zip(*(_texts(column) for column in batch.columns), strict=True):
                    line += 1
                    yield line, list(cells)
    except Unreadable:
        raise
    except _DAMAGED as error:
        raise Unreadable("the Parquet file is cut off or damaged") from error


def _texts(column: pa.Array) -> list[str]:
    if not pa.types.is_dictionary(column.type):
        return [as_text(value) for value in column.to_pylist()]
    used = column.indices.unique().drop_null()
    values = column.dictionary.take(used).to_pylist()
    known = {index: as_text(value) for index, value in zip(used.to_pylist(), values, strict=True)}
    return [known.get(index, "") for index in column.indices.to_pylist()]
