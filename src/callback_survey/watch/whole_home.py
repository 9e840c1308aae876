"""A look over a whole home: each thing that is not as it was written, with what to do about it. Nothing is changed.

The watch looks every day for what is cheap to see. This reads every byte that counts, and says nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from callback_survey.approval import public
from callback_survey.checks import overrides
from callback_survey.checks.model import CheckReport
from callback_survey.errors import DamagedFile
from callback_survey.landing import ledger, removed
from callback_survey.landing.workbench import left_scratch
from callback_survey.object_storage import Place
from callback_survey.releases import inventory
from callback_survey.releases.verification import verify_all
from callback_survey.scope import Scope
from callback_survey.serving import versions
from callback_survey.settings import Settings
from callback_survey.storage import files, lakes, locks

_Place = TypeVar("_Place", bound=Place)
_FROM_A_BACKUP = "restore it from a backup"
_REMOVE = "callback-survey retention --remove: it goes on where it was"


@dataclass(frozen=True)
class Fault:
    """`what` is wrong at `path`; `next_step` is what a person does about it."""

    path: Place
    what: str
    next_step: str


@dataclass(frozen=True)
class Part:
    """A part of a home after it was looked over: how many things were read, and which of them are not as they were written."""

    name: str
    count: int
    faults: tuple[Fault, ...]


def look_over(settings: Settings) -> Iterator[Part]:
    """Each part of the home, in the order in which data go through it. A part that is not there has nothing in it."""
    lakes.verify(settings.lake)
    for name, look in _PARTS.items():
        found = list(look(settings))
        yield Part(name, len(found), tuple(fault for fault in found if fault is not None))


def _lake(settings: Settings) -> Iterator[Fault | None]:
    """The files of every delivery that models read, by the hashes in their names."""
    lake = lakes.as_read(settings.lake)
    for scope in ledger.scopes(lake):
        try:
            report = ledger.current(lake, scope)
            entries = ledger.entries(lake, scope.region_code, scope.quarter)
        except DamagedFile:
            continue  # told with the ledger
        for path in removed.left_over(lake, scope):
            yield Fault(path, "its rows were to be removed, and are still there", _REMOVE)
        pointed_id = ledger.current_id(lake, scope)
        if report is None and pointed_id and removed.find(lake, scope, pointed_id):
            yield None
            continue
        if report is None:
            pointed = ledger.folder(lake, scope) / "current.json"
            if pointed.is_file() and entries:
                yield Fault(pointed, "a file of the current delivery is missing", _land_again(scope))
            continue
        for path in (settings.lake / name for name in report.lake_files.values()):
            # of what is stored, and not of a copy
            is_whole = lakes.sha256_of(path) == path.stem
            yield None if is_whole else Fault(path, "it was changed", _land_again(scope))
    for folder in left_scratch(settings.lake):
        yield Fault(folder, "a killed landing left rows as they were delivered", "run any quarter: it removes them")


def _ledger(settings: Settings) -> Iterator[Fault | None]:
    lake = lakes.as_read(settings.lake)
    key = lake / "ledger" / "key.json"
    if key.is_file():
        yield _unreadable(key, lakes.read_json, _FROM_A_BACKUP)
    for scope in ledger.scopes(lake):
        try:
            for _ in ledger.entries(lake, scope.region_code, scope.quarter):
                yield None
        except DamagedFile as damage:
            yield _told(damage)


def _releases(settings: Settings) -> Iterator[Fault | None]:
    for found in verify_all(settings.releases):
        if found.is_whole:
            yield None
        for damage in found.damage:
            yield Fault(
                found.folder / damage.path,
                damage.what,
                f"{_FROM_A_BACKUP}; without one: docs/runbook.md#a-release-is-damaged",
            )


def _journal(settings: Settings) -> Iterator[Fault | None]:
    """What people decided, and that it is about the releases that are there. What is damaged of a release is told with it."""
    found = inventory.take(settings.releases)
    yield from (None for _ in found.standings)
    for damage in found.damaged.values():
        if "release.json" not in damage.what:
            yield _told(damage)


def _serving(settings: Settings) -> Iterator[Fault | None]:
    current = settings.serving / "current"
    if not current.exists():
        if inventory.take(settings.releases).served:
            yield Fault(
                current, "nothing is served", "callback-survey releases serve: it is assembled from the releases"
            )
        return
    for name, is_whole in versions.verified(settings.serving).items():
        again = "callback-survey releases serve: it is assembled again from the releases"
        yield None if is_whole else Fault(current / name, "it was changed or is missing", again)


def _public(settings: Settings) -> Iterator[Fault | None]:
    """Issued notices: their files, what says that one of them was replaced, and the link to the one that holds."""
    for path in sorted(settings.public.glob(f"*/*/r*/{public.DOCUMENT}")):
        fault = _unreadable(path, lambda path: public.Issue.read(path.parent), _FROM_A_BACKUP)
        yield fault
        if fault is not None:
            continue
        for name, digest in public.Issue.read(path.parent).files.items():
            issued = path.parent / name
            is_whole = issued.is_file() and files.sha256_of(issued) == digest
            yield None if is_whole else Fault(issued, "an issued document was changed or is missing", _FROM_A_BACKUP)
    yield from _records(settings.public, f"*/*/r*/{public.MARK}", public.read_mark, _FROM_A_BACKUP)
    yield from _records(settings.public, f"*/*/r*/{public.WITHDRAWN}", public.read_withdrawal, _FROM_A_BACKUP)
    yield from _interrupted_approvals(settings)
    for link in sorted(settings.public.glob(f"*/*/{public.CURRENT}")):
        is_whole = link.is_symlink() and (link / public.DOCUMENT).is_file()
        relink = "point it at the revision that was issued last, such as: ln -sfn r1 current"
        yield None if is_whole else Fault(link, "it does not lead to an issued notice", relink)
        if is_whole and (link / public.WITHDRAWN).exists():
            end = "give the command again: callback-survey withdraw"
            yield Fault(link, "it leads to a notice that was withdrawn: the withdrawal was interrupted", end)


def _interrupted_approvals(settings: Settings) -> Iterator[Fault]:
    """What a killed approval left, unless somebody decides just now."""
    for folder in sorted(settings.public.glob("*/*/")):
        scope = Scope.of_folder(folder)
        if scope is None or locks.is_held(scope.folder(settings.releases) / ".lock"):
            continue
        for left in public.leftovers(settings.public, scope):
            yield Fault(
                left, "a killed approval left a notice that was not issued", "any decision about the quarter removes it"
            )
        for path in sorted(folder.glob(f"r*/{public.DOCUMENT}")):
            is_read = _unreadable(path, lambda path: public.Issue.read(path.parent), _FROM_A_BACKUP) is None
            if is_read and public.is_interrupted(settings.public, public.Issue.read(path.parent)):
                again = "approve it again, or withdraw it if it is not to hold: callback-survey approve, callback-survey withdraw"
                yield Fault(path, "its approval was interrupted before it was made the notice that holds", again)


def _records(folder: Path, pattern: str, read: Callable[[Path], Any], next_step: str) -> Iterator[Fault | None]:
    for path in sorted(folder.glob(pattern)):
        yield _unreadable(path, read, next_step)


def _checks(settings: Settings) -> Iterator[Fault | None]:
    gone = "move the file away: the release has a copy of its results, and a run writes new ones"
    return _records(settings.checks, "*/*-*-*.json", CheckReport.read, gone)


def _overrides(settings: Settings) -> Iterator[Fault | None]:
    decide = "restore it from a backup; without one move it away, and accept the check again where it is right"
    return _records(settings.overrides, "*/*/*.json", overrides.read, decide)


def _alerts(settings: Settings) -> Iterator[Fault | None]:
    return _records(
        settings.alerts, "*/*.json", files.read_json, "move the file away: what it told may not have been sent"
    )


def _watch(settings: Settings) -> Iterator[Fault | None]:
    return _records(settings.watch, "*.json", files.read_json, "move the file away: the watch tells everything again")


_PARTS: dict[str, Callable[[Settings], Iterator[Fault | None]]] = {
    "ledger": _ledger,
    "lake": _lake,
    "checks": _checks,
    "overrides": _overrides,
    "releases": _releases,
    "journal": _journal,
    "serving": _serving,
    "public": _public,
    "alerts": _alerts,
    "watch": _watch,
}


def _unreadable(path: _Place, read: Callable[[_Place], Any], next_step: str) -> Fault | None:
    try:
        read(path)
    except OSError as error:
        return Fault(path, f"it cannot be read: {error.strerror or 'the medium failed'}", next_step)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Fault(path, "it cannot be read: it does not hold what was written there", next_step)
    return None


def _told(damage: DamagedFile) -> Fault:
    return Fault(Path(damage.where or "."), damage.what, damage.next_step or _FROM_A_BACKUP)


def _land_again(scope: Scope) -> str:
    return f"callback-survey run --region {scope.region_code} --quarter {scope.quarter}: the delivery is landed again"
