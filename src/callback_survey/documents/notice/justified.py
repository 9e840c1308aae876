"""Chinese lines that end where the text block does.

WeasyPrint justifies at spaces only, and Chinese has none. So what it has laid out is gone through once more: the space that is left at
the end of a line is given to its characters, as printers do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# a line that lacks more than this has no neighbour to take from: it was broken on purpose
_MOST_CHARACTERS = 5.0


def justify(document: Any) -> None:
    """Give the lines of every paragraph (element p that begins at the left) the full width, but its last one."""
    paragraphs: dict[int, list[tuple[Any, float]]] = {}
    for page in document.pages:
        for block in _paragraphs(page._page_box):
            lines = [(line, block.position_x + block.width) for line in block.children if _is_line(line)]
            # a paragraph that goes on over the page has one element and two boxes
            paragraphs.setdefault(id(block.element), []).extend(lines)
    for lines in paragraphs.values():
        for line, end in lines[:-1]:
            _spread(line, end)


def _paragraphs(box: Any) -> Iterator[Any]:
    children = [getattr(child, "_box", child) for child in getattr(box, "children", ())]
    if getattr(box, "element_tag", None) == "p" and any(map(_is_line, children)):
        if box.style["text_align_all"] in ("start", "left"):
            yield box
        return
    for child in children:
        yield from _paragraphs(child)


def _is_line(box: Any) -> bool:
    return type(box).__name__ == "LineBox"


def _spread(line: Any, end: float) -> None:
    texts = [box for box in _texts(line) if box.text.strip()]
    gaps = sum(len(box.text) for box in texts) - 1
    if gaps < 1:
        return
    left = end - (texts[-1].position_x + texts[-1].width)
    if not 0 < left < _MOST_CHARACTERS * texts[0].style["font_size"]:
        return
    each = left / gaps
    shift = 0.0
    for box in texts:
        box.position_x += shift
        box.style = box.style.copy()
        spacing = box.style["letter_spacing"]
        box.style["letter_spacing"] = (0 if spacing == "normal" else spacing) + each
        box.width += each * len(box.text)
        shift += each * len(box.text)


def _texts(box: Any) -> Iterator[Any]:
    if hasattr(box, "text") and hasattr(box, "pango_layout"):
        yield box
    for child in getattr(box, "children", ()):
        yield from _texts(child)
