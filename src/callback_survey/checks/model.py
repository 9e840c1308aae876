"""What a check is and what it found. No Great Expectations here: reading results needs none."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from callback_survey import files

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

Severity = Literal["fail", "warn"]
Outcome = Literal["pass", "fail", "error", "no_rows", "skipped"]


@dataclass(frozen=True)
class Rule:
    """One row of the seed `check_rules`: how severe a check is and where its limit stands."""

    check_id: str
    gate: str
    severity: Severity
    limit: Decimal | None
    description: str


@dataclass(frozen=True)
class Check:
    """An expectation about one table of facts.

    `example` turns a failing row into words; it may use the columns named in `shows`. `allows` says what would have
    passed. Where `rows_may_be_missing`, an empty table of facts means there was nothing to compare (skipped);
    everywhere else it is a failure: an expectation over no rows is true of anything.
    """

    check_id: str
    facts: str
    expectation: Expectation
    example: str
    shows: tuple[str, ...]
    allows: str
    rows_may_be_missing: bool = False


@dataclass(frozen=True)
class CheckResult:
    """One check on one region and quarter. `examples` name departments and cases, never persons."""

    gate: str
    suite: str
    check_id: str
    expectation: str
    severity: Severity
    outcome: Outcome
    observed: str
    allowed: str
    examples: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        return self.outcome in ("pass", "skipped")


@dataclass(frozen=True)
class CheckReport:
    """All results of a gate for one region and quarter."""

    run_id: str
    gate: str
    region_code: str
    quarter: str
    results: tuple[CheckResult, ...]

    @property
    def failures(self) -> list[CheckResult]:
        return [result for result in self.results if result.severity == "fail" and not result.is_passed]

    @property
    def warnings(self) -> list[CheckResult]:
        return [result for result in self.results if result.severity == "warn" and not result.is_passed]

    def as_rows(self) -> list[dict[str, Any]]:
        """Rows of the table `check_results`."""
        keys = {"region_code": self.region_code, "quarter": self.quarter, "run_id": self.run_id}
        return [{**keys, **asdict(result), "examples": "；".join(result.examples)} for result in self.results]

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.gate}-{self.region_code}-{self.quarter}.json"
        files.write_json(path, asdict(self))
        return path

    @classmethod
    def read(cls, path: Path) -> CheckReport:
        value = files.read_json(path)
        results = tuple(CheckResult(**{**row, "examples": tuple(row["examples"])}) for row in value["results"])
        return cls(**{**value, "results": results})


def read_rules(seeds: Path) -> dict[str, Rule]:
    with (seeds / "check_rules.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["check_id"]: _rule(row) for row in rows}


def _rule(row: dict[str, str]) -> Rule:
    severity: Severity = "warn" if row["severity"] == "warn" else "fail"
    limit = Decimal(row["limit_value"]) if row["limit_value"] else None
    return Rule(row["check_id"], row["gate"], severity, limit, row["description"])


def describe(results: Sequence[CheckResult]) -> list[str]:
    """One line a result, with its examples: what a person reads in an alert."""
    lines = []
    for result in results:
        lines.append(f"{result.check_id}: {result.observed}; allowed: {result.allowed}")
        lines += [f"  {example}" for example in result.examples]
    return lines
