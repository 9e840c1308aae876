"""What an alert is and how it reads. Plain text, because it must read the same in a mail, a chat and a log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from callback_survey.cell_text import one_line
from callback_survey.privacy import mask
from callback_survey.setting_values import Language
from callback_survey.wording.catalogue import Words

Severity = Literal["fail", "warn", "recovered", "waiting", "released"]

MAX_LINES = 40
MAX_TITLE_CHARACTERS = 120


@dataclass(frozen=True)
class Alert:
    """One problem of one run, or its end.

    `problem` is a short stable key: one run sends one message per problem. `lines` say what failed, one department with
    its observed and allowed value per line. `said` is what the error itself said, for a terminal. `runbook` are the
    places to look at. `concerns` are the keys of what stays open until it passes; `recovers` says whose channels a
    recovery goes to.
    """

    severity: Severity
    region_code: str | None
    quarter: str | None
    run_id: str
    step: str
    problem: str
    title: str
    lines: tuple[str, ...]
    readers_see: str
    next_step: str
    link: str | None = None
    retry: str = ""
    runbook: tuple[str, ...] = ()
    checks_page: str | None = None
    region_name: str | None = None
    said: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    recovers: Literal["fail", "warn"] = "fail"
    language: Language = "zh"

    @property
    def scope(self) -> str:
        return " ".join(part for part in (self.region_code, self.quarter) if part)


def render(alert: Alert) -> tuple[str, str]:
    """Title and body as they leave: Chinese names intact, no phone or identity number."""
    clean, say = scrubbed(alert), Words(alert.language)
    text = " ".join(clean.title.split())
    key = "title.scoped" if clean.scope else "title.whole"
    title = say(key, severity=say(f"severity.{clean.severity}"), scope=clean.scope, text=text)
    sections = [
        ("problem" if clean.severity in ("fail", "warn") else "news", clean.title),
        ("scope", _scope(clean, say)),
        ("step", say.step(clean.step)),
        ("details", _details(clean.lines, say)),
        ("readers", clean.readers_see),
        ("next", clean.next_step),
        ("retry", clean.retry),
        ("runbook", "".join(f"\n  {place}" for place in clean.runbook)),
        ("checks", clean.checks_page or ""),
        ("link", clean.link or ""),
        ("run", clean.run_id),
    ]
    body = "\n".join(say("label.line", label=say(f"label.{name}"), text=text) for name, text in sections if text)
    return shortened(title, MAX_TITLE_CHARACTERS), body


def _scope(alert: Alert, say: Words) -> str:
    if not alert.scope:
        # what the watch sees names its regions line by line
        return "" if alert.step == "watch" else say("label.no_scope")
    return say("label.named", scope=alert.scope, name=alert.region_name) if alert.region_name else alert.scope


def _details(lines: tuple[str, ...], say: Words) -> str:
    shown = [f"\n  · {line}" if not line.startswith(" ") else f"\n    {line}" for line in lines[:MAX_LINES]]
    hidden = len(lines) - MAX_LINES
    return "".join(shown) + (f"\n  · {say('label.more', count=hidden)}" if hidden > 0 else "")


def scrubbed(alert: Alert) -> Alert:
    """The alert without phone or identity numbers in any of its texts, each of which is one line."""
    return replace(
        alert,
        run_id=scrub(alert.run_id),
        step=scrub(alert.step),
        problem=scrub(alert.problem),
        title=scrub(alert.title),
        lines=tuple(scrub(line) for line in alert.lines),
        readers_see=scrub(alert.readers_see),
        next_step=scrub(alert.next_step),
        link=scrub(alert.link) if alert.link else None,
        retry=scrub(alert.retry),
        runbook=tuple(scrub(place) for place in alert.runbook),
        checks_page=scrub(alert.checks_page) if alert.checks_page else None,
        region_name=scrub(alert.region_name) if alert.region_name else None,
        said=tuple(scrub(line) for line in alert.said),
    )


def scrub(text: str) -> str:
    """The last defence: a text that nobody has cleaned before can neither tell a number nor pass for a line of ours.

    It is narrower than `privacy.scrub`, which takes any long number: case ids, run ids and dates must survive here, or the
    reader could not look anything up.
    """
    return mask(one_line(text))


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
