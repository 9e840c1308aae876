"""What data say, made fit to stand in a sentence of ours: a cell stays within its line and looks like what it is.

A delivered name may hold a line feed and a line of its own making, an escape sequence that repaints a terminal, or marks
that turn the reading direction. In an alert, a log or a table such a cell would pass for a line that we wrote.
"""

from __future__ import annotations

import re
import unicodedata

CELL_CHARACTERS = 80
# Drawn as nothing at all, though Unicode calls them letters, marks or symbols: fillers, joiners, variation selectors.
_BLANK = (
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
_LINE_ENDS = re.compile("[\t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")
# Nearly every text is free of them, and this is asked of every text.
_PLAIN = re.compile(r"[ -~\u2010-\u2027\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e]*")


def cell_text(value: str, limit: int = CELL_CHARACTERS) -> str:
    """A cell as one short stretch of visible text: white space is one space, what cannot be seen is gone."""
    text = " ".join(visible(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str) -> str:
    """A line of ours that quotes data: its own spaces stay, a line break or tab in it becomes a space."""
    return text if _PLAIN.fullmatch(text) else _LINE_ENDS.sub(" ", visible(text))


def visible(text: str) -> str:
    """Without control characters, bidi controls and other invisible ones; white space of every kind is kept."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        character
        for character in text
        if character.isspace()
        or not (unicodedata.category(character) in ("Cc", "Cf", "Cs") or ord(character) in _BLANK)
    )
