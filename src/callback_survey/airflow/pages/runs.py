"""The checks of every run, also of those that were not released: what each gate said, and the page of its results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callback_survey import progress
from callback_survey.airflow.pages.revisions import UNREADABLE, Revision, words_of
from callback_survey.checks import page
from callback_survey.checks.model import CheckReport, Rule, read_rules
from callback_survey.settings import Settings


@dataclass(frozen=True)
class CheckedRun:
    """A run's folder of checks. `damage` where one of its results cannot be read."""

    name: str
    reports: tuple[CheckReport, ...]
    damage: str | None = None

    @property
    def checked_at(self) -> str:
        return max((report.checked_at for report in self.reports), default="")

    @property
    def places(self) -> list[tuple[str, str]]:
        return sorted({(report.region_code, report.quarter) for report in self.reports})

    @property
    def is_failed(self) -> bool:
        return any(report.failures for report in self.reports)

    @property
    def warning_count(self) -> int:
        return sum(len(report.warnings) for report in self.reports)


def newest(settings: Settings, first: int, count: int) -> tuple[list[CheckedRun], int]:
    """`count` runs from the `first` on, the newest first, and how many there are."""
    folders = sorted(_folders(settings).values(), key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    return [_read(folder) for folder in folders[first : first + count]], len(folders)


def run(settings: Settings, name: str) -> CheckedRun | None:
    folder = _folders(settings).get(name)
    return _read(folder) if folder else None


def of_release(settings: Settings, revision: Revision) -> str | None:
    """The name of the run that made a release, where its checks are still there."""
    name = progress.file_name(revision.release.run_id) if revision.release else ""
    return name if name in _folders(settings) else None


def render(settings: Settings, reports: list[CheckReport], run_name: str) -> str:
    """The page of results, as a run writes it, with the titles of today's rules."""
    return page.render(reports, _rules(settings), run_name, runbook=settings.runbook)


def _rules(settings: Settings) -> dict[str, Rule]:
    try:
        return read_rules(settings.seeds)
    except UNREADABLE:
        return {}


def _folders(settings: Settings) -> dict[str, Path]:
    """The runs' folders by name. A visitor's name is looked up among them, and is never made a path."""
    found = settings.checks.iterdir() if settings.checks.is_dir() else []
    return {folder.name: folder for folder in found if folder.is_dir() and not folder.is_symlink()}


def _read(folder: Path) -> CheckedRun:
    try:
        return CheckedRun(folder.name, tuple(page.reports_in(folder)))
    except UNREADABLE as error:
        return CheckedRun(folder.name, (), words_of(error))
