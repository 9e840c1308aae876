"""CSV that people open in a spreadsheet: shown, never computed, and whole or not there."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback_survey.storage.spreadsheet import safe_text, write_csv


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://192.0.2.1","点这里")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "=",
        "-",
        "-5",
    ],
)
def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(tmp_path: Path, text: str) -> None:
    write_csv(tmp_path / "out.csv", ["原因"], [[text], ["区档案局"]])
    assert read(tmp_path / "out.csv") == [["原因"], [f"'{text}"], ["区档案局"]]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_no_written_text_begins_like_a_formula_and_none_is_lost(text: str) -> None:
    written = safe_text(text)
    assert isinstance(written, str)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert written in (text, f"'{text}")
    assert (written == text) == (text[:1] not in {*"=+-@\t\r"} or text == "")


def test_numbers_dates_and_blanks_are_left_as_they_are(tmp_path: Path) -> None:
    values = [-5, -0.5, Decimal("-28.03"), None, True, dt.date(2018, 3, 1), "0012"]
    assert write_csv(tmp_path / "out.csv", ["a"] * 7, [values]) == 1
    assert read(tmp_path / "out.csv")[1] == ["-5", "-0.5", "-28.03", "", "True", "2018-03-01", "0012"]


def test_chinese_is_marked_as_utf_8_and_cells_with_commas_quotes_and_lines_read_back(tmp_path: Path) -> None:
    row = ['区,教"育局', "两\n行", "；"]
    assert write_csv(tmp_path / "new folder" / "out.csv", ["部门", "b", "c"], [row]) == 1
    assert (tmp_path / "new folder" / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf\xe9\x83\xa8")
    assert read(tmp_path / "new folder" / "out.csv") == [["部门", "b", "c"], row]


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n", "\r\r"])
def test_a_line_end_within_a_cell_begins_no_line_of_its_own(tmp_path: Path, line_end: str) -> None:
    """What follows it would be computed as the first cell of a row."""
    text = f"备注{line_end}=1+1"
    write_csv(tmp_path / "out.csv", ["a", "b"], [[1, text]])
    assert read(tmp_path / "out.csv") == [["a", "b"], ["1", text]]


def test_a_file_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["first"]
        raise OSError("no space left")

    path = tmp_path / "out.csv"
    write_csv(path, ["a"], [["earlier"]])
    with pytest.raises(OSError, match="no space left"):
        write_csv(path, ["a"], rows())
    assert read(path) == [["a"], ["earlier"]]
    assert [found.name for found in tmp_path.iterdir()] == ["out.csv"], "nothing half-written stays beside it"
