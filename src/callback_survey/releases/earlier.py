"""What is released already: the quarters before one, as gate 2 holds a new one against them, and its own last revision."""

from __future__ import annotations

from pathlib import Path

from callback_survey.quarter import Quarter
from callback_survey.releases.model import RATES, revisions, served
from callback_survey.scope import Scope

# so far back a new quarter is compared
QUARTERS = 4


def earlier_rates(releases: Path, scope: Scope) -> list[Path]:
    """The rates of the last four calendar quarters, as they are served; a gap is not made up by older ones."""
    found, before = [], Quarter.parse(scope.quarter)
    for _ in range(QUARTERS):
        before = before.previous()
        found += [
            release.folder / "marts" / f"{RATES}.parquet"
            for release in served(releases, scope.region_code, str(before))
            if RATES in release.tables
        ]
    return found


def last_marts(releases: Path, scope: Scope) -> Path | None:
    """The folder of the marts of a quarter's last revision, which masks what a later one masks; None before the first.

    The last and not the served one: who has seen it can subtract.
    """
    found = [release for release in revisions(releases, scope) if RATES in release.tables]
    return found[-1].folder / "marts" if found else None
