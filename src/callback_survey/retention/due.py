"""What the time of has passed, and what is kept all the same, with the reason. Reads only.

Single cases count from the end of their quarter, everything else from when it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from callback_survey.alerts import outbox
from callback_survey.deliveries import delivery as deliveries
from callback_survey.errors import DamagedFile
from callback_survey.landing import ledger, removed
from callback_survey.landing.ledger import Entry
from callback_survey.local_time import local_date, months_before
from callback_survey.object_storage import Place
from callback_survey.quarter import Quarter
from callback_survey.releases import inventory
from callback_survey.releases.inventory import Inventory
from callback_survey.releases.model import Release
from callback_survey.scope import Scope
from callback_survey.setting_values import RetentionKind
from callback_survey.settings import Settings
from callback_survey.storage import lakes
from callback_survey.watch import problems


@dataclass(frozen=True)
class Due:
    """One thing whose time has passed: a region's quarter, or what a run left. `paths` are files or whole folders.

    `ended_on` is the day from which its months count. `held` says why it stays all the same; empty where it goes.
    """

    kind: RetentionKind
    name: str
    ended_on: date
    paths: tuple[Place, ...]
    scope: Scope | None = None
    held: str = ""
    byte_count: int = 0


def look(settings: Settings, today: date, *, with_exports: bool = False) -> list[Due]:
    """Everything whose time has passed on a day, by kind and age. A kind without months never goes.

    Exports are the survey company's: they are looked at only where a person asks for it.
    """
    found: list[Due] = []
    for kind, months in settings.retention.items():
        if kind in _LOOKS and (kind != "exports" or with_exports):
            last = months_before(today, months)
            found += sorted(_LOOKS[kind](settings, last), key=lambda one: (one.ended_on, one.name))
    # now, as nothing is left to measure when it is told what went
    return [replace(one, byte_count=sum(_size(path) for path in one.paths)) for one in found]


def _cases(settings: Settings, last: date) -> Iterator[Due]:
    """The rows of every delivery of a quarter, also of superseded ones: they go together."""
    held = _Held(settings, last)
    lake = lakes.as_read(settings.lake)
    for scope in ledger.scopes(lake):
        if (ended_on := _ended_on(scope)) > last:
            continue
        try:
            entries = ledger.entries(lake, scope.region_code, scope.quarter)
            left = [*removed.left_over(lake, scope), *_kept_answers(settings, entries)]
        except DamagedFile as damage:
            yield Due("cases", scope.name, ended_on, (), scope, damage.what)
            continue
        paths = [
            settings.lake / name
            for entry in entries
            if entry.report is not None and entry.state != "removed" and "frame" in entry.report.lake_files
            for dataset, name in entry.report.lake_files.items()
            if dataset in removed.SINGLE_ROWS
        ]
        if paths:
            whole = tuple(sorted({*paths, *left}, key=lambda path: path.parts))
            yield Due("cases", scope.name, ended_on, whole, scope, held.reason(scope, entries))
        elif left:
            yield Due("cases", scope.name, ended_on, tuple(left), scope)


def _kept_answers(settings: Settings, entries: Sequence[Entry]) -> list[Place]:
    """What gate 1 answered of removed deliveries: it may name cases."""
    removed_ones = [entry.report for entry in entries if entry.report is not None and entry.state == "removed"]
    paths = [ledger.checked_path(settings.lake, report) for report in removed_ones]
    return [path for path in paths if path.is_file()]


def _restricted(settings: Settings, last: date) -> Iterator[Due]:
    by_scope: dict[Scope, list[Path]] = {}
    for folder in settings.restricted.glob("*/region_code=*/quarter=*/"):
        region_code, quarter = (part.partition("=")[2] for part in folder.parts[-2:])
        by_scope.setdefault(Scope(region_code, quarter), []).append(folder)
    held = _Held(settings, last)
    for scope, folders in by_scope.items():
        if (ended_on := _ended_on(scope)) > last:
            continue
        try:
            reason = held.reason(scope, ledger.entries(settings.lake, scope.region_code, scope.quarter))
        except DamagedFile as damage:
            reason = damage.what
        yield Due("restricted", scope.name, ended_on, tuple(sorted(folders)), scope, reason)


def _exports(settings: Settings, last: date) -> Iterator[Due]:
    """Delivered folders, as they were landed; another delivery in the same place is none of them."""
    held = _Held(settings, last)
    for folder in sorted(settings.exports.glob("*/*/")):
        scope = Scope.of_folder(folder)
        if scope is None or (ended_on := _ended_on(scope)) > last:
            continue
        try:
            entries = ledger.entries(settings.lake, scope.region_code, scope.quarter)
        except DamagedFile as damage:
            yield Due("exports", scope.name, ended_on, (folder,), scope, damage.what)
            continue
        digest = deliveries.content_digest(folder)
        is_landed = digest is not None and any(
            entry.report is not None and entry.report.content_digest == digest for entry in entries
        )
        reason = held.reason(scope, entries) if is_landed else "it was never landed as it lies there"
        yield Due("exports", scope.name, ended_on, (folder,), scope, reason)


class _Held:
    """Why the single rows of a quarter stay: until its notice is issued, and while a correction of it is under way, somebody may need
    to look at a case."""

    def __init__(self, settings: Settings, last: date) -> None:
        self._inventory: Inventory = inventory.take(settings.releases)
        self._waiting = {Scope(one.region_code, one.quarter) for one in problems.waiting_deliveries(settings)}
        self._last = last

    def reason(self, scope: Scope, entries: Sequence[Entry]) -> str:
        found = self._inventory
        if (damage := found.damaged.get(scope)) is not None:
            return damage.what
        every = [one for one in found.every if one.scope == scope]
        served = next((one for one in found.served if one.scope == scope), None)
        if served is None:
            return "nothing of it was released"
        if every[-1].revision != served.revision:
            return f"r{every[-1].revision} is not the revision that is served"
        approval = found.standings[served.name].approval_status
        if approval == "withdrawn":
            return f"the notice of r{served.revision} was withdrawn, and none holds in its place"
        if approval != "issued":
            return f"the notice of r{served.revision} is not issued"
        if scope in self._waiting:
            return "another delivery waits to be landed"
        for entry in entries:
            if entry.state in ("current", "landed", "gate failed", "refused") and self._is_other(entry, served):
                return f"a delivery of {entry.at[:10]} is not what was released"
        return ""

    def _is_other(self, entry: Entry, served: Release) -> bool:
        """Whether it came after the release and has other files. What was left so for as long as rows are kept is no correction."""
        came_at = datetime.fromisoformat(entry.at)
        if came_at <= datetime.fromisoformat(served.released_at) or local_date(came_at) <= self._last:
            return False
        return entry.report is None or {file.sha256 for file in entry.report.files} != {*served.input_files.values()}


def _runs(kind: RetentionKind, root: Callable[[Settings], Path], pattern: str) -> Callable[..., Iterator[Due]]:
    def found(settings: Settings, last: date) -> Iterator[Due]:
        for path in root(settings).glob(pattern):
            if path.name.startswith(".") or (written_on := _written_on(path)) > last:
                continue
            is_waiting = kind == "alerts" and not outbox.is_settled(path)
            yield Due(kind, path.name, written_on, (path,), None, "it was not sent yet" if is_waiting else "")

    return found


def _logs(settings: Settings, last: date) -> Iterator[Due]:
    for path in settings.logs.rglob("*"):
        if path.is_file() and not path.is_symlink() and (written_on := _written_on(path)) <= last:
            yield Due("logs", path.relative_to(settings.logs).as_posix(), written_on, (path,))


def _versions(settings: Settings, last: date) -> Iterator[Due]:
    """Versions that nobody is led to any more. Their months count from the version that took their place: until then they were read."""
    current = (settings.serving / "current").resolve()
    if not current.is_dir() or (replaced_on := _written_on(current)) > last:
        return
    for path in (settings.serving / "versions").glob("[!.]*/"):
        if path.name != current.name:
            yield Due("old-versions", path.name, replaced_on, (path,))


_LOOKS: Mapping[RetentionKind, Callable[[Settings, date], Iterator[Due]]] = {
    "cases": _cases,
    "restricted": _restricted,
    "exports": _exports,
    "checks": _runs("checks", lambda settings: settings.checks, "*/"),
    "alerts": _runs("alerts", lambda settings: settings.alerts, outbox.RUN_FOLDERS),
    "logs": _logs,
    "old-versions": _versions,
}


def _ended_on(scope: Scope) -> date:
    return Quarter.parse(scope.quarter).last_day


def _written_on(path: Path) -> date:
    """When the youngest file of it was written."""
    inside = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else []
    latest = max((one.lstat().st_mtime for one in inside), default=path.lstat().st_mtime)
    return local_date(datetime.fromtimestamp(latest, UTC))


def _size(path: Place) -> int:
    if isinstance(path, Path) and path.is_dir():
        return sum(one.lstat().st_size for one in path.rglob("*") if one.is_file())
    return lakes.byte_count(path)
