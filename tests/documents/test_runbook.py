"""Whoever is called at night finds the section, in either language: what a check means, a first command, and who decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from callback_survey.checks.model import read_rules

ROOT = Path(__file__).resolve().parents[2]
RULES = read_rules(ROOT / "dbt_project" / "seeds")


@dataclass(frozen=True)
class Runbook:
    """The words of one language by which a section is told."""

    name: str
    checks: str
    headings: tuple[str, str, str]
    may_be_accepted: str
    never_accepted: str
    accepting: tuple[str, ...]

    @property
    def sections(self) -> dict[str, str]:
        text = (ROOT / "docs" / self.name).read_text(encoding="utf-8")
        checks = text.partition(f"\n## {self.checks}\n")[2].partition("\n## ")[0]
        assert len(re.findall(r"^### ", checks, flags=re.MULTILINE)) == len(RULES)
        return dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", checks, flags=re.MULTILINE | re.DOTALL))


ENGLISH = Runbook(
    "runbook.md",
    "Checks",
    ("**What it means.** ", "**First command.** `", "**Who decides.** "),
    ", can be accepted",
    ", can never be accepted",
    ("Accept it", "accept it only"),
)
CHINESE = Runbook(
    "runbook.zh-CN.md",
    "检查项",
    ("**说明。** ", "**先执行。** `", "**谁决定。** "),
    "，可以放行",
    "，任何人不得放行",
    ("可以放行",),
)
LANGUAGES = pytest.mark.parametrize("runbook", [ENGLISH, CHINESE], ids=lambda runbook: runbook.name)


@LANGUAGES
def test_every_rule_has_its_section_and_every_section_its_rule(runbook: Runbook) -> None:
    assert list(runbook.sections) == list(RULES), "in the order of check_rules.csv"


@LANGUAGES
@pytest.mark.parametrize("check_id", RULES)
def test_a_section_says_what_it_means_what_to_do_first_and_who_decides(runbook: Runbook, check_id: str) -> None:
    section, rule = runbook.sections[check_id], RULES[check_id]
    for heading in runbook.headings:
        assert section.count(heading) == 1, heading
    severity = "*warn*" if rule.severity == "warn" else "*fail*"
    of_failure = runbook.may_be_accepted if rule.is_overridable else runbook.never_accepted
    decision = "" if rule.severity == "warn" else of_failure
    assert f"{rule.title} · {severity}{decision}\n" in section


@LANGUAGES
def test_only_what_may_be_accepted_speaks_of_accepting_it(runbook: Runbook) -> None:
    for check_id, section in runbook.sections.items():
        if not RULES[check_id].is_overridable:
            assert not any(words in section for words in runbook.accepting), check_id


@LANGUAGES
def test_the_same_command_comes_first_in_both(runbook: Runbook) -> None:
    first = {name: _first_command(ENGLISH, text) for name, text in ENGLISH.sections.items()}
    assert {name: _first_command(runbook, text) for name, text in runbook.sections.items()} == first


def _first_command(runbook: Runbook, section: str) -> str:
    return section.partition(runbook.headings[1])[2].partition("`")[0]
