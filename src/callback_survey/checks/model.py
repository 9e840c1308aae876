"""What a check is and what it found. No Great Expectations here: reading results needs none."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from callback_survey.scope import Scope
from callback_survey.storage import files
from callback_survey.storage.spreadsheet import is_true

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

Severity = Literal["fail", "warn"]
Outcome = Literal["pass", "fail", "error", "no_rows", "skipped"]
NOTHING = "no rows to look at"
# Warnings that say why a check fails: told with the failure, because its own examples count what these name
_EXPLAINS = {
    "spellings_known": (
        "reject_share",
        "reject_share_by_department",
        "unknown_department_share",
        "unknown_department_called",
    ),
    "case_ids_alike": ("called_cases_in_frame",),
}


@dataclass(frozen=True)
class Rule:
    """One row of the seed `check_rules`: how severe a check is and where its limit stands.

    `minimum_count` is from how many on a check judges, `chance_level` what counts as more than chance.
    """

    check_id: str
    gate: str
    severity: Severity
    limit: Decimal | None
    description: str
    title: str = ""
    allowed_zh: str = ""
    is_overridable: bool = False
    minimum_count: int = 0
    chance_level: Decimal | None = None

    def number(self) -> float:
        """The limit of a check that cannot do without one."""
        return self._needed("limit_value", self.limit)

    def chance(self) -> float:
        return self._needed("chance_level", self.chance_level)

    def _needed(self, column: str, value: Decimal | None) -> float:
        if value is None:
            raise ValueError(f"check_rules.csv: {self.check_id} needs a {column}")
        return float(value)


@dataclass(frozen=True)
class Check:
    """An expectation about one table of facts.

    `example` turns a failing row into words; it may use the columns named in `shows`. `allows` says what would have
    passed. Where `rows_may_be_missing`, an empty table of facts means there was nothing to compare (skipped, and
    `nothing` says why); everywhere else it is a failure: an expectation over no rows is true of anything.
    """

    check_id: str
    facts: str
    expectation: Expectation
    example: str
    shows: tuple[str, ...]
    allows: str
    rows_may_be_missing: bool = False
    nothing: str = NOTHING


@dataclass(frozen=True)
class CheckResult:
    """One check on one region and quarter. `examples` name departments and cases, never persons.

    A failure that a person accepted stays a failure: `accepted_by`, `accepted_reason` and `accepted_at` stand beside it.
    """

    gate: str
    suite: str
    check_id: str
    expectation: str
    severity: Severity
    outcome: Outcome
    observed: str
    allowed: str
    examples: tuple[str, ...]
    accepted_by: str = ""
    accepted_reason: str = ""
    accepted_at: str = ""

    @property
    def is_passed(self) -> bool:
        return self.outcome in ("pass", "skipped")

    @property
    def is_accepted(self) -> bool:
        return bool(self.accepted_by)


@dataclass(frozen=True)
class CheckReport:
    """All results of a gate for one region and quarter. `delivery_id` is empty where the delivery could not be landed.

    `validations` are what Great Expectations said itself, where it was asked: written into a file beside, and not read again.
    """

    run_id: str
    gate: str
    region_code: str
    quarter: str
    results: tuple[CheckResult, ...]
    delivery_id: str = ""
    checked_at: str = ""
    validations: tuple[dict[str, Any], ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @property
    def failures(self) -> list[CheckResult]:
        """What stops a release: failures that nobody accepted."""
        return [result for result in self._failed if not result.is_accepted]

    @property
    def accepted(self) -> list[CheckResult]:
        return [result for result in self._failed if result.is_accepted]

    @property
    def warnings(self) -> list[CheckResult]:
        return [result for result in self.results if result.severity == "warn" and not result.is_passed]

    @property
    def explanations(self) -> list[CheckResult]:
        """The warnings that name the cause of a failure."""
        failed = {result.check_id for result in self.failures}
        return [warning for warning in self.warnings if failed.intersection(_EXPLAINS.get(warning.check_id, ()))]

    @property
    def _failed(self) -> list[CheckResult]:
        return [result for result in self.results if result.severity == "fail" and not result.is_passed]

    def as_rows(self) -> list[dict[str, Any]]:
        """Rows of the table `check_results`, in which a warning is an outcome: to count one needs no second column."""
        warnings = self.warnings
        keys = {
            "region_code": self.region_code,
            "quarter": self.quarter,
            "run_id": self.run_id,
            "delivery_id": self.delivery_id or None,
            "checked_at": self.checked_at or None,
        }
        return [
            {
                **keys,
                **{name: value or None if name.startswith("accepted_") else value for name, value in row.items()},
                "outcome": "warn" if result in warnings else result.outcome,
                "examples": "；".join(result.examples),
                "is_accepted": result.is_accepted,
            }
            for result, row in ((result, asdict(result)) for result in self.results)
        ]

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.gate}-{self.region_code}-{self.quarter}.json"
        report = asdict(self)
        if validations := report.pop("validations"):
            files.write_json(folder / "great_expectations" / path.name, validations)
        files.write_json(path, report)
        return path

    @classmethod
    def read(cls, path: Path) -> CheckReport:
        return cls.from_json(files.read_json(path))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CheckReport:
        results = tuple(CheckResult(**{**row, "examples": tuple(row["examples"])}) for row in value["results"])
        return cls(**{**value, "results": results, "validations": tuple(value.get("validations", ()))})


def now() -> str:
    """The moment of a check, as reports carry it: UTC, to the microsecond.

    The last of two runs is told by it, and small deliveries are checked twice within a second.
    """
    return datetime.now(UTC).isoformat(timespec="microseconds")


def read_rules(seeds: Path) -> dict[str, Rule]:
    with (seeds / "check_rules.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["check_id"]: _rule(row) for row in rows}


def _rule(row: dict[str, str]) -> Rule:
    severity: Severity = "warn" if row["severity"] == "warn" else "fail"
    return Rule(
        check_id=row["check_id"],
        gate=row["gate"],
        severity=severity,
        limit=Decimal(row["limit_value"]) if row["limit_value"] else None,
        description=row["description"],
        title=row["title"],
        allowed_zh=row.get("allowed_zh") or "",
        is_overridable=is_true(row["is_overridable"]),
        minimum_count=int(row["minimum_count"] or 0),
        chance_level=Decimal(row["chance_level"]) if row["chance_level"] else None,
    )


def describe(results: Sequence[CheckResult]) -> list[str]:
    """One line a result, with its examples: what a person reads in an alert."""
    lines = []
    for result in results:
        lines.append(f"{result.check_id}: {result.observed}; allowed: {result.allowed}")
        lines += [f"  {example}" for example in result.examples]
    return lines


def describe_causes(results: Sequence[CheckResult]) -> list[str]:
    """The same of warnings that may say why a check failed."""
    lines = []
    for result in results:
        check_id, observed, allowed = result.check_id, result.observed, result.allowed
        lines.append(f"possible cause: {check_id}: {observed}; allowed: {allowed}")
        lines += [f"  {example}" for example in result.examples]
    return lines


def as_findings(results: Sequence[CheckResult]) -> list[dict[str, Any]]:
    """The same as values, for a message that is worded elsewhere."""
    names = ("check_id", "severity", "observed", "allowed", "examples")
    return [{name: getattr(result, name) for name in names} for result in results]
