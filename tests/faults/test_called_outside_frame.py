"""A department with more called cases than valid frame rows is stopped, named and told once; what is served stays.

Two roads lead there: called cases that the frame does not hold (gate 1 sees that), and called cases whose frame rows
must be excluded (only the marts show that: gate 2).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from callback_survey.wording.translation import in_chinese
from deliveries import Office, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, Home, Outcome, Served, contents


@dataclass(frozen=True)
class Fault:
    """A delivery that must be stopped, the gate that must stop it, and the lines that must say why."""

    gate: str
    offices: tuple[Office, ...]
    lines: tuple[str, ...]


WITHOUT_FRAME_ROW = Fault(
    "delivery",
    with_office("区民政局", called=11),
    (
        "区民政局: 抽样 11 > 样本框 8",
        "区民政局: 3 called cases have no frame row, such as BJ03-0008、BJ03-0009、BJ03-0010",
    ),
)
WITH_EXCLUDED_FRAME_ROW = Fault(
    "marts",
    with_office("区民政局", unreachable=5),
    (
        "区民政局（满意率）: 抽样 4 > 有效样本框 3",
        "区民政局（实现率）: 抽样 4 > 有效样本框 3",
        "区民政局: 1 called cases outside the valid frame, invalid_phone (1); such as BJ03-0003",
    ),
)


@dataclass(frozen=True)
class Stopped:
    fault: Fault
    home: Home
    outcome: Outcome
    alerts: str
    alert_count: int
    healthy: Home


def run_fault(fault: Fault, healthy: Home, folder: Path) -> Stopped:
    """A faulty delivery run over a copy of a home that serves a healthy one."""
    from receivers import Receiver

    write_delivery(folder / "exports" / REGION / QUARTER, rows_of(fault.offices))
    home = healthy.copy(folder / "home", exports=folder / "exports")
    receiver = Receiver()
    outcome = home.with_settings(ALERT_URLS=receiver.url).run_quarter_here()
    receiver.close()
    return Stopped(fault, home, outcome, receiver.text, len(receiver.messages), healthy)


@pytest.fixture(scope="module")
def stopped_by_gate_one(small: Home, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    return run_fault(WITHOUT_FRAME_ROW, small, tmp_path_factory.mktemp("gate-one"))


@pytest.fixture(scope="module")
def stopped_by_gate_two(corrected: Served, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    return run_fault(WITH_EXCLUDED_FRAME_ROW, corrected.home, tmp_path_factory.mktemp("gate-two"))


@pytest.fixture(params=["stopped_by_gate_one", "stopped_by_gate_two"])
def stopped(request: pytest.FixtureRequest) -> Stopped:
    found: Stopped = request.getfixturevalue(request.param)
    return found


def test_the_command_ends_with_three_and_names_the_department_with_its_numbers(stopped: Stopped) -> None:
    assert stopped.outcome.code == 3
    for line in stopped.fault.lines:
        assert line in stopped.outcome.err


def test_no_other_department_is_blamed(stopped: Stopped) -> None:
    assert "区教育局" not in stopped.outcome.err
    assert "区经信局" not in stopped.outcome.err


def test_exactly_one_alert_names_the_department_with_its_numbers(stopped: Stopped) -> None:
    assert stopped.alert_count == 1
    for line in stopped.fault.lines:
        assert in_chinese(line) in stopped.alerts or line.split(",")[0] in stopped.alerts
    assert f"{REGION} {QUARTER}" in stopped.alerts


def test_what_is_served_and_released_stays_byte_for_byte(stopped: Stopped) -> None:
    for folder in ("serving", "releases"):
        before = contents(stopped.healthy.path / folder)
        assert len(before) > 10
        assert contents(stopped.home.path / folder) == before
    assert stopped.home.averages() == stopped.healthy.averages()


def test_the_checks_that_said_no_are_kept_with_what_they_saw(stopped: Stopped) -> None:
    [path] = [
        path
        for path in stopped.home.path.glob(f"checks/*/{stopped.fault.gate}-{REGION}-{QUARTER}.json")
        if not (stopped.healthy.path / path.relative_to(stopped.home.path)).exists()
    ]
    failed = {
        check["check_id"]
        for check in json.loads(path.read_text(encoding="utf-8"))["results"]
        if check["severity"] == "fail" and check["outcome"] == "fail"
    }
    expected = {
        "delivery": {"sample_within_frame_rows", "called_cases_in_frame"},
        "marts": {"sample_within_frame", "called_inside_valid_frame"},
    }
    assert failed == expected[stopped.fault.gate]


def test_only_a_delivery_that_passed_gate_one_becomes_current(stopped: Stopped) -> None:
    pointer = f"lake/ledger/region={REGION}/quarter={QUARTER}/current.json"
    is_unchanged = (stopped.home.path / pointer).read_bytes() == (stopped.healthy.path / pointer).read_bytes()
    assert is_unchanged == (stopped.fault.gate == "delivery")


def test_after_a_stopped_build_an_earlier_delivery_gives_its_figures_again_as_a_new_revision(
    stopped_by_gate_two: Stopped, small: Home, tmp_path: Path
) -> None:
    """What the stopped one left in the warehouse counts for nothing; and a revision is never taken back, only followed."""
    home = stopped_by_gate_two.home.copy(tmp_path / "home", exports=small.exports)
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert home.averages() == small.averages()
    revisions = home.query("select revision, is_served, content_hash from releases order by revision")
    assert [(revision, is_served) for revision, is_served, _ in revisions] == [(1, False), (2, False), (3, True)]
    hashes = [content_hash for *_, content_hash in revisions]
    assert hashes[2] == hashes[0] != hashes[1]
