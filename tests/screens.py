"""A terminal of a given width, as a person sees it: what was printed goes through an emulator with widths of its own."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import termios
from dataclasses import dataclass

import pyte
from rich.console import Console

_LINES = 2000


@dataclass(frozen=True)
class Screen:
    """The lines of a screen, cell by cell: a wide character is followed by an empty cell."""

    cells: tuple[tuple[str, ...], ...]

    @property
    def lines(self) -> list[str]:
        return ["".join(line).rstrip() for line in self.cells]


def ends_of(line: tuple[str, ...]) -> list[int]:
    """The cells in which the runs of text end; runs are two spaces apart."""
    padded = (*line, " ", " ")
    return [at for at in range(len(line)) if padded[at] != " " and padded[at + 1 : at + 3] == (" ", " ")]


def emulate(printed: bytes, columns: int) -> Screen:
    screen = pyte.Screen(columns, _LINES)
    pyte.ByteStream(screen).feed(printed)
    found = [tuple(screen.buffer[row][column].data for column in range(columns)) for row in range(screen.cursor.y + 1)]
    return Screen(tuple(found))


class Terminal:
    """A console whose output is looked at on a screen of so many columns."""

    def __init__(self, columns: int) -> None:
        self._columns, self._text = columns, io.StringIO()
        self.console = Console(
            file=self._text, force_terminal=True, width=columns, highlight=False, legacy_windows=False
        )

    @property
    def printed(self) -> str:
        return self._text.getvalue()

    def screen(self) -> Screen:
        return emulate(self.printed.replace("\n", "\r\n").encode(), self._columns)


def run_on_terminal(command: list[str], columns: int, environment: dict[str, str]) -> Screen:
    """A command with all its streams on a terminal of so many columns, in a process of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    variables = {name: value for name, value in environment.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**variables, "TERM": "xterm"}, start_new_session=True
    )
    os.close(theirs)
    printed = b""
    try:
        while block := _read(ours):
            printed += block
    finally:
        os.close(ours)
        process.wait(timeout=60)
    return emulate(printed, columns)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed: the command has ended
        return b""
