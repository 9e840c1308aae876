"""What a person or a company gives in words of their own: a note, a reason, a name, the number of a notice.

It is printed, drawn in charts and sent, and it stays for good. So all of it takes one form at the door: one paragraph of
characters that can be seen, not too long, without the number of a person.
"""

from __future__ import annotations

from callback_survey.cell_text import one_line, visible
from callback_survey.errors import UsageError
from callback_survey.privacy import holds_personal_number

MOST_CHARACTERS = 300
# of what stands in the heading of a notice, or under it
HEADING_CHARACTERS = 60
_SHOWN_CHARACTERS = 60


def paragraph(text: str) -> str:
    """The text as one paragraph: white space of every kind is one space, what cannot be seen is gone."""
    return " ".join(visible(text).split())


def fault_in(text: str, most: int = MOST_CHARACTERS) -> str | None:
    """Why a text that was given cannot be printed, None where it can."""
    # JSON and the command line can spell half a character, which no file can hold
    if not paragraph(text).isprintable() or any("\ud800" <= character <= "\udfff" for character in text):
        return "a character of it cannot be printed"
    length = len(paragraph(text))
    return f"it has {length} characters" if length > most else None


def given_text(
    field: str, value: str, *, most: int = MOST_CHARACTERS, is_required: bool = True, is_line: bool = False
) -> str:
    """The text of an option or a field, fit to be kept and printed.

    `field` is how the giver knows it (`--reason`). With `is_line` a line end within it is a mistake and no layout. Raises
    UsageError, which names the field; nothing was written.
    """
    text = paragraph(value)
    if not text and is_required:
        raise UsageError(f"{field} is empty", expected="a text that readers will understand")
    if holds_personal_number(text):
        raise UsageError(f"{field} contains a phone or identity number", next_step="leave the number out")
    fault = "it has more than one line" if is_line and len(value.strip().splitlines()) > 1 else fault_in(value, most)
    if fault is not None:
        shown = one_line(ascii(text) if not text.isprintable() else text)[:_SHOWN_CHARACTERS]
        raise UsageError(
            f"{field} cannot be printed: {fault}",
            where=f"{shown}…" if len(text) > _SHOWN_CHARACTERS else shown,
            expected=f"one paragraph of at most {most} characters that can be printed",
            next_step="give it again in that form",
        )
    return text
