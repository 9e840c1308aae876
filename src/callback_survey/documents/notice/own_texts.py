"""What a district says in every notice, given once: `notices.toml` beside its registers."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from callback_survey.documents.notice.heading import ADDRESSEES, Heading
from callback_survey.documents.notice.texts import FORMS, LINE_BREAK, NONE, PLACEHOLDERS, Texts, strangers
from callback_survey.errors import RegisterError, UsageError
from callback_survey.given_text import HEADING_CHARACTERS, MOST_CHARACTERS, given_text
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope

FILE = "notices.toml"
_TITLE_CHARACTERS = 80
_FIELD = "<field>"


@dataclass(frozen=True)
class OwnTexts:
    """`issuer` is the office that issues (empty: given with each notice), `addressees` whom a notice is addressed to."""

    issuer: str = ""
    addressees: str = ADDRESSEES
    texts: Texts = NONE

    @property
    def heading(self) -> Heading:
        """The heading of a draft."""
        return Heading(issuer=self.issuer, addressees=self.addressees, texts=self.texts)


@dataclass(frozen=True)
class Entry:
    """An entry of the file: it holds for the region from the quarter `since` on, and until `until` where there is one."""

    region_code: str
    since: str
    until: str | None
    given: Mapping[str, Any]

    @property
    def own(self) -> OwnTexts:
        names = {field.name for field in fields(Texts)}
        said = {name: value for name, value in self.given.items() if name in names}
        heading = {name: value for name, value in self.given.items() if name in ("issuer", "addressees")}
        return OwnTexts(**heading, texts=Texts(**said))

    def holds(self, scope: Scope) -> bool:
        return self.region_code == scope.region_code and self.since <= scope.quarter <= (self.until or scope.quarter)


class _Fault(ValueError):
    """What is wrong with the value of a field, in words."""


def own_texts(file: Path | None, scope: Scope) -> OwnTexts:
    """The texts of the region that hold in the quarter, those of the entry that began last. Raises RegisterError where the file,
    which need not be there, cannot be understood."""
    held = [entry for entry in read(file) if entry.holds(scope)]
    return max(held, key=lambda entry: entry.since).own if held else OwnTexts()


def read(file: Path | None) -> list[Entry]:
    """All entries. Raises RegisterError, which names the entry and the field."""
    if file is None or not file.is_file():
        return []
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # the parser's own words are no Chinese
        place = re.search(r"line (\d+), column (\d+)", str(error))
        raise _refused(
            file, f"it is no TOML: line {place[1]}, column {place[2]}" if place else "it is no TOML in UTF-8"
        ) from error
    found = document.get("notice", [])
    if document.keys() - {"notice"} or not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _refused(file, "expected entries that begin with [[notice]], and nothing else")
    entries = [_entry(file, number, given) for number, given in enumerate(found, 1)]
    keys = [(entry.region_code, entry.since) for entry in entries]
    for number, key in enumerate(keys, 1):
        if key in keys[: number - 1]:
            raise _refused(file, f"entry {number}: {key[0]} has an entry since {key[1]} already")
    return entries


def _entry(file: Path, number: int, given: Mapping[str, Any]) -> Entry:
    for name in given:
        if name not in _KNOWN:
            nearest = difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.5)
            raise _refused(
                file,
                f"entry {number}: unknown field {name}; nearest: {nearest[0]}"
                if nearest
                else f"entry {number}: unknown field {name}; known are {', '.join(_KNOWN)}",
            )
    values: dict[str, Any] = {}
    for name, judge in _KNOWN.items():
        if name not in given and name not in ("region_code", "since"):
            continue
        try:
            values[name] = judge(given.get(name, ""))
        except _Fault as fault:
            raise _refused(file, f"entry {number}, {name}: {fault}") from None
        except UsageError as error:
            raise _refused(file, f"entry {number}: {error.what.replace(_FIELD, name, 1)}") from None
    region_code, since, until = values.pop("region_code"), values.pop("since"), values.pop("until", None)
    if until is not None and until < since:
        raise _refused(file, f"entry {number}: until is before since")
    if (day := values.get("printed_on")) is not None:
        if until != since:
            raise _refused(file, f"entry {number}: printed_on is for one notice; give the entry until = its since")
        if day <= Quarter.parse(since).last_day:
            raise _refused(file, f"entry {number}: printed_on is not after the end of {since}")
    # an empty text is none: what would be said without it holds
    return Entry(region_code, since, until, {name: value for name, value in values.items() if value not in ("", ())})


def _region(value: Any) -> str:
    if not isinstance(value, str) or re.fullmatch("[0-9]{6}", value) is None:
        raise _Fault("not six digits in quotes")
    return value


def _quarter(value: Any) -> str:
    if not Quarter.is_written(value):
        raise _Fault("not a quarter such as 2018Q1")
    return str(value)


def _form(value: Any) -> str:
    if value not in FORMS:
        raise _Fault(f"none of {', '.join(FORMS)}")
    return str(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Fault("neither true nor false")
    return value


def _day(value: Any) -> date:
    try:
        return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Fault("no date such as 2018-06-07") from None


def _line(most: int = HEADING_CHARACTERS) -> Callable[[Any], str]:
    return lambda value: _text(value, most, is_line=True)


def _sentence(value: Any) -> str:
    return _filled(_text(value, MOST_CHARACTERS))


def _sentences(value: Any) -> tuple[str, ...]:
    """A paragraph, or a list of them."""
    paragraphs: Iterable[Any] = value if isinstance(value, list) else [value]
    return tuple(said for paragraph in paragraphs if (said := _sentence(paragraph)))


def _title(value: Any) -> str:
    title = _filled(_text(value, _TITLE_CHARACTERS, is_line=True))
    if title and not all(line.strip() for line in title.split(LINE_BREAK)):
        raise _Fault("a line of it is empty")
    return title


def _text(value: Any, most: int, *, is_line: bool = False) -> str:
    if not isinstance(value, str):
        raise _Fault("no text in quotes")
    return given_text(_FIELD, value, most=most, is_required=False, is_line=is_line)


def _filled(text: str) -> str:
    try:
        unknown = strangers(text)
    except ValueError:
        raise _Fault("a brace of it has no other half") from None
    if unknown:
        raise _Fault(f"unknown placeholder {unknown[0]}; known are {', '.join(PLACEHOLDERS)}")
    return text


# Every field, and what its value must be. `source` says where the texts come from: it is kept with them, and printed nowhere.
_KNOWN: dict[str, Callable[[Any], Any]] = {
    "region_code": _region,
    "since": _quarter,
    "until": _quarter,
    "source": lambda value: _text(value, MOST_CHARACTERS),
    "form": _form,
    "issuer": _line(),
    "addressees": _line(),
    "title": _title,
    "programme": _line(),
    "cases": _line(10),
    "basis": _sentences,
    "target": _sentence,
    "request": _sentences,
    "next_notice": _sentence,
    "contact": _line(),
    "seal": _line(),
    "copies": lambda value: _text(value, MOST_CHARACTERS),
    "printed_by": _line(),
    "printed_on": _day,
    "is_red": _truth,
}


def _refused(file: Path, what: str) -> RegisterError:
    return RegisterError(
        f"{FILE} cannot be used: {what}",
        where=str(file),
        next_step="correct the file, then: callback-survey register check",
    )
