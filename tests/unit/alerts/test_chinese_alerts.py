"""A Chinese alert holds no English sentence, whatever failed: each kind of error, and each check with its example."""

from __future__ import annotations

import re
from typing import Any

import pytest

from callback_survey import errors
from callback_survey.alerts import Place, render
from callback_survey.alerts.compose import of_failure
from callback_survey.checks.model import Check, read_rules
from callback_survey.errors import GateFailed, SurveyError
from callback_survey.wording.catalogue import Words
from english_left import english_runs
from lakes import SEEDS

RULES = read_rules(SEEDS)
ZH = Words(
    "zh",
    {rule.check_id: rule.title for rule in RULES.values()},
    {rule.check_id: rule.allowed_zh for rule in RULES.values()},
)
PLACE = Place("run-1", "gate", "330109", "2018Q1", runbook="docs/runbook.zh-CN.md")
KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, SurveyError)]
_FIELD = re.compile(r"\{(\w+)(:[^}]*)?\}")
_NUMBERS = re.compile(r".*(?:count|pct|hour|line|observed|computed|published|average|found|expected)")


class _EveryTable(dict[str, Any]):
    """A delivery for which every table of facts can be made."""

    def __contains__(self, key: object) -> bool:
        return True


def _checks() -> list[Check]:
    from callback_survey.expectations import delivery, marts

    return [*delivery.suite(RULES, _EveryTable()), *marts.suite(RULES)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_of_each_kind(kind: type[SurveyError]) -> None:
    error = kind(
        "330109 2018Q1: the delivery does not match its manifest",
        where="/srv/exports/330109/2018Q1",
        expected="a folder with the survey company's files and manifest.json",
        next_step="ask the sender for the whole folder again, with a new manifest.json, and run the quarter again",
        alert_lines=["frame.csv: listed in the manifest, not in the folder", "part frame-002.csv is missing"],
    )
    title, body = render(of_failure(error, PLACE, ZH))
    assert not english_runs(f"{title}\n{body}")
    assert "frame.csv：清单中有，文件夹中没有" in body


@pytest.mark.parametrize("check", _checks(), ids=lambda check: check.check_id)
def test_each_check_with_its_example(check: Check) -> None:
    values: dict[str, Any] = {
        name: 3 if form or _NUMBERS.fullmatch(name) else _words(name) for name, form in _FIELD.findall(check.example)
    }
    finding = {
        "check_id": check.check_id,
        "observed": "2 of 70 rows",
        "allowed": check.allows,
        "examples": [check.example.format(**values), "… and 3 more"],
    }
    failed = GateFailed("330109 2018Q1: gate 2 (marts) failed; nothing of this quarter was released", gate="marts")
    failed.findings = [finding]
    title, body = render(of_failure(failed, PLACE, ZH))
    assert not english_runs(f"{title}\n{body}", at_least=2)
    assert not english_runs(ZH.said(check.nothing), at_least=2)


def _words(name: str) -> str:
    known = {
        "hint": "; nearest known name: 区民政局",
        "reasons": "missing_date",
        "basis": "0 answers",
        "status": "not printed",
        "figures": "satisfied_pct computed 97.50, printed 97.51",
        "fault": "5 rows read, 4 judged",
        "remarks": "甲.xlsx: hidden sheet「表2」was not read",
        "place": "calls.csv line 2",
        "exclusion_reasons": "invalid_phone",
    }
    return known.get(name, "区民政局")
