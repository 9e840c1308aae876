"""What was told as failed and has not passed since: one small file each, so that any later run can tell the recovery.

A file per key lies in `<home>/alerts/open/`. Runs of the command line and of Airflow share it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callback_survey.alerts.message import Alert
from callback_survey.local_time import to_the_minute
from callback_survey.storage.files import read_json, write_json

logger = logging.getLogger(__name__)


def opened(outbox: Path, alert: Alert) -> None:
    """Remember what an alert of a failure is about: open since the first one of a key, for the reason of the last."""
    for key in alert.concerns:
        path = _path(outbox, key)
        region, _, quarter = key.partition("-")
        is_quarter = quarter != ""
        first = {
            "key": key,
            "region_code": region if is_quarter and region != "all" else None,
            "quarter": quarter if is_quarter else None,
            "run_id": alert.run_id,
            "step": alert.step,
            "since": to_the_minute(datetime.now(UTC)),
        }
        write_json(path, {**(_known(path) or first), "title": alert.title})


def _known(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = read_json(path)
        return found
    except (FileNotFoundError, ValueError):
        return None


def closed(outbox: Path, keys: Iterable[str]) -> list[dict[str, Any]]:
    """Take the problems of these keys off the record, and return them: of two that pass at once, one gets each."""
    found = []
    for key in keys:
        path = _path(outbox, key)
        mine = path.with_name(f".{path.name}.{os.getpid()}.closed")
        try:
            os.replace(path, mine)
        except FileNotFoundError:
            continue
        try:
            found.append(read_json(mine))
        except ValueError:
            logger.error("%s could not be read: nobody hears that it is over", path)
        mine.unlink()
    return found


def all_open(outbox: Path) -> Iterator[dict[str, Any]]:
    """What has failed and not passed since, the oldest first. Takes nothing off the record."""
    found = []
    for path in (outbox / "open").glob("*.json"):
        try:
            found.append(read_json(path))
        except (OSError, ValueError):
            logger.error("%s cannot be read: nobody is told that it is open", path)
    yield from sorted(found, key=lambda one: str(one["since"]))


def _path(outbox: Path, key: str) -> Path:
    return outbox / "open" / f"{key}.json"
