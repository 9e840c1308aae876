"""The annex tables of a notice, straight out of its text with page breaks, or out of a DOCX with merged header cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest

from callback_survey.documents.notice import read_notice_data
from callback_survey.documents.notice.docx import render_docx
from callback_survey.documents.notice.heading import Heading
from callback_survey.documents.notice.text import compose
from callback_survey.documents.notice.texts import Texts
from callback_survey.scope import Scope
from export_writers import Reader, Row, as_docx
from notice_marts import NASTY, QUARTER, REGION, notice_marts

SAMPLES = Path(__file__).parents[3] / "sample_exports" / "330109" / "2018Q1"
SATISFACTION, REALISATION = "published-satisfaction.csv", "published-realisation.csv"
SHARES = ["满意率(%)", "比较满意率 (%)", "基本满意率 (%)", "不太满意率 (%)", "不满意率 (%)"]
HEADERS = {
    SATISFACTION: [["序号", "部门名称", "抽样指数", "", *SHARES], ["", "", "有效样本框", "抽样数", *[""] * 5]],
    REALISATION: [
        ["序号", "部门名称", "抽样指数", "", "实现率 (%) (零上门/一次)", "未实现率(%) (两 次及以上)"],
        ["", "", "有效样本框", "抽样数", "", ""],
    ],
}
# Prose of ours around the tables, with the turns that mislead: a tab, figures, the words of a header.
BEFORE = [
    "样例区办公室",
    "",
    "关于样例季度回访情况的样例",
    "",
    "各样例单位：",
    "满意率平均值为样例值，\t实现率亦然。",
    "2018 年样例日",
]
AFTER = ["抄送：样例单位一，样例单位二。", "", "样例区办公室\t2018年印发"]


def rows_of(name: str) -> list[list[str]]:
    """The lines of a sample annex, names without the spaces that printing put in."""
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return [["".join(cell.split()) for cell in row] for row in list(csv.reader(file))[1:]]


def worn(row: Row) -> list[str]:
    """A name as it is printed in a narrow column: broken after its fifth character."""
    name = str(row[1])
    return [str(row[0]), f"{name[:5]} {name[5:]}".strip(), *map(str, row[2:])]


def notice(*, page_break: str = "\n", repeat_header: bool = False, page_rows: int = 12) -> str:
    """The layout of a printed notice: each page of a table ends with a blank line, and may repeat the header."""
    lines = list(BEFORE)
    for number, name in enumerate((SATISFACTION, REALISATION), start=1):
        lines += ["", f"附件 {number}", "", f"样例表 {number}", ""]
        lines += ["\t".join(cells) for cells in HEADERS[name]]
        for index, row in enumerate(rows_of(name)):
            if index and index % page_rows == 0:
                lines.append(page_break.rstrip("\n"))
                lines += ["\t".join(cells) for cells in HEADERS[name]] if repeat_header else []
            lines.append("\t".join(worn(row)))
    return "\n".join([*lines, "", *AFTER, ""])


def without_spaces(found: list[tuple[int, tuple[str | None, ...]]]) -> list[list[str]]:
    return [["".join(cell.split()) for cell in cells if cell is not None] for _, cells in found]


@pytest.mark.parametrize("repeat_header", [False, True], ids=["header once", "header on each page"])
@pytest.mark.parametrize("page_break", ["\n", "\f\n", "\f"], ids=["blank line", "form feed", "form feed on the row"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_both_annexes_of_a_notice_equal_the_annexes_as_tables(
    reader: Reader, page_break: str, repeat_header: bool, encoding: str
) -> None:
    text = notice(page_break=page_break, repeat_header=repeat_header)
    satisfaction, realisation = reader.all("published-notice.txt", text.encode(encoding))
    assert without_spaces(satisfaction.rows) == rows_of(SATISFACTION)
    assert without_spaces(realisation.rows) == rows_of(REALISATION)
    assert satisfaction.table.name == "published-notice.txt#附件1"
    assert len(satisfaction.table.repeated_header_lines) == (4 if repeat_header else 0)


def test_rows_are_named_by_their_lines_in_the_notice(reader: Reader) -> None:
    text = notice()
    lines = text.split("\n")
    for found in reader.all("通报.txt", text):
        for line, cells in found.rows:
            assert lines[line - 1].split("\t")[0] == cells[0]


def test_the_sample_annexes_read_the_same_as_notice_and_as_table(reader: Reader) -> None:
    for name in (SATISFACTION, REALISATION):
        table = reader.one(name, (SAMPLES / name).read_bytes())
        assert without_spaces(table.rows) == rows_of(name)


def test_a_row_broken_by_the_page_is_told_and_not_lost(reader: Reader) -> None:
    """27 区市场监督 / 局 9828 …: two lines, neither of them a row."""
    text = (
        notice().replace("35\t区旅游局\t1\t0\t0.00", "35\t区旅游局").replace("27\t区市场监督 局", "27\t区市场监督\n局")
    )
    satisfaction, _ = reader.all("published.txt", text)
    faults = [fault for _, fault, _ in satisfaction.records if fault]
    assert len(satisfaction.records) == 36
    assert len(faults) == 3


def test_a_text_without_an_annex_is_refused(reader: Reader) -> None:
    assert reader.refusal("published.txt", "\n".join(BEFORE)).startswith("没有找到 department_name")


def test_an_annex_whose_column_has_another_name_is_refused_with_what_is_close(reader: Reader) -> None:
    told = reader.refusal("published.txt", notice().replace("有效样本框", "有效样本量"))
    assert told.startswith("没有找到 valid_frame_count") and "有效样本量" in told


def docx_tables() -> list[list[list[str]]]:
    return [[*HEADERS[name], *map(worn, rows_of(name))] for name in (SATISFACTION, REALISATION)]


def merges(tables: list[list[list[str]]]) -> list[tuple[int, int, int, int, int]]:
    """Both header rows merged where a printed head is: 抽样指数 over two columns, every other head over two rows."""
    return [
        merge
        for index, rows in enumerate(tables)
        for merge in [
            (index, 0, 2, 0, 3),
            *[(index, 0, column, 1, column) for column in range(len(rows[0])) if column not in (2, 3)],
        ]
    ]


def test_a_document_with_merged_header_cells_equals_the_annexes_as_tables(reader: Reader) -> None:
    tables = docx_tables()
    satisfaction, realisation = reader.all("通报.docx", as_docx(tables, merged=merges(tables)))
    assert without_spaces(satisfaction.rows) == rows_of(SATISFACTION)
    assert without_spaces(realisation.rows) == rows_of(REALISATION)
    assert satisfaction.table.name == "通报.docx#附件1"
    assert satisfaction.table.encoding == "docx"


def test_an_annex_that_goes_on_in_another_table_is_one_annex(reader: Reader) -> None:
    satisfaction = [*HEADERS[SATISFACTION], *map(worn, rows_of(SATISFACTION))]
    for second in (satisfaction[14:], [*satisfaction[:2], *satisfaction[14:]]):
        found = reader.one("published.docx", as_docx([satisfaction[:14], second]))
        assert without_spaces(found.rows) == rows_of(SATISFACTION)


def test_a_name_broken_over_lines_in_its_cell_is_one_name(reader: Reader) -> None:
    table = [*HEADERS[REALISATION], ["1", "公积金萧山\n分中心", "121", "50", "95.45", "4.55"]]
    assert reader.one("published.docx", as_docx([table])).rows[0][1][1] == "公积金萧山分中心"


def test_a_document_without_an_annex_is_refused(reader: Reader) -> None:
    assert reader.refusal("published.docx", as_docx([[["a", "b"]]])).startswith("the document holds no annex table")
    assert reader.opened("报告.docx", as_docx([])).remarks == ("报告.docx: was not read, it holds no known table",)


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600], ids=["empty", "password"])
def test_what_is_no_document_is_refused(reader: Reader, content: bytes) -> None:
    told = reader.refusal("published.docx", content)
    assert told == "the document is cut off, damaged, or protected by a password"


HEAD = ["序号", "部门名称", "有效样本框", "抽样数", "满意率(%)", "比较满意率(%)"]
LINES = [
    ["1", "区民政局", "1,690", "50", "74.43", "—"],
    ["2", "区公安分局 （车管）", "102", "50", "95.74%", "2.13"],
    ["3", "12345 热线办", "40", "10", "90.00", "10.00"],
]
OTHER_HEAD = ["序号", "部门名称", "有效样本框", "抽样数", "实现率(%)"]
OTHER = ["1", "区民政局", "1,690", "50", "92.50"]
PROSE = ["样例区办公室", "关于 样例 季度 的 通报", "满意率 平均值 为 样例值，详见 附件。"]


def paragraphs_as_docx(lines: Sequence[str], *, table: Sequence[Sequence[str]] = ()) -> bytes:
    document = docx.Document(io.BytesIO(as_docx([table]))) if table else docx.Document()
    for line in lines:
        document.add_paragraph(line)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def in_plain_text(gap: str) -> list[str]:
    """A notice whose annexes are lines of text, as a PDF gives them."""
    first = [gap.join(cells) for cells in [HEAD, *LINES[:2]]]
    return [*PROSE, "附件 1", *first, "", "附件 2", gap.join(OTHER_HEAD), gap.join(OTHER), "抄送：样例单位一。"]


@pytest.mark.parametrize("gap", ["  ", "     ", " ", "\u3000", " | ", "\t"], ids=ascii)
@pytest.mark.parametrize("kind", ["txt", "docx"])
def test_annexes_parted_by_spaces_or_bars_are_read(reader: Reader, gap: str, kind: str) -> None:
    lines = in_plain_text(gap)
    content = "\n".join(lines) if kind == "txt" else paragraphs_as_docx(lines)
    first, second = reader.all(f"通报.{kind}", content)
    assert [[cell for cell in cells if cell] for _, cells in first.rows] == LINES[:2]
    assert [[cell for cell in cells if cell] for _, cells in second.rows] == [OTHER]
    assert [line for line, _ in first.rows] == [6, 7]
    named = {" | ": "bars", "\t": "tabs", " ": "single spaces", "\u3000": "single spaces"}.get(
        gap, "two spaces or more"
    )
    assert [found.table.separator for found in (first, second)] == [named, named]


def test_a_name_that_begins_with_figures_between_single_spaces_is_told_as_a_broken_row(reader: Reader) -> None:
    """Where a number ends and a name begins cannot be seen: nothing is guessed."""
    lines = [" ".join(cells) for cells in [HEAD, *LINES]]
    found = reader.one("通报.txt", "\n".join(lines))
    assert [(line, fault) for line, fault, _ in found.records] == [(2, None), (3, None), (4, "7 fields, expected 6")]


def test_an_annex_in_paragraphs_beside_one_in_a_table_is_refused_by_its_place(reader: Reader) -> None:
    content = paragraphs_as_docx(in_plain_text("  ")[8:], table=[HEAD, *LINES])
    told = reader.refusal("通报.docx", content)
    assert told == "paragraph 4: an annex in plain text beside annexes in tables; make it a table too"


def test_the_line_below_a_printed_header_is_no_row(reader: Reader) -> None:
    bars = [" | ".join(["", *cells, ""]).strip() for cells in [HEAD, ["---"] * len(HEAD), *LINES[:2]]]
    found = reader.one("通报.txt", "\n".join([*PROSE, *bars]))
    assert [line for line, _ in found.rows] == [6, 7]


def test_a_short_notice_that_this_program_made_is_read_back(reader: Reader) -> None:
    """Its annexes have a head of two lines, and a table of another kind stands after them."""
    with notice_marts() as connection:
        marts = read_notice_data(connection, Scope(REGION, QUARTER))
        text = compose(marts, heading=Heading(texts=Texts(form="short")))
    satisfaction, realisation = reader.all("通报.docx", render_docx(text))
    assert [row[:4] for _, row in satisfaction.rows][:2] == [
        ("1", "区公安分局（户籍）", "6,611", "209"),
        ("2", NASTY, "125", "50"),
    ]
    assert len(satisfaction.rows) == len(realisation.rows) == 5
