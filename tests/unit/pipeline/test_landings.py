"""Deliveries land side by side in processes of their own: the same outcomes, told by the run, and no process outlives it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from callback_survey.expectations import gates

from benchmarks import districts
from callback_survey.checks import engine
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DeliveryRefused, GateFailed, SurveyError
from callback_survey.landing import ledger
from callback_survey.landing.ledger import LandingReport
from callback_survey.pipeline import landings, steps
from callback_survey.progress import Event
from callback_survey.run import Run
from callback_survey.settings import load_settings
from lakes import ONE_CALL, ONE_CASE, calls, frame, write_delivery

CODES = districts.codes(2)
REGISTERED = districts.codes(5)
FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    districts._write_registers(tmp_path / "registers", REGISTERED)
    given = {
        "HOME": str(tmp_path / "home"),
        "EXPORTS": str(tmp_path / "exports"),
        "REGISTERS": str(tmp_path / "registers"),
        "PRIVACY_KEY": "a key for tests only, 32 characters or more",
        "WORKERS": "2",
    }
    settings = load_settings({f"CALLBACK_SURVEY_{name}": value for name, value in given.items()})
    settings.lake.mkdir(parents=True)
    return Run(settings, "run-1")


@pytest.fixture
def deliveries(run: Run) -> list[Delivery]:
    return [write_delivery(run.settings.exports, FILES, region=code) for code in CODES]


def outcomes(run: Run, deliveries: list[Delivery]) -> dict[str, LandingReport | str]:
    """By region, in the order in which they are done, the report or why there is none."""
    found: dict[str, LandingReport | str] = {}
    for delivery, outcome in landings.land_all(run, deliveries, run.settings.logs / "run-1.log"):
        try:
            found[delivery.region_code] = outcome()
        except SurveyError as error:
            found[delivery.region_code] = f"{type(error).__name__} {error}"
    return found


def as_child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """In the place of the child, one that does what a test asks for; `given` and `tell` are what it hears and says."""
    helpers = """
        import os, pickle, signal, sys
        from pathlib import Path
        def given(): return pickle.load(sys.stdin.buffer)
        def tell(*message): pickle.dump(message, sys.stdout.buffer); sys.stdout.buffer.flush()
        run = given()
    """
    code = textwrap.dedent(helpers) + textwrap.dedent(code)
    monkeypatch.setattr(landings, "_COMMAND", [sys.executable, "-c", code])


def test_side_by_side_they_land_as_one_after_the_other(run: Run, deliveries: list[Delivery], tmp_path: Path) -> None:
    (deliveries[1].folder / "calls.csv").unlink()
    told: list[tuple[Event, int]] = []
    heard = replace(run, listener=lambda event: told.append((event, threading.get_ident())))
    found = outcomes(heard, deliveries)
    alone = replace(run.settings, home=tmp_path / "alone", workers=1)
    expected = outcomes(Run(alone, "run-1"), deliveries)
    assert set(found) == set(CODES) == set(expected)
    refused = str(found[CODES[1]])
    assert refused.startswith("DeliveryRefused")
    assert refused == expected[CODES[1]]
    entries = {
        lake: [
            (entry.region_code, entry.state, entry.report and entry.report.lake_files) for entry in ledger.entries(lake)
        ]
        for lake in (run.settings.lake, alone.lake)
    }
    assert entries[run.settings.lake] == entries[alone.lake]
    assert {event.subject for event, _ in told} == set(CODES)
    assert {thread for _, thread in told} == {threading.get_ident()}, "a display draws on one thread"
    assert len((run.settings.logs / "runs" / "run-1.jsonl").read_text(encoding="utf-8").splitlines()) == len(told)


@pytest.mark.parametrize("workers", [1, 2])
def test_those_that_landed_are_judged_together_and_each_for_itself(
    run: Run, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    codes = REGISTERED[:3]
    stranger = ("XS-9", *ONE_CALL[1:])
    deliveries = [
        write_delivery(
            run.settings.exports,
            {
                "frame.csv": frame(ONE_CASE, (f"XS-{code}", *ONE_CASE[1:])),
                "calls.csv": calls((f"XS-{code}", *ONE_CALL[1:]), *([stranger] if code == codes[1] else [])),
            },
            region=code,
        )
        for code in codes
    ]
    together, validated = engine._together, []
    monkeypatch.setattr(engine, "_together", lambda frames: validated.append(len(frames)) or together(frames))
    heard: list[Event] = []
    run = replace(run, settings=replace(run.settings, workers=workers), listener=heard.append)
    found = outcomes(run, deliveries)
    assert "gate 1 (delivery) failed" in str(found[codes[1]])
    assert {entry.region_code: entry.state for entry in ledger.entries(run.settings.lake)} == {
        codes[0]: "current",
        codes[1]: "gate failed",
        codes[2]: "current",
    }
    assert set(validated) <= {1, 3} and validated.count(3) > 10, "no table that all have is asked of one alone"
    assert [event.subject for event in heard if (event.step, event.state) == ("gate 1", "started")] == [
        ", ".join(codes),
        *codes,
    ]
    assert {
        (code, kind): (run.checks_folder / kind / f"delivery-{code}-2018Q1.json").is_file()
        for code in codes
        for kind in (".", "great_expectations")
    } == {(code, kind): True for code in codes for kind in (".", "great_expectations")}

    validated.clear()
    again = outcomes(replace(run, run_id="run-2"), deliveries)
    assert (validated, set(again)) == ([], set(codes)), "what was answered before is not asked again"

    heard.clear()
    more = frame(ONE_CASE, (f"XS-{codes[0]}", *ONE_CASE[1:]), ("XS-3", *ONE_CASE[1:]))
    deliveries[0] = write_delivery(
        run.settings.exports,
        {"frame.csv": more, "calls.csv": calls((f"XS-{codes[0]}", *ONE_CALL[1:]))},
        region=codes[0],
    )
    outcomes(replace(run, run_id="run-3"), deliveries)
    done = [event.subject for event in heard if event.step == "gate 1" and event.state != "started"]
    assert sorted(done) == codes, "one that is asked alone has one step"


def test_what_ends_the_gate_for_one_region_ends_it_for_that_alone(
    run: Run, deliveries: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = gates.check_deliveries

    def full(landed: Sequence[tuple[LandingReport, object]], **named: Any) -> object:
        if CODES[1] in [report.region_code for report, _ in landed]:
            raise SurveyError("no space left")
        return check(landed, **named)

    monkeypatch.setattr(gates, "check_deliveries", full)
    found = outcomes(run, deliveries)
    assert (isinstance(found[CODES[0]], LandingReport), found[CODES[1]]) == (True, "SurveyError no space left")
    assert [entry.state for entry in ledger.entries(run.settings.lake)] == ["current", "landed"]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_landed_has_its_verdict_before_the_error_of_another_region(
    run: Run, caplog: pytest.LogCaptureFixture, workers: int
) -> None:
    codes = REGISTERED[:3]
    run = replace(run, settings=replace(run.settings, workers=workers))
    deliveries = [
        write_delivery(run.settings.exports, {**FILES, "calls.csv": calls(call)}, region=code)
        for code, call in zip(codes, (ONE_CALL, ONE_CALL, ("XS-9", *ONE_CALL[1:])), strict=True)
    ]
    # a folder where a file of its rows is to be
    (run.settings.lake / "raw" / "frame" / f"region={codes[0]}").mkdir(parents=True)
    (run.settings.lake / "raw" / "frame" / f"region={codes[0]}" / "quarter=2018Q1").write_text("", encoding="utf-8")
    told = [*landings.land_all(run, deliveries, run.settings.logs / "run-1.log")]
    assert told[-1][0].region_code == codes[0]
    assert [raised_by(outcome) for _, outcome in told] == [None, GateFailed, FileExistsError]
    assert f"run-1: {deliveries[0].name} was not landed: FileExistsError" in caplog.text
    assert [entry.state for entry in ledger.entries(run.settings.lake)] == ["current", "gate failed"]


def raised_by(outcome: Callable[[], object]) -> type[Exception] | None:
    try:
        outcome()
    except Exception as error:
        return type(error)
    return None


def test_a_correction_that_became_current_meanwhile_stays_so(run: Run, deliveries: list[Delivery]) -> None:
    run = replace(run, settings=replace(run.settings, workers=1))
    corrected: list[LandingReport] = []

    def correct(event: Event) -> None:
        if (event.step, event.subject, event.state) == ("land", CODES[1], "done") and not corrected:
            more = frame(ONE_CASE, ("XS-2", *ONE_CASE[1:]))
            again = write_delivery(run.settings.exports, {**FILES, "frame.csv": more}, region=CODES[0])
            corrected.append(steps.land(replace(run, run_id="run-2", listener=None), again))
            later = replace(corrected[0], landed_at="2999-01-01T00:00:00+00:00")
            ledger.record(run.settings.lake, later)

    outcomes(replace(run, listener=correct), deliveries)
    assert ledger.current_id(run.settings.lake, deliveries[0].scope) == corrected[0].delivery_id


def test_a_delivery_is_judged_by_the_rules_it_landed_with(run: Run, deliveries: list[Delivery]) -> None:
    """An answer under other rules would be taken for that to the rules of when it landed."""
    run = replace(run, settings=replace(run.settings, workers=1))
    before = run.settings.seeds
    asked: list[Path] = []

    def edit(event: Event) -> None:
        if (event.step, event.subject, event.state) == ("land", CODES[1], "done"):
            own = run.settings.written_registers / "measures.csv"
            own.write_text((before / "measures.csv").read_text(encoding="utf-8"), encoding="utf-8")

    check = gates.check_deliveries

    def heard(*given: Any, seeds: Path, **named: Any) -> object:
        asked.append(seeds)
        return check(*given, seeds=seeds, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "check_deliveries", heard)
        outcomes(replace(run, listener=edit), deliveries)
    assert (asked, run.settings.seeds == before) == ([before], False)


@pytest.mark.parametrize(
    ("workers", "limit", "count", "at_once"),
    [(4, "2GB", 3, 3), (4, "2GB", 90, 4), (8, "2GB", 90, 4), (8, "400MB", 90, 1), (1, "2GB", 90, 1)],
)
def test_the_memory_limit_is_shared_by_no_more_than_it_carries(
    run: Run, workers: int, limit: str, count: int, at_once: int
) -> None:
    settings = replace(run.settings, workers=workers, memory_limit=limit)
    assert landings.side_by_side(replace(run, settings=settings), count) == at_once


def test_each_gets_its_share_of_memory_and_processors(
    monkeypatch: pytest.MonkeyPatch, run: Run, deliveries: list[Delivery]
) -> None:
    as_child(
        monkeypatch,
        """
        from callback_survey.errors import SurveyError
        while True:
            given()
            tell("landed", SurveyError(f"{run.settings.memory_limit} {run.threads}"))
        """,
    )
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert set(outcomes(run, deliveries).values()) == {"SurveyError 1000MB 3"}


def test_a_process_that_dies_is_told_with_its_delivery(
    monkeypatch: pytest.MonkeyPatch, run: Run, deliveries: list[Delivery]
) -> None:
    as_child(monkeypatch, "given(); os.kill(os.getpid(), signal.SIGKILL)")
    (_, outcome), *_ = landings.land_all(run, deliveries, run.settings.logs / "run-1.log")
    with pytest.raises(SurveyError, match="the process that lands it ended with exit code -9"):
        outcome()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -9),
        # not what a landing says: nobody may wait for it for ever
        ("sys.stdout.buffer.write(b'no pickle'); sys.stdout.buffer.flush(); given()", -9),
    ],
)
def test_a_process_that_dies_takes_no_other_delivery_with_it(
    monkeypatch: pytest.MonkeyPatch, run: Run, fault: str, code: int
) -> None:
    codes = districts.codes(5)
    as_child(
        monkeypatch,
        f"""
        from callback_survey.errors import SurveyError
        while True:
            delivery = given()
            left = run.settings.lake / f".landing-{{delivery.region_code}}"
            if delivery.region_code == "{codes[0]}":
                left.mkdir()
                {fault}
            tell("landed", SurveyError("done"))
        """,
    )
    deliveries = [write_delivery(run.settings.exports, FILES, region=code) for code in codes]
    found = outcomes(run, deliveries)
    assert sorted(region for region, said in found.items() if said == "SurveyError done") == codes[1:]
    assert f"ended with exit code {code}" in str(found[codes[0]])
    # its work held phone numbers
    assert [path.name for path in run.settings.lake.iterdir()] == ["landing.lock"]


def test_what_is_under_way_ends_with_the_run_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, run: Run, deliveries: list[Delivery]
) -> None:
    as_child(
        monkeypatch,
        f"""
        from callback_survey.errors import DamagedFile
        delivery = given()
        left = run.settings.lake / f".landing-{{delivery.region_code}}"
        if delivery.region_code == "{CODES[0]}":
            # only when the other is at work
            while not list(run.settings.lake.glob(".landing-*/pid")): pass
            tell("landed", DamagedFile("done"))
        else:
            left.mkdir()
            (left / "being").write_text(str(os.getpid()))
            (left / "being").rename(left / "pid")
        sys.stdin.buffer.read()
        """,
    )
    under_way = landings.land_all(run, deliveries, run.settings.logs / "run-1.log")
    assert next(under_way)[0] == deliveries[0]
    [at_work] = run.settings.lake.glob(".landing-*/pid")
    child = int(at_work.read_text())
    under_way.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert [path.name for path in run.settings.lake.iterdir()] == ["landing.lock"]


@pytest.mark.parametrize("begun", [lambda child, run: None, lambda child, run: pickle.dump(run, child.stdin)])
def test_a_process_ends_when_the_run_does(run: Run, begun: Callable[[subprocess.Popen[bytes], Run], None]) -> None:
    with subprocess.Popen(landings._COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        begun(child, run)
        assert child.stdin is not None
        child.stdin.close()
        child.wait()


def test_a_refusal_comes_back_as_it_was_raised() -> None:
    raised = DeliveryRefused(
        "x", where="here", alert_lines=["a", "b"], region_code="990001", gate="delivery", findings=[{}]
    )
    again = pickle.loads(pickle.dumps(raised))
    assert (type(again), vars(again), str(again)) == (DeliveryRefused, vars(raised), str(raised))
