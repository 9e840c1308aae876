"""Text for a terminal whose readers read Chinese: columns that line up, lines that end between names and not inside one.

A Chinese character takes two cells, so nothing here counts characters. Characters of ambiguous width (— · … “ ”) are one
cell by Unicode, and two in a terminal that is set up for the old Chinese encodings; hence what we put into a column
ourselves is never one of them. Elsewhere than on a terminal no line is folded: programs and `grep` get it whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from callback_survey.cli import streams
from callback_survey.cli.language import chosen, shown, to_copy

Align = Literal["left", "right"]
Cell = str | Text

NOTHING = "-"
# What a file sent to us may hold, and a terminal would obey: control characters, and those that turn the direction.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_HANG = 2
_UNDER_ROW = 4
_NARROWEST = 30
# Where a line may end: behind spaces and behind the punctuation between names. A command is copied, so it stays whole;
# so do a Chinese word and the number that belongs to it.
_COMMAND = r"callback-survey(?: [a-z][a-z-]*){0,2}(?: --[a-z-]+(?: (?!--)[^\s，；。：、]+)?)*"
_COUNTED = r"(?<=[\u2e80-\u9fff）]) (?=[0-9+±-])"
_PIECE = re.compile(rf"(?:{_COMMAND}|{_COUNTED}|[^\s、，；。：！？])*(?:[、，；。：！？]+\s*|\s+|$)")


@dataclass(frozen=True)
class Column:
    """A column of a table. The one that is `free` gives way where the terminal is too narrow."""

    title: str
    align: Align = "left"
    is_free: bool = False


def pad(text: Cell, width: int, align: Align = "left") -> Text:
    """The text in so many cells; a longer one stays as it is."""
    padded = _one_line(text)
    missing = " " * (width - padded.cell_len)
    return Text.assemble(missing, padded) if align == "right" else Text.assemble(padded, missing)


def fold(text: str, width: int, hang: int) -> list[int]:
    """Where to break a text so that its lines fit, those after the first behind `hang` cells. Gives offsets.

    A piece that is longer than a line, such as a path, is left to the terminal, which does not change what is copied.
    """
    breaks, used, start = [], 0, 0
    for match in _PIECE.finditer(text):
        piece, wide = match[0], cell_len(match[0].rstrip())
        if piece and used + wide > width and text[start : match.start()].strip():
            breaks.append(match.start())
            used, start = hang, match.start()
        used += cell_len(piece)
    return breaks


class _Console(Console):
    """Where nobody reads any more, as behind `| head`, the command goes on unheard: a run is not for who looks on."""

    def on_broken_pipe(self) -> None:
        streams.drop(self.file)


def open_console(stream: TextIO | None = None) -> Console:
    """Standard output or another stream, in the width of its terminal; elsewhere nothing depends on a width."""
    stream = stream or sys.stdout
    return _Console(file=stream, highlight=False, width=None if stream.isatty() else 100)


def say(console: Console, text: Cell = "", *, hang: int | None = None) -> None:
    """Print a line, or several; on a terminal folded, with the following lines `hang` cells in (default: two more)."""
    whole = in_language(text if isinstance(text, Text) else Text(_CONTROLS.sub(" ", text)))
    for line in whole.split("\n", allow_blank=True):
        indent = len(line.plain) - len(line.plain.lstrip())
        for part in _folded(console, line, indent + _HANG if hang is None else hang):
            console.print(part, soft_wrap=True)


def in_language(text: Text) -> Text:
    """The text in the language that is chosen. Each stretch of one style is a message of its own."""
    if chosen() == "en" and to_copy(text.plain) == text.plain:
        return text
    edges = sorted({edge for span in text.spans for edge in (span.start, span.end)} - {0, len(text)})
    parts = [(shown(part.plain), part.spans[0].style if part.spans else part.style) for part in text.divide(edges)]
    return Text.assemble(*parts, style=text.style)


def _folded(console: Console, line: Text, hang: int) -> Iterator[Text]:
    if not console.is_terminal or console.width < _NARROWEST:
        yield line
        return
    first, *others = line.divide(fold(line.plain, console.width, hang))
    yield _stripped(first)
    for part in others:
        yield Text.assemble(" " * hang, _stripped(part))


def show_table(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """A heading and rows in columns. What does not fit into the free column gets a line of its own: nothing is cut."""
    lines: list[list[Cell]] = [
        [shown(column.title) for column in columns],
        *(list[Cell](in_language(_one_line(cell)) for cell in row) for row in rows),
    ]
    wide = [max(_cells(line[index]) for line in lines) for index in range(len(columns))]
    free = next((index for index, column in enumerate(columns) if column.is_free), None)
    gap = 2
    if console.is_terminal and free is not None:
        others = sum(wide) - wide[free]
        while gap > 1 and others + gap * (len(columns) - 1) + _cells(lines[0][free]) > console.width:
            gap -= 1
        room = console.width - others - gap * (len(columns) - 1)
        wide[free] = max((width for line in lines if (width := _cells(line[free])) <= room), default=0)
    for line in lines:
        _show_row(console, columns, line, wide, gap)


def _show_row(
    console: Console, columns: Sequence[Column], cells: Sequence[Cell], wide: Sequence[int], gap: int
) -> None:
    shown, beneath = list(cells), None
    for index, column in enumerate(columns):
        if column.is_free and _cells(cells[index]) > wide[index]:
            shown[index] = ""
            if index == 0:
                say(console, _one_line(cells[index]))
            else:
                beneath = Text.assemble(" " * _UNDER_ROW, _one_line(cells[index]))
    padded = [pad(cell, width, column.align) for cell, width, column in zip(shown, wide, columns, strict=True)]
    console.print(_stripped(Text(" " * gap).join(padded)), soft_wrap=True)
    if beneath is not None:
        say(console, beneath, hang=_UNDER_ROW)


def _one_line(cell: Cell) -> Text:
    return cell.copy() if isinstance(cell, Text) else Text(" ".join(_CONTROLS.sub(" ", cell).split("\n")))


def _cells(cell: Cell) -> int:
    return _one_line(cell).cell_len


def _stripped(text: Text) -> Text:
    stripped = text.copy()
    stripped.rstrip()
    return stripped
