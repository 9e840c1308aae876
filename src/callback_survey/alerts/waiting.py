"""Which releases wait for a person to sign, so that the approver can be reminded: one small file each.

A file per region and quarter lies in `<home>/alerts/waiting/`, from the question until its answer or its deadline.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from callback_survey.scope import Scope
from callback_survey.storage.files import read_json, write_json

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """A question to an approver: what is to be signed, since when it waits (ISO 8601), how long, and where the answer is given.

    `lines` are the figures in words.
    """

    region_code: str
    quarter: str
    revision: int
    title: str
    lines: tuple[str, ...]
    since: str
    hours: float
    run_id: str
    link: str | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)


def note(outbox: Path, waiting: Waiting) -> None:
    write_json(_path(outbox, waiting.scope), asdict(waiting))


def forget(outbox: Path, scope: Scope, revision: int) -> None:
    """It is decided, or its deadline has passed; what is asked about a later revision still waits."""
    path = _path(outbox, scope)
    try:
        if read_json(path)["revision"] > revision:
            return
    except (OSError, ValueError, TypeError, KeyError):
        pass  # nothing there, or nothing that anybody could be reminded of
    path.unlink(missing_ok=True)


def all_waiting(outbox: Path) -> Iterator[Waiting]:
    for path in sorted((outbox / "waiting").glob("*.json")):
        try:
            told = read_json(path)
            yield Waiting(**{**told, "lines": tuple(told["lines"])})
        except (OSError, ValueError, TypeError, KeyError):
            logger.error("%s cannot be read: nobody is reminded of it", path)


def _path(outbox: Path, scope: Scope) -> Path:
    return outbox / "waiting" / f"{scope.region_code}-{scope.quarter}.json"
