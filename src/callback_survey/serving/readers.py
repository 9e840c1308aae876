"""What readers see while something fails: read from what is served, cheaply, and never at the price of the alert."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callback_survey.local_time import to_the_minute
from callback_survey.scope import Scope
from callback_survey.storage import locks
from callback_survey.storage.files import read_json
from callback_survey.wording.catalogue import Words

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedRelease:
    """A release as the list of what is served, and its own release.json, tell of it."""

    region_code: str
    quarter: str
    content_hash: str
    revision: int
    released_at: datetime

    @property
    def since(self) -> str:
        return to_the_minute(self.released_at)


def served_keys(serving: Path) -> list[tuple[str, str]]:
    """`region|quarter` and content hash of every release that readers can open."""
    listing = serving / "current" / "served.json"
    return [(str(entry[0]), str(entry[1])) for entry in read_json(listing)] if listing.is_file() else []


@contextmanager
def kept(serving: Path) -> Iterator[None]:
    """What readers see does not change in here: a switch waits. To be held for moments only."""
    serving.mkdir(parents=True, exist_ok=True)
    with locks.held(serving, is_folder=True):
        yield


def served(serving: Path, releases: Path) -> list[ServedRelease]:
    """What readers can open now, by region and quarter."""
    found = [_find(releases, key, content_hash) for key, content_hash in served_keys(serving)]
    return sorted((one for one in found if one is not None), key=lambda one: (one.region_code, one.quarter))


def _find(releases: Path, key: str, content_hash: str) -> ServedRelease | None:
    """The revision of that content, as its release.json says."""
    from callback_survey.releases import (  # alerts are told by processes that need nothing else of releases
        journal,
        model,
    )

    scope = Scope.parse(key)
    paths = [path / model.RELEASE_FILE for path in model.folders(releases, scope)]
    documents = {int(path.parent.name[1:]): read_json(path) for path in paths if path.is_file()}
    contents = {revision: document["content_hash"] for revision, document in documents.items()}
    entries = journal.entries(releases, scope.region_code, scope.quarter)
    revision = journal.shown_revision(contents, content_hash, entries)
    if revision is None:
        return None
    frozen = datetime.fromisoformat(documents[revision]["released_at"])
    return ServedRelease(scope.region_code, scope.quarter, content_hash, revision, frozen)


def readers_see(serving: Path, releases: Path, region_code: str | None, quarter: str | None, say: Words) -> str:
    """What readers see of the region's quarter after a failure. General words where nothing certain can be read."""
    try:
        return _told(served(serving, releases), region_code, quarter, say)
    except Exception:  # a torn file is what alerts are for; it must not stop one
        logger.exception("what is served could not be read for an alert")
        return say("readers.unknown")


def _told(found: list[ServedRelease], region_code: str | None, quarter: str | None, say: Words) -> str:
    if not found:
        return say("readers.nothing")
    if region_code is None:
        return say("readers.everything", count=len(found), since=_newest(found).since)
    own = [one for one in found if one.region_code == region_code]
    if not own:
        return say("readers.never")
    for one in own:
        if one.quarter == quarter:
            return say("readers.served", quarter=quarter, revision=one.revision, since=one.since)
    latest = own[-1]
    return say("readers.not_yet", quarter=quarter, latest=latest.quarter, revision=latest.revision, since=latest.since)


def now_see(serving: Path, releases: Path, scopes: list[tuple[str, str]], say: Words) -> str:
    """What readers see of these quarters after they have passed; empty where it cannot be read."""
    try:
        found = [one for one in served(serving, releases) if (one.region_code, one.quarter) in scopes]
    except Exception:
        logger.exception("what is served could not be read for an alert")
        return ""
    key = "readers.now" if len({one.region_code for one in found}) == 1 else "readers.now_of"
    names = [
        say(key, region=one.region_code, quarter=one.quarter, revision=one.revision, since=one.since) for one in found
    ]
    return say.listed(names)


def _newest(found: list[ServedRelease]) -> ServedRelease:
    return max(found, key=lambda one: one.released_at)


def measured(serving: Path, releases: Path, now: datetime) -> dict[str, float]:
    """How many regions' quarters readers see, and how many seconds ago the newest was released; nothing where that cannot be told."""
    try:
        found = served(serving, releases)
    except (OSError, ValueError):
        return {}
    return figures([one.released_at for one in found], now)


def figures(released_at: Sequence[datetime], now: datetime) -> dict[str, float]:
    """The same of releases that are at hand, by when each was released."""
    age = {"served.age": (now - max(released_at)).total_seconds()} if released_at else {}
    return {"served.quarters": len(released_at), **age}
