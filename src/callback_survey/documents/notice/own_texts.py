"""What a district says in every notice, given once: `notices.toml` beside its registers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callback_survey.documents.notice.heading import ADDRESSEES, Heading
from callback_survey.errors import RegisterError
from callback_survey.given_text import HEADING_CHARACTERS, given_text
from callback_survey.scope import Scope

FILE = "notices.toml"
_REQUIRED = ("region_code", "since")
_TEXTS = ("issuer", "addressees")


@dataclass(frozen=True)
class OwnTexts:
    """`issuer` is the office that issues (empty: given with each notice), `addressees` whom a notice is addressed to."""

    issuer: str = ""
    addressees: str = ADDRESSEES

    @property
    def heading(self) -> Heading:
        """The heading of a draft."""
        return Heading(issuer=self.issuer, addressees=self.addressees)


def own_texts(file: Path | None, scope: Scope) -> OwnTexts:
    """The texts of the region that hold in the quarter, those of its last entry until then. Raises RegisterError where the file,
    which need not be there, cannot be understood."""
    entries = [entry for entry in read(file) if entry["region_code"] == scope.region_code]
    held = max(
        (entry for entry in entries if entry["since"] <= scope.quarter), key=lambda entry: entry["since"], default={}
    )
    return OwnTexts(**{name: held[name] for name in _TEXTS if held.get(name)})


def read(file: Path | None) -> list[dict[str, str]]:
    """All entries. Raises RegisterError, which names the entry and the field."""
    if file is None or not file.is_file():
        return []
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _fault(file, f"it is no TOML: {error}") from error
    found = document.get("notice", [])
    if document.keys() - {"notice"} or not isinstance(found, list):
        raise _fault(file, "expected entries that begin with [[notice]], and nothing else")
    entries = [_entry(file, number, entry) for number, entry in enumerate(found, 1)]
    keys = [(entry["region_code"], entry["since"]) for entry in entries]
    for number, key in enumerate(keys, 1):
        if key in keys[: number - 1]:
            raise _fault(file, f"entry {number}: {key[0]} has an entry since {key[1]} already")
    return entries


def _entry(file: Path, number: int, given: Mapping[str, Any]) -> dict[str, str]:
    if unknown := sorted(given.keys() - {*_REQUIRED, *_TEXTS}):
        raise _fault(
            file, f"entry {number}: unknown field {unknown[0]}; known are region_code, since, issuer and addressees"
        )
    if not re.fullmatch("[0-9]{6}", str(given.get("region_code", ""))):
        raise _fault(file, f"entry {number}: region_code is not six digits in quotes")
    if not re.fullmatch("[0-9]{4}Q[1-4]", str(given.get("since", ""))):
        raise _fault(file, f"entry {number}: since is not a quarter such as 2018Q1")
    texts = {
        name: given_text(
            f"{FILE}: {name}", str(given.get(name, "")), most=HEADING_CHARACTERS, is_required=False, is_line=True
        )
        for name in _TEXTS
    }
    return {"region_code": str(given["region_code"]), "since": given["since"], **texts}


def _fault(file: Path, what: str) -> RegisterError:
    return RegisterError(
        f"{FILE} cannot be used: {what}",
        where=str(file),
        next_step="correct the file, then: callback-survey register check",
    )
