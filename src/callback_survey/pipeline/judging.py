"""The two gates over the regions of a run: what they are asked is put together, answered by one validation for all, and told as a
verdict on each.

What was asked and answered before is not asked again (`checks.kept`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from callback_survey.checks import kept
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DamagedFile, GateFailed, is_stopped
from callback_survey.pipeline.verdicts import (
    GateReport,
    as_dict,
    counted,
    gate_failed,
    held_back,
    record,
    show,
    shown,
    summarise,
)
from callback_survey.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from callback_survey.checks.model import CheckReport
    from callback_survey.expectations.gates import Facts
    from callback_survey.landing import LandingReport
    from callback_survey.warehouse.build import BuildReport, BuiltScope

logger = logging.getLogger(__name__)

_TOGETHER = "asked of all of them together"


@dataclass(frozen=True)
class Landed:
    """A delivery in the lake, before its verdict: what gate 1 is asked, with the facts, or with the answer that is there from before.

    `seeds` are the registers and rules that it landed with, and is judged by, whatever becomes of them meanwhile. `seen` is the delivery
    that was current then.
    """

    delivery: Delivery
    report: LandingReport
    question: str
    seeds: Path
    seen: str | None
    facts: Facts | None = None
    answer: CheckReport | None = None


def judge_landed(run: Run, landed: Sequence[Landed]) -> Iterator[tuple[Delivery, Callable[[], LandingReport]]]:
    """Gate 1 over landed deliveries. Each with its outcome, which returns the report of one that is current now, or raises
    GateFailed."""
    new = [one for one in landed if one.facts is not None]
    answers: dict[Delivery, CheckReport] = {}
    if len(new) > 1:
        with run.progress.step("gate 1", ", ".join(one.report.region_code for one in new)) as step:
            try:
                answers = _answered(run, new)
                step.result = _TOGETHER
            except Exception as error:
                if is_stopped(error):
                    raise
                # whose facts cannot be judged shows when each is asked about by itself: the others have their verdicts
                logger.exception("%s: the regions could not be judged together", run.run_id)
                step.result = "each is asked by itself"
    for one in landed:
        yield one.delivery, partial(_judge, run, one, answers.get(one.delivery))


def _answered(run: Run, landed: Sequence[Landed]) -> dict[Delivery, CheckReport]:
    """What the gate says of each delivery, kept for the next run."""
    from callback_survey.expectations.gates import check_deliveries
    from callback_survey.landing import ledger

    answers: dict[Delivery, CheckReport] = {}
    for seeds in dict.fromkeys(one.seeds for one in landed):
        same = [one for one in landed if one.seeds == seeds]
        asked = [(one.report, one.facts) for one in same if one.facts is not None]
        for one, report in zip(same, check_deliveries(asked, seeds=seeds, run_id=run.run_id), strict=True):
            kept.keep(ledger.checked_path(run.settings.lake, one.report), one.question, report)
            answers[one.delivery] = report
    return answers


def _judge(run: Run, landed: Landed, answer: CheckReport | None) -> LandingReport:
    """The verdict on one delivery, by what the gate said of it together with others, before, or now."""
    from callback_survey.landing import ledger

    settings, report = run.settings, landed.report
    with run.progress.step("gate 1", report.region_code) as step:
        checked = record(run, landed.answer or answer or _answered(run, [landed])[landed.delivery])
        step.quarter, step.figures = report.quarter, counted(checked)
        step.result = summarise(checked) + (" (nothing changed since)" if landed.answer is not None else "")
        failed = [result.check_id for result in checked.failures]
        ledger.record_verdict(settings.lake, report, failed_checks=failed, run_id=run.run_id)
        if failed:
            show(run)  # the alert leads there; of what passed the build shows it
            raise gate_failed(run, checked, "the delivery is quarantined, and one that was current before stays so")
        ledger.make_current(settings.lake, report, run_id=run.run_id, seen=landed.seen)
    return report


def judge(run: Run, built: BuildReport) -> GateReport:
    """The verdicts of gate 2 over each region's quarter, also where none passed."""
    from callback_survey.releases.code_version import code_version
    from callback_survey.releases.earlier import earlier_rates
    from callback_survey.warehouse.build import verify_stamp

    failures: list[GateFailed] = []
    passed: list[BuiltScope] = []
    with shown(run), run.warehouse.open() as connection:
        verify_stamp(connection, built)
        damaged: dict[BuiltScope, DamagedFile] = {}
        known: dict[BuiltScope, CheckReport] = {}
        new: list[_MartsQuestion] = []
        seeds = run.settings.seeds  # which may be others in a moment
        for scope in built.scope:
            try:
                earlier = earlier_rates(run.settings.releases, scope)
            except DamagedFile as damage:
                damaged[scope] = damage
                continue
            asked = [built.build_id, asdict(scope), [str(path) for path in earlier]]
            question = kept.question_of(asked, seeds, code_version())
            answer = kept.find(run.warehouse.checked_path(scope), question, run_id=run.run_id)
            if answer is not None:
                known[scope] = answer
            else:
                new.append(_MartsQuestion(scope, earlier, question))
        answers: dict[BuiltScope, CheckReport] = {}
        if len(new) > 1:
            with run.progress.step("gate 2", ", ".join(one.scope.region_code for one in new)) as step:
                answers = _marts_answered(run, connection, new, seeds)
                step.result = _TOGETHER
        for scope in built.scope:
            with run.progress.step("gate 2", scope.region_code) as step:
                if scope in damaged:
                    failures.append(held_back(scope, damaged[scope]))
                    step.result = "held back"
                    continue
                answer = known.get(scope) or answers.get(scope) or _marts_answered(run, connection, new, seeds)[scope]
                checked = record(run, answer)
                step.quarter, step.figures = scope.quarter, counted(checked)
                step.result = summarise(checked) + (" (nothing changed since)" if scope in known else "")
            if checked.failures:
                failures.append(gate_failed(run, checked, "nothing of this quarter was released"))
            else:
                passed.append(scope)
    return GateReport(tuple(passed), tuple(as_dict(failure) for failure in failures))


@dataclass(frozen=True)
class _MartsQuestion:
    """What gate 2 is asked about one region's quarter; `earlier` are the rates of the quarters before."""

    scope: BuiltScope
    earlier: Sequence[Path]
    question: str


def _marts_answered(
    run: Run, connection: duckdb.DuckDBPyConnection, asked: Sequence[_MartsQuestion], seeds: Path
) -> dict[BuiltScope, CheckReport]:
    """What the gate says of each, kept for the next run."""
    from callback_survey.expectations.gates import check_all_marts, marts_facts

    facts = [(one.scope, marts_facts(connection, one.scope, seeds=seeds, earlier=one.earlier)) for one in asked]
    answers: dict[BuiltScope, CheckReport] = {}
    for one, report in zip(asked, check_all_marts(facts, seeds=seeds, run_id=run.run_id), strict=True):
        kept.keep(run.warehouse.checked_path(one.scope), one.question, report)
        answers[one.scope] = report
    return answers
