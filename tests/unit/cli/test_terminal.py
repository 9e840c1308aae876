"""What a reader of Chinese sees on a terminal: names whole, columns straight, commands as they must be typed."""

from __future__ import annotations

import io
import unicodedata

import pytest
from rich.console import Console
from rich.text import Text

from callback_survey.cli.terminal import NOTHING, Column, fold, say, show_table
from screens import Terminal, ends_of

NAMES = [
    "区商务局",
    "国土萧山分局",
    "区公安分局（车管）",
    "区公安分局（出入境）",
    "公积金萧山分中心",
    "12345热线办",
    "消防大队",
    "区人力社保局",
]
LONG_NAME = "杭州市萧山区机构编制委员会办公室（事业单位登记管理局）"
LIST = f"低于平均 8 个（共 34 个有结果的部门）：{'、'.join(NAMES)}"
COLUMNS = [Column("部门", is_free=True), Column("满意率", "right"), Column("有效样本框", "right")]
ROWS = [[name, f"{90 + at}.00", f"{10**at:,}"] for at, name in enumerate(NAMES)]
WIDTHS = [32, 40, 57, 80, 81, 120]


def told(text: str | Text, columns: int) -> list[str]:
    terminal = Terminal(columns)
    say(terminal.console, text)
    return [line for line in terminal.screen().lines if line]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("indent", ["", "    "])
def test_a_list_of_names_is_folded_between_them_and_nothing_is_lost(columns: int, indent: str) -> None:
    lines = told(indent + LIST, columns)
    assert "".join(line.strip() for line in lines).replace(" ", "") == LIST.replace(" ", "")
    for name in NAMES:
        assert sum(name in line for line in lines) == 1, name
    assert all(line.startswith(f"{indent}  ") for line in lines[1:])


def test_a_style_survives_the_folding() -> None:
    terminal = Terminal(40)
    say(terminal.console, Text.assemble(("满意率  平均 94.77", "bold"), "   2017年全省平均满意率 94.70   差距 +0.07"))
    assert terminal.screen().lines[:2] == ["满意率  平均 94.77", "  2017年全省平均满意率 94.70"]


def test_a_number_stays_with_the_word_that_it_counts() -> None:
    lines = told("数据提示  95 条：百分数不可能出自抽样数 43，附件名称夹有空格 10，后一次通话改变了回答 8", 36)
    assert lines[1:] == ["  百分数不可能出自抽样数 43，", "  附件名称夹有空格 10，", "  后一次通话改变了回答 8"]


def test_a_command_is_one_line_where_one_line_can_hold_it() -> None:
    command = "callback-survey run --region 330109 --quarter 2018Q1"
    lines = told(f"    → 重新执行：{command}，然后再看", 60)
    assert [line.strip() for line in lines if "callback-survey" in line] == [f"{command}，"]


def test_what_is_longer_than_a_line_is_left_to_the_terminal() -> None:
    path = "/srv/" + "/".join(["callback_survey"] * 8)
    assert "".join(told(f"  marts    {path}", 40)).endswith(path)
    assert fold(f"  marts    {path}", 40, 4) == [len("  marts    ")]


def test_elsewhere_than_on_a_terminal_a_line_is_one_line() -> None:
    text = io.StringIO()
    say(Console(file=text, width=40, highlight=False), LIST)
    show_table(Console(file=text, width=10, highlight=False), COLUMNS, [[LONG_NAME, "90.00", "1"]])
    assert text.getvalue().splitlines()[0] == LIST
    assert LONG_NAME in text.getvalue().splitlines()[2]


@pytest.mark.parametrize("columns", WIDTHS[1:])
def test_columns_line_up_whatever_the_names(columns: int) -> None:
    terminal = Terminal(columns)
    show_table(terminal.console, COLUMNS, ROWS)
    screen = terminal.screen()
    for row, line in zip(ROWS, screen.lines[1:], strict=False):
        assert line.split() == row
    # the last cell of each figure stands under that of its heading
    ends = {tuple(ends_of(line)[-2:]) for line in screen.cells[: len(ROWS) + 1]}
    assert len(ends) == 1, ends


@pytest.mark.parametrize("columns", [40, 60])
def test_a_name_that_does_not_fit_has_a_line_of_its_own_and_the_figures_stay_in_place(columns: int) -> None:
    terminal = Terminal(columns)
    show_table(terminal.console, COLUMNS, [*ROWS, [LONG_NAME, "66.67", "4,321"]])
    screen = terminal.screen()
    assert LONG_NAME in "".join(screen.lines)
    assert len({tuple(ends_of(line)[-2:]) for line in screen.cells if len(ends_of(line)) > 1}) == 1
    assert screen.lines[-2].split() == ["66.67", "4,321"]


def test_remarks_in_the_last_column_go_beneath_where_there_is_no_room() -> None:
    terminal = Terminal(36)
    columns = [Column("file"), Column("line", "right"), Column("reason", is_free=True)]
    show_table(terminal.console, columns, [["calls.csv", "3", "办结日期「昨天」不是日期；例：2018-03-01"]])
    assert terminal.screen().lines[:4] == [
        "file       line  reason",
        "calls.csv     3",
        "    办结日期「昨天」不是日期；例：",
        "    2018-03-01",
    ]


def test_what_a_file_holds_cannot_steer_the_terminal() -> None:
    terminal = Terminal(60)
    say(terminal.console, "区\x1b[2J教育局")
    show_table(terminal.console, COLUMNS, [["区\x1b[31m档案局\n二", "1", "2"]])
    say(terminal.console, "区\u202e局政民\u2066")
    assert not {"\x1b", "\u202e", "\u2066"} & set(terminal.printed)
    assert terminal.screen().lines[-3].split() == ["区", "[31m档案局", "二", "1", "2"]


def test_a_figure_that_is_missing_takes_one_cell_in_every_terminal() -> None:
    """A dash (—) takes two where a terminal was set up for GBK."""
    assert unicodedata.east_asian_width(NOTHING) == "Na"
