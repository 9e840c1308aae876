"""What is told to people and is no problem: a release that waits for a signature, revisions that were released."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from callback_survey.alerts.compose import Place
from callback_survey.alerts.message import Alert
from callback_survey.alerts.waiting import Waiting
from callback_survey.local_time import to_the_minute
from callback_survey.wording.catalogue import Words

if TYPE_CHECKING:
    from callback_survey.releases import Release


def of_waiting(waiting: Waiting, today: date, say: Words) -> Alert:
    """That a release waits for the approver's signature: one message a day."""
    return Alert(
        severity="waiting",
        region_code=waiting.region_code,
        quarter=waiting.quarter,
        run_id=waiting.run_id,
        step="approval",
        problem=f"waiting/{waiting.scope.name}/r{waiting.revision}/{today}",
        title=say("what.waiting", title=waiting.title),
        lines=waiting.lines,
        readers_see=say("readers.waiting"),
        next_step=say("next.waiting", since=to_the_minute(waiting.since), hours=f"{waiting.hours:g}"),
        link=waiting.link,
        language=say.language,
    )


def of_released(found: Sequence[Release], names: Mapping[str, str], place: Place, say: Words) -> Alert:
    """That revisions were released and are served: which, why, and how much moved against the revision before."""
    digest = hashlib.sha256("".join(one.content_hash for one in found).encode()).hexdigest()
    first, is_one = found[0], len(found) == 1
    return Alert(
        severity="released",
        region_code=first.region_code if is_one else None,
        quarter=first.quarter if len({one.quarter for one in found}) == 1 else None,
        run_id=place.run_id,
        step=place.step,
        problem=f"released/{digest[:12]}",
        title=say("what.released", count=len(found)),
        lines=tuple(_released_line(one, names.get(one.region_code, one.region_code), say) for one in found),
        readers_see=say("readers.released"),
        next_step=say("next.released"),
        link=place.link,
        region_name=names.get(first.region_code) if is_one else None,
        language=say.language,
    )


def _released_line(release: Release, name: str, say: Words) -> str:
    moved = (release.difference or {}).get("departments", [])
    told = {
        "region": name,
        "quarter": release.quarter,
        "revision": release.revision,
        "reason": say.said(release.reason),
    }
    return say("line.released_moved" if release.difference else "line.released", count=len(moved), **told)
