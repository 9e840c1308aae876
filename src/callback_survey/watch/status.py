"""Where everything stands now: per region and quarter what was landed, built and served, what waits for a person, what is late or fails.

It reads what the runs, the watch and the alerts keep, and neither writes nor sends anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callback_survey.alerts import open_problems
from callback_survey.alerts import waiting as notes
from callback_survey.alerts.waiting import Waiting
from callback_survey.errors import DamagedFile
from callback_survey.landing import ledger
from callback_survey.local_time import local_date
from callback_survey.object_storage import Place
from callback_survey.releases import inventory
from callback_survey.releases.inventory import Inventory
from callback_survey.scope import Scope
from callback_survey.serving import readers
from callback_survey.settings import Settings
from callback_survey.storage import lakes
from callback_survey.warehouse import unchanged
from callback_survey.warehouse.database import Warehouse
from callback_survey.watch import problems as looks
from callback_survey.watch.problems import Problem
from callback_survey.wording.catalogue import Words


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


def look(
    settings: Settings, now: datetime, say: Words, region_code: str | None = None, quarter: str | None = None
) -> Status:
    """The whole home, or one region or quarter of it: what concerns no quarter is looked at all the same. Raises UsageError where the
    setting names another lake than the home's, which would be shown as empty."""
    lakes.verify(settings.lake)
    holder = looks.warehouse_holder(settings)
    found = inventory.take(settings.releases, region_code, quarter)
    come = looks.waiting_deliveries(settings)
    failing = tuple(open_problems.all_open(settings.alerts))
    lake = lakes.as_read(settings.lake)
    scopes = {*ledger.scopes(lake), *(release.scope for release in found.every), *found.damaged}
    scopes |= {Scope(one.region_code, one.quarter) for one in come}
    asked = sorted(
        (scope for scope in scopes if region_code in (None, scope.region_code) and quarter in (None, scope.quarter)),
        key=lambda scope: (scope.quarter, scope.region_code),
    )
    served = set(readers.served_keys(settings.serving))
    note = unchanged.read(Warehouse(settings.warehouse, settings.memory_limit, "status"))
    built = set(note.deliveries) if note is not None else set()
    waits = {Scope(one.region_code, one.quarter) for one in come}
    quarters = [_of(lake, scope, found, served, built, waits, failing) for scope in asked]
    return Status(
        f"run {holder['run_id']} (pid {holder['pid']})" if holder else None,
        tuple(quarters),
        tuple(notes.all_waiting(settings.alerts)),
        failing,
        tuple(_problems(settings, now, say, come, holder)),
    )


def _of(
    lake: Place,
    scope: Scope,
    found: Inventory,
    served: set[tuple[str, str]],
    built: set[str],
    waits: set[Scope],
    failing: Sequence[Mapping[str, Any]],
) -> QuarterStatus:
    delivery, at = _delivered(lake, scope)
    release = next((one for one in found.served if one.scope == scope), None)
    shown = [one for one in found.every if one.scope == scope and (one.key, one.content_hash) in served]
    return QuarterStatus(
        scope.region_code,
        scope.quarter,
        "waiting" if scope in waits else delivery,
        at,
        scope.key in built,
        f"r{release.revision}" if release else None,
        release.released_at if release else None,
        f"r{shown[-1].revision}" if shown else None,
        found.standings[release.name].approval_status if release else None,
        next((one["since"] for one in failing if one["key"] == f"{scope.region_code}-{scope.quarter}"), None),
    )


def _delivered(lake: Place, scope: Scope) -> tuple[str | None, str | None]:
    """What became of the last delivery, and when it came. One that came again after a correction holds, however old it is."""
    try:
        entries = ledger.entries(lake, scope.region_code, scope.quarter)
    except DamagedFile:
        return "damaged", None
    last = max(entries, key=lambda entry: (entry.state != "superseded", entry.at), default=None)
    return (last.state, last.at) if last else (None, None)


def _problems(
    settings: Settings, now: datetime, say: Words, come: Sequence[looks.Waiting], holder: Mapping[str, Any] | None
) -> list[Problem]:
    """As the watch sees them; a run that is under way may be about to mend what only it can."""
    found: list[Problem] = []
    if holder is None:
        found += looks.waiting(come)
        found += looks.overdue(settings, local_date(now), come, say)
        found += looks.served(settings, now)
        found += looks.mirrored(settings)
        found += looks.damaged(settings)
    return [*found, *looks.hanging(settings, now, holder), *looks.disk(settings), *looks.unsent(settings)]
