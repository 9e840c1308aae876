"""Whoever is called at night finds the section: one per check, with what it means, a first command, and who decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callback_survey.checks.model import read_rules

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
CHECKS = RUNBOOK.partition("\n## Checks\n")[2].partition("\n## ")[0]
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", CHECKS, flags=re.MULTILINE | re.DOTALL))
RULES = read_rules(ROOT / "dbt_project" / "seeds")


def test_every_rule_has_its_section_and_every_section_its_rule() -> None:
    assert len(re.findall(r"^### ", CHECKS, flags=re.MULTILINE)) == len(SECTIONS)
    assert list(SECTIONS) == list(RULES), "in the order of check_rules.csv"


@pytest.mark.parametrize("check_id", RULES)
def test_a_section_says_what_it_means_what_to_do_first_and_who_decides(check_id: str) -> None:
    section, rule = SECTIONS[check_id], RULES[check_id]
    for heading in ("**What it means.** ", "**First command.** `", "**Who decides.** "):
        assert section.count(heading) == 1, heading
    severity = "*warn*" if rule.severity == "warn" else "*fail*"
    decision = (
        "" if rule.severity == "warn" else ", can be accepted" if rule.is_overridable else ", can never be accepted"
    )
    assert f"{rule.title} · {severity}{decision}\n" in section


def test_only_what_may_be_accepted_speaks_of_accepting_it() -> None:
    for check_id, section in SECTIONS.items():
        if not RULES[check_id].is_overridable:
            assert "Accept it" not in section and "accept it only" not in section, check_id
