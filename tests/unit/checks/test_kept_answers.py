"""A gate that is asked the same again answers from before; anything that could change its answer asks it anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callback_survey.checks import kept
from callback_survey.checks.model import CheckReport, CheckResult
from homes import Home

RESULT = CheckResult("marts", "marts", "small", "ExpectX", "fail", "fail", "1 of 3 rows", "none", ("区民政局: 9",))


class Gate:
    """Counts how often it is asked."""

    def __init__(self, seeds: Path, path: Path, result: CheckResult = RESULT) -> None:
        self.seeds, self.path, self.result, self.code, self.asked = seeds, path, result, "0.1.0+5f3a", 0

    def ask(self, rows: list[str], run_id: str = "run-1") -> tuple[CheckReport, bool]:
        question = kept.question_of(rows, self.seeds, self.code)
        found = kept.find(self.path, question, run_id=run_id)
        if found is not None:
            return found, True
        answer = self._answer()
        kept.keep(self.path, question, answer)
        return answer, False

    def _answer(self) -> CheckReport:
        self.asked += 1
        return CheckReport("run-1", "marts", "330109", "2018Q1", (self.result,), "delivery-1", "2018-06-07T00:00:00Z")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "check_rules.csv").write_text("check_id\nsmall\n", encoding="utf-8")
    return Gate(tmp_path / "seeds", tmp_path / "kept.json")


def test_the_same_question_is_answered_from_before_under_the_name_of_the_new_run(gate: Gate) -> None:
    first, was_kept = gate.ask(["delivery-1"])
    again, is_kept = gate.ask(["delivery-1"], run_id="run-2")
    assert (was_kept, is_kept, gate.asked) == (False, True, 1)
    assert (again.run_id, again.results) == ("run-2", first.results)
    assert again.checked_at > first.checked_at


def test_other_rows_are_asked_about_anew(gate: Gate) -> None:
    gate.ask(["delivery-1"])
    gate.ask(["delivery-2"])
    assert gate.asked == 2


def test_a_changed_rule_or_register_asks_anew(gate: Gate) -> None:
    gate.ask(["delivery-1"])
    (gate.seeds / "check_rules.csv").write_text("check_id\nlarge\n", encoding="utf-8")
    gate.ask(["delivery-1"])
    (gate.seeds / "departments.csv").write_text("department_code\n", encoding="utf-8")
    gate.ask(["delivery-1"])
    assert gate.asked == 3


def test_another_program_or_library_asks_anew(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.ask(["delivery-1"])
    gate.code = "0.1.0+77c1"
    gate.ask(["delivery-1"])
    monkeypatch.setattr(kept, "_LIBRARIES", ("great_expectations",))
    gate.ask(["delivery-1"])
    assert gate.asked == 3


def test_an_answer_that_cannot_be_read_is_none(gate: Gate) -> None:
    gate.ask(["delivery-1"])
    for damage in ("", "{}", '{"question": 1}', '{"question": "x", "report": {}}'):
        gate.path.write_text(damage, encoding="utf-8")
        gate.ask(["delivery-1"])
    assert gate.asked == 5


def test_an_answer_that_cannot_be_kept_is_one_all_the_same(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept.files, "write_json", full)
    assert [gate.ask(["a"])[1], gate.ask(["a"])[1], gate.asked] == [False, False, 2]


def test_a_check_that_raised_is_asked_again(gate: Gate) -> None:
    gate.result = replace(RESULT, outcome="error")
    gate.ask(["delivery-1"])
    gate.ask(["delivery-1"])
    assert gate.asked == 2


def test_a_run_with_nothing_new_asks_no_gate(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so loads no Great Expectations, which is most of what such a run would cost."""
    from callback_survey.expectations import gates

    def asked(*given: object, **named: object) -> None:
        raise AssertionError("a gate was asked")

    home = small.copy(tmp_path / "home")
    monkeypatch.setattr(gates, "delivery_facts", asked)
    monkeypatch.setattr(gates, "check_deliveries", asked)
    monkeypatch.setattr(gates, "marts_facts", asked)
    monkeypatch.setattr(gates, "check_all_marts", asked)
    again = home.run_quarter_here()
    assert again.code == 0, again.err
    gate_lines = [line for line in again.out.splitlines() if "gate " in line and "checks" in line]
    assert [line.endswith("(nothing changed since)") for line in gate_lines] == [True, True]
    # what the run's checks say is there all the same
    assert {path.name for path in max((home.path / "checks").glob("*/")).glob("*.json")} == {
        "delivery-330109-2018Q1.json",
        "marts-330109-2018Q1.json",
    }

    monkeypatch.setattr("callback_survey.releases.code_version.code_version", lambda: "another program")
    assert "a gate was asked" in home.run_quarter_here().err
