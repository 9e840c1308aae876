"""What is printed reaches the terminal in the terminal's own encoding: a sign that it lacks is replaced, never an error, never mojibake.

Python takes the names of files for text of the locale too. Under a locale in GBK a name in UTF-8 would become another one, and a
delivery another delivery: the program then starts once more with names in UTF-8, and keeps the terminal's encoding for what it prints.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import select
import sys
from typing import IO

from callback_survey.cli.language import shown

_HANDLER = "callback_survey_shown"
# Signs of ours, and what stands for them where they are missing
_INSTEAD = {
    "✔": ("√", "+"),
    "✘": ("×", "x"),
    "…": ("...",),
    "→": ("->",),
    "—": ("-",),
    "·": (".",),
    "−": ("-",),
    "▽": ("v",),
    "▼": ("V",),
    "≤": ("<=",),
    "≥": (">=",),
    "「": ('"',),
    "」": ('"',),
    "；": (";",),
    "：": (":",),
    "，": (",",),
}
_OF_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
_GB = re.compile(r"[^.@]*\.(gbk|gb2312|euccn|gb18030|cp936)(?:@.*)?", re.IGNORECASE)
_UTF_8 = "utf-8"
_lacking: set[str] = set()


def prepare() -> None:
    """Called once, by the command itself. Starts the process anew where file names would be read in another encoding than UTF-8."""
    if sys.getfilesystemencoding() != _UTF_8:
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "PYTHONUTF8": "1"})
    codecs.register_error(_HANDLER, _replace)
    encoding = None if "PYTHONIOENCODING" in os.environ else _encoding_of_locale()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding or stream.encoding, errors=_HANDLER)
    # what this process starts talks to it, not to the terminal
    os.environ.pop("PYTHONIOENCODING", None)
    os.environ["PYTHONUTF8"] = "1"


def is_read() -> bool:
    """Whether somebody is left at the other end of what is printed; a broken pipe may be one to another process."""
    ended = select.poll()
    try:
        ended.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # no file, as in another program
        return True
    return not ended.poll(0)


def drop(stream: IO[str]) -> None:
    """Nothing printed there from now on is written, not even what Python still holds as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell_what_was_lacking() -> None:
    """Say, at the end, that the terminal could not show everything, and what helps."""
    if not _lacking:
        return
    encoding = sys.stderr.encoding
    note = (
        f"the encoding of this terminal, {sys.stdout.encoding}, lacks {len(_lacking)} of the characters that were to be shown; "
        "each is a ? above. Set LANG=zh_CN.UTF-8, or write to a file with PYTHONIOENCODING=utf-8"
    )
    said = shown(note)
    try:
        said.encode(encoding)
    except UnicodeEncodeError:
        said = note
    print(said, file=sys.stderr)


def _encoding_of_locale() -> str | None:
    """The Chinese encoding that the locale names, also where the machine does not have that locale."""
    given = [value for name in _OF_LOCALE if (value := os.environ.get(name))]
    # Python itself puts this before the locale that it did not find
    named = next((value for value in given if value != "C.UTF-8"), "")
    match = _GB.fullmatch(named)
    if match is None:
        return None
    return "gb18030" if match[1].lower() == "gb18030" else "gbk"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacked = error.object[error.start : error.end]
    return "".join(_instead(character, error.encoding) for character in lacked), error.end


def _instead(character: str, encoding: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte of a file name that is no text
        return f"\\x{ord(character) - 0xDC00:02x}"
    for other in _INSTEAD.get(character, ()):
        try:
            other.encode(encoding)
        except UnicodeEncodeError:
            continue
        return other
    _lacking.add(character)
    return "?"
