"""The daily look at what callbacks cannot see. Says each problem once, again when it changes, and when it is over.

What it has told is kept in `<home>/watch/state.json`. It first sends what did not arrive before: a look that cannot be
heard is of no use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any, Literal

from callback_survey.alerts import tell
from callback_survey.alerts.message import Alert
from callback_survey.local_time import LOCAL, local_date
from callback_survey.metrics import Measurement, send
from callback_survey.serving import readers
from callback_survey.settings import Settings
from callback_survey.storage import lakes, locks
from callback_survey.storage.files import read_json, write_json
from callback_survey.watch import personal
from callback_survey.watch import problems as looks
from callback_survey.watch.problems import Problem, Waiting
from callback_survey.wording.catalogue import Words

_LOOK_AT = time(8, 0)
_MOST_RUNBOOK_PLACES = 5
# what cannot be judged while a run is under way: it may be about to mend it
_DURING_A_RUN = ("waiting/", "overdue/", "served/", "damaged/", "mirror")
_COME = ("waiting", "started")
_SECTIONS = {
    "overdue": "nothing-came",
    "waiting": "a-delivery-is-waiting",
    "started": "a-delivery-is-waiting",
    "served_age": "served-data-too-old",
    "unserved": "served-data-too-old",
    "undocumented": "documents-are-missing",
    "broken": "served-data-too-old",
    "damaged": "a-release-is-damaged",
    "mirror": "the-mirror-is-behind",
    "unsent": "an-alert-did-not-arrive",
    "disk": "disk",
    "unwritable": "disk",
    "personal": "personal-numbers-in-the-lake",
    "leftover": "personal-numbers-in-the-lake",
    "hanging": "a-run-hangs",
    "stuck": "a-run-hangs",
    "silent": "the-scheduler-is-silent",
}


@dataclass(frozen=True)
class WatchReport:
    """What is wrong now, in words; how much of it was told in this look; what is over, by language; and what should be run."""

    problems: tuple[Problem, ...]
    told_count: int
    solved: tuple[Mapping[str, str], ...]
    resent_count: int
    to_start: tuple[Waiting, ...] = ()
    is_run_under_way: bool = False


@dataclass
class _State:
    """What was told, by the problem's key; the deliveries whose run was started; when Airflow's schedule last looked; since
    which look in Airflow a run was found running in every one.
    """

    problems: dict[str, dict[str, str]] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    scheduled_at: str | None = None
    running_since: str | None = None


def watch(
    settings: Settings,
    *,
    run_id: str,
    today: date | None = None,
    starts: bool = False,
    is_running: bool = False,
    is_scheduled: bool = False,
) -> WatchReport:
    """Look once, and tell what is new.

    `starts`: the caller runs the deliveries in `to_start`, so they are no problem yet; `is_running`: a run of a quarter
    is under way, as far as the caller knows; `is_scheduled`: this is Airflow's daily look, not one by hand.
    """
    # another lake than the home's would look as if nothing had been landed
    lakes.verify(settings.lake)
    now = datetime.now(UTC) if today is None else datetime.combine(today, _LOOK_AT, LOCAL)
    say = Words(settings.language)
    if unwritable := looks.unwritable(settings):
        tell.speak(settings, _alert(settings, run_id, "fail", unwritable, say))
        return WatchReport(tuple(unwritable), len(unwritable), (), 0)
    with locks.held(settings.watch / "watch.lock"):
        path = settings.watch / "state.json"
        state = _State(**read_json(path)) if path.is_file() else _State()
        resent = tell.resend(settings)
        tell.remind_approvers(settings, local_date(now))
        holder = looks.warehouse_holder(settings)
        if starts:
            state.running_since = (state.running_since or now.isoformat(timespec="seconds")) if is_running else None
        is_under_way = is_running or holder is not None
        problems, to_start = _look(settings, now, state, holder, starts=starts, is_under_way=is_under_way)
        kept = _unjudged(problems, to_start, starts=starts, is_under_way=is_under_way)
        told, solved = _tell_changes(settings, run_id, state, problems, say, kept)
        state.started.update({one.key: one.digest for one in to_start})
        if is_scheduled:
            state.scheduled_at = now.isoformat(timespec="seconds")
        write_json(path, vars(state))
    _measure(settings, now, problems)
    return WatchReport(tuple(problems), told, tuple(solved), len(resent), tuple(to_start), is_under_way)


def _measure(settings: Settings, now: datetime, problems: Sequence[Problem]) -> None:
    """What a monitoring system gets of every look, also while no run is under way."""
    if settings.metrics_url is None:
        return
    seen = readers.measured(settings.serving, settings.releases, now)
    figures = [Measurement(name, value, {"step": "watch"}) for name, value in seen.items()]
    for severity in ("fail", "warn"):
        count = sum(one.severity == severity for one in problems)
        figures.append(Measurement("watch.problems", count, {"step": "watch", "severity": severity}))
    send(settings.metrics_url, figures)


def _unjudged(
    problems: Sequence[Problem], to_start: Sequence[Waiting], *, starts: bool, is_under_way: bool
) -> tuple[str, ...]:
    """The beginnings of keys that are not over only because nothing was seen of them in this look."""
    # a late delivery that has come is late no more once it is released
    come = [*(one.key for one in to_start), *(one.key.partition("/")[2] for one in problems if one.name in _COME)]
    keys = [key for one in come for key in (f"waiting/{one}", f"overdue/{one.partition('-')[0]}")]
    return (*keys, *(_DURING_A_RUN if is_under_way else ()), *(("scheduler",) if starts else ()))


def _look(
    settings: Settings,
    now: datetime,
    state: _State,
    holder: dict[str, Any] | None,
    *,
    starts: bool,
    is_under_way: bool,
) -> tuple[list[Problem], list[Waiting]]:
    problems: list[Problem] = []
    to_start: list[Waiting] = []
    if not is_under_way:
        waits = looks.waiting_deliveries(settings)
        if starts:
            to_start = [one for one in waits if state.started.get(one.key) != one.digest]
            problems += looks.started_in_vain([one for one in waits if one not in to_start])
        else:
            problems += looks.waiting(waits)
        problems += looks.overdue(settings, local_date(now), waits)
        problems += looks.served(settings, now)
        problems += looks.mirrored(settings)
        problems += looks.damaged(settings)
    problems += looks.hanging(settings, now, holder)
    problems += looks.stuck(settings, now, state.running_since)
    problems += looks.disk(settings)
    problems += personal.in_lake(settings)
    problems += personal.left_scratch(settings)
    problems += looks.unsent(settings)
    if not starts:
        problems += looks.silent_scheduler(state.scheduled_at, now)
    return problems, to_start


def runs_to_start(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    """One run per quarter, named by what is delivered: the same delivery never starts a second one."""
    runs = []
    for quarter, group in groupby(sorted(waiting), key=lambda one: one.quarter):
        found = list(group)
        digest = hashlib.sha256("".join(one.key + one.digest for one in found).encode()).hexdigest()[:12]
        # one region alone is run alone; several are what a run of the whole quarter is for
        conf = {"quarter": quarter, **({"region": found[0].region_code} if len(found) == 1 else {})}
        runs.append({"conf": conf, "trigger_run_id": f"watch__{quarter}__{digest}"})
    return runs


def _tell_changes(
    settings: Settings, run_id: str, state: _State, problems: Sequence[Problem], say: Words, kept: tuple[str, ...]
) -> tuple[int, list[dict[str, str]]]:
    """Tell what is new or changed, one message per severity, and what is over; `kept` could not be judged."""
    present = {problem.key for problem in problems}
    new = [one for one in problems if state.problems.get(one.key, {}).get("signature") != one.signature]
    gone = {
        key: told for key, told in state.problems.items() if key not in present and not key.startswith(kept or "\0")
    }
    for severity in ("fail", "warn"):
        own = [one for one in new if one.severity == severity]
        if own:
            tell.speak(settings, _alert(settings, run_id, severity, own, say))
        over = [told["text"] for told in gone.values() if told["severity"] == severity]
        if over:
            tell.speak(settings, _solved(run_id, severity, over, say))
    for key in gone:
        del state.problems[key]
    for one in new:
        texts = {"zh": one.text(Words("zh")), "en": one.text(Words("en"))}
        state.problems[one.key] = {"signature": one.signature, "severity": one.severity, "text": one.text(say), **texts}
    return len(new), list(gone.values())


def _alert(
    settings: Settings, run_id: str, severity: Literal["fail", "warn"], problems: Sequence[Problem], say: Words
) -> Alert:
    lines: list[str] = []
    for one in problems:
        lines += [
            one.text(say),
            *(f"  {line}" for line in one.lines(say)),
            f"  {say('watch.do', text=one.remedy(say))}",
        ]
    first = problems[0].text(say)
    title = "watch.title_one" if len(problems) == 1 else "watch.title_more"
    sections = list(dict.fromkeys(_SECTIONS[one.name] for one in problems))
    return Alert(
        severity=severity,
        region_code=None,
        quarter=None,
        run_id=run_id,
        step="watch",
        problem=f"watch/{severity}",
        title=say(title, text=first, count=len(problems)),
        lines=tuple(lines),
        readers_see="",
        next_step=say("watch.next"),
        runbook=tuple(f"{settings.runbook}#{section}" for section in sections[:_MOST_RUNBOOK_PLACES]),
        language=say.language,
    )


def _solved(run_id: str, severity: Literal["fail", "warn"], texts: Sequence[str], say: Words) -> Alert:
    title = "watch.solved" if len(texts) == 1 else "watch.solved_more"
    return Alert(
        severity="recovered",
        region_code=None,
        quarter=None,
        run_id=run_id,
        step="watch",
        problem=f"watch/solved/{severity}",
        title=say(title, text=texts[0], count=len(texts)),
        lines=tuple(texts),
        readers_see="",
        next_step=say("watch.next_daily"),
        recovers=severity,
        language=say.language,
    )
