"""XLSX and XLS: sheets as tables, merged titles, values stored as numbers or dates, lines as the spreadsheet shows them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from export_writers import (
    ANNEX_HEADER,
    CALLS_HEADER,
    FRAME_HEADER,
    ONE_CALL,
    ONE_CASE,
    ONE_LINE,
    Reader,
    as_ods,
    as_xls,
    as_xlsb,
    as_xlsx,
    as_zip,
)

pytestmark = pytest.mark.usefixtures("in_process")
WRITERS = {"xlsx": as_xlsx, "xls": as_xls}
Writer = Callable[..., bytes]


@pytest.fixture(params=WRITERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def write(kind: str) -> Writer:
    return WRITERS[kind]


def test_one_sheet_for_each_dataset(reader: Reader, kind: str, write: Writer) -> None:
    content = write({"办件明细": [FRAME_HEADER, ONE_CASE], "回访记录": [CALLS_HEADER, ONE_CALL]})
    frame, calls = reader.all(f"萧山区一季度.{kind}", content)
    assert (frame.table.name, frame.table.dataset) == (f"萧山区一季度.{kind}#办件明细", "frame")
    assert (calls.table.name, calls.table.dataset) == (f"萧山区一季度.{kind}#回访记录", "calls")
    assert frame.rows == [(2, ONE_CASE)]
    assert [cells[:5] for _, cells in calls.rows] == [ONE_CALL]


def test_one_dataset_over_several_sheets(reader: Reader, kind: str, write: Writer) -> None:
    content = write({f"第{number}页": [FRAME_HEADER, ONE_CASE] for number in range(3)})
    assert [found.rows for found in reader.all(f"frame.{kind}", content)] == [[(2, ONE_CASE)]] * 3


def test_blank_rows_and_columns_before_the_table_leave_the_line_numbers_right(
    reader: Reader, kind: str, write: Writer
) -> None:
    rows = [[], [], [None, None, *FRAME_HEADER], [], [None, None, *ONE_CASE], [], [], [None, None, *ONE_CASE]]
    found = reader.one(f"frame.{kind}", write({"Sheet1": rows}))
    assert found.table.header_line == 3
    assert found.rows == [(5, ONE_CASE), (8, ONE_CASE)]


def test_a_merged_title_and_a_merged_header_of_two_rows(reader: Reader) -> None:
    rows = [
        ["样例附件二"],
        ["序号", "部门名称", "抽样指数", None, "实现率(%)(零上门/一次)", "未实现率(%)(两次及以上)"],
        [None, None, "有效样本框", "抽样数"],
        ONE_LINE,
        ["备注：样例"],
    ]
    content = as_xlsx({"附件2": rows}, merged=["A1:F1", "C2:D2", "A2:A3", "B2:B3", "E2:E3", "F2:F3"])
    found = reader.one("published.xlsx", content)
    assert found.table.header_line == 3
    assert [tuple(cell for cell in cells if cell is not None) for _, cells in found.rows] == [ONE_LINE]
    assert found.table.footer_lines == [5]


def test_numbers_and_dates_read_as_a_person_would_have_typed_them(reader: Reader, kind: str, write: Writer) -> None:
    row = [330109201800001, "区档案局", dt.date(2018, 3, 1), 15400000001, 98.04, 0.125]
    cells = reader.one(f"frame.{kind}", write({"Sheet1": [FRAME_HEADER, row]})).rows[0][1]
    assert cells[:2] == ("330109201800001", "区档案局")
    assert cells[2] in ("2018-03-01", "2018-03-01 00:00:00")
    assert cells[3:] == ("15400000001", "98.04", "0.125")


def test_a_moment_keeps_its_time_and_a_serial_number_stays_a_number(reader: Reader, kind: str, write: Writer) -> None:
    options = {"date_format": "YYYY-MM-DD HH:MM:SS"} if kind == "xls" else {}
    rows = [("XS-1", dt.datetime(2018, 4, 10, 9, 30, 5), "成功", 5, 0), ("XS-2", 43200.5, "成功", "满意", "一次")]
    found = reader.one(f"calls.{kind}", write({"Sheet1": [CALLS_HEADER, *rows]}, **options))
    assert [cells[:5] for _, cells in found.rows] == [
        ("XS-1", "2018-04-10 09:30:05", "成功", "5", "0"),
        ("XS-2", "43200.5", "成功", "满意", "一次"),
    ]


def test_dates_counted_from_1904_are_the_dates_the_spreadsheet_shows(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(FRAME_HEADER)
    book.active.append(["XS-1", "区档案局", dt.datetime(2018, 3, 1), "1"])
    target = io.BytesIO()
    book.save(target)
    assert (reader.one("frame.xlsx", target.getvalue()).rows[0][1][2] or "").startswith("2018-03-01")


def test_numbers_and_dates_stored_as_text_stay_as_they_are(reader: Reader, kind: str, write: Writer) -> None:
    row = ("000123", "区档案局", "2018年3月1日", "0571-82345678-1", "１２", "1e5")
    assert reader.one(f"frame.{kind}", write({"Sheet1": [FRAME_HEADER, row]})).rows == [(2, row)]


def test_truth_and_error_values_are_texts(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(FRAME_HEADER)
    book.active.append(["XS-1", True, False, "#N/A", "#DIV/0!", "x"])
    target = io.BytesIO()
    book.save(target)
    (_, cells) = reader.one("frame.xlsx", target.getvalue()).rows[0]
    assert cells[:3] == ("XS-1", "1", "0")


def test_a_formula_is_never_worked_out(reader: Reader) -> None:
    """As text it stays text, and so does a formula whose result the file does not hold."""
    row = ("=1+1", '=HYPERLINK("http://x.invalid","x")', "+1", "-1", "@x", "x")
    assert reader.one("frame.xlsx", as_xlsx({"S": [FRAME_HEADER, row]})).rows == [(2, row)]
    (_, cells) = reader.one("frame2.xlsx", as_xlsx({"S": [FRAME_HEADER, row]}, as_text=False)).rows[0]
    assert cells == row


def test_a_hidden_sheet_is_not_read_and_is_remarked(reader: Reader, kind: str, write: Writer) -> None:
    content = write({"明细": [FRAME_HEADER, ONE_CASE], "旧": [FRAME_HEADER, ONE_CASE]}, hidden=["旧"])
    opened = reader.opened(f"frame.{kind}", content)
    assert [table.name for table in opened.tables] == [f"frame.{kind}#明细"]
    assert opened.remarks == (f"frame.{kind}: hidden sheet「旧」was not read",)


def test_a_sheet_without_a_table_is_remarked_and_an_empty_one_is_not(reader: Reader, kind: str, write: Writer) -> None:
    content = write({"填表说明": [["请按列填写"]], "明细": [FRAME_HEADER, ONE_CASE], "Sheet3": []})
    opened = reader.opened(f"frame.{kind}", content)
    assert len(opened.tables) == 1
    assert opened.remarks == (f"frame.{kind}: sheet「填表说明」was not read, it holds no known table",)


def test_a_sheet_whose_header_is_nearly_one_is_refused_not_passed_over(
    reader: Reader, kind: str, write: Writer
) -> None:
    """Its rows would be missing from the delivery."""
    renamed = ("办件编码", *FRAME_HEADER[1:])
    told = reader.refusal(f"frame.{kind}", write({"一": [FRAME_HEADER, ONE_CASE], "二": [renamed, ONE_CASE]}))
    assert told == "sheet「二」: 没有找到 case_id（办件编号、办件号、业务流水号）；最接近的列: 办件编码"


def test_a_workbook_without_any_table_is_refused(reader: Reader, kind: str, write: Writer) -> None:
    assert "sheet「一」: 没有找到 case_id" in reader.refusal(f"frame.{kind}", write({"一": [["说明"]]}))
    empty = write({"一": []}) if kind == "xlsx" else write({"一": [], "二": [ONE_CASE]}, hidden=["二"])
    assert reader.refusal(f"frame2.{kind}", empty) == "no visible sheet has content"


def test_a_phone_number_as_the_name_of_a_sheet_goes_no_further(reader: Reader) -> None:
    content = as_xlsx({"说明": [["x"]], "15400000001": [FRAME_HEADER, ONE_CASE]})
    assert reader.one("frame.xlsx", content).table.name == "frame.xlsx#第2张"


@pytest.mark.parametrize("told", ["xls", "xlsx", "xlsm"])
def test_a_workbook_is_known_by_its_content_under_any_workbook_name(reader: Reader, told: str, write: Writer) -> None:
    assert reader.one(f"frame.{told}", write({"一": [FRAME_HEADER, ONE_CASE]})).rows == [(2, ONE_CASE)]


def test_spaces_around_a_cell_are_not_part_of_it(reader: Reader, kind: str, write: Writer) -> None:
    row = [f" {cell}\u3000" for cell in ONE_CASE]
    assert reader.one(f"frame.{kind}", write({"一": [FRAME_HEADER, row]})).rows == [(2, ONE_CASE)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("frame.xlsb", as_xlsb({"一": [FRAME_HEADER, ONE_CASE], "说明": [["x"]]})),
        ("frame.ods", as_ods({"一": [FRAME_HEADER, ONE_CASE], "说明": [["x"]]})),
    ],
)
def test_binary_and_open_document_workbooks_are_read(reader: Reader, name: str, content: bytes) -> None:
    opened = reader.opened(name, content)
    assert [table.name for table in opened.tables] == [f"{name}#一"]
    assert opened.remarks == (f"{name}: sheet「说明」was not read, it holds no known table",)
    assert reader.one(name, content).rows == [(2, ONE_CASE)]


def test_a_cell_merged_over_several_rows_holds_for_each_of_them(reader: Reader) -> None:
    rows = [
        FRAME_HEADER,
        ONE_CASE,
        ("XS-2", None, *ONE_CASE[2:]),
        ("XS-3", None, *ONE_CASE[2:]),
        ("XS-4", None, "x", "1"),
    ]
    found = reader.one("frame.xlsx", as_xlsx({"一": rows}, merged=["B2:B4", "A6:F8"]))
    assert [cells[1] for _, cells in found.rows] == ["区档案局"] * 3 + [""], "what is not merged stays blank"
    assert found.table.notes == ["a cell merged over several rows holds for each of them"]


def test_merged_cells_fill_their_own_column_where_the_table_begins_further_right(reader: Reader) -> None:
    header, case = [None, None, *FRAME_HEADER], [None, None, *ONE_CASE]
    rest = [None if column == 3 else cell for column, cell in enumerate(case)]
    found = reader.one("frame.xlsx", as_xlsx({"一": [header, case, rest]}, merged=["D2:D3"]))
    assert [cells for _, cells in found.rows] == [ONE_CASE, ONE_CASE]


def test_a_percent_is_one_where_the_table_begins_further_right(reader: Reader) -> None:
    content = as_xlsx(
        {"一": [[None, *ANNEX_HEADER], [None, "1", "区档案局", 1363, 50, 0.7443, 0.2557]]},
        number_formats={"F2": "0.00%", "G2": "0.00%"},
    )
    cells = [cell for cell in reader.one("published.xlsx", content).rows[0][1] if cell]
    assert cells[-2:] == ["74.43%", "25.57%"]


def test_a_formula_without_a_result_stands_in_its_own_column(reader: Reader) -> None:
    call = [*ONE_CALL[:3], '=IF(1=1,"满意","不满意")', "=1+1"]
    found = reader.one("calls.xlsx", as_xlsx({"一": [[None, *CALLS_HEADER], [None, *call]]}, as_text=False))
    assert found.rows[0][1][3:5] == ('=IF(1=1,"满意","不满意")', "=1+1")


def test_a_formula_whose_result_is_an_empty_text_is_a_blank(reader: Reader) -> None:
    content = as_xlsx({"一": [CALLS_HEADER, [*ONE_CALL[:3], "=FORMULA", "零上门"]]}, as_text=False)
    parts = dict(_parts(content))
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    # as a spreadsheet program keeps what it has worked out
    parts["xl/worksheets/sheet1.xml"] = re.sub(
        r"<c r=\"D2\"[^>]*><f>FORMULA</f><v ?/?>(</v>)?</c>",
        '<c r="D2" t="str"><f>IF(A2="x","",A2)</f><v></v></c>',
        sheet,
    ).encode()
    assert b'IF(A2="x"' in parts["xl/worksheets/sheet1.xml"]
    assert reader.one("calls.xlsx", as_zip(parts)).rows[0][1][3] == ""


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return [(name, package.read(name)) for name in package.namelist()]


def test_merged_cells_of_a_title_and_a_header_fill_no_record(reader: Reader) -> None:
    header = ["序号", "部门名称", "抽样指数", None, "实现率(%)", "未实现率(%)"]
    rows = [["题"], header, [None, None, "有效样本框", "抽样数"], ONE_LINE, ("2", None, "1", "1", "50", "50")]
    found = reader.one("published.xlsx", as_xlsx({"一": rows}, merged=["A1:F1", "C2:D2", "A2:A3", "B2:B3"]))
    assert [cells[1] for _, cells in found.rows] == ["区档案局", ""]
    assert found.table.notes == []
