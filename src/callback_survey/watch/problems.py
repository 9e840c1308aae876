"""What the watch looks at. Each look is a function of the settings and the time, and returns the problems it sees.

Callbacks cannot see what never happens: a delivery that does not come, a scheduler that is down, a worker that was killed.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from callback_survey.alerts import outbox
from callback_survey.alerts.compose import run_command
from callback_survey.deliveries import delivery as deliveries
from callback_survey.errors import DamagedFile, UsageError
from callback_survey.landing import ledger
from callback_survey.local_time import to_the_minute
from callback_survey.object_storage import Place, shown
from callback_survey.quarter import Quarter
from callback_survey.registers import rows
from callback_survey.releases import Release, has_documents, inventory
from callback_survey.scope import Scope
from callback_survey.serving import mirror, readers
from callback_survey.setting_values import size_in_bytes
from callback_survey.settings import Settings
from callback_survey.storage import lakes, locks
from callback_survey.storage.spreadsheet import is_true
from callback_survey.wording.catalogue import Words

# Of older quarters that never came, nobody expects anything any more.
QUARTERS_WATCHED = 4
_SILENT_AFTER = timedelta(hours=26)
# those of a region take a minute, and twenty at most
_MAKING_DOCUMENTS = timedelta(hours=1)
# what a record of the watch may need
_BLOCK_BYTES = 1 << 16
_OF_SCOPE = re.compile("[a-z]+/([0-9]{6})(?:-([0-9]{4}Q[1-4]))?")


# What fills the words of a problem; several names are listed as the language does
Facts = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Problem:
    """Something a person should know of. It is told when it is new, and again when `signature` changes.

    `name` chooses the words (`watch.<name>` and `watch.<name>_do`), `facts` fill them; so do the names and facts of `details`, a
    line each.
    """

    key: str
    severity: Literal["fail", "warn"]
    name: str
    facts: Facts
    signature: str
    details: tuple[tuple[str, Facts], ...] = ()

    def text(self, say: Words) -> str:
        return _worded(say, self.name, self.facts)

    def remedy(self, say: Words) -> str:
        return _worded(say, f"{self.name}_do", self.facts)

    def lines(self, say: Words) -> list[str]:
        return [_worded(say, name, facts) for name, facts in self.details]

    def concerns(self, region_code: str | None, quarter: str | None) -> bool:
        """Whether it is about a region or quarter that is asked for; what is about no one region or quarter is about each."""
        found, quarters = _OF_SCOPE.fullmatch(self.key), self.facts.get("quarters", ())
        if quarter is not None and quarters and quarter not in quarters:
            return False
        return found is None or (region_code in (None, found[1]) and (found[2] is None or quarter in (None, found[2])))


def _worded(say: Words, name: str, facts: Facts) -> str:
    filled = {key: value if isinstance(value, str) else say.listed([*value]) for key, value in facts.items()}
    return say(f"watch.{name}", **filled)


@dataclass(frozen=True, order=True)
class Waiting:
    """A complete delivery in the exports that was never landed, nor refused as it lies there."""

    quarter: str
    region_code: str
    digest: str

    @property
    def key(self) -> str:
        return f"{self.region_code}-{self.quarter}"


def waiting_deliveries(settings: Settings) -> list[Waiting]:
    """Whatever has a manifest and is not in the ledger with this content. A delivery changed since counts as another."""
    found = []
    lake = lakes.as_read(settings.lake)
    for folder in sorted(settings.exports.glob("*/*/")):
        region_code, quarter = folder.parent.name, folder.name
        if not _is_scope(region_code, quarter):
            continue
        digest = deliveries.content_digest(folder)
        if digest is not None and not _is_known(lake, Scope(region_code, quarter), folder, digest):
            found.append(Waiting(quarter, region_code, digest))
    return sorted(found)


def damaged(settings: Settings) -> list[Problem]:
    """The regions and quarters of which the releases, the journal or the ledger cannot be read. Each holds itself alone."""
    found: dict[Scope, DamagedFile] = dict(inventory.take(settings.releases).damaged)
    lake = lakes.as_read(settings.lake)
    for scope in ledger.scopes(lake):
        try:
            ledger.entries(lake, scope.region_code, scope.quarter)
        except DamagedFile as damage:
            found.setdefault(scope, damage)
    return [
        Problem(
            key=f"damaged/{scope.region_code}-{scope.quarter}",
            severity="fail",
            name="damaged",
            facts={"scope": scope.name, "path": str(damage.where)},
            signature=f"{damage.where} {damage.what}",
        )
        for scope, damage in sorted(found.items())
    ]


def waiting(found: Sequence[Waiting]) -> list[Problem]:
    return [
        Problem(
            key=f"waiting/{one.key}",
            severity="warn",
            name="waiting",
            facts={"scope": f"{one.region_code} {one.quarter}", "command": run_command(one.region_code, one.quarter)},
            signature=one.digest,
        )
        for one in found
    ]


def started_in_vain(found: Sequence[Waiting]) -> list[Problem]:
    """Deliveries whose run this watch started on an earlier day, and which still are not landed."""
    return [
        Problem(
            key=f"waiting/{one.key}",
            severity="warn",
            name="started",
            facts={"scope": f"{one.region_code} {one.quarter}", "command": run_command(one.region_code, one.quarter)},
            signature=f"started {one.digest}",
        )
        for one in found
    ]


def overdue(settings: Settings, today: date, waits: Sequence[Waiting]) -> list[Problem]:
    """Per survey region, the quarters that are due and not released. What lies there complete is another problem."""
    problems = []
    waiting_keys = {one.key for one in waits}
    for region_code, region_name in _survey_regions(settings.seeds).items():
        missing = [
            quarter
            for quarter in _due(today)
            if _is_expected(settings.seeds, Scope(region_code, str(quarter)))
            and f"{region_code}-{quarter}" not in waiting_keys
            and not any((settings.releases / region_code / str(quarter)).glob("r*/release.json"))
        ]
        if missing:
            names = tuple(str(quarter) for quarter in missing)
            facts: Facts = {"region": f"{region_code} {region_name}", "quarters": names}
            details = tuple(_state(settings, region_code, quarter) for quarter in missing)
            problems.append(Problem(f"overdue/{region_code}", "warn", "overdue", facts, " ".join(names), details))
    return problems


def served(settings: Settings, now: datetime) -> list[Problem]:
    """That readers can open the served file, that all releases are in it, and that it is not old."""
    frozen = inventory.take(settings.releases).served
    if not frozen:
        return []
    command = run_command(frozen[0].region_code, frozen[0].quarter)
    marts = settings.serving / "marts.duckdb"
    if not _can_be_opened(marts):
        return [Problem("served/broken", "fail", "broken", {"path": str(marts), "command": command}, "broken")]
    problems = []
    try:
        shown = set(readers.served_keys(settings.serving))
    except DamagedFile as damage:
        return [Problem("served/broken", "fail", "broken", {"path": str(damage.where), "command": command}, "broken")]
    unserved = [release.name for release in frozen if (release.key, release.content_hash) not in shown]
    if unserved:
        facts = {"count": str(len(unserved)), "names": ", ".join(unserved), "command": command}
        problems.append(Problem("served/unserved", "fail", "unserved", facts, " ".join(unserved)))
    problems += _undocumented(frozen, now)
    newest = max(datetime.fromisoformat(release.released_at) for release in frozen)
    if now - newest > timedelta(days=settings.watch_served_days):
        facts = {"since": to_the_minute(newest), "days": str(settings.watch_served_days)}
        problems.append(Problem("served/age", "warn", "served_age", facts, newest.isoformat()))
    return problems


def mirrored(settings: Settings) -> list[Problem]:
    """That the copy in object storage is the version that is served, as the last try to copy noted it."""
    current = settings.serving / "current"
    if settings.mirror is None or not current.exists():
        return []
    told = mirror.note(settings.serving)
    if told.get("version") == current.resolve().name and not told.get("failed"):
        return []
    reason = str(told.get("failed") or "") or "-"
    facts = {"url": shown(settings.mirror), "reason": reason, "command": "callback-survey releases serve"}
    return [Problem("mirror", "warn", "mirror", facts, f"{current.resolve().name} {reason}")]


def _undocumented(frozen: Sequence[Release], now: datetime) -> list[Problem]:
    """Served releases whose documents nobody is making any more: a run that was killed over them tells nobody."""
    lacking = [
        release
        for release in frozen
        if now - datetime.fromisoformat(release.released_at) > _MAKING_DOCUMENTS and not has_documents(release)
    ]
    if not lacking:
        return []
    names = ", ".join(release.name for release in lacking)
    facts = {
        "count": str(len(lacking)),
        "names": names,
        "command": run_command(lacking[0].region_code, lacking[0].quarter),
    }
    return [Problem("served/undocumented", "fail", "undocumented", facts, names)]


def unsent(settings: Settings) -> list[Problem]:
    """Alerts that did not arrive, after they were just tried again."""
    records = outbox.unsent(settings.alerts)
    if not records:
        return []
    # of a channel that refused several, the reason it gave last
    refused = {one["channel"]: one["detail"] for record in records for one in record["channels"] if not one["is_sent"]}
    told = ", ".join(f"{channel} ({refused[channel]})" for channel in sorted(refused))
    facts = {"count": str(len(records)), "channels": told or "-"}
    return [Problem("alerts/unsent", "warn", "unsent", facts, " ".join(sorted(refused)))]


def disk(settings: Settings) -> list[Problem]:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free, limit = shutil.disk_usage(place).free, size_in_bytes(settings.watch_free_disk)
    if free >= limit:
        return []
    facts = {
        "free": f"{free / 1e9:.1f} GB",
        "limit": settings.watch_free_disk,
        "path": str(settings.home),
        "logs": str(settings.logs),
    }
    return [Problem("disk", "fail", "disk", facts, "low")]


def unwritable(settings: Settings) -> list[Problem]:
    """A home that cannot be written: no run can begin, and this look cannot remember what it told."""
    try:
        settings.watch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.watch) as file:
            file.write(b"0" * _BLOCK_BYTES)
            file.flush()
    except OSError as error:
        facts = {"path": str(settings.home), "reason": error.strerror or str(error)}
        return [Problem("unwritable", "fail", "unwritable", facts, facts["reason"])]
    return []


def warehouse_holder(settings: Settings) -> dict[str, Any] | None:
    """Who holds the warehouse now, and since when; None where nobody does. A holder long gone holds nothing."""
    path = settings.warehouse / "warehouse.lock"
    if not locks.is_held(path):
        return None
    return {**_holder(path), "since": path.stat().st_mtime}


def hanging(settings: Settings, now: datetime, holder: Mapping[str, Any] | None) -> list[Problem]:
    if holder is None or now.timestamp() - holder["since"] <= settings.watch_run_hours * 3600:
        return []
    facts = {"hours": str(settings.watch_run_hours), "run": str(holder["run_id"]), "pid": str(holder["pid"])}
    return [Problem("hanging", "fail", "hanging", facts, facts["run"])]


def stuck(settings: Settings, now: datetime, running_since: str | None) -> list[Problem]:
    """A run that Airflow calls running in look after look: while it is, nothing late is judged and nothing is started."""
    if running_since is None or now - datetime.fromisoformat(running_since) <= timedelta(
        hours=settings.watch_run_hours
    ):
        return []
    since = to_the_minute(running_since)
    return [Problem("stuck", "fail", "stuck", {"since": since}, since)]


def silent_scheduler(scheduled_at: str | None, now: datetime) -> list[Problem]:
    """That the watch in Airflow, which once ran by its schedule, still does. Seen from outside Airflow only."""
    if scheduled_at is None or now - datetime.fromisoformat(scheduled_at) <= _SILENT_AFTER:
        return []
    since = to_the_minute(scheduled_at)
    return [Problem("scheduler", "fail", "silent", {"since": since}, since)]


def _is_scope(region_code: str, quarter: str) -> bool:
    try:
        return re.fullmatch("[0-9]{6}", region_code) is not None and str(Quarter.parse(quarter)) == quarter
    except UsageError:
        return False


def _is_known(lake: Place, scope: Scope, folder: Path, digest: str) -> bool:
    try:
        entries = ledger.entries(lake, scope.region_code, scope.quarter)
    except DamagedFile:  # `damaged` tells of it
        return True
    for entry in entries:
        # one that another took the place of, and that lies there again, is a delivery to be landed
        if entry.report is not None and entry.report.content_digest == digest and entry.state != "superseded":
            return True
        if entry.refusal is not None and entry.refusal.folder_digest == deliveries.folder_digest(folder):
            return True
    return False


def _due(today: date) -> list[Quarter]:
    """The latest quarters whose due date has passed, the earliest first."""
    quarter = Quarter.containing(today)
    while quarter.due_on >= today:
        quarter = quarter.previous()
    found = [quarter]
    while len(found) < QUARTERS_WATCHED:
        found.insert(0, found[0].previous())
    return found


def _survey_regions(seeds: Path) -> dict[str, str]:
    regions = rows.read(seeds, "regions")
    return {row["region_code"]: row["region_name"] for row in regions if is_true(row["is_survey_region"])}


def _is_expected(seeds: Path, scope: Scope) -> bool:
    """Whether the register has a department of the region in the quarter, or none at all yet."""
    own = [row for row in rows.read(seeds, "departments") if row["region_code"] == scope.region_code]
    return not own or any(row.period.holds_in(scope.quarter) for row in own)


def _state(settings: Settings, region_code: str, quarter: Quarter) -> tuple[str, Facts]:
    """How far an overdue quarter came."""
    try:
        entries = ledger.entries(settings.lake, region_code, str(quarter))
    except DamagedFile:
        entries = []
    folder = settings.exports / region_code / str(quarter)
    if entries:
        latest = max(entries, key=lambda entry: entry.at).state
        state = {"refused": "refused", "gate failed": "failed"}.get(latest, "landed")
    else:
        state = "incomplete" if folder.is_dir() and any(folder.iterdir()) else "nothing"
    return f"overdue_{state}", {"quarter": str(quarter), "due": quarter.due_on.isoformat()}


def _can_be_opened(marts: Path) -> bool:
    import duckdb

    try:
        with duckdb.connect(str(marts), read_only=True) as connection:
            return bool(connection.execute("select count(*) from department_rates").fetchall())
    except (duckdb.Error, OSError):
        return False


def _holder(path: Path) -> dict[str, Any]:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return {"run_id": holder["run_id"], "pid": holder["pid"]}
    except (ValueError, KeyError):
        return {"run_id": "?", "pid": "?"}
