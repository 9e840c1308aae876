"""Approving and rejecting on the command line, for installations without Airflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.releases import journal
from homes import QUARTER, REGION, Home, contents

SCOPE = ("--region", REGION, "--quarter", QUARTER)
DECIDED = (*SCOPE, "--revision", "r1", "--by", "值班长")


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    return small.copy(tmp_path / "home")


def test_the_dry_run_shows_what_there_is_to_decide_on_and_writes_nothing(small: Home) -> None:
    before = contents(small.path)
    outcome = small.run_here("approve", *SCOPE, "--dry-run")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("签发：杭州市萧山区2018年第一季度办件电话回访情况通报 第1版\n")
    assert "| 满意率 | 75.00 |" in outcome.out
    assert contents(small.path) == before


def test_an_approved_notice_is_issued_and_what_is_served_stays(home: Home) -> None:
    before = home.averages()
    outcome = home.run_here(
        "approve", *DECIDED, "--issuer", "萧山区跑改办", "--number", "跑改办〔2018〕5号", "--date", "2018-06-07"
    )
    assert outcome.code == 0, outcome.err
    folder = home.path / "public" / REGION / QUARTER
    assert outcome.out.splitlines()[:2] == [
        f"issued: {REGION} {QUARTER} r1, 跑改办〔2018〕5号（2018-06-07）, approved by 值班长",
        f"  folder  {folder / 'r1'}",
    ]
    assert (folder / "current" / "notice.html").is_file()
    assert home.averages() == before
    again = home.run_here("approve", *DECIDED, "--number", "跑改办〔2018〕6号")
    assert again.code == 2 and "already issued" in again.err


def test_a_rejection_stands_in_the_journal(home: Home) -> None:
    outcome = home.run_here("reject", *DECIDED, "--reason", "数字待核实")
    assert outcome.code == 0, outcome.err
    assert "rejected by 值班长" in outcome.out
    entries = journal.entries(home.path / "releases")
    assert [(entry.act, entry.by, entry.reason) for entry in entries] == [("rejected", "值班长", "数字待核实")]
    assert not (home.path / "public").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("approve", *SCOPE), "missing: --revision, --by"),
        (("approve", *SCOPE, "--by", "值班长", "--revision", "first"), "not a revision: 'first'"),
        (("approve", *DECIDED, "--date", "2018-03-01"), "a date after the end of 2018Q1"),
        (("approve", "--region", REGION, "--quarter", "2018Q2", "--dry-run"), "330109 2018Q2 is not served"),
        (("reject", *DECIDED, "--reason", " "), "the reason is empty"),
        (("reject", *DECIDED), "--reason"),
    ],
)
def test_a_decision_without_what_it_needs_is_a_wrong_argument(
    small: Home, arguments: tuple[str, ...], said: str
) -> None:
    before = contents(small.path)
    outcome = small.run_here(*arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert contents(small.path) == before
