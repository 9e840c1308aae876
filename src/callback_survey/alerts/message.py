"""What an alert says. Plain text, because it must read the same in a mail, a chat and a log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["fail", "warn", "recovered"]

SEVERITY_LABELS: dict[Severity, str] = {"fail": "失败", "warn": "提醒", "recovered": "恢复"}
# True whatever failed: what readers open is swapped whole, after everything else.
READERS_SEE = "最近一次成功发布的结果，本次失败没有改动它。"
MAX_LINES = 30
MAX_TITLE_CHARACTERS = 120
MAX_TEXT_CHARACTERS = 300

# The last defence, behind every producer's own scrubbing. It is narrower than `privacy.scrub`, which takes any long
# number: case ids, run ids and dates must survive here, or the reader could not look anything up.
_DIGIT = "[0-9０-９]"
_ALONE = "(?<![0-9A-Za-z０-９]){}(?![0-9A-Za-z０-９])"
_MOBILE = rf"(?:(?:\+|＋|00)?86[ -]?)?[1１][3-9３-９]{_DIGIT}(?:[ -]?{_DIGIT}{{4}}){{2}}"
_IDENTITY = rf"{_DIGIT}{{17}}[0-9０-９XxＸｘ]"
_OUTGOING_NUMBER = re.compile(_ALONE.format(_MOBILE) + "|" + _ALONE.format(_IDENTITY))
_SCRUBBED = "[号码]"
# DuckDB quotes the cell it could not read; these are the classes whose text holds data rather than names of columns.
_ERRORS_QUOTING_DATA = {"DataError", "IntegrityError", "InvalidInputException"}
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True)
class Alert:
    """One problem of one run.

    `problem` is a short stable key: one run sends one message per problem. `lines` say what failed, one department
    with its observed and allowed value per line. `next_step` is the command to run.
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


def render(alert: Alert) -> tuple[str, str]:
    """Title and body as they leave: Chinese names intact, no phone or identity number."""
    clean = scrubbed(alert)
    scope = " ".join(part for part in (clean.region_code, clean.quarter) if part)
    title = f"【{SEVERITY_LABELS[clean.severity]}】{scope + '：' if scope else ''}{' '.join(clean.title.split())}"
    shown = clean.lines[:MAX_LINES]
    hidden = len(clean.lines) - len(shown)
    sections = [
        ("问题", clean.title),
        ("地区和季度", scope or "未涉及单个地区"),
        ("步骤", clean.step),
        (
            "明细",
            "".join(f"\n  · {line}" for line in shown) + (f"\n  · 另有 {hidden} 行，见运行日志" if hidden else ""),
        ),
        ("读者现在看到", clean.readers_see),
        ("下一步", clean.next_step),
        ("链接", clean.link or ""),
        ("运行", clean.run_id),
    ]
    return _shortened(title, MAX_TITLE_CHARACTERS), "\n".join(f"{label}：{text}" for label, text in sections if text)


def scrubbed(alert: Alert) -> Alert:
    """The alert without phone or identity numbers in any of its texts."""
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
    )


def scrub(text: str) -> str:
    return _OUTGOING_NUMBER.sub(_SCRUBBED, text)


def alert_from_error(
    error: BaseException | str | None,
    *,
    run_id: str,
    step: str,
    region_code: str | None = None,
    quarter: str | None = None,
    next_step: str | None = None,
    link: str | None = None,
) -> Alert:
    """The alert for whatever ended a step. Our own errors bring their lines, scope and next step with them.

    The arguments fill what the error does not know. Of any other error only the type and the first line are told:
    the rest is in the log, and library errors quote the data they stumbled over.
    """
    what, lines = _explained(error)
    region = getattr(error, "region_code", None) or region_code
    asked_quarter = getattr(error, "quarter", None) or quarter
    kind = type(error).__name__ if isinstance(error, BaseException) else "unknown"
    digest = hashlib.sha256(what.encode("utf-8")).hexdigest()[:12]
    return Alert(
        severity="fail",
        region_code=region,
        quarter=asked_quarter,
        run_id=run_id,
        step=step,
        problem=f"{kind}/{region or '-'}/{asked_quarter or '-'}/{digest}",
        title=what,
        lines=lines,
        readers_see=READERS_SEE,
        next_step=_next_step(getattr(error, "next_step", None), next_step or retry_command(region, asked_quarter)),
        link=link,
    )


def _next_step(remedy: str | None, retry: str) -> str:
    """What to mend and how to go on; a remedy that is itself the command needs no second one."""
    return f"{remedy}\n然后：{retry}" if remedy and "callback-survey run" not in remedy else remedy or retry


def retry_command(region_code: str | None, quarter: str | None) -> str:
    region = f" --region {region_code}" if region_code else ""
    return f"查看日志，排除原因后重新执行：callback-survey run{region} --quarter {quarter or '<年>Q<季>'}"


def _explained(error: BaseException | str | None) -> tuple[str, tuple[str, ...]]:
    """What happened in one line, and the lines that go with it."""
    if error is None:
        return "任务中断，没有留下错误信息", ()
    alert_lines: Sequence[str] | None = getattr(error, "alert_lines", None)
    if isinstance(error, BaseException) and alert_lines is not None:
        context = (("位置", getattr(error, "where", None)), ("应为", getattr(error, "expected", None)))
        return (
            _first_line(getattr(error, "what", None) or str(error)),
            (*alert_lines, *(f"{label}：{text}" for label, text in context if text)),
        )
    if isinstance(error, str):
        return _first_line(error), ()
    text = _first_line(str(error))
    if any(base.__name__ in _ERRORS_QUOTING_DATA for base in type(error).__mro__):
        text = _QUOTED.sub("'…'", text)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__, ()


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return _shortened(lines[0].strip(), MAX_TEXT_CHARACTERS) if lines else ""


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
