"""What is a title, a header, a record and a footer: the same for every format, shown here on CSV."""

from __future__ import annotations

import pytest

from callback_survey.deliveries import table as tables
from export_writers import ANNEX_HEADER, CALLS_HEADER, CASE, HEAD, ONE_CALL, ONE_CASE, ONE_LINE, Reader, as_csv
from known_headers import the_dataset

TWO_ROW_HEADER = [
    ["序号", "部门名称", "抽样指数", "", "实现率(%)", "未实现率(%)"],
    ["", "", "有效样本框", "抽样数", "", ""],
]


def test_title_lines_above_the_header_are_passed_over(reader: Reader) -> None:
    found = reader.one("frame.csv", f"萧山区2018年一季度,,\n\n制表:办公室,部门\n{HEAD}\n{CASE}\n")
    assert found.table.header_line == 4
    assert found.rows == [(5, ONE_CASE)]


@pytest.mark.parametrize(("title_lines", "is_found"), [(29, True), (30, False)])
def test_a_header_is_looked_for_in_the_first_thirty_rows(reader: Reader, title_lines: int, is_found: bool) -> None:
    content = "说明\n" * title_lines + f"{HEAD}\n{CASE}\n"
    if is_found:
        assert reader.one("frame.csv", content).rows == [(title_lines + 2, ONE_CASE)]
    else:
        assert reader.refusal("frame.csv", content).startswith("没有找到 case_id")


def test_a_header_alone_is_a_table_without_records(reader: Reader) -> None:
    assert reader.one("frame.csv", HEAD).records == []


def test_a_column_that_was_not_sent_is_null_and_an_empty_cell_is_not(reader: Reader) -> None:
    found = reader.one("frame.csv", "办件编号,部门名称,办结日期,联系电话,事项名称\nA,b,c,1,\n")
    assert found.rows == [(2, ("A", "b", "c", "1", "", None))]


def test_unknown_columns_are_passed_over_and_told(reader: Reader) -> None:
    found = reader.one("frame.csv", "天气,办件编号,部门名称,办结日期,联系电话\n晴,A,b,c,1\n")
    assert found.table.match.unknown == ("天气",)
    assert found.rows == [(2, ("A", "b", "c", "1", None, None))]


def test_the_near_miss_of_a_header_is_suggested(reader: Reader) -> None:
    told = reader.refusal("frame.csv", "办件编码,部门名称,办结日期,联系电话\nA,b,c,1\n")
    assert told == "没有找到 case_id（办件编号、办件号、业务流水号）；最接近的列: 办件编码"


def test_two_columns_of_one_meaning_that_differ_are_refused_by_name_and_line(reader: Reader) -> None:
    told = reader.refusal("frame.csv", f"{HEAD},手机号\n{CASE},15400000001\n{CASE},15400000003\n")
    assert told == "line 3: columns of one meaning (phone) that differ: 「联系电话」、「手机号」"


def test_two_columns_of_one_meaning_that_agree_are_one(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD},*手机号\n{CASE},１５４00000001 \n{CASE},\nA,b,c,,e,f,15400000004\n")
    assert [cells[3] for _, cells in found.rows] == ["15400000001", "15400000001", "15400000004"]
    assert found.table.notes == [
        "headers read by their bare names: *手机号",
        "columns of one meaning, which agree: 「联系电话」、「*手机号」",
    ]


def test_of_two_columns_of_which_nothing_is_stored_neither_matters(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD},联系人\n{CASE},另一人\n")
    assert found.rows == [(2, ONE_CASE)]
    assert found.table.notes == []


def test_blank_fields_beyond_the_header_are_no_fault_and_filled_ones_are(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\n{CASE},\n{CASE}, ,\n{CASE},,x\n")
    assert found.records == [(2, None, ONE_CASE), (3, None, ONE_CASE), (4, "8 fields, expected 6", ("",) * 6)]


def test_fields_left_out_at_the_end_of_a_row_are_blank_and_told(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\n{CASE}\nA,b,c,d\nB,b,c\n")
    assert found.rows[1:] == [(3, ("A", "b", "c", "d", "", "")), (4, ("B", "b", "c", "", "", ""))]
    assert found.table.notes == ["2 rows end early, from line 3; their last fields are blank"]


def test_a_decorated_header_comes_again_on_each_page(reader: Reader) -> None:
    head = ",".join(f"*{header}（必填）" for header in HEAD.split(","))
    found = reader.one("frame.csv", f"{head}\n{CASE}\n\ufeff{head}\n{CASE}\n{HEAD}\n".replace(f"{HEAD}\n", ""))
    assert [line for line, _ in found.rows] == [2, 4]
    assert found.table.repeated_header_lines == [3]


@pytest.mark.parametrize(
    "record", ["办件编马,15400000001,联系人甲,区教育部门", "15400000001,申请人甲15400000002,部门名字,手机号码x"]
)
def test_a_file_without_a_header_is_refused_without_its_cells(reader: Reader, record: str) -> None:
    told = reader.refusal("frame.csv", f"{record}\n{record}\n")
    assert told.startswith("没有找到 case_id")
    assert not [cell for cell in record.split(",") if cell in told]


def test_a_number_in_a_suggested_header_is_not_shown(reader: Reader) -> None:
    told = reader.refusal("published.csv", "部门名称,抽样指数有效样本框15400000001,抽样数,满意率\nx,1,1,1\n")
    assert "最接近的列: 抽样指数有效样本框[号码]" in told


@pytest.mark.parametrize(
    "footer",
    [
        "注：样例数据",
        "合计,,,2,,",
        "制表人：某某,审核人：某某,日期：2018-04-01",
        "共 1 条",
        "以上为全部办件,,,,,",
        "合计:,全区,2018-03,1,1,1",
    ],
)
def test_lines_below_the_table_are_no_records_and_are_remembered(reader: Reader, footer: str) -> None:
    found = reader.one("frame.csv", f"{HEAD}\n{CASE}\n\n{footer}\n备注,见上\n")
    assert found.rows == [(2, ONE_CASE)]
    assert found.table.footer_lines == [4, 5]


def test_what_only_looks_like_a_footer_in_the_middle_is_a_record(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\n{CASE}\n合计,,,2,,\n注：见下\n{CASE}\n合计,,,3,,\n")
    assert [(line, fault) for line, fault, _ in found.records] == [
        (2, None),
        (3, None),
        (4, None),
        (5, None),
    ]
    assert found.table.footer_lines == [6]


def test_more_than_ten_lines_that_look_like_footers_are_records(reader: Reader) -> None:
    """A department's name may begin like a note; rows in numbers are rows."""
    found = reader.one("frame.csv", f"{HEAD}\n" + "统计\n" * 11)
    assert len(found.records) + len(found.table.footer_lines) == 11
    assert len(found.records) == 11


@pytest.mark.parametrize("office", ["共青团区委", "统计局", "审核中心"])
def test_the_last_record_is_no_footer_though_its_department_begins_like_one(reader: Reader, office: str) -> None:
    header = "部门,办件编号,回访时间,回访结果,满意度,跑动次数"
    found = reader.one("calls.csv", f"{header}\n{office},XS-1,2018-04-10,无人接听,,\n")
    assert [cells[:3] for _, cells in found.rows] == [("XS-1", "2018-04-10", "无人接听")]
    assert found.table.footer_lines == []


def test_a_header_that_comes_again_on_each_page_is_no_record(reader: Reader) -> None:
    spaced = HEAD.replace("部门名称", "部 门 名 称")
    found = reader.one("frame.csv", f"{HEAD}\n{CASE}\n{HEAD}\n{CASE}\n{spaced}\n")
    assert [line for line, _ in found.rows] == [2, 4]
    assert found.table.repeated_header_lines == [3, 5]


def test_a_table_may_be_read_twice(reader: Reader) -> None:
    found = reader.one("frame.csv", f"{HEAD}\n{CASE}\n{HEAD}\n{CASE}\n合计\n")
    again = list(found.table.batches(["case_id"]))
    assert sum(batch.num_rows for batch in again) == 2
    assert (found.table.repeated_header_lines, found.table.footer_lines) == ([3], [5])


def test_another_header_in_the_middle_is_refused_since_its_rows_would_land_in_wrong_columns(reader: Reader) -> None:
    other = "部门名称,办件编号,办结日期,联系电话,事项名称,申请人"
    told = reader.refusal("frame.csv", f"{HEAD}\n{CASE}\n{other}\n区档案局,XS-2,2018-03-01,1,,\n")
    assert told == "line 3: the table has a second header with other columns"


def test_a_fuller_header_further_down_does_not_make_titles_of_the_records_above_it(reader: Reader) -> None:
    told = reader.refusal("frame.csv", f"办件编号,部门名称,办结日期,联系电话,,\n{CASE}\n{HEAD}\n{CASE}\n")
    assert told.startswith("line 3: the table has a second header")
    near_miss = HEAD.replace("办件编号", "办件编码")
    assert "最接近的列: 办件编码" in reader.refusal("frame.csv", f"{near_miss}\n{CASE}\n{HEAD}\n{CASE}\n")


def test_a_header_of_two_rows_under_merged_cells_is_one_header_and_comes_again_as_two(reader: Reader) -> None:
    rows = [["样例附件"], *TWO_ROW_HEADER, ONE_LINE, *TWO_ROW_HEADER, ["2", *ONE_LINE[1:]]]
    found = reader.one("published.csv", as_csv(rows))
    assert found.table.header == ANNEX_HEADER
    assert found.table.header_line == 3
    assert [(line, cells[0]) for line, cells in found.rows] == [(4, "1"), (7, "2")]
    assert found.table.repeated_header_lines == [5, 6]


def test_the_lower_row_of_a_header_may_hold_optional_columns_only(reader: Reader) -> None:
    upper = ["办件编号", "部门名称", "办结日期", "联系电话", "其他", ""]
    found = reader.one("frame.csv", as_csv([upper, ["", "", "", "", "事项名称", "申请人"], ONE_CASE]))
    assert found.rows == [(3, ONE_CASE)]


@pytest.mark.parametrize(
    ("name", "rows", "dataset"),
    [
        ("frame.csv", [HEAD.split(","), ONE_CASE], "frame"),
        ("Calls-001.CSV", [CALLS_HEADER, ONE_CALL], "calls"),
        ("2018年一季度.csv", [HEAD.split(","), ONE_CASE], "frame"),
        ("2018年一季度.csv", [CALLS_HEADER, ONE_CALL], "calls"),
        ("附件2.csv", [ANNEX_HEADER, ONE_LINE], "published"),
    ],
)
def test_the_dataset_is_told_by_the_name_or_else_by_the_header(
    reader: Reader, name: str, rows: list[list[str]], dataset: str
) -> None:
    assert reader.one(name, as_csv(rows)).table.dataset == dataset


def test_a_file_named_for_one_dataset_is_not_taken_for_another(reader: Reader) -> None:
    told = reader.refusal("frame.csv", as_csv([CALLS_HEADER, ONE_CALL]))
    assert "没有找到 completed_on" in told


def test_records_stream_in_batches_of_bounded_rows(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", 3)
    (table,) = reader.opened("frame.csv", f"{HEAD}\n" + f"{CASE}\n" * 7).tables
    batches = list(table.batches([column.name for column in the_dataset("frame").columns]))
    assert [batch.num_rows for batch in batches] == [3, 3, 1]
    assert [line for batch in batches for line in batch.column("line").to_pylist()] == list(range(2, 9))


def test_records_stream_in_batches_of_bounded_size(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty thousand rows of long cells would be gigabytes, and pack into a small file."""
    monkeypatch.setattr(tables, "BATCH_CHARACTERS", 1_000)
    (table,) = reader.opened("frame.csv", f"{HEAD}\n" + f"A,b,c,d,{'x' * 400},f\n" * 7).tables
    assert [batch.num_rows for batch in table.batches(["case_id"])] == [3, 3, 1]
