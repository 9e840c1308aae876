"""Measures of a notice on paper, by GB/T 9704-2012: a text block of 156 by 225 mm, 22 lines of 28 characters."""

from __future__ import annotations

from unicodedata import east_asian_width

BLOCK_POINTS = 442.2  # 156 mm
CHARACTERS_A_LINE = 28
# of the 16 points of a character, where 28 stand in a line
SET_SHARE = BLOCK_POINTS / CHARACTERS_A_LINE / 16
_MOST_LETTERHEAD_POINTS, _LETTERHEAD_SHARE = 42.0, 0.98
# a signature's date ends four characters from the right; a long office name moves the whole to the right
_SIGNATURE_INDENT = 4


def ems(text: str) -> float:
    """The width of a text in characters of its own size; Latin letters and figures take half of one. Quotes are Chinese."""
    return sum(1.0 if east_asian_width(character) in "WFA" else 0.5 for character in text)


def letterhead_points(issuer: str) -> float:
    """The size of the letters of a letterhead that stands on one line, however long the office's name is."""
    fitting = BLOCK_POINTS * _LETTERHEAD_SHARE / max(ems(issuer), 1)
    return round(min(_MOST_LETTERHEAD_POINTS, fitting), 1)


def signature_characters(*lines: str) -> tuple[float, float]:
    """The width of the lines of a signature, which are centred above each other, and the space to the right of them, in characters."""
    width = min(max(ems(line) for line in lines), CHARACTERS_A_LINE)
    return width, max(0.0, min(float(_SIGNATURE_INDENT), CHARACTERS_A_LINE - width))
