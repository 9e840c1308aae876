"""How much a file may hold: a small file that unpacks to gigabytes, or claims a billion rows, ends as an error.

The limits are bytes, rows and characters, never time: they hold alike on every machine.
"""

from __future__ import annotations

# A quarter of a whole province unpacks to about a gigabyte.
MAXIMUM_UNPACKED_BYTES = 2 << 30
# What people export packs to a tenth or a thirtieth of its size; a bomb to a thousandth. Small files may be anything.
MAXIMUM_RATIO = 200
_HARMLESS_BYTES = 64 << 20
# A record has a number of its own, so it packs to some bytes: fewer bytes than records are one line, said again and again
_HARMLESS_RECORDS = 500_000
# So much text at once, and so much for each row: a survey's row is some hundred characters
_TEXT_AT_ONCE = 64 << 20
TEXT_OF_A_ROW = 10_000


def most_unpacked(packed_bytes: int) -> int:
    """The bytes that a packed file of this size may unpack to."""
    return min(MAXIMUM_UNPACKED_BYTES, max(_HARMLESS_BYTES, packed_bytes * MAXIMUM_RATIO))


def most_records(packed_bytes: int) -> int:
    """The records, or lines, that a file of this size may hold."""
    return max(_HARMLESS_RECORDS, packed_bytes)


def line_ends(block: bytes) -> int:
    """The ends of lines in a part of a text, in whichever of the three manners they are written. Cheap, and no less than there are."""
    return max(block.count(b"\n"), block.count(b"\r"))


def most_text(row_count: int) -> int:
    """The characters, or the bytes of a columnar file, that so many rows may hold together."""
    return _TEXT_AT_ONCE + row_count * TEXT_OF_A_ROW
