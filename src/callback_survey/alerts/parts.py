"""A text in parts that fit into a service's message: cut at line ends, each with its number."""

from __future__ import annotations

from collections.abc import Callable

# " (12/34)"
_NUMBER_ROOM = 16
# Of a service with less room, as short messages have, a text does not get fifty: the record has it whole
_SMALL_ROOM, _MOST_SMALL = 300, 4


def numbered(title: str, body: str, room: int, size: Callable[[str], int] = len) -> list[tuple[str, str]]:
    """Title and body of each part; `room` is what title and body may take together, measured by `size`.

    A part begins where the one before it ended, whatever follows: a text that only grew at its end has the same first
    parts, so those that a receiver has taken need not be said again. In little room the title is cut to half of it, and what
    four parts do not hold is left out.
    """
    if size(title) > room // 2:
        title = _pieces(title, room // 2 - 1, size)[0] + "…"
    bodies = _cut(body, room - size(title) - _NUMBER_ROOM, size)
    if room < _SMALL_ROOM and len(bodies) > _MOST_SMALL:
        last = _pieces(bodies[_MOST_SMALL - 1], room - size(title) - _NUMBER_ROOM - 1, size)[0]
        bodies = [*bodies[: _MOST_SMALL - 1], f"{last}…"]
    if len(bodies) == 1:
        return [(title, body)]
    return [(f"{title} ({number}/{len(bodies)})", part) for number, part in enumerate(bodies, start=1)]


def _cut(text: str, room: int, size: Callable[[str], int]) -> list[str]:
    parts: list[str] = []
    for line in text.split("\n"):
        if parts and size(joined := f"{parts[-1]}\n{line}") <= room:
            parts[-1] = joined
        else:
            parts += _pieces(line, room, size)
    return parts


def _pieces(line: str, room: int, size: Callable[[str], int]) -> list[str]:
    """A line in pieces, never cut inside a character."""
    pieces, start, used = [], 0, 0
    for at, character in enumerate(line):
        wide = size(character)
        if used + wide > room and at > start:
            pieces.append(line[start:at])
            start, used = at, 0
        used += wide
    return [*pieces, line[start:]]
