"""What the gates of a run said: written down as results and a page, told in words, raised as one error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DamagedFile, DeliveryRefused, GateFailed
from callback_survey.run import Run
from callback_survey.scope import Scope

if TYPE_CHECKING:
    from callback_survey.checks.model import CheckReport
    from callback_survey.warehouse.build import BuiltScope

DELIVERY_GATE, MARTS_GATE = "delivery", "marts"


@dataclass(frozen=True)
class GateReport:
    """The verdicts of gate 2: what may be released, and for the rest what was wrong, ready to be told."""

    passed: tuple[BuiltScope, ...]
    failed: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        return {"passed": [asdict(scope) for scope in self.passed], "failed": list(self.failed)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> GateReport:
        from callback_survey.warehouse.build import BuiltScope

        return cls(tuple(BuiltScope(**scope) for scope in value["passed"]), tuple(value["failed"]))


def reports_of(run: Run, scope: BuiltScope) -> list[CheckReport]:
    from callback_survey.checks.model import CheckReport

    names = [f"{gate}-{scope.region_code}-{scope.quarter}.json" for gate in (DELIVERY_GATE, MARTS_GATE)]
    return [CheckReport.read(run.checks_folder / name) for name in names]


def record(run: Run, report: CheckReport) -> CheckReport:
    """The report with what a person accepted, written down; the run's page of results is for `show` to write."""
    from callback_survey.checks import overrides
    from callback_survey.checks.model import read_rules
    from callback_survey.storage import modes

    judged = overrides.applied(report, run.settings.overrides, read_rules(run.settings.seeds))
    with modes.served_to(run.settings.readers):
        judged.write(run.checks_folder)
    return judged


@contextmanager
def shown(run: Run) -> Iterator[None]:
    """What is recorded inside stands on the run's page of results afterwards, also where it is broken off."""
    try:
        yield
    finally:
        show(run)


def show(run: Run) -> None:
    """Write the run's page of all that is recorded so far. It holds every region: written for each of many it would cost their
    square."""
    from callback_survey.checks import page
    from callback_survey.checks.model import read_rules
    from callback_survey.storage import modes

    if run.checks_folder.is_dir():
        with modes.served_to(run.settings.readers):
            page.write(run.checks_folder, read_rules(run.settings.seeds))


def record_refusal(run: Run, delivery: Delivery, refusal: DeliveryRefused) -> None:
    from callback_survey.expectations.gates import refused

    with shown(run):
        record(run, refused(delivery, refusal, seeds=run.settings.seeds, run_id=run.run_id))


def summarise(report: CheckReport) -> str:
    accepted = f", {len(report.accepted)} failed and accepted" if report.accepted else ""
    return f"{len(report.results)} checks, {len(report.failures)} failed{accepted}, {len(report.warnings)} warned"


def counted(report: CheckReport) -> dict[str, float]:
    """The same as figures for a monitoring system."""
    return {
        "checks.asked": len(report.results),
        "checks.failed": len(report.failures),
        "checks.warned": len(report.warnings),
    }


def gate_failed(run: Run, report: CheckReport, consequence: str) -> GateFailed:
    from callback_survey.checks import overrides
    from callback_survey.checks.model import as_findings, describe, describe_causes, read_rules

    gate_name = {DELIVERY_GATE: "gate 1 (delivery)", MARTS_GATE: "gate 2 (marts)"}[report.gate]
    return GateFailed(
        f"{report.region_code} {report.quarter}: {gate_name} failed; {consequence}",
        next_step=overrides.next_step(report, read_rules(run.settings.seeds)),
        region_code=report.region_code,
        quarter=report.quarter,
        alert_lines=[*describe(report.failures), *describe_causes(report.explanations)],
        gate=report.gate,
        findings=as_findings([*report.failures, *report.explanations]),
    )


def held_back(scope: Scope, damage: DamagedFile) -> GateFailed:
    """A region's quarter that goes no further for what is damaged of it: told like one that a gate held back."""
    return GateFailed(
        f"{scope.name}: held back, the others go on: {damage.what}",
        where=damage.where,
        expected=damage.expected,
        next_step=damage.next_step,
        region_code=scope.region_code,
        quarter=scope.quarter,
    )


def merge_failures(failures: Sequence[GateFailed]) -> GateFailed:
    """One error for the failures of several regions, with the words of each."""
    if len(failures) == 1:
        return failures[0]
    steps = {failure.next_step for failure in failures}
    is_one_step = len(steps) == 1
    return GateFailed(
        f"{len(failures)} regions did not get through",
        next_step=failures[0].next_step if is_one_step else "take the step that is named for each region",
        quarter=failures[0].quarter,
        alert_lines=[
            line
            for failure in failures
            for line in (
                failure.what,
                *failure.told,
                *((f"next: {failure.next_step}",) if failure.next_step and not is_one_step else ()),
            )
        ],
        parts=failures,
    )


def as_dict(failure: GateFailed) -> dict[str, Any]:
    names = ("what", "where", "expected", "next_step", "region_code", "quarter", "alert_lines", "gate", "findings")
    return {name: getattr(failure, name) for name in names}
