"""What is no data beside the data is named as not read, and the data are read. What may be data is never passed over."""

from __future__ import annotations

import pytest

from callback_survey.deliveries.kinds import is_about_data, is_left_behind
from export_writers import (
    CALLS_HEADER,
    CASE,
    FRAME_HEADER,
    HEAD,
    ONE_CALL,
    ONE_CASE,
    Reader,
    as_csv,
    as_docx,
    as_xlsx,
    as_zip,
)

pytestmark = pytest.mark.usefixtures("in_process")
FRAME = f"{HEAD}\n{CASE}\n"
SUMMARY = [["部门名称", "办件数", "抽样数", "满意率"], ["区档案局", "102", "50", "93.88"]]
UNREACHED = [["办件编号", "部门名称", "联系电话", "未接通原因"], ["XS-1", "区档案局", "1", "停机"]]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("说明.txt", "一、本季度数据说明\n二、字段含义，见合同\n", "it holds no known table"),
        ("报告.pdf", b"%PDF-1.7\n", "it is a document in PDF"),
        ("截图.png", b"\x89PNG\r\n\x1a\n", "it is a picture"),
        ("录音.amr", b"#!AMR\n", "it is a sound or video recording"),
        ("报告.docx", as_docx([]), "it holds no known table"),
        ("说明.md", "# 说明\n\n见合同\n", "it holds no known table"),
        ("x.bin", b"\x00\x01\x02", "it is of a kind that is not known"),
        (
            "汇总.csv",
            as_csv(SUMMARY),
            "it is a table of another kind: 没有找到 valid_frame_count（有效样本框、抽样指数有效样本框）",
        ),
        ("汇总.xlsx", as_xlsx({"Sheet1": SUMMARY}), "it holds no known table"),
    ],
)
def test_what_is_no_data_is_remarked_alone_and_in_an_archive(
    reader: Reader, name: str, content: bytes | str, why: str
) -> None:
    opened = reader.opened(name, content)
    assert opened.tables == ()
    assert opened.remarks[-1].startswith(f"{name}: was not read, {why}")
    opened = reader.opened("一季度.zip", as_zip({"frame.csv": FRAME, f"一季度/{name}": content}))
    assert [table.name for table in opened.tables] == ["一季度.zip/frame.csv"]
    assert opened.remarks[-1].startswith(f"一季度.zip/{name}: was not read, {why}")


def test_a_summary_and_a_list_of_those_who_were_not_reached_are_no_sheets_of_data(reader: Reader) -> None:
    sheets = {
        "汇总": SUMMARY,
        "办件": [FRAME_HEADER, ONE_CASE],
        "回访": [CALLS_HEADER, ONE_CALL],
        "未接通名单": UNREACHED,
    }
    opened = reader.opened("一季度.xlsx", as_xlsx(sheets))
    assert [table.name for table in opened.tables] == ["一季度.xlsx#办件", "一季度.xlsx#回访"]
    assert [remark.partition("，")[0].split(":")[1] for remark in opened.remarks] == [
        " sheet「汇总」was not read, it is a table of another kind",
        " sheet「未接通名单」was not read, it is a table of another kind",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("办件二.csv", FRAME.replace("办结日期", "结案日")),
        ("办件二.csv", "\n".join([CASE] * 5)),
        ("frame-2.txt", "\n".join(["说明"] * 5)),
        ("办件二.txt", "\n".join([CASE] * 5)),
        ("published.xlsx", as_xlsx({"一": SUMMARY})),
        ("附件.csv", as_csv([["部门名称", "有效样本量", "抽样数", "满意率"]])),
        ("统计局.csv", FRAME.replace("办结日期", "结案日")),
        ("frame-2.pdf", b"%PDF-1.7\n"),
        ("办件二.rar", b"Rar!\x1a\x07\x00"),
    ],
)
def test_what_may_be_data_is_refused_and_not_passed_over(reader: Reader, name: str, content: bytes | str) -> None:
    assert reader.refusal(name, content)
    assert reader.refusal("x.zip", as_zip({"frame.csv": FRAME, name: content})).startswith(f"{name}: ")


LEFT = [
    "~$办件.xlsx",
    "._frame.csv",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "__MACOSX/._frame.csv",
    "a/.~lock.x.ods#",
]


@pytest.mark.parametrize("name", LEFT)
def test_what_programs_leave_in_an_archive_is_passed_over_and_named(reader: Reader, name: str) -> None:
    opened = reader.opened("frame.zip", as_zip({"a/frame.csv": FRAME, name: b"\0"}))
    assert len(opened.tables) == 1
    assert opened.remarks == ()
    assert opened.passed_over == (f"frame.zip/{name.rpartition('/')[2]}",)


def test_what_only_sounds_so_is_not_passed_over() -> None:
    assert not [name for name in ("frame~$.csv", "old__MACOSX/frame.csv", "a.DS_Store") if is_left_behind(name)]
    assert not [title for title in ("办件", "回访", "区统计局", "样本名单", "Sheet1", "一季度") if is_about_data(title)]
