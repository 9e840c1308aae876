"""The commands `checks` and `accept`: what they print, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callback_survey.checks import page
from callback_survey.checks.model import CheckReport, CheckResult, now
from callback_survey.cli import main
from callback_survey.cli.checks import last_report
from callback_survey.scope import Scope

KEYS = ["--region", "330109", "--quarter", "2018Q1"]
FAILED = CheckResult(
    *("marts", "marts", "reconciliation_within_tolerance", "Expect", "fail", "fail"),
    *("1 of 385 rows", "0.02 points", ("区民政局: 77.43",)),
)
PASSED = replace(FAILED, check_id="average_recomputed", outcome="pass", examples=())
RUN = CheckReport("cli-1", "marts", "330109", "2018Q1", (PASSED, FAILED), "delivery-1", "2018-06-01T00:00:00+00:00")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path))
    RUN.write(tmp_path / "checks" / "cli-1")
    page.write(tmp_path / "checks" / "cli-1", {})
    later = replace(RUN, run_id="dag/2:0", results=(PASSED,), checked_at="2018-06-02T00:00:00+00:00")
    later.write(tmp_path / "checks" / "dag_2_0")
    return tmp_path


def test_runs_are_listed_oldest_first_with_outcome_and_page(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["checks"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2018-06-01 08:00:00  cli-1",
        "  330109 2018Q1  marts     failed: reconciliation_within_tolerance",
        f"  {home / 'checks' / 'cli-1' / 'index.html'}",
        "2018-06-02 08:00:00  dag/2:0",
        "  330109 2018Q1  marts     passed",
        f"  {home / 'checks' / 'dag_2_0'} (no page: the run is older than the pages)",
    ]


def test_of_two_checks_within_a_second_the_later_is_the_last(home: Path) -> None:
    """An acceptance binds to what the last run found; its name says nothing of its time."""
    for name in ("a-first", "z-second"):
        replace(RUN, run_id=name, checked_at=now()).write(home / "checks" / name)
    assert last_report(home / "checks", "marts", Scope("330109", "2018Q1")).run_id == "z-second"


def test_one_run_is_shown_with_what_it_found_by_either_form_of_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["checks", "--run", "cli-1"]) == 0
    out = capsys.readouterr().out
    assert (
        "failed: reconciliation_within_tolerance: 1 of 385 rows; allowed: 0.02 points\n        区民政局: 77.43" in out
    )
    assert main.main(["checks", "--run", "dag/2:0"]) == 0
    assert "dag/2:0" in capsys.readouterr().out


@pytest.mark.parametrize("narrowed", [["--region", "330110"], ["--quarter", "2018Q2"], ["--run", "none"]])
def test_nothing_found_says_for_what_and_where(
    home: Path, capsys: pytest.CaptureFixture[str], narrowed: list[str]
) -> None:
    assert main.main(["checks", *narrowed]) == 0
    assert capsys.readouterr().out == f"no check results of {narrowed[1]} under {home / 'checks'}\n"


def accept(*options: str) -> int:
    return main.main(["accept", *KEYS, "--check", FAILED.check_id, *options])


def test_what_failed_last_is_what_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    """The last run passed: there is nothing to accept, whatever an earlier one found."""
    assert accept("--by", "张三", "--reason", "x") == 2
    assert "did not fail" in capsys.readouterr().err


def test_an_accepted_failure_is_confirmed_and_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "checks" / "dag_2_0" / "marts-330109-2018Q1.json").unlink()
    assert accept("--by", "张三", "--reason", "印发有误") == 0
    out = capsys.readouterr().out
    assert "It applies only to delivery delivery-1 and to what was found in it" in out
    assert main.main(["accept", "--list"]) == 0
    assert "accepted by 张三 (in force)" in capsys.readouterr().out
    assert accept("--withdraw", "--by", "李四") == 0
    assert "Releases made under it remain" in capsys.readouterr().out
    assert accept("--withdraw", "--by", "李四") == 2
    assert "nothing to withdraw" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--list", "--quarter", "2018q1"], "not a quarter"),
        ([*KEYS, "--by", "张三", "--reason", "x"], "missing: --check"),
        ([*KEYS, "--check", "x"], "missing: --by, --reason"),
        ([*KEYS, "--check", "no_such_check", "--by", "张三", "--reason", "x"], "unknown check: no_such_check"),
        (
            ["--region", "330110", "--quarter", "2018Q1", "--check", FAILED.check_id, "--by", "张三", "--reason", "x"],
            "no results of gate marts for 330110 2018Q1",
        ),
        ([*KEYS, "--check", "sample_within_frame", "--by", "张三", "--reason", "x"], "can never be accepted"),
    ],
)
def test_what_cannot_be_accepted_is_refused_with_words(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["accept", *options]) == 2
    assert said in capsys.readouterr().err


def test_nothing_accepted_yet_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["accept", "--list"]) == 0
    assert capsys.readouterr().out == f"no acceptances under {home / 'overrides'}\n"
