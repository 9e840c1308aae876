"""A new privacy key: every current delivery is landed again from its exports, on purpose and said aloud.

A token cannot be turned into another key's token without the phone, which only the exports have. A delivery whose exports
are gone keeps its tokens, which carry the earlier key's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries import delivery as deliveries
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DeliveryRefused
from callback_survey.landing import ledger
from callback_survey.landing.land import land
from callback_survey.landing.ledger import LandingReport
from callback_survey.object_storage import Place
from callback_survey.privacy import TokenKey


@dataclass(frozen=True)
class Rotated:
    """What became of one delivery. `is_done` False: it keeps the tokens of the earlier key, for the reason given."""

    report: LandingReport
    is_done: bool
    explanation: str


def rotate(
    lake: Place, *, seeds: Path, secret: bytes, memory_limit: str, run_id: str, is_rehearsal: bool
) -> Iterator[Rotated]:
    """Put the key `secret` in the place of the lake's. Stopped half way and called again, it goes on where it was.

    Nothing lands meanwhile: it waits for landings under way, and they for it.
    """
    if is_rehearsal:
        yield from _rotated(lake, seeds, secret, memory_limit, run_id, is_rehearsal=True)
        return
    with ledger.rotating(lake):
        yield from _rotated(lake, seeds, secret, memory_limit, run_id, is_rehearsal=False)


def _rotated(
    lake: Place, seeds: Path, secret: bytes, memory_limit: str, run_id: str, *, is_rehearsal: bool
) -> Iterator[Rotated]:
    key_id = TokenKey.from_secret(secret).key_id
    if not is_rehearsal:
        ledger.change_key(lake, key_id)
    for entry in ledger.entries(lake):
        if entry.state not in ("current", "removed") or entry.report is None:
            continue
        report = entry.report
        if entry.state == "removed":
            if report.key_id != key_id:
                yield Rotated(report, False, "its rows were removed: nothing of it holds a token")
            continue
        delivery = Delivery(report.region_code, report.quarter, Path(report.source_folder))
        if report.key_id == key_id:
            yield Rotated(report, True, "already landed with this key")
            continue
        obstacle = _obstacle(delivery, report)
        if obstacle is None and not is_rehearsal:
            again = land(
                delivery,
                lake=lake,
                seeds=seeds,
                secret=secret,
                memory_limit=memory_limit,
                run_id=run_id,
                is_manifest_optional=not report.has_manifest,
            )
            ledger.record_verdict(lake, again, failed_checks=[], run_id=run_id)
            ledger.make_current(lake, again, run_id=run_id)
        yield Rotated(report, obstacle is None, obstacle or f"key {report.key_id} → {key_id}")


def _obstacle(delivery: Delivery, report: LandingReport) -> str | None:
    """Why the exports cannot be landed again as they were, or None."""
    if not delivery.folder.is_dir():
        return f"keeps key {report.key_id}: the exports are gone"
    try:
        files = deliveries.verify(delivery, is_manifest_optional=not report.has_manifest).files
    except DeliveryRefused as refusal:
        return f"keeps key {report.key_id}: {refusal.what}"
    if {file.sha256 for file in files} != {file.sha256 for file in report.files}:
        return f"keeps key {report.key_id}: the folder holds another delivery now; the next run lands it"
    return None
