"""Bytes to text: in which encoding every byte of a file is a character, and where the one stands that is none."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from callback_survey.deliveries import limits
from callback_survey.deliveries.table import Unreadable

DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
# GBK as Windows has it: with the sign € at 0x80, which GB18030 leaves out.
WINDOWS_GBK = "cp936"
# Tried in this order over the whole file: GB18030 accepts most bytes, so it comes after UTF-8.
_ENCODINGS = ("utf-8-sig", "gb18030", WINDOWS_GBK)
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# before those of two bytes: the first begins like one of them
_LONG_BOMS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"}
_GZIP = b"\x1f\x8b"
_START_BYTES = 4096
_BLOCK_BYTES = 1 << 20
# Longer than any line that is read, in the bytes of UTF-8
_LONGEST_LINE_BYTES = 4 << 20
# So many characters beyond ASCII that happen to be UTF-8 are UTF-8: bytes of GBK hardly ever are by chance.
_SURELY_UTF_8 = 8


def _euro(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error("callback_survey_euro", _euro)


@dataclass(frozen=True)
class _Misfit:
    """The first byte that is no character of an encoding, and how many characters beyond ASCII stand before it."""

    encoding: str
    offset: int
    value: int
    line: int
    column: int
    foreign_count: int


def detect_encoding(path: Path) -> str:
    """The first encoding in which every byte of the file decodes: a prefix proves nothing.

    Raises Unreadable with the place of the byte that is none, in the encoding that reads furthest.
    """
    try:
        with open_binary(path) as file:
            start = file.read(_START_BYTES)
        misfits = []
        for encoding in encodings_of(start):
            if (misfit := _misfit(path, encoding)) is None:
                return encoding
            misfits.append(misfit)
            if encoding == "utf-8-sig" and (start.startswith(codecs.BOM_UTF8) or misfit.foreign_count >= _SURELY_UTF_8):
                break
    except DAMAGED as error:
        raise Unreadable("the compressed file is cut off or damaged") from error
    worst = max(misfits, key=lambda misfit: misfit.offset)
    name = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", WINDOWS_GBK: "GB18030"}.get(
        worst.encoding, worst.encoding.upper()[:6]
    )
    raise Unreadable(
        f"line {worst.line}, column {worst.column} (offset {worst.offset}): the byte 0x{worst.value:02X} is no character of {name}; "
        "expected a text in UTF-8, UTF-16 or GB18030"
    )


def start_as_text(start: bytes) -> str | None:
    """The first bytes of a file as text, without a character that they cut in two; None where they are no text."""
    for encoding in encodings_of(start):
        try:
            return _decoder(encoding).decode(start)
        except UnicodeDecodeError:
            continue
    return None


def encodings_of(start: bytes) -> Sequence[str]:
    """The encodings that a text which begins so may have, the likeliest first."""
    if start[:4] in _LONG_BOMS:
        return [_LONG_BOMS[start[:4]]]
    if start[:2] in _BOMS:
        return [_BOMS[start[:2]]]
    # ASCII characters in UTF-16 bring a zero byte each: in the odd places when the low byte comes first
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if max(odd, even) > len(start) // 20:
        return ["utf-16-le" if odd > even else "utf-16-be"]
    return _ENCODINGS


def decode(data: bytes) -> str:
    """A small text whole, without a byte order mark. Raises ValueError where it is in none of the encodings."""
    for encoding in encodings_of(data[:_START_BYTES]):
        try:
            return _decoder(encoding).decode(data, final=True).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise ValueError("the text is neither UTF-8, UTF-16 nor GB18030")


def open_text_file(path: Path, encoding: str) -> io.TextIOWrapper:
    """The text of a file, line ends as they are; unpacked where it is compressed."""
    codec, errors = _codec(encoding)
    return io.TextIOWrapper(open_binary(path), encoding=codec, errors=errors, newline="")


def whole_lines(path: Path, encoding: str, first: int) -> Iterator[bytes]:
    """The text of a file as UTF-8, without a byte order mark, in blocks that end where a line does, as far as lines end at all:
    the first one of about `first` bytes, the others of a megabyte."""
    rest = b""
    for part in _parts(path, encoding, first):
        rest += part
        # a line end of the old kind may be half of another one where nothing follows it yet
        end = rest.rfind(b"\n") + 1 or rest.rfind(b"\r", 0, -1) + 1
        if end == 0 and len(rest) < _LONGEST_LINE_BYTES:
            continue
        yield rest[: end or len(rest)]
        rest = rest[end:] if end else b""
    if rest:
        yield rest


def _parts(path: Path, encoding: str, first: int) -> Iterator[bytes]:
    if encoding == "utf-8-sig":
        with open_binary(path) as file:
            yield file.read(first).removeprefix(codecs.BOM_UTF8)
            while part := file.read(_BLOCK_BYTES):
                yield part
        return
    with open_text_file(path, encoding) as text:
        yield text.read(first).encode()
        # a Chinese character has three bytes, and most of a table is ASCII
        while characters := text.read(_BLOCK_BYTES // 2):
            yield characters.encode()


def open_binary(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked where it begins like a compressed one, whatever its name."""
    file = path.open("rb")
    if file.read(2) == _GZIP:
        file.close()
        return cast(BinaryIO, gzip.open(path, "rb"))
    file.seek(0)
    return file


def _codec(encoding: str) -> tuple[str, str]:
    return ("gb18030", "callback_survey_euro") if encoding == WINDOWS_GBK else (encoding, "strict")


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    codec, errors = _codec(encoding)
    # the mark at the start is then a character, and the bytes before an error are all counted
    return codecs.getincrementaldecoder("utf-8" if codec == "utf-8-sig" else codec)(errors=errors)


def _misfit(path: Path, encoding: str) -> _Misfit | None:
    decoder = _decoder(encoding)
    read = 0
    try:
        for block in _blocks(path):
            decoder.decode(block)
            read += len(block)
        block = b""
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # what the decoder had kept of the block before stands at the front of what it could not read
        offset = read - (len(error.object) - len(block)) + error.start
        return _located(path, encoding, offset, error.object[error.start])
    return None


def _located(path: Path, encoding: str, offset: int, value: int) -> _Misfit:
    decoder = io.IncrementalNewlineDecoder(_decoder(encoding), translate=True)
    left, line, column, foreign = offset, 1, 1, 0
    for block in _blocks(path):
        text = decoder.decode(block[:left], final=left <= len(block)).removeprefix("\ufeff")
        ends = text.count("\n")
        line += ends
        column = len(text) - text.rfind("\n") if ends else column + len(text)
        foreign += len(text) - len(text.encode("ascii", "ignore"))
        left -= len(block)
        if left <= 0:
            break
    return _Misfit(encoding, offset, value, line, column, foreign)


def _blocks(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    unpacked, limit = 0, limits.most_unpacked(size)
    lines, most_lines = 0, limits.most_records(size)
    with open_binary(path) as file:
        while block := file.read(_BLOCK_BYTES):
            unpacked += len(block)
            if unpacked > limit:
                raise Unreadable(f"the file unpacks to more than {limit >> 20} MB")
            lines += limits.line_ends(block)
            if lines > most_lines:
                raise Unreadable(f"the file unpacks to more than {most_lines} lines, one for each of its bytes")
            yield block
