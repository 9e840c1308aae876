"""Where everything stands now: per region and quarter what was landed, built and served, what waits for a person, what is late or fails.

It reads what the runs, the watch and the alerts keep, and neither writes nor sends anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from callback_survey.alerts import open_problems
from callback_survey.alerts import waiting as notes
from callback_survey.alerts.waiting import Waiting
from callback_survey.errors import DamagedFile
from callback_survey.landing import ledger
from callback_survey.local_time import local_date
from callback_survey.object_storage import Place
from callback_survey.releases import Release, Standing, inventory, journal
from callback_survey.scope import Scope
from callback_survey.serving import readers
from callback_survey.settings import Settings
from callback_survey.storage import lakes
from callback_survey.warehouse import unchanged
from callback_survey.warehouse.database import Warehouse
from callback_survey.watch import problems as looks
from callback_survey.watch.problems import Problem


@dataclass(frozen=True)
class QuarterStatus:
    """One region and quarter. `delivery` is what became of the last delivery: the ledger's state of it, `waiting` where it lies in
    the exports, `damaged` where the ledger cannot be read, None where nothing came. Moments are ISO 8601.

    `is_built`: the warehouse holds it, as the last run built it. `served` is the revision that readers see, `released` the one that
    they are to see; `notice` what was decided about that one.
    """

    region_code: str
    quarter: str
    delivery: str | None
    delivered_at: str | None
    is_built: bool
    released: str | None
    released_at: str | None
    served: str | None
    notice: str | None
    failing_since: str | None


@dataclass(frozen=True)
class Status:
    """`running` is who holds the warehouse now; `waiting` are the questions to an approver; `problems` what the watch would see."""

    running: str | None
    quarters: tuple[QuarterStatus, ...]
    waiting: tuple[Waiting, ...]
    failing: tuple[Mapping[str, Any], ...]
    problems: tuple[Problem, ...]


def look(settings: Settings, now: datetime, region_code: str | None = None, quarter: str | None = None) -> Status:
    """The whole home, or one region or quarter of it: what concerns no one of them is told all the same. Raises UsageError where the
    setting names another lake than the home's, which would be shown as empty."""
    lakes.verify(settings.lake)
    holder = looks.warehouse_holder(settings)
    found = inventory.take(settings.releases, region_code, quarter)
    come = looks.waiting_deliveries(settings)
    failing = tuple(
        one
        for one in open_problems.all_open(settings.alerts)
        if _is_asked(one["region_code"], region_code) and _is_asked(one["quarter"], quarter)
    )
    lake = lakes.as_read(settings.lake)
    scopes = {*ledger.scopes(lake), *(release.scope for release in found.every), *found.damaged}
    scopes |= {Scope(one.region_code, one.quarter) for one in come}
    asked = sorted(
        (scope for scope in scopes if region_code in (None, scope.region_code) and quarter in (None, scope.quarter)),
        key=lambda scope: (scope.quarter, scope.region_code),
    )
    served = dict(readers.served_keys(settings.serving))
    every: defaultdict[Scope, list[Release]] = defaultdict(list)
    for release in found.every:
        every[release.scope].append(release)
    note = unchanged.read(Warehouse(settings.warehouse, settings.memory_limit, "status"))
    built = set(note.deliveries) if note is not None else set()
    waits = {Scope(one.region_code, one.quarter) for one in come}
    to_serve = {release.scope: release for release in found.served}
    quarters = [
        _of(
            scope,
            _delivered(lake, scope, is_waiting=scope in waits),
            to_serve.get(scope),
            _shown(every[scope], served.get(scope.key), settings.releases),
            found.standings,
            is_built=scope.key in built,
            failing=failing,
        )
        for scope in asked
    ]
    return Status(
        f"run {holder['run_id']} (pid {holder['pid']})" if holder else None,
        tuple(quarters),
        tuple(
            one
            for one in notes.all_waiting(settings.alerts)
            if _is_asked(one.region_code, region_code) and _is_asked(one.quarter, quarter)
        ),
        failing,
        tuple(one for one in _problems(settings, now, come, holder) if one.concerns(region_code, quarter)),
    )


def _of(
    scope: Scope,
    delivered: tuple[str | None, str | None],
    release: Release | None,
    shown: Release | None,
    standings: Mapping[str, Standing],
    *,
    is_built: bool,
    failing: Sequence[Mapping[str, Any]],
) -> QuarterStatus:
    delivery, at = delivered
    return QuarterStatus(
        scope.region_code,
        scope.quarter,
        delivery,
        at,
        is_built,
        f"r{release.revision}" if release else None,
        release.released_at if release else None,
        f"r{shown.revision}" if shown else None,
        standings[release.name].approval_status if release else None,
        next((one["since"] for one in failing if one["key"] == f"{scope.region_code}-{scope.quarter}"), None),
    )


def _shown(every: Sequence[Release], served: str | None, releases: Path) -> Release | None:
    """Of the revisions of a region's quarter the one that readers see: its content is the `served` one."""
    same = [one for one in every if one.content_hash == served]
    if len(same) > 1:
        contents = {one.revision: one.content_hash for one in every}
        entries = journal.entries(releases, same[0].region_code, same[0].quarter)
        revision = journal.shown_revision(contents, served, entries)
        same = [one for one in same if one.revision == revision]
    return same[0] if same else None


def _is_asked(found: str | None, asked: str | None) -> bool:
    """What is of no region or quarter is told with each."""
    return asked is None or found in (None, asked)


def _delivered(lake: Place, scope: Scope, *, is_waiting: bool) -> tuple[str | None, str | None]:
    """What became of the last delivery, and when it came. One that came again after a correction holds, however old it is."""
    try:
        entries = ledger.entries(lake, scope.region_code, scope.quarter)
    except DamagedFile:
        return "waiting" if is_waiting else "damaged", None
    last = max(entries, key=lambda entry: (entry.state != "superseded", entry.at), default=None)
    state, at = (last.state, last.at) if last else (None, None)
    return "waiting" if is_waiting else state, at


def _problems(
    settings: Settings, now: datetime, come: Sequence[looks.Waiting], holder: Mapping[str, Any] | None
) -> list[Problem]:
    """As the watch sees them; a run that is under way may be about to mend what only it can."""
    found: list[Problem] = []
    if holder is None:
        found += looks.waiting(come)
        found += looks.overdue(settings, local_date(now), come)
        found += looks.served(settings, now)
        found += looks.mirrored(settings)
        found += looks.damaged(settings)
    return [*found, *looks.hanging(settings, now, holder), *looks.disk(settings), *looks.unsent(settings)]
