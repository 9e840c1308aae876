"""Commands on check results: `checks` lists what the gates of each run said, `accept` records a person's decision."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from callback_survey import progress
from callback_survey.checks import overrides, page
from callback_survey.checks.model import CheckReport, Rule, describe, read_rules
from callback_survey.checks.overrides import Decision
from callback_survey.cli import language
from callback_survey.cli.options import add_by, add_home, add_json, add_reason, add_scope, print_json
from callback_survey.errors import UsageError
from callback_survey.local_time import to_the_second
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope
from callback_survey.settings import Settings, load_settings

_CHECKS_EXAMPLES = """examples:
  callback-survey checks                                      all runs; failures and warnings of the last one
  callback-survey checks --region 123456 --quarter 2018Q1
  callback-survey checks --run cli-20180420T060000-123-ab12   one run"""
_ACCEPT_EXAMPLES = """examples:
  callback-survey accept --region 123456 --quarter 2018Q1 --check reconciliation_within_tolerance \\
      --reason "区档案局印错，办公室已确认计算结果" --by 张三
  callback-survey accept --region 123456 --quarter 2018Q1 --check reconciliation_within_tolerance --withdraw --by 张三
  callback-survey accept --list

An acceptance applies to one check of one delivery. After accepting, run the quarter again.
docs/runbook.md says who decides on each check."""


@dataclass(frozen=True)
class CheckedRun:
    """What the gates of a run said. `name` is its folder in checks/, where `page` lies."""

    name: str
    page: Path
    reports: tuple[CheckReport, ...]

    @property
    def at(self) -> str:
        return max((report.checked_at for report in self.reports), default="")


def add_to(commands: Any) -> None:
    """Add both commands to the parser's sub-commands."""
    checks = commands.add_parser(
        "checks",
        help="list the check results of each run, with the path of its page",
        epilog=_CHECKS_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scope(checks, is_required=False)
    checks.add_argument("--run", metavar="RUN", help="one run only")
    add_json(checks)
    add_home(checks)
    checks.set_defaults(command=_checks)
    accept = commands.add_parser(
        "accept",
        help="accept a failed check for one delivery, or withdraw an acceptance",
        epilog=_ACCEPT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scope(accept, is_required=False)
    accept.add_argument("--check", metavar="CHECK", help="id of the check, as `callback-survey checks` shows it")
    add_reason(accept, "recorded in the release and printed in the notice", is_required=False)
    add_by(accept)
    accept.add_argument("--withdraw", action="store_true", help="withdraw an acceptance; releases made under it remain")
    accept.add_argument("--list", action="store_true", help="list all acceptances and withdrawals")
    add_json(accept)
    add_home(accept)
    accept.set_defaults(command=_accept)


def runs(checks: Path) -> list[CheckedRun]:
    """The runs with results, oldest first."""
    folders = [path for path in checks.glob("*") if path.is_dir()]
    found = [CheckedRun(path.name, path / page.NAME, tuple(page.reports_in(path))) for path in folders]
    return sorted((run for run in found if run.reports), key=lambda run: (run.at, run.name))


def last_report(checks: Path, gate: str, scope: Scope) -> CheckReport:
    """What the gate said last of a region's quarter. Raises UsageError where it was never held."""
    found = [
        report
        for run in runs(checks)
        for report in run.reports
        if (report.gate, report.region_code, report.quarter) == (gate, scope.region_code, scope.quarter)
    ]
    if not found:
        raise UsageError(
            f"no results of gate {gate} for {scope.name}",
            where=str(checks),
            next_step=f"callback-survey run --region {scope.region_code} --quarter {scope.quarter}",
        )
    return max(found, key=lambda report: report.checked_at)


def _checks(options: argparse.Namespace) -> int:
    settings = load_settings(home=options.home)
    quarter = str(Quarter.parse(options.quarter)) if options.quarter else None
    wanted = progress.file_name(options.run) if options.run else None
    shown = [
        run
        for run in (_narrowed(found, options.region, quarter) for found in runs(settings.checks))
        if run.reports and wanted in (None, run.name)
    ]
    if options.json:
        print_json([{"run": run.reports[0].run_id, **asdict(run)} for run in shown])
        return 0
    for run in shown:
        _say(f"{to_the_second(run.at) or 'time unknown':<19}  {run.reports[0].run_id}")
        for line in _lines(run.reports, with_findings=run is shown[-1]):
            _say(f"  {line}")
        _say(
            f"  {run.page}" if run.page.is_file() else f"  {run.page.parent} (no page: the run is older than the pages)"
        )
    if not shown:
        asked = " ".join(part for part in (options.region, quarter, options.run) if part)
        _say(f"no check results{f' of {asked}' if asked else ''} under {settings.checks}")
    return 0


def _narrowed(run: CheckedRun, region_code: str | None, quarter: str | None) -> CheckedRun:
    wanted = (
        report
        for report in run.reports
        if region_code in (None, report.region_code) and quarter in (None, report.quarter)
    )
    return replace(run, reports=tuple(wanted))


def _lines(reports: Sequence[CheckReport], *, with_findings: bool) -> Iterator[str]:
    for report in reports:
        yield f"{report.region_code} {report.quarter}  {report.gate:<8}  {language.shown(_outcome(report))}"
        if with_findings:
            for kind, results in (
                ("failed", report.failures),
                ("accepted", report.accepted),
                ("warned", report.warnings),
            ):
                for result in results:
                    first, *others = describe([result])
                    yield f"    {kind}: {first}"
                    yield from (f"    {line}" for line in others)
                    if result.is_accepted:
                        yield f"      accepted by {result.accepted_by}: {result.accepted_reason}"


def _outcome(report: CheckReport) -> str:
    told = [f"failed: {', '.join(result.check_id for result in report.failures)}"] if report.failures else ["passed"]
    told += [f"accepted: {', '.join(result.check_id for result in report.accepted)}"] if report.accepted else []
    told += [f"warned: {', '.join(result.check_id for result in report.warnings)}"] if report.warnings else []
    return "; ".join(told)


def _accept(options: argparse.Namespace) -> int:
    settings = load_settings(home=options.home)
    quarter = str(Quarter.parse(options.quarter)) if options.quarter else None
    if options.list:
        return _list(settings, options.region, quarter, is_json=options.json)
    missing = [name for name in ("region", "quarter", "check", "by") if not getattr(options, name)]
    missing += [] if options.reason or options.withdraw else ["reason"]
    if missing or quarter is None:
        raise UsageError(
            f"missing: {', '.join(f'--{name}' for name in missing)}",
            next_step="callback-survey accept --help",
        )
    rules = read_rules(settings.seeds)
    rule = _rule(rules, options.check)
    if options.withdraw:
        withdrawn = overrides.withdraw(
            Scope(options.region, quarter),
            rule.check_id,
            overrides=settings.overrides,
            by=options.by,
            reason=options.reason,
        )
        _say(
            f"withdrawn: {rule.check_id} of {withdrawn.region_code} {quarter}, delivery {withdrawn.delivery_id}\n"
            "Releases made under it remain; from now on the gate stops this delivery again."
        )
        return 0
    report = last_report(settings.checks, rule.gate, Scope(options.region, quarter))
    accepted = overrides.accept(
        report, rule.check_id, overrides=settings.overrides, rules=rules, by=options.by, reason=options.reason
    )
    _confirm(accepted)
    return 0


def _confirm(accepted: Decision) -> None:
    _say(f"accepted by {accepted.by}: {accepted.check_id} of {accepted.region_code} {accepted.quarter}")
    _say(f"  found: {accepted.observed}")
    for example in accepted.examples:
        _say(f"    {example}")
    _say(f"  reason: {accepted.reason}")
    _say(f"  It applies only to delivery {accepted.delivery_id} and to what was found in it:")
    _say("  another delivery or another finding needs a new decision.")
    _say(f"  next: callback-survey run --region {accepted.region_code} --quarter {accepted.quarter}")


def _rule(rules: dict[str, Rule], check_id: str) -> Rule:
    if check_id not in rules:
        raise UsageError(
            f"unknown check: {check_id}",
            expected="one of " + ", ".join(name for name, rule in rules.items() if rule.is_overridable),
            next_step="callback-survey checks shows what failed",
        )
    return rules[check_id]


def _list(settings: Settings, region_code: str | None, quarter: str | None, *, is_json: bool) -> int:
    found = overrides.decisions(settings.overrides, region_code, quarter)
    standing = {
        (decision.region_code, decision.quarter, decision.check_id, decision.at)
        for decision in found
        if decision in overrides.in_force(settings.overrides, decision.scope)
    }
    if is_json:
        keyed = {(one.region_code, one.quarter, one.check_id, one.at): one for one in found}
        print_json([{**asdict(one), "is_in_force": key in standing} for key, one in keyed.items()])
        return 0
    for decision in found:
        key = (decision.region_code, decision.quarter, decision.check_id, decision.at)
        state = "in force" if key in standing else "past" if decision.act == "accepted" else ""
        _say(
            f"{to_the_second(decision.at)}  {decision.region_code} {decision.quarter}  {decision.check_id}  "
            f"{decision.act} by {decision.by}{f' ({state})' if state else ''}"
        )
        _say(
            f"  delivery {decision.delivery_id}; {decision.observed}{''.join(f'; {text}' for text in decision.examples)}"
        )
        if decision.reason:
            _say(f"  reason: {decision.reason}")
    if not found:
        _say(f"no acceptances under {settings.overrides}")
    return 0


def _say(text: str) -> None:
    """Print, folded for a terminal; what draws lines is loaded only now."""
    from callback_survey.cli.terminal import open_console, say

    say(open_console(), text)
