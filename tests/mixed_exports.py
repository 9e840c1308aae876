"""Two regions' deliveries in the formats that companies send: a workbook beside a notice's text, and an archive of GB18030
CSV. The same rows can be written as plain CSV. Nothing in them is real.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import docx
import openpyxl

from deliveries import CALLS_HEADER, Office, Rows, add_region, rows_of, seal, write_delivery
from homes import QUARTER, REGION, REPOSITORY

NEIGHBOUR = "330110"
WORKBOOK, NOTICE, ARCHIVE = "回访数据.xlsx", "通报.txt", "一季度导出.zip"
FRAME_PARTS, CALLS_PART = ("样本框_1.csv", "样本框_2.csv"), "回访.csv"
FIRST_PART_ROWS = 100
ANNEXES = {
    "附件 1": [
        "序号",
        "部门名称",
        "有效样本框",
        "抽样数",
        "满意率(%)",
        "比较满意率(%)",
        "基本满意率(%)",
        "不太满意率(%)",
        "不满意率(%)",
    ],
    "附件 2": ["序号", "部门名称", "有效样本框", "抽样数", "实现率(%)(零上门/一次)", "未实现率(%)(两次及以上)"],
}
# Of 120 calls one rejected row is below the gate's 1 %; satisfaction 100.00, 95.00, 90.00, realisation 97.50, 100.00, 85.00
OFFICES = (
    Office("区经信局", frame=90, called=40, satisfied=40, one_visit=39),
    Office("区教育局", frame=80, called=40, satisfied=38, one_visit=40),
    Office("区民政局", frame=60, called=40, satisfied=36, one_visit=34),
)
NEIGHBOURS = (
    Office("区商务局", frame=90, called=50, satisfied=49, one_visit=50),
    Office("区档案局", frame=80, called=40, satisfied=38, one_visit=36),
    Office("区司法局", frame=60, called=30, satisfied=27, one_visit=30),
)
AVERAGES = {
    REGION: {"satisfaction": "95.00", "realisation": "94.17"},
    NEIGHBOUR: {"satisfaction": "94.33", "realisation": "96.67"},
}
# Numbers where none belongs: each must be gone, or its row rejected without it. No network has the range 154.
CASE_IS_PHONE = ["15400010099", "区经信局", "2018-02-14", "15400010098", "样例事项", "样例申请人"]
DATE_HOLDS_PHONE = ["BJ01-9001", "区经信局", "见备注15400010097", "15400010096", "样例事项", "样例申请人"]
ANSWER_HOLDS_PHONE = [
    "BJ01-0003",
    "区经信局",
    "2018-04-11 10:00:00",
    "成功",
    "很满意15400010095",
    "一次",
    "2",
    "",
    "",
    "",
]
# to a spreadsheet this is a formula
COMMENT = '=HYPERLINK("http://example.invalid","回电15400010094")'


@dataclass(frozen=True)
class Survey:
    """A frame and its calls, header first."""

    frame: Rows
    calls: Rows


def survey_of(offices: Sequence[Office]) -> Survey:
    """The rows of some offices, with the faults that people make: three rows that must be rejected, a number in a comment."""
    files = rows_of(offices)
    extra = ["工号", "原因", "备注"]
    calls = [[*CALLS_HEADER, *extra], *([*row, "G07", "", ""] for row in files["calls.csv"][1:])]
    calls[2][-1] = COMMENT
    own = offices[0].name
    bad = [
        [own if cell == "区经信局" else cell for cell in row]
        for row in (CASE_IS_PHONE, DATE_HOLDS_PHONE, ANSWER_HOLDS_PHONE)
    ]
    return Survey([*files["frame.csv"], *bad[:2]], [*calls, bad[2]])


def add_neighbour(project: Path) -> Path:
    """A copy of the dbt project whose registers know the second region."""
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    add_region(project, NEIGHBOUR, "余杭区", [office.name for office in NEIGHBOURS])
    return project


def write_workbook_delivery(folder: Path, offices: Sequence[Office] = OFFICES, *, is_sealed: bool = True) -> Path:
    """A workbook with both datasets, a legend and a hidden sheet, beside the notice with the annexes of the same figures."""
    folder.mkdir(parents=True, exist_ok=True)
    survey = survey_of(offices)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (("样本框", survey.frame), ("回访", survey.calls)):
        sheet = book.create_sheet(title)
        sheet.append([f"萧山区2018年一季度{title}"])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(rows[0]))
        for row in rows:
            sheet.append([_typed(cell) for cell in row])
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # a text that begins with = stays a text
    book.create_sheet("说明").append(["填表说明：满意度按五级填写，有问题请联系样例申请人15400010093"])
    draft = book.create_sheet("草稿")
    draft.append(["办件编号", "电话"])
    draft.append(["BJ01-0001", 15400010092])
    draft.sheet_state = "hidden"
    book.save(folder / WORKBOOK)
    (folder / NOTICE).write_text(notice_text(annexes_of(offices)), encoding="gb18030")
    annex_rows = 2 * len(offices)
    if is_sealed:
        seal(folder, {WORKBOOK: len(survey.frame) + len(survey.calls) - 2, NOTICE: annex_rows})
    return folder


def write_archive_delivery(folder: Path, *, case_header: str = "办件编号") -> Path:
    """A ZIP with the frame in two parts and the calls, GB18030, with a title and footer lines; `case_header` is part two's."""
    folder.mkdir(parents=True, exist_ok=True)
    survey = survey_of(NEIGHBOURS)
    header, records = survey.frame[0], survey.frame[1:]
    parts = {
        FRAME_PARTS[0]: [header, *records[:FIRST_PART_ROWS]],
        FRAME_PARTS[1]: [[case_header, *header[1:]], *records[FIRST_PART_ROWS:]],
        CALLS_PART: survey.calls,
    }
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in parts.items():
            archive.writestr(name, _gb18030(rows))
    seal(folder, {ARCHIVE: len(records) + len(survey.calls) - 1})
    return folder


def write_as_csv(exports: Path) -> Path:
    """Both regions' rows once more, each table as plain CSV in UTF-8."""
    write_delivery(exports / NEIGHBOUR / QUARTER, _plain(survey_of(NEIGHBOURS)))
    annexes = annexes_of(OFFICES)
    published = {f"published-{number}.csv": rows for number, rows in enumerate(annexes.values(), start=1)}
    write_delivery(exports / REGION / QUARTER, {**_plain(survey_of(OFFICES)), **published})
    return exports


def annexes_of(offices: Sequence[Office]) -> dict[str, Rows]:
    """Both annexes as a notice prints them."""
    first, second = [], []
    for number, office in enumerate(offices, start=1):
        satisfied, one_visit = 100 * office.satisfied / office.called, 100 * office.one_visit / office.called
        counts = [str(number), office.name, str(office.frame), str(office.called)]
        first.append([*counts, *_printed(satisfied, 0, 0, 0, 100 - satisfied)])
        second.append([*counts, *_printed(one_visit, 100 - one_visit)])
    return {title: [header, *rows] for (title, header), rows in zip(ANNEXES.items(), (first, second), strict=True)}


def notice_text(annexes: dict[str, Rows], *, page_rows: int = 14) -> str:
    """Prose, and tables whose cells stand apart by tabs; a page break is a blank line in the table."""
    lines = [
        "样例区办公室",
        "",
        "关于一季度电话回访情况的通报",
        "",
        "各有关单位：",
        "现将回访情况发给你们，联系人：样例申请人，15400010091。",
        "",
    ]
    for title, rows in annexes.items():
        lines += [title, "", "一季度办件第三方电话回访情况", ""]
        for index, row in enumerate(rows):
            lines += [""] if index > 1 and index % page_rows == 0 else []
            lines.append("\t".join(row))
        lines.append("")
    return "\n".join([*lines, "抄送：各有关单位。", ""])


def write_notice_document(path: Path, annexes: dict[str, Rows]) -> None:
    """The same notice as a word processor saves it."""
    document = docx.Document()
    document.add_paragraph("关于一季度电话回访情况的通报")
    for title, rows in annexes.items():
        document.add_paragraph(title)
        table = document.add_table(len(rows), len(rows[0]))
        for line, row in zip(table.rows, rows, strict=True):
            for cell, value in zip(line.cells, row, strict=True):
                cell.text = value
    document.save(str(path))


def _plain(survey: Survey) -> dict[str, Rows]:
    return {"frame.csv": survey.frame, "calls.csv": survey.calls}


def _printed(*shares: float) -> list[str]:
    return [f"{share:.2f}" for share in shares]


def _typed(cell: str) -> str | int | dt.datetime:
    """A number as a number and a date as a date, as spreadsheets store them."""
    if cell.isdigit():
        return int(cell)
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"):
        try:
            return dt.datetime.strptime(cell, form)
        except ValueError:
            continue
    return cell


def _gb18030(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    width = len(rows[0])
    writer.writerow(["余杭区2018年一季度导出", *[""] * (width - 1)])
    writer.writerows(rows)
    writer.writerow(["制表人：样例申请人 15400010090", *[""] * (width - 1)])
    writer.writerow([f"共{len(rows) - 1}条", *[""] * (width - 1)])
    return text.getvalue().encode("gb18030")
