"""A run shown to a person: one plain line per step where there is no terminal, a live line where there is one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from callback_survey.cli.display import Display
from callback_survey.progress import Event


def event(step: str, state: str, message: str = "", subject: str = "330109", seconds: float = 1.25) -> Event:
    return Event("2018-04-20T06:00:00", "run-1", step, subject, state, message, seconds)


def shown(*events: Event, is_terminal: bool = False, width: int = 160) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=is_terminal, width=width, highlight=False, legacy_windows=False)
    with Display(console) as display:
        for each in events:
            display(each)
    return text.getvalue()


def test_without_a_terminal_each_finished_step_is_one_plain_line() -> None:
    text = shown(
        event("land", "started"),
        event("land", "said", "halfway"),
        event("land", "done", "94,265 rows read"),
        event("gate 1", "failed", "330109 2018Q1: gate 1 failed", seconds=0.04),
        event("documents", "done", "330109 2018Q1 r1"),
    )
    assert text.splitlines() == [
        "✔ land      330109         1.2 s  94,265 rows read",
        "✘ gate 1    330109         0.0 s  330109 2018Q1: gate 1 failed",
        "✔ documents 330109         1.2 s  330109 2018Q1 r1",
    ]
    assert "\x1b" not in text


def test_of_many_regions_the_first_are_named_and_the_others_counted() -> None:
    names = [f"3301{number:02} 2018Q1 r1" for number in range(1, 91)]
    text = shown(
        event("release", "done", ", ".join(names[:8])),
        event("serve", "done", f"{', '.join(names)}; held: 330191 2018Q1"),
        event("gate 2", "failed", ", ".join(names[:9])),
        width=1000,
    )
    told = [line.partition(" s  ")[2] for line in text.splitlines()]
    assert told == [
        ", ".join(names[:8]),
        "330101 2018Q1 r1, 330102 2018Q1 r1, 330103 2018Q1 r1 … and 87 more; held: 330191 2018Q1",
        ", ".join(names[:9]),
    ]


def test_a_message_that_looks_like_markup_is_shown_as_it_is() -> None:
    assert "[/red] [号码] [bold]" in shown(event("land", "failed", "[/red] [号码] [bold]"))


def test_on_a_terminal_what_is_under_way_is_shown_until_it_ends() -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80, legacy_windows=False)
    plain = Console(file=io.StringIO(), width=80)
    with Display(console) as display:
        display(event("build", "started"))
        display(event("build", "said", "12/40 department_rates"))
        with plain.capture() as under_way:
            plain.print(display._under_way())
        assert under_way.get().split()[1:] == ["build", "330109", "12/40", "department_rates"]
        display(event("build", "done", "built"))
        assert display._under_way().row_count == 0
    assert "built" in text.getvalue()


def test_the_live_line_ends_with_an_error_too() -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80, legacy_windows=False)

    def fail() -> None:
        with Display(console) as display:
            display(event("build", "started"))
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        fail()
    assert text.getvalue().count("\x1b[?25h") == 1, "the cursor is shown again"
