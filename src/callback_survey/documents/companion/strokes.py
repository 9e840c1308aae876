"""What charts without a chart library are drawn of: lines, words and the signs of the flags, as SVG."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import east_asian_width

from markupsafe import escape

from callback_survey.documents.companion.look import ALARM, FONT, INK, INTERVAL, QUIET
from callback_survey.documents.companion.model import Flag

# of the average, where it is not the subject
PALE = "#9a9a9a"


def sign(x: float, y: float, flag: Flag, size: float = 4.5) -> str:
    """The mark of a flag, in the shape and filling of the large chart."""
    shapes = {
        Flag.TOO_FEW: f"M{x - size},{y}H{x + size}M{x},{y - size}V{y + size}",
        Flag.BELOW: f"M{x - size * 0.8:.1f},{y - size * 0.8:.1f}h{size * 1.6:.1f}v{size * 1.6:.1f}h-{size * 1.6:.1f}z",
        Flag.BELOW_BEYOND_CHANCE: _triangle(x, y, size),
        Flag.BELOW_SUPERPOPULATION: _triangle(x, y, size),
        Flag.ABOVE_BEYOND_CHANCE: _triangle(x, y, -size),
    }
    if flag not in shapes:
        return f'<circle cx="{x}" cy="{y}" r="{size * 0.85:.1f}" fill="#fff" stroke="{QUIET}" stroke-width="1.5"/>'
    is_alarm = flag in (Flag.BELOW_BEYOND_CHANCE, Flag.BELOW_SUPERPOPULATION)
    colour = ALARM if is_alarm else INTERVAL if flag is Flag.TOO_FEW else INK
    fill = ALARM if flag is Flag.BELOW_SUPERPOPULATION else "#fff"
    return f'<path d="{shapes[flag]}" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'


def _triangle(x: float, y: float, size: float) -> str:
    """Pointing down; up where `size` is negative."""
    return f"M{x - abs(size):.1f},{y - size * 0.7:.1f}h{abs(size) * 2:.1f}L{x},{y + size:.1f}z"


def joined(points: Iterable[tuple[float, float]], colour: str, width: float, dash: str = "") -> str:
    path = "L".join(f"{x},{y}" for x, y in points)
    look = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{path}" stroke="{colour}" stroke-width="{width}" fill="none"{look}/>' if "L" in path else ""


def line(x: float, top: float, bottom: float, *, width: float = 1.1, dash: str = "") -> str:
    look = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{x},{top}V{bottom}" stroke="{INK}" stroke-width="{width}"{look}/>'


def has_room(x: float, said: str, most: float, *, size: float = 10, aside: float) -> bool:
    """Whether a label fits beside the line at `x` of a chart that is `most` wide: right of it, or left for a negative `aside`."""
    end = x + aside + (units(said) * size if aside > 0 else -units(said) * size)
    return 0 <= end <= most


def above(
    x: float,
    y: float,
    said: str,
    most: float,
    *,
    size: float = 10,
    colour: str = INK,
    weight: int = 400,
) -> str:
    """A label over a line of a chart that is `most` wide, moved to where there is room for it."""
    width = units(said) * size
    anchor = "start" if x - width / 2 < 0 else "end" if x + width / 2 > most else "middle"
    return text(x, y, said, size=size, anchor=anchor, colour=colour, weight=weight)


def text(
    x: float,
    y: float,
    said: str,
    *,
    size: float = 10,
    anchor: str = "middle",
    colour: str = INK,
    weight: int = 400,
) -> str:
    look = f'x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}"' + (
        f' font-weight="{weight}"' if weight != 400 else ""
    )
    return f'<text {look} fill="{colour}">{escape(said)}</text>'


def units(said: str) -> float:
    return sum(1 if east_asian_width(character) in "WFA" else 0.56 for character in said)


def svg(width: float, height: float, drawn: Iterable[str]) -> str:
    """A chart of parts, as wide as its page makes it."""
    # a page's own font does not reach into a chart everywhere
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="{FONT}">{"".join(drawn)}</svg>'
