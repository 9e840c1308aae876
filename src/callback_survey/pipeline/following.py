"""A corrected quarter and the one after it: changes are frozen with the revision they were compared with.

So a correction that moves figures opens a revision of the next quarter, from that quarter's own released delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callback_survey.errors import DamagedFile, GateFailed
from callback_survey.landing import LandingReport, ledger, removed
from callback_survey.pipeline import judging, steps
from callback_survey.pipeline.verdicts import DELIVERY_GATE, GateReport, as_dict, held_back
from callback_survey.releases import Release, comparison
from callback_survey.run import Run
from callback_survey.scope import Scope


def revise(run: Run, verdicts: GateReport) -> GateReport:
    """Build, check and release again what was compared with other figures than those now released.

    Returns the verdicts with what this adds to them. What is outdated is read off the releases, so a killed run leaves
    the rest to the next one.
    """
    passed, failed = list(verdicts.passed), list(verdicts.failed)
    compared = verdicts.passed
    while outdated := _outdated(run, compared, failed):
        landed = [report for release in outdated if (report := _landed(run, release)) is not None]
        lost = [release for release in outdated if release.scope not in {report.scope for report in landed}]
        failed += [_lost(release) for release in lost if not _is_removed(run, release)]
        if not landed:
            break
        built = steps.build(run, landed)
        judged = judging.judge(run, built)
        judged = steps.release(run, built, judged).verdicts
        passed += judged.passed
        failed += judged.failed
        compared = judged.passed
    return GateReport(tuple(passed), tuple(failed))


def _outdated(run: Run, compared: Sequence[Scope], failed: list[dict[str, Any]]) -> list[Release]:
    """Added to `failed` is what cannot be looked at: it may be outdated, and stays as it is."""
    found: list[Release] = []
    for scope in compared:
        try:
            found += comparison.outdated(run.settings.releases, [scope])
        except DamagedFile as damage:
            failed.append(
                as_dict(
                    held_back(Scope(damage.region_code or scope.region_code, damage.quarter or scope.quarter), damage)
                )
            )
    return found


def _landed(run: Run, release: Release) -> LandingReport | None:
    """The delivery that a release was made of. It passed gate 1 then, and that result counts for this run."""
    report = ledger.find(run.settings.lake, release.scope, release.delivery_id)
    if report is not None and ledger.damaged_files(run.settings.lake, report):
        return None
    if report is not None:
        for checked in release.check_reports():
            if checked.gate == DELIVERY_GATE:
                checked.write(run.checks_folder)
    return report


def _is_removed(run: Run, release: Release) -> bool:
    """Whether its rows were removed when their time had passed: said, and no failure, as no run can change it."""
    gone = removed.find(run.settings.lake, release.scope, release.delivery_id)
    if gone is not None:
        with run.progress.step("revise", release.region_code) as step:
            step.result = (
                f"{release.name}: its changes from the quarter before stay as they are; "
                f"its rows were removed on {gone.removed_at[:10]}"
            )
    return gone is not None


def _lost(release: Release) -> dict[str, Any]:
    failure = GateFailed(
        f"{release.scope.name}: its changes from the quarter before were not recomputed",
        next_step="land its delivery again and run the quarter",
        region_code=release.region_code,
        quarter=release.quarter,
        alert_lines=[f"the lake no longer has the complete delivery {release.delivery_id} of {release.name}"],
    )
    return as_dict(failure)
