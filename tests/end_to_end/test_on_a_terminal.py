"""The figures of a real quarter on terminals of two widths: every name whole, every figure under its heading."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callback_survey.cli import summary
from callback_survey.scope import Scope
from callback_survey.settings import load_settings
from homes import QUARTER, REGION, Home, Served
from screens import Terminal, ends_of, run_on_terminal

COMMAND = str(Path(sys.executable).with_name("callback-survey"))


@pytest.mark.parametrize("columns", [80, 120])
def test_the_summary_cuts_no_name_and_its_figures_stand_under_each_other(served: Served, columns: int) -> None:
    environment = {"CALLBACK_SURVEY_HOME": str(served.home.path)}
    terminal = Terminal(columns)
    summary.show_quarter(terminal.console, load_settings(environment), Scope(REGION, QUARTER))
    screen = terminal.screen()
    below = [name for (name,) in served.home.query("select department_name from below_average")]
    for name in below:
        assert any(name in line for line in screen.lines), name
    lists = [line for line in screen.lines if "、" in line and ".csv" not in line]
    assert all(line.endswith(("、", "：", *below)) for line in lists), "a line ends behind a name"
    for title in ("满意率", "实现率"):
        start = next(at for at, line in enumerate(screen.lines) if line.startswith("最低的部门") and title in line)
        table = screen.cells[start : start + 1 + summary.LOWEST_SHOWN]
        assert len({tuple(ends[-3:]) for ends in map(ends_of, table)}) == 1, screen.lines[start : start + 6]


@pytest.mark.parametrize("columns", [80, 120])
def test_what_a_person_copies_from_a_terminal_is_whole(small: Home, columns: int) -> None:
    deliveries = run_on_terminal([COMMAND, "deliveries"], columns, small.environment)
    ((delivery_id,),) = small.query("select distinct delivery_id from check_results")
    assert any(f" {delivery_id} " in line for line in deliveries.lines)
    assert any(line.endswith(" 0") or " 0  " in line for line in deliveries.lines)
    refused = run_on_terminal(
        [COMMAND, "rejects", "--region", "330110", "--quarter", QUARTER], columns, small.environment
    )
    assert f"  next: {COMMAND} deliveries lists them" in refused.lines, "a command is named as it was called"
