"""What a run tells: a step that failed, the warnings of its gates, and that something passes again.

The command line and Airflow's callbacks call the same functions. None of them raises: an alert that cannot be made is in
the log, and the run goes its way.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from callback_survey import progress
from callback_survey.alerts import compose, news, open_problems
from callback_survey.alerts import waiting as notes
from callback_survey.alerts.compose import Place
from callback_survey.alerts.message import Alert
from callback_survey.alerts.outbox import Delivery, resend_unsent, send
from callback_survey.alerts.waiting import Waiting
from callback_survey.checks.model import CheckReport, as_findings
from callback_survey.local_time import local_date
from callback_survey.scope import Scope
from callback_survey.serving import readers
from callback_survey.settings import Settings
from callback_survey.storage.files import write_text
from callback_survey.wording.catalogue import Words

if TYPE_CHECKING:
    from callback_survey.releases import Release

logger = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")


def _never_raises(tell: Callable[Arguments, None]) -> Callable[Arguments, None]:
    @wraps(tell)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception:
            logger.exception("the alert could not be made or sent")

    return guarded


@_never_raises
def tell_failure(settings: Settings, error: BaseException | str | None, place: Place, *, checks_of: str) -> None:
    """Tell what ended a step. `checks_of` is the run under whose name its check results lie."""
    say = _words(settings)
    try:
        alert = compose.of_failure(error, _seen(settings, error, place, checks_of, say), say)
    except Exception:
        logger.exception("the alert could not be worded; its plain form is sent")
        alert = compose.of_failure(f"{type(error).__name__}", place, say)
    speak(settings, alert)


@_never_raises
def tell_warnings(settings: Settings, run_id: str, place: Place) -> None:
    """Tell the warnings of both gates in one message for the run; those that the last run told already, not again."""
    folder = settings.checks / progress.file_name(run_id)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*-*-*.json")):
        report = CheckReport.read(path)
        found.setdefault((report.region_code, report.quarter), []).extend(as_findings(report.warnings))
    new = {scope: results for scope, results in found.items() if _is_news(settings, scope, results)}
    if new:
        say = _words(settings)
        name = region_names(settings).get(next(iter(new))[0]) if len(new) == 1 else None
        page = _checks_page(settings, run_id)
        where = replace(place, region_name=name, checks_page=page, runbook=settings.runbook)
        speak(settings, compose.of_warnings(new, where, say))


@_never_raises
def tell_passed(settings: Settings, scopes: Iterable[tuple[str, str]], place: Place) -> None:
    """Tell, once, that quarters which were told as failed have been released and served."""
    passed = list(dict.fromkeys(scopes))
    keys = [compose.scope_key(*scope) for scope in passed]
    # a failure that named no region is over when any region of its quarter gets through
    keys += [compose.scope_key(None, quarter) for quarter in dict.fromkeys(quarter for _, quarter in passed)]
    _tell_solved(settings, keys, passed, place)


@_never_raises
def tell_dag_passed(settings: Settings, dag: str, place: Place) -> None:
    """Tell, once, that a DAG which was told as failed has done its work."""
    _tell_solved(settings, [dag], [], place)


@_never_raises
def tell_waiting(settings: Settings, waiting: Waiting) -> None:
    """Tell the approver that a release waits, and remember it until it is decided. Without a channel of theirs nothing is told."""
    if settings.approver_urls:
        notes.note(settings.alerts, waiting)
        speak(settings, news.of_waiting(waiting, local_date(waiting.since), Words(settings.language)))


@_never_raises
def remind_approvers(settings: Settings, today: date) -> None:
    """Tell again what still waits, once a day."""
    for waiting in notes.all_waiting(settings.alerts):
        if settings.approver_urls and local_date(waiting.since) < today:
            speak(settings, news.of_waiting(waiting, today, Words(settings.language)))


@_never_raises
def forget_waiting(settings: Settings, scope: Scope, revision: int) -> None:
    notes.forget(settings.alerts, scope, revision)


@_never_raises
def tell_released(settings: Settings, found: Sequence[Release], place: Place) -> None:
    """Tell, to those who asked for it, which revisions were released and what moved."""
    if found and settings.alert_urls_released:
        speak(settings, news.of_released(found, region_names(settings), place, Words(settings.language)))


def _tell_solved(settings: Settings, keys: Sequence[str], passed: list[tuple[str, str]], place: Place) -> None:
    solved = open_problems.closed(settings.alerts, keys)
    if solved:
        say = Words(settings.language)
        # what could not be said of the failure comes before its recovery
        resend(settings)
        names = region_names(settings)
        own = {(entry["region_code"], entry["quarter"]) for entry in solved}
        # of a failure that named no region whatever passed is news
        about = [scope for scope in passed if scope in own or (None, scope[1]) in own]
        see = readers.now_see(settings.serving, settings.releases, about, say)
        region = names.get(solved[0]["region_code"] or "")
        speak(settings, compose.of_recovery(solved, replace(place, readers_see=see, region_name=region), say))


def speak(settings: Settings, alert: Alert) -> Delivery:
    """Send an alert to the channels of its severity; a failure stays open until it passes."""
    delivery = send(
        alert, urls=settings.alert_urls_for(_routed(alert.severity, alert.recovers)), outbox=settings.alerts
    )
    if alert.severity == "fail":
        try:
            open_problems.opened(settings.alerts, alert)
        except OSError as error:
            logger.error("nobody will be told that this passes again, as it cannot be noted: %s", error)
    return delivery


def resend(settings: Settings, run_id: str | None = None) -> list[Delivery]:
    """Send again what did not arrive; of one run, or of all."""
    return resend_unsent(
        settings.alerts,
        urls_of=lambda record: settings.alert_urls_for(_routed(record["severity"], record.get("recovers", "fail"))),
        run_id=run_id,
    )


def _routed(severity: str, recovers: str) -> str:
    return recovers if severity == "recovered" else severity


def _words(settings: Settings) -> Words:
    """The words, with the titles of checks as their rules have them; a seed that cannot be read stops no alert."""
    try:
        with (settings.seeds / "check_rules.csv").open(encoding="utf-8-sig", newline="") as file:
            column = "title" if settings.language == "zh" else "title_en"
            rules = list(csv.DictReader(file))
        titles = {row["check_id"]: row.get(column) or "" for row in rules}
        return Words(settings.language, titles, {row["check_id"]: row.get("allowed_zh") or "" for row in rules})
    except (OSError, KeyError, ValueError):
        return Words(settings.language)


def region_names(settings: Settings) -> dict[str, str]:
    """Regions by code, of the register; empty where it cannot be read."""
    try:
        with (settings.seeds / "regions.csv").open(encoding="utf-8-sig", newline="") as file:
            return {row["region_code"]: row["region_name"] for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError):
        return {}


def _seen(settings: Settings, error: object, place: Place, checks_of: str, say: Words) -> Place:
    region = getattr(error, "region_code", None) or place.region_code
    quarter = getattr(error, "quarter", None) or place.quarter
    return replace(
        place,
        region_name=region_names(settings).get(region or ""),
        readers_see=readers.readers_see(settings.serving, settings.releases, region, quarter, say),
        checks_page=_checks_page(settings, checks_of),
        runbook=settings.runbook,
    )


def _checks_page(settings: Settings, run_id: str) -> str | None:
    """The page of a run's checks: its address where readers have one, else its path; the folder where there is no page."""
    folder = settings.checks / progress.file_name(run_id)
    page = folder / "index.html"
    found = page if page.is_file() else folder
    if not found.exists():
        return None
    return f"{settings.public_url}/{found.relative_to(settings.home).as_posix()}" if settings.public_url else str(found)


def _is_news(settings: Settings, scope: tuple[str, str], results: Sequence[dict[str, Any]]) -> bool:
    """Whether these warnings differ from those told last of the same region and quarter; they are remembered as told."""
    path: Path = settings.alerts / "warned" / f"{'-'.join(scope)}.txt"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    told = hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest() if results else ""
    if told != before:
        write_text(path, told)
    return bool(results) and told != before
