"""From what happened to what is said of it: failures of a step, warnings of the gates, problems that are over.

Our own errors bring their lines and their scope. Of any other error only the type and the first line are told: the rest
is in the log, and library errors quote the data they stumbled over.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callback_survey.alerts.message import Alert, shortened
from callback_survey.errors import (
    ApprovalOutdated,
    DeliveryMisplaced,
    DeliveryRefused,
    DocumentsFailed,
    GateFailed,
    NotAnswered,
    NothingDelivered,
    RegisterError,
    RowsRemoved,
    StaleBuild,
    SurveyError,
    UsageError,
)
from callback_survey.wording.catalogue import Words

MAX_TEXT_CHARACTERS = 300
_MOST_RUNBOOK_PLACES = 5
# DuckDB quotes the cell it could not read; these are the classes whose text holds data rather than names of columns.
_ERRORS_QUOTING_DATA = {"DataError", "IntegrityError", "InvalidInputException"}
# A remedy that names the decision by which a person may let a failed check pass.
_ACCEPT = re.compile(r"callback-survey accept .*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# Kind of error, the first that fits: its words, and the section of the runbook. None is what is not ours.
_KINDS: tuple[tuple[type[BaseException], str, str], ...] = (
    (DeliveryMisplaced, "misplaced", "a-delivery-was-refused"),
    (DeliveryRefused, "refused", "a-delivery-was-refused"),
    (RowsRemoved, "removed", "rows-were-removed"),
    (GateFailed, "gate", "a-gate-said-no"),
    (NothingDelivered, "nothing_delivered", "nothing-came"),
    (RegisterError, "register", "a-register-is-wrong"),
    (ApprovalOutdated, "outdated", "an-approval-came-too-late"),
    (NotAnswered, "unanswered", "a-notice-waits-for-approval"),
    (UsageError, "usage", "a-setting-is-wrong"),
    (StaleBuild, "stale_build", "another-run-in-the-way"),
    (DocumentsFailed, "documents", "documents-are-missing"),
)
_OTHERWISE = ("machine", "the-pipeline-or-the-machine-broke")


@dataclass(frozen=True)
class Place:
    """Where something happened, and where one can look. `task` is set in Airflow, where it can be cleared.

    `dag` is what stays open where a failure concerns no quarter's figures, such as the watch. `command` goes on by hand
    where that is not to run the quarter again.
    """

    run_id: str
    step: str
    region_code: str | None = None
    quarter: str | None = None
    region_name: str | None = None
    link: str | None = None
    checks_page: str | None = None
    readers_see: str = ""
    runbook: str = "docs/runbook.md"
    task: str | None = None
    dag: str | None = None
    command: str | None = None


def of_failure(error: BaseException | str | None, place: Place, say: Words) -> Alert:
    """The alert for whatever ended a step; the place fills what the error does not know.

    `error` is a text where a run failed and no task has said why.
    """
    name, section = next(((name, anchor) for kind, name, anchor in _KINDS if isinstance(error, kind)), _OTHERWISE)
    region = getattr(error, "region_code", None) or place.region_code
    quarter = getattr(error, "quarter", None) or place.quarter
    title, lines, said = _explained(error, say)
    kind = type(error).__name__ if isinstance(error, BaseException) else "unknown"
    digest = hashlib.sha256(said[0].encode("utf-8")).hexdigest()[:12]
    checks = _failed_checks(error)
    places = [
        f"{place.runbook}#{anchor}" for anchor in [*checks[:_MOST_RUNBOOK_PLACES], *([] if checks else [section])]
    ]
    return Alert(
        severity="fail",
        region_code=region,
        quarter=quarter,
        run_id=place.run_id,
        step=place.step,
        problem=f"{kind}/{region or '-'}/{quarter or '-'}/{digest}",
        title=title,
        lines=lines,
        readers_see=place.readers_see or say("readers.unknown"),
        next_step=say(f"next.{name}"),
        link=place.link,
        retry=_retry(place, region, quarter, error, say),
        runbook=tuple(places),
        checks_page=place.checks_page if isinstance(error, GateFailed) else None,
        region_name=place.region_name,
        said=said,
        concerns=_concerns(error, region, quarter, place.dag),
        language=say.language,
    )


def of_warnings(found: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]], place: Place, say: Words) -> Alert:
    """One message for all warnings of a run, by region and quarter."""
    lines: list[str] = []
    for scope, results in sorted(found.items()):
        lines += [" ".join(scope), *(f"  {line}" for line in _check_lines(results, say))]
    checks = list(dict.fromkeys(str(result["check_id"]) for results in found.values() for result in results))
    region = next(iter(found))[0] if len(found) == 1 else None
    quarter = next(iter(found))[1]
    return Alert(
        severity="warn",
        region_code=region,
        quarter=quarter,
        run_id=place.run_id,
        step=place.step,
        problem="warnings",
        title=say("what.warnings", count=sum(len(results) for results in found.values())),
        lines=tuple(lines),
        readers_see="",
        next_step=say("next.warnings"),
        link=place.link,
        runbook=tuple(f"{place.runbook}#{check}" for check in checks[:_MOST_RUNBOOK_PLACES]),
        checks_page=place.checks_page,
        region_name=place.region_name,
        language=say.language,
    )


def of_recovery(solved: Sequence[Mapping[str, Any]], place: Place, say: Words) -> Alert:
    """What was told as failed and has passed now; `solved` are the records of it (see `open_problems`)."""
    is_one = len(solved) == 1
    lines = [
        say("line.told", scope=_told_scope(entry, say), since=entry["since"], run=entry["run_id"], step=entry["step"])
        for entry in solved
    ]
    digest = hashlib.sha256(json.dumps([[entry["key"], entry["since"]] for entry in solved]).encode()).hexdigest()
    return Alert(
        severity="recovered",
        region_code=solved[0]["region_code"] if is_one else None,
        quarter=solved[0]["quarter"],
        run_id=place.run_id,
        step=place.step,
        problem=f"recovered/{digest[:12]}",
        title=say("what.recovered") if is_one else say("what.recovered_more", count=len(solved)),
        lines=tuple(lines),
        readers_see=place.readers_see,
        next_step=say("next.recovered"),
        link=place.link,
        region_name=place.region_name if is_one else None,
        language=say.language,
    )


def run_command(region_code: str | None, quarter: str | None) -> str:
    region = f" --region {region_code}" if region_code else ""
    return f"callback-survey run{region} --quarter {quarter or '<YYYYQn>'}"


def _retry(place: Place, region: str | None, quarter: str | None, error: object, say: Words) -> str:
    """How to go on. In Airflow a verdict needs a new run: clearing the task would only repeat it."""
    command = place.command or run_command(region, quarter)
    if place.task is None or isinstance(error, ApprovalOutdated):
        return command
    if place.command or not isinstance(error, (GateFailed, UsageError)):
        return say("retry.airflow_clear", task=place.task, command=command)
    conf = {name: value for name, value in (("quarter", quarter), ("region", region)) if value}
    return say("retry.airflow_run", conf=json.dumps(conf), command=command)


def _concerns(error: object, region: str | None, quarter: str | None, dag: str | None) -> tuple[str, ...]:
    if dag is not None:
        return (dag,)
    if isinstance(error, RowsRemoved):  # nothing has to be done, and nothing of it will pass
        return ()
    parts = getattr(error, "parts", None) or []
    scopes = [(part.region_code, part.quarter) for part in parts] or [(region, quarter)]
    return tuple(scope_key(*scope) for scope in scopes if scope[1])


def scope_key(region_code: str | None, quarter: str | None) -> str:
    """The key under which a region's quarter, or a quarter as a whole, stays open."""
    return f"{region_code or 'all'}-{quarter}"


def _told_scope(entry: Mapping[str, Any], say: Words) -> str:
    if entry["region_code"]:
        return f"{entry['region_code']} {entry['quarter']}"
    return say("line.whole_run", quarter=entry["quarter"]) if entry["quarter"] else str(entry["key"])


def _failed_checks(error: object) -> list[str]:
    failures = [error, *(getattr(error, "parts", None) or [])]
    found = [finding["check_id"] for failure in failures for finding in getattr(failure, "findings", None) or []]
    return list(dict.fromkeys(found))


def _explained(error: BaseException | str | None, say: Words) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A title, the lines that go with it, and what the error said in its own words."""
    if error is None:
        title = say("what.no_error")
        return title, (), (title,)
    if isinstance(error, str):
        title = say("what.run_failed", text=say.said(_first_line(error)))
        return title, (), (title,)
    if isinstance(error, SurveyError):
        own = _first_line(error.what)
        said = (own, *(line.strip() for line in str(error).splitlines()[1:]))
        return _title_of(error, say), _lines_of(error, say), said
    text = _first_line(str(error))
    if any(base.__name__ in _ERRORS_QUOTING_DATA for base in type(error).__mro__):
        text = _QUOTED.sub("'…'", text)
    own = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return say("what.foreign", text=own), (), (own,)


def _title_of(error: SurveyError, say: Words) -> str:
    if isinstance(error, GateFailed) and error.parts:
        return say("what.regions", count=len(error.parts))
    if isinstance(error, GateFailed) and error.findings:
        first, failed = str(error.findings[0]["check_id"]), [one for one in error.findings if not _is_cause(one)]
        title, count = say.check(first), len(failed)
        checks = say("what.check" if count == 1 else "what.checks", first=title, count=count, more=count - 1)
        return say(f"what.gate_{error.gate}", checks=checks)
    what = _first_line(say.said(error.what))
    if say.language == "en":
        return what
    name = next((name for kind, name, _ in _KINDS if isinstance(error, kind)), "our_error")
    return f"{say(f'what.{name}')}：{what}"


def _lines_of(error: SurveyError, say: Words) -> tuple[str, ...]:
    if isinstance(error, GateFailed) and error.parts:
        return tuple(line for part in error.parts for line in (_part(part, say), *_indented(part, say)))
    if isinstance(error, GateFailed) and error.findings:
        decision = _ACCEPT.search(error.next_step or "")
        accept = [say("label.accept", text=decision[0])] if decision else []
        return (*_finding_lines(error, say), *accept)
    hint = [say("label.hint", text=say.said(error.next_step))] if error.next_step else []
    return (*_own_lines(error, say), *hint)


def _own_lines(error: SurveyError, say: Words) -> list[str]:
    context = (("where", error.where), ("expected", error.expected))
    told = [say(f"label.{name}", text=say.said(text)) for name, text in context if text]
    return [*map(say.said, error.alert_lines), *told]


def _part(part: GateFailed, say: Words) -> str:
    scope = f"{part.region_code} {part.quarter}"
    return say("label.line", label=scope, text=_title_of(part, say)) if part.findings else say.said(part.what)


def _indented(part: GateFailed, say: Words) -> list[str]:
    lines = _finding_lines(part, say) if part.findings else _own_lines(part, say)
    return [f"  {line}" for line in lines]


def _finding_lines(error: GateFailed, say: Words) -> list[str]:
    """The checks that failed, and the warnings that may say why."""
    lines = []
    for finding in error.findings:
        first, *examples = _check_lines([finding], say)
        lines += [say("line.cause", line=first) if _is_cause(finding) else first, *examples]
    return lines


def _is_cause(finding: Mapping[str, Any]) -> bool:
    return finding.get("severity") == "warn"


def _check_lines(results: Sequence[Mapping[str, Any]], say: Words) -> list[str]:
    lines = []
    for result in results:
        check = str(result["check_id"])
        title = say.check(check)
        observed, allowed = say.said(str(result["observed"])), say.allowed(check, str(result["allowed"]))
        lines.append(say("line.check", title=title, check=check, observed=observed, allowed=allowed))
        lines += [f"  {say.said(example)}" for example in result["examples"]]
    return lines


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return shortened(lines[0].strip(), MAX_TEXT_CHARACTERS) if lines else ""
