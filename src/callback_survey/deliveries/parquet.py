"""Parquet: typed columns as rows of text, a batch at a time.

What a file says of its sizes is only a claim, and Arrow takes the memory that its pages ask for. So each file is gone through
first in a process of its own with limits, which turns nothing into rows.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from callback_survey.deliveries import limits
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.table import BATCH_ROWS, MAXIMUM_COLUMNS, Row, Table, Unreadable, as_text, find_table

MAXIMUM_ROW_GROUP_BYTES = 256 << 20
# Of the child, beyond what the library takes before it reads
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 300
_TOO_MUCH = 3  # the child's exit code when the rows hold too much text
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
    _require_bounded(path, texts)
    return find_table(name, partial(_rows, path, texts), encoding="parquet", datasets=datasets)


def _require_bounded(path: Path, texts: Sequence[str]) -> None:
    """Raises Unreadable where the file takes more than the limits to go through. Damage is left to who reads the rows."""
    command = [sys.executable, "-P", "-m", "callback_survey.deliveries.parquet", str(path), str(MEMORY_BYTES), *texts]
    try:
        # its own pool reserves a gigabyte of addresses before it holds anything, and addresses are what the limit counts
        plain = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"}
        code = subprocess.run(command, env=plain, capture_output=True, check=False, timeout=2 * CPU_SECONDS).returncode
    except subprocess.TimeoutExpired:
        code = -1
    if code == _TOO_MUCH:
        raise Unreadable("its rows hold too much text for a survey")
    if code != 0:
        raise Unreadable(
            f"the Parquet file cannot be read within {MEMORY_BYTES >> 30} GB of memory and {CPU_SECONDS} seconds; "
            "it may be damaged or malicious"
        )


def _go_through(path: Path, memory: int, texts: Sequence[str]) -> int:
    """The child: every batch is decoded and let go."""
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    row_count = 0
    try:
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
                row_count += batch.num_rows
                if batch.nbytes > limits.most_text(row_count):
                    return _TOO_MUCH
    except MemoryError:  # Arrow's, too
        return 1
    except _DAMAGED:
        return 0
    return 0


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


if __name__ == "__main__":
    sys.exit(_go_through(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
