"""A person accepts a failed check: one check, one region and quarter, one delivery, and what was found in it.

overrides/<region>/<quarter>/<number>-<accepted|withdrawn>-<check>.json     added to, never changed

There is no switch for a gate. What the check found stays a failure in every result, with who accepted it and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from callback_survey.checks.model import CheckReport, CheckResult, Rule, now
from callback_survey.errors import UsageError
from callback_survey.given_text import HEADING_CHARACTERS, given_text
from callback_survey.scope import Scope
from callback_survey.storage import files, locks

Act = Literal["accepted", "withdrawn"]


@dataclass(frozen=True)
class Decision:
    """One entry of the record. `observed` and `examples` are what the person had seen when deciding."""

    act: Act
    check_id: str
    region_code: str
    quarter: str
    delivery_id: str
    by: str
    reason: str
    at: str
    run_id: str = ""
    observed: str = ""
    examples: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    def covers(self, report: CheckReport, result: CheckResult) -> bool:
        """Whether this is about the same delivery, and about what was found now. A larger fault is another one."""
        return (
            self.act == "accepted"
            and self.check_id == result.check_id
            and self.delivery_id == report.delivery_id
            and (self.observed, self.examples) == (result.observed, result.examples)
        )


def applied(report: CheckReport, overrides: Path, rules: Mapping[str, Rule]) -> CheckReport:
    """The report with each failure marked that a person accepted. A check that could not judge is never accepted."""
    standing = {decision.check_id: decision for decision in in_force(overrides, report.scope)}
    return replace(report, results=tuple(_judged(report, result, standing, rules) for result in report.results))


def _judged(
    report: CheckReport, result: CheckResult, standing: Mapping[str, Decision], rules: Mapping[str, Rule]
) -> CheckResult:
    decision = standing.get(result.check_id)
    if decision is None or not can_be_accepted(result, rules) or not decision.covers(report, result):
        return result
    return replace(result, accepted_by=decision.by, accepted_reason=decision.reason, accepted_at=decision.at)


def can_be_accepted(result: CheckResult, rules: Mapping[str, Rule]) -> bool:
    """Whether a person may decide about this result at all."""
    rule = rules.get(result.check_id)
    return result.severity == "fail" and result.outcome == "fail" and rule is not None and rule.is_overridable


def decisions(overrides: Path, region_code: str | None = None, quarter: str | None = None) -> list[Decision]:
    """Everything that was ever decided, by region and quarter and in the order it was decided."""
    folders = sorted(path for path in overrides.glob(f"{region_code or '*'}/{quarter or '*'}") if path.is_dir())
    return [read(path) for folder in folders for path in sorted(folder.glob("*.json"))]


def in_force(overrides: Path, scope: Scope) -> list[Decision]:
    """The last decision on each check of a region's quarter, where that was to accept."""
    last = {decision.check_id: decision for decision in decisions(overrides, scope.region_code, scope.quarter)}
    return [decision for decision in last.values() if decision.act == "accepted"]


def accept(
    report: CheckReport, check_id: str, *, overrides: Path, rules: Mapping[str, Rule], by: str, reason: str
) -> Decision:
    """Record that a person accepts a failure of the given report. Raises UsageError, with the reason, where it must not."""
    _refuse_what_nobody_may_accept(rules[check_id])
    result = next((result for result in report.results if result.check_id == check_id), None)
    if result is None or result.is_passed:
        raise UsageError(
            f"{check_id} did not fail for {report.region_code} {report.quarter}",
            where=f"run {report.run_id}",
            expected=_failed_ids(report) or "no failed check",
            next_step="accept a check that failed, by its id",
        )
    if result.outcome != "fail":
        raise UsageError(
            f"{check_id} has no verdict ({result.outcome}: {result.observed}), so there is nothing to accept",
            next_step="fix the cause, then run the quarter again",
        )
    for decision in in_force(overrides, report.scope):
        if decision.covers(report, result):
            raise UsageError(
                f"{check_id} was already accepted by {decision.by}: {decision.reason}",
                next_step=f"callback-survey run --region {report.region_code} --quarter {report.quarter}",
            )
    return _append(
        overrides,
        Decision(
            act="accepted",
            check_id=check_id,
            region_code=report.region_code,
            quarter=report.quarter,
            delivery_id=report.delivery_id,
            by=given_text("--by", by, most=HEADING_CHARACTERS),
            reason=given_text("--reason", reason),
            at=now(),
            run_id=report.run_id,
            observed=result.observed,
            examples=result.examples,
        ),
    )


def withdraw(scope: Scope, check_id: str, *, overrides: Path, by: str, reason: str) -> Decision:
    """Record that an acceptance holds no longer. What was released under it stays released."""
    found = [decision for decision in in_force(overrides, scope) if decision.check_id == check_id]
    if not found:
        raise UsageError(
            f"nothing to withdraw: no acceptance of {check_id} is in force for {scope.name}",
            next_step="callback-survey accept --list",
        )
    said = given_text("--reason", reason) if reason.strip() else ""
    decision = replace(
        found[0], act="withdrawn", by=given_text("--by", by, most=HEADING_CHARACTERS), reason=said, at=now()
    )
    return _append(overrides, decision)


def next_step(report: CheckReport, rules: Mapping[str, Rule]) -> str:
    """What to do about the failures of a report: another delivery, or a decision where all of them allow one."""
    corrected = "ask for a corrected delivery, then run the quarter again"
    if report.explanations:
        corrected = f"complete the registers where the possible cause is one of them; otherwise {corrected}"
    if not all(can_be_accepted(result, rules) for result in report.failures):
        return corrected
    return f"{corrected}; or, if the data are correct, accept each failed check, such as: " + command(
        report, report.failures[0].check_id
    )


def command(report: CheckReport, check_id: str) -> str:
    """The command that accepts a failed check, but for the words of the person."""
    keys = f"--region {report.region_code} --quarter {report.quarter} --check {check_id}"
    return f"callback-survey accept {keys} --reason … --by …"


def _refuse_what_nobody_may_accept(rule: Rule) -> None:
    if rule.severity == "warn":
        raise UsageError(f"{rule.check_id} is a warning: it stops nothing and needs no decision")
    if not rule.is_overridable:
        raise UsageError(
            f"{rule.check_id} can never be accepted",
            expected="possible figures and no personal data; nobody may decide otherwise",
            next_step="ask for a corrected delivery, then run the quarter again",
        )


def _failed_ids(report: CheckReport) -> str:
    return ", ".join(result.check_id for result in [*report.failures, *report.accepted])


def _append(overrides: Path, decision: Decision) -> Decision:
    folder = overrides / decision.region_code / decision.quarter
    with locks.held(overrides / ".lock"):
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(path.name.partition("-")[0]) for path in folder.glob("*.json")), default=0)
        files.write_json(folder / f"{number:04d}-{decision.act}-{decision.check_id}.json", asdict(decision))
    return decision


def read(path: Path) -> Decision:
    """One entry of the record."""
    value = files.read_json(path)
    return Decision(**{**value, "examples": tuple(value["examples"])})
