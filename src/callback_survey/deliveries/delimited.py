"""CSV and its relatives: bytes to text to rows. Python's csv module tokenises: it gives exact line numbers and keeps a
row with a missing or an extra field apart, where faster readers drop or repair it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, cast

from callback_survey.deliveries import headers
from callback_survey.deliveries.table import HEADER_SEARCH_ROWS, Row, Table, Unreadable, find_table

MAXIMUM_LINE_CHARACTERS = 1_000_000
# Gigabytes of line ends fit into a small compressed file and would take hours to go through.
MAXIMUM_BLANK_LINES = 1_000_000
# A quarter of a whole province unpacks to about a gigabyte; a bomb unpacks to a thousand times its size.
MAXIMUM_UNPACKED_BYTES = 4 << 30
# Spaces: two or more part columns that are lined up; a single one parts columns where none is blank. Two come first.
_ALIGNED = "  "
DELIMITERS = (",", "\t", ";", "|", _ALIGNED, " ")
_CELLS_OF_A_TABLE = 4
_ALIGNED_GAP = re.compile(r"\s{2,}")
_SPACE_IN_A_MOMENT = re.compile(r"(?<=[0-9日]) (?=[0-9]{1,2}[:时点])")
# the line that printed tables draw below their header
_RULE = re.compile(r"[-+=|: ]*")
# Tried in this order over the whole file: GB18030 accepts most bytes, so it comes last.
_ENCODINGS = ("utf-8-sig", "gb18030")
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GZIP = b"\x1f\x8b"
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def open_text(path: Path, name: str, datasets: Sequence[str]) -> Table:
    """The table in a text (its cells apart by one of DELIMITERS; `.gz` too). Raises Unreadable or HeaderNotRecognised."""
    encoding = detect_encoding(path)
    delimiter = max(DELIMITERS, key=lambda candidate: _header_score(path, encoding, candidate, datasets))
    table = find_table(name, partial(read_rows, path, encoding, delimiter), encoding=encoding, datasets=datasets)
    # between spaces a blank cell cannot be seen: a short row may lack any of its cells
    return replace(table, fills_short_rows=not delimiter.isspace() or delimiter == "\t")


def _header_score(path: Path, encoding: str, delimiter: str, datasets: Sequence[str]) -> int:
    try:
        first = list(itertools.islice(read_rows(path, encoding, delimiter), HEADER_SEARCH_ROWS))
    except Unreadable:  # another delimiter may read it; if none does, the first one's error is told
        return 0
    return max((headers.count_recognised(dataset, cells) for dataset in datasets for _, cells in first), default=0)


def read_rows(path: Path, encoding: str, delimiter: str, *, quoting: bool = True) -> Iterator[Row]:
    """Each record with the line it starts on; blank lines are no records. Without `quoting` a quote is a character."""
    csv.field_size_limit(MAXIMUM_LINE_CHARACTERS)
    with open_text_file(path, encoding) as text:
        # `strict`: a quote left open is an error, not a cell that swallows the rest of the file
        style: Literal[0, 3] = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
        lines = _lines(text) if delimiter.strip(" ") else _spaced(_lines(text), delimiter)
        reader = csv.reader(lines, strict=True, delimiter=delimiter[0], quoting=style)
        starts_on, blank_lines = 1, 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise Unreadable(f"line {reader.line_num}: {error}") from error
            except _DAMAGED as error:
                raise Unreadable(f"the compressed file is cut off or damaged after line {reader.line_num}") from error
            if cells is None:
                return
            is_rule = delimiter == "|" and _RULE.fullmatch("".join(cells)) is not None
            if not is_rule and any(cell.strip() for cell in cells):
                yield starts_on, cells
                blank_lines = 0
            elif (blank_lines := blank_lines + 1) > MAXIMUM_BLANK_LINES:
                raise Unreadable(f"line {reader.line_num}: more than {MAXIMUM_BLANK_LINES} blank lines in a row")
            starts_on = reader.line_num + 1


def detect_encoding(path: Path) -> str:
    """The first encoding in which every byte of the file decodes: a prefix proves nothing."""
    try:
        with open_binary(path) as file:
            start = file.read(4096)
    except _DAMAGED as error:
        raise Unreadable("the compressed file is cut off or damaged") from error
    for encoding in encodings_of(start):
        if _decodes(path, encoding):
            return encoding
    raise Unreadable("the text is neither UTF-8, UTF-16 nor GB18030")


def start_as_text(start: bytes) -> str | None:
    """The first bytes of a file as text, without a character that they cut in two; None where they are no text."""
    for encoding in encodings_of(start):
        decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
        try:
            return decoder.decode(start)
        except UnicodeDecodeError:
            continue
    return None


def encodings_of(start: bytes) -> Sequence[str]:
    """The encodings that a text which begins so may have, the likeliest first."""
    if start[:2] in _BOMS:
        return [_BOMS[start[:2]]]
    # ASCII characters in UTF-16 bring a zero byte each: in the odd places when the low byte comes first
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if max(odd, even) > len(start) // 20:
        return ["utf-16-le" if odd > even else "utf-16-be"]
    return _ENCODINGS


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    unpacked = 0
    try:
        with open_binary(path) as file:
            while block := file.read(1 << 20):
                unpacked += len(block)
                if unpacked > MAXIMUM_UNPACKED_BYTES:
                    raise Unreadable(f"the file unpacks to more than {MAXIMUM_UNPACKED_BYTES >> 30} GB")
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except _DAMAGED as error:
        raise Unreadable("the compressed file is cut off or damaged") from error
    return True


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of a bounded length: a file without line ends must not become one string."""
    while line := text.readline(MAXIMUM_LINE_CHARACTERS):
        if len(line) == MAXIMUM_LINE_CHARACTERS:
            raise csv.Error(f"longer than {MAXIMUM_LINE_CHARACTERS} characters")
        yield line


def _spaced(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    """Lines in which one space parts two cells, and none stands between a day and its time."""
    for line in lines:
        line = _SPACE_IN_A_MOMENT.sub("\u00a0", line)
        if delimiter == _ALIGNED:
            cells = _ALIGNED_GAP.split(line.strip())
            line = " ".join(cell.replace(" ", "\u00a0") for cell in cells) + "\n"
        yield line


def looks_tabular(path: Path) -> bool:
    """Whether most of a text's first lines have one and the same number of cells, four or more: a table, header or not."""
    encoding = detect_encoding(path)
    for delimiter in DELIMITERS[:4]:
        try:
            widths = [
                len(cells) for _, cells in itertools.islice(read_rows(path, encoding, delimiter), HEADER_SEARCH_ROWS)
            ]
        except Unreadable:
            return True
        most = max(set(widths), key=widths.count, default=0)
        if most >= _CELLS_OF_A_TABLE and widths.count(most) > max(1, len(widths) // 2):
            return True
    return False


def open_text_file(path: Path, encoding: str) -> io.TextIOWrapper:
    """The text of a file, line ends as they are; unpacked where it is compressed."""
    return io.TextIOWrapper(open_binary(path), encoding=encoding, errors="strict", newline="")


def open_binary(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked where it begins like a compressed one, whatever its name."""
    file = path.open("rb")
    if file.read(2) == _GZIP:
        file.close()
        return cast(BinaryIO, gzip.open(path, "rb"))
    file.seek(0)
    return file
