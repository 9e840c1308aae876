"""The results of a run as one page that people read: checks/<run>/index.html. Nothing in it is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from callback_survey import pages
from callback_survey.checks import overrides
from callback_survey.checks.model import CheckReport, CheckResult, Rule
from callback_survey.local_time import to_the_second
from callback_survey.settings import RUNBOOKS
from callback_survey.storage import files, locks
from callback_survey.wording.catalogue import Words

if TYPE_CHECKING:
    from jinja2 import Template

NAME = "index.html"
RUNBOOK = RUNBOOKS["zh"]
_GATE_ORDER = {"delivery": 1, "marts": 2}
GATE_NAMES = {"delivery": "第一道关口（交付）", "marts": "第二道关口（结果表）"}
# What a reader must see first stands first.
STATES = {
    "failed": "未通过",
    "unjudged": "未能检查",
    "accepted": "未通过，已放行",
    "warned": "提醒",
    "passed": "通过",
    "skipped": "无可比对",
}


@dataclass(frozen=True)
class Line:
    """One check as the page shows it. `accept` is the command of a person who may decide about it, else empty."""

    result: CheckResult
    state: str
    title: str
    observed: str
    allowed: str
    examples: tuple[str, ...]
    accept: str

    @property
    def is_quiet(self) -> bool:
        return self.state in ("passed", "skipped")


@dataclass(frozen=True)
class Section:
    """One gate of one region and quarter."""

    report: CheckReport
    lines: tuple[Line, ...]

    @property
    def is_failed(self) -> bool:
        return bool(self.report.failures)

    @property
    def counts(self) -> dict[str, int]:
        found = {state: sum(line.state == state for line in self.lines) for state in STATES}
        return {STATES[state]: count for state, count in found.items() if count}


def write(folder: Path, rules: Mapping[str, Rule], *, runbook: str = RUNBOOK) -> Path:
    """Write the page of all results in a run's folder. Gates of different regions may finish at the same moment.

    `runbook` is where people read it: an address becomes a link, a file name is shown as it is.
    """
    path = folder / NAME
    with locks.held(folder / ".lock"):
        files.write_text(path, render(reports_in(folder), rules, folder.name, runbook=runbook))
    return path


def reports_in(folder: Path) -> list[CheckReport]:
    """The reports of a run, region by region in the order of the gates."""
    found = [CheckReport.read(path) for path in folder.glob("*.json")]
    return sorted(found, key=lambda report: (report.region_code, report.quarter, _GATE_ORDER.get(report.gate, 9)))


def render(reports: Sequence[CheckReport], rules: Mapping[str, Rule], run_name: str, *, runbook: str = RUNBOOK) -> str:
    sections = sorted((_section(report, rules) for report in reports), key=lambda section: not section.is_failed)
    return _template().render(
        run_id=reports[0].run_id if reports else run_name,
        runbook=runbook,
        sections=sections,
        gate_names=GATE_NAMES,
        states=STATES,
        failed=[section for section in sections if section.is_failed],
        warning_count=sum(len(section.report.warnings) for section in sections),
        accepted_count=sum(len(section.report.accepted) for section in sections),
    )


def state_of(result: CheckResult) -> str:
    if result.outcome in ("pass", "skipped"):
        return "passed" if result.outcome == "pass" else "skipped"
    if result.is_accepted:
        return "accepted"
    if result.outcome != "fail":
        return "unjudged"
    return "failed" if result.severity == "fail" else "warned"


def _section(report: CheckReport, rules: Mapping[str, Rule]) -> Section:
    lines = [_line(report, result, rules) for result in report.results]
    order = list(STATES)
    return Section(report, tuple(sorted(lines, key=lambda line: order.index(line.state))))


def _line(report: CheckReport, result: CheckResult, rules: Mapping[str, Rule]) -> Line:
    rule = rules.get(result.check_id)
    state, say = state_of(result), Words("zh", limits={result.check_id: rule.allowed_zh} if rule else {})
    may_accept = state == "failed" and overrides.can_be_accepted(result, rules)
    return Line(
        result=result,
        state=state,
        title=rule.title if rule else result.check_id,
        observed=say.said(result.observed),
        allowed=say.allowed(result.check_id, result.allowed),
        examples=tuple(map(say.said, result.examples)),
        accept=overrides.command(report, result.check_id) if may_accept else "",
    )


@cache
def _template() -> Template:
    environment = pages.environment("callback_survey.checks")
    environment.filters["local_time"] = to_the_second
    return environment.get_template("results.html.j2")
