"""Everything that was released, as far as it can be read: one damaged region never hides the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callback_survey.errors import DamagedFile
from callback_survey.releases import journal
from callback_survey.releases.model import Release, revisions, scopes, served_of
from callback_survey.releases.standing import Standing, standing
from callback_survey.scope import Scope


@dataclass(frozen=True)
class Inventory:
    """All readable revisions in order, those of them that are to be served (one per region and quarter), and the standing
    of each by its name.

    `damaged` says why of the regions and quarters of which something cannot be read: none of their revisions is listed.
    """

    every: tuple[Release, ...]
    served: tuple[Release, ...]
    standings: Mapping[str, Standing]
    damaged: Mapping[Scope, DamagedFile]


def take(releases: Path, region_code: str | None = None, quarter: str | None = None) -> Inventory:
    """The inventory of a folder of releases, or of one region or quarter in it."""
    every: list[Release] = []
    served: list[Release] = []
    standings: dict[str, Standing] = {}
    damaged: dict[Scope, DamagedFile] = {}
    for scope in scopes(releases):
        if region_code not in (None, scope.region_code) or quarter not in (None, scope.quarter):
            continue
        try:
            found = revisions(releases, scope)
            entries = journal.entries(releases, scope.region_code, scope.quarter)
            standing_of = {release.name: standing(entries, release) for release in found}
            shown = served_of(found, releases)
        except DamagedFile as damage:
            damaged[scope] = damage
            continue
        every += found
        served += [shown] if shown is not None else []
        standings |= standing_of
    return Inventory(tuple(every), tuple(served), standings, damaged)
