"""Files into tables: bytes to text to records, streamed, with the line each record starts on.

Python's csv module tokenises: it gives exact line numbers and keeps a row with a missing or an extra field apart, where
faster readers drop or repair it. Records become Arrow batches of a bounded size; DuckDB does everything after that.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from callback_survey.exports import headers

BATCH_ROWS = 20_000
HEADER_SEARCH_ROWS = 20
MAXIMUM_FIELD_CHARACTERS = 100_000
SUFFIXES = (".csv", ".csv.gz")
# Tried in this order over the whole file: GB18030 accepts most bytes, so it comes last.
_ENCODINGS = ("utf-8-sig", "gb18030")
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Unreadable(ValueError):
    """The file cannot be read as what its name says. The text says why, without any cell's content."""


@dataclass(frozen=True)
class Table:
    """A table found in a file: its header and where it stands. `batches` streams the records below it."""

    path: Path
    encoding: str
    header_line: int
    match: headers.HeaderMatch
    width: int

    def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Batches of `line` (int64), `fault` (why a record is no row, else null) and `columns` (text, null if not sent)."""
        with _open_text(self.path, self.encoding) as text:
            reader = _reader(text)
            records = _records(reader)
            below = itertools.dropwhile(lambda record: record[0] <= self.header_line, records)
            for chunk in _chunks(below, BATCH_ROWS):
                yield self._batch(chunk, columns)

    def schema(self, columns: list[str]) -> pa.Schema:
        text_fields = [pa.field(name, pa.string()) for name in ["fault", *columns]]
        return pa.schema([pa.field("line", pa.int64()), *text_fields])

    def _batch(self, chunk: list[tuple[int, list[str]]], columns: list[str]) -> pa.RecordBatch:
        fits = [len(fields) == self.width for _, fields in chunk]
        faults = [
            None if ok else f"{len(fields)} fields, expected {self.width}"
            for ok, (_, fields) in zip(fits, chunk, strict=True)
        ]
        blank = [""] * self.width
        by_position = list(zip(*(f if ok else blank for ok, (_, f) in zip(fits, chunk, strict=True)), strict=True))
        arrays = [pa.array([line for line, _ in chunk], pa.int64()), pa.array(faults, pa.string())]
        for name in columns:
            position = self.match.positions.get(name)
            missing = pa.nulls(len(chunk), pa.string())
            arrays.append(missing if position is None else pa.array(by_position[position], pa.string()))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema(columns))


def open_table(path: Path, dataset: str) -> Table:
    """Find the dataset's table in a file. Raises Unreadable, or HeaderNotRecognised where no row is its header."""
    if not path.name.endswith(SUFFIXES):
        raise Unreadable(f"files of this kind are not read; expected {' or '.join(SUFFIXES)}")
    encoding = _detect_encoding(path)
    with _open_text(path, encoding) as text:
        first = list(itertools.islice(_records(_reader(text)), HEADER_SEARCH_ROWS))
    if not first:
        raise Unreadable("the file holds no text")
    header_line, cells = max(first, key=lambda record: headers.count_recognised(dataset, record[1]))
    return Table(path, encoding, header_line, headers.recognise(dataset, cells), len(cells))


def _records(reader: csv.Reader) -> Iterator[tuple[int, list[str]]]:  # type: ignore[name-defined]
    """Each record with the line it starts on; blank lines are no records."""
    starts_on = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise Unreadable(f"line {reader.line_num}: {error}") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable(f"the compressed file is cut off or damaged after line {reader.line_num}") from error
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield starts_on, fields
        starts_on = reader.line_num + 1


def _reader(text: io.TextIOBase) -> csv.Reader:  # type: ignore[name-defined]
    csv.field_size_limit(MAXIMUM_FIELD_CHARACTERS)
    # `strict`: a quote left open is an error, not a cell that swallows the rest of the file
    return csv.reader(text, strict=True)


def _chunks(records: Iterator[tuple[int, list[str]]], size: int) -> Iterator[list[tuple[int, list[str]]]]:
    while chunk := list(itertools.islice(records, size)):
        yield chunk


def _open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_open_binary(path), encoding=encoding, errors="strict", newline="")


def _open_binary(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")


def _detect_encoding(path: Path) -> str:
    """The first encoding in which every byte of the file decodes: a prefix proves nothing."""
    with _open_binary(path) as file:
        try:
            start = file.read(2)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable("the compressed file is cut off or damaged") from error
    for encoding in (_BOMS[start],) if start in _BOMS else _ENCODINGS:
        if _decodes(path, encoding):
            return encoding
    raise Unreadable("the text is neither UTF-8, UTF-16 with a byte order mark, nor GB18030")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    try:
        with _open_binary(path) as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable("the compressed file is cut off or damaged") from error
    return True
