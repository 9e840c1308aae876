"""What a spreadsheet has spoiled is named as that: case numbers in their short form, rates that are fractions."""

from __future__ import annotations

import pytest

from callback_survey.errors import DeliveryRefused
from export_writers import as_ods, as_xls, as_xlsb, as_xlsx
from lakes import FRAME_HEADER, ONE_CALL, ONE_CASE, Lake, as_csv, calls, frame

ANNEX = ("部门名称", "有效样本框", "抽样数", "满意率(%)", "不满意率(%)")
SHARES = [("区档案局", 102, 50, 0.7443, 0.0012), ("区教育局", 80, 40, 1.0, 0.0)]


def refused(lake: Lake, files: dict[str, tuple[bytes, int]]) -> list[str]:
    with pytest.raises(DeliveryRefused) as refusal:
        lake.deliver(files)
    return refusal.value.alert_lines


@pytest.mark.parametrize("written", ["2.01801E+17", "2.01801e+17", "2E+17"])
def test_case_numbers_in_scientific_notation_are_refused_as_that_with_the_first_line(lake: Lake, written: str) -> None:
    rows = [ONE_CASE, (written, *ONE_CASE[1:]), (written, *ONE_CASE[1:])]
    assert refused(lake, {"frame.csv": frame(*rows), "calls.csv": calls(ONE_CALL)}) == [
        f"frame.csv: line 3: case numbers are written in scientific notation, such as {written} (2 of 3 rows); "
        "export them as text, from where they were made"
    ]


def test_case_numbers_that_a_workbook_has_rounded_are_refused_as_that(lake: Lake) -> None:
    rows = [FRAME_HEADER, *[(330109201800000000 + number, *ONE_CASE[1:]) for number in range(3)]]
    told = refused(lake, {"frame.xlsx": (as_xlsx({"一": rows}), 3), "calls.csv": calls(ONE_CALL)})
    assert told[0].startswith("frame.xlsx: line 2: case numbers are written in scientific notation")


def test_one_spoiled_case_number_costs_its_row(lake: Lake) -> None:
    sound = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(3)]
    lake.deliver({"frame.csv": frame(*sound, ("1.5E+12", *ONE_CASE[1:])), "calls.csv": calls(ONE_CALL)})
    (reject,) = lake.rows("rejects")
    assert (reject["line"], reject["reason"]) == (5, "case_id_in_short_form")
    assert "科学计数法" in reject["detail"]


@pytest.mark.parametrize("case_id", ["1E5", "2E17", "12E+4", "BJ2.0E+17", "2.01801E17"])
def test_a_case_number_that_only_holds_an_e_is_one(lake: Lake, case_id: str) -> None:
    lake.deliver({"frame.csv": frame((case_id, *ONE_CASE[1:])), "calls.csv": calls(ONE_CALL)})
    assert lake.rows("rejects") == []


@pytest.mark.parametrize("number_format", ["0%", "0.00%", '0.0"x"%'])
def test_percent_cells_of_a_workbook_are_percents_by_their_format(lake: Lake, number_format: str) -> None:
    content = as_xlsx(
        {"说明": [["x"]], "附件": [ANNEX, *SHARES]},
        number_formats={"D2": number_format, "E2": number_format, "D3": "0%"},
    )
    lake.deliver({"published.xlsx": (content, 2)})
    found = [(row["satisfied_pct"], row["dissatisfied_pct"]) for row in lake.rows("published")]
    assert found == [("74.43%", "0.12%"), ("100%", "0")]


def test_percent_cells_of_an_open_document_are_percents_by_their_kind(lake: Lake) -> None:
    rows = [ANNEX, ["区档案局", "102", "50", 0.7443, 0.0012], [None, "80", "40", 1.0, "0"]]
    lake.deliver({"published.ods": (as_ods({"附件": rows}, merged=[(2, 3, 1)]), 2)})
    found = [(row["department_name"], row["satisfied_pct"], row["dissatisfied_pct"]) for row in lake.rows("published")]
    assert found == [("区档案局", "74.43%", "0.12%"), ("区档案局", "100%", "0")]


@pytest.mark.parametrize("number_format", ["0.00", '0.00"%"', "General"])
def test_a_fraction_that_is_no_percent_by_its_format_is_refused_and_not_read_as_less_than_one(
    lake: Lake, number_format: str
) -> None:
    content = as_xlsx({"附件": [ANNEX, *SHARES]}, number_formats={"D2": number_format, "D3": number_format})
    assert "every share lies between 0 and 1" in refused(lake, {"published.xlsx": (content, 2)})[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("published.xls", as_xls({"附件": [ANNEX, *SHARES]})),
        ("published.xlsb", as_xlsb({"附件": [ANNEX, *SHARES]})),
        ("published.csv", as_csv(ANNEX, [tuple(map(str, row)) for row in SHARES])),
    ],
)
def test_fractions_are_refused_where_the_format_of_a_cell_is_not_read(lake: Lake, name: str, content: bytes) -> None:
    (told,) = refused(lake, {name: (content, 2)})
    assert told.startswith(f"{name}: 「满意率(%)」: every share lies between 0 and 1; expected percents")


def test_rates_of_nought_are_rates(lake: Lake) -> None:
    lake.deliver({"published.csv": (as_csv(ANNEX, [("区档案局", "2", "2", "0.00", "100.00")]), 1)})
    assert lake.rows("rejects") == []
