"""Files as survey companies send them, written by other programs than those that read them, and a way to read them."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt

from callback_survey.exports.formats import Opened, open_tables
from callback_survey.exports.headers import HeaderNotRecognised, columns_of
from callback_survey.exports.table import Table, Unreadable

FRAME_HEADER = ("办件编号", "部门名称", "办结日期", "联系电话", "事项名称", "申请人")
CALLS_HEADER = ("办件编号", "回访时间", "回访结果", "满意度", "跑动次数")
ANNEX_HEADER = ("序号", "部门名称", "有效样本框", "抽样数", "实现率(%)", "未实现率(%)")
# the range 154 belongs to no network
ONE_CASE = ("XS-1", "区档案局", "2018-03-01", "15400000001", "查档", "样例申请人")
ANOTHER = ("XS-2", "区教育局", "2018-03-02", "15400000002", "报名", "样例申请人")
ONE_CALL = ("XS-1", "2018-04-10 09:30:00", "成功", "满意", "零上门")
ONE_LINE = ("1", "区档案局", "102", "50", "93.88", "6.12")
HEAD, CASE = ",".join(FRAME_HEADER), ",".join(ONE_CASE)
REFUSALS = (Unreadable, HeaderNotRecognised)

Row = Sequence[Any]
Record = tuple[int, str | None, tuple[str | None, ...]]


@dataclass(frozen=True)
class Found:
    """A table that was read: records as (line, fault, cells in the order of the dataset's columns)."""

    table: Table
    records: list[Record]

    @property
    def rows(self) -> list[tuple[int, tuple[str | None, ...]]]:
        assert not [fault for _, fault, _ in self.records if fault]
        return [(line, cells) for line, _, cells in self.records]


class Reader:
    """Writes files into a folder of its own and reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()

    def path(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def opened(self, name: str, content: bytes | str) -> Opened:
        return open_tables(self.path(name, content), self.work)

    def all(self, name: str, content: bytes | str) -> list[Found]:
        return [_found(table) for table in self.opened(name, content).tables]

    def one(self, name: str, content: bytes | str) -> Found:
        found = self.all(name, content)
        assert len(found) == 1
        return found[0]

    def refusal(self, name: str, content: bytes | str) -> str:
        """What is said to a file that is not read, wherever in it that shows."""
        try:
            self.all(name, content)
        except REFUSALS as error:
            return str(error)
        raise AssertionError(f"{name} was read")


def _found(table: Table) -> Found:
    columns = [column.name for column in columns_of(table.dataset)]
    records = [
        (row["line"], row["fault"], tuple(row[name] for name in columns))
        for batch in table.batches(columns)
        for row in batch.to_pylist()
    ]
    return Found(table, records)


def as_csv(rows: Sequence[Row], *, delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(rows)
    return text.getvalue()


def lines_of(rows: Sequence[Row], **options: Any) -> list[int]:
    """The line each row of `as_csv` starts on."""
    return [1 + len(re.findall(r"\r\n|\r|\n", as_csv(rows[:index], **options))) for index in range(len(rows))]


def as_gzip(content: bytes | str) -> bytes:
    return gzip.compress(content.encode() if isinstance(content, str) else content, mtime=0)


def as_xlsx(
    sheets: Mapping[str, Sequence[Row]], *, hidden: Sequence[str] = (), merged: Sequence[str] = (), as_text: bool = True
) -> bytes:
    """A workbook; None leaves a cell out. With `as_text` a text that looks like a formula stays a text."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
        for row_number, row in enumerate(rows, start=1):
            for column_number, value in enumerate(row, start=1):
                if value is not None:
                    cell = sheet.cell(row_number, column_number, value)
                    if as_text and isinstance(value, str):
                        cell.data_type = "s"
        for cells in merged:
            sheet.merge_cells(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_xls(
    sheets: Mapping[str, Sequence[Row]], *, hidden: Sequence[str] = (), date_format: str = "YYYY-MM-DD"
) -> bytes:
    book = xlwt.Workbook()
    style = xlwt.XFStyle()
    style.num_format_str = date_format
    for title, rows in sheets.items():
        sheet = book.add_sheet(title)
        sheet.visibility = int(title in hidden)
        for row_number, row in enumerate(rows):
            for column_number, value in enumerate(row):
                if hasattr(value, "year"):
                    sheet.write(row_number, column_number, value, style)
                elif value is not None:
                    sheet.write(row_number, column_number, value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_parquet(columns: Mapping[str, Any], **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), target, **options)
    return target.getvalue()


def as_parquet_rows(header: Sequence[str], rows: Sequence[Row], **options: Any) -> bytes:
    columns = zip(*rows, strict=True) if rows else [[] for _ in header]
    return as_parquet(
        {name: pa.array(list(values), pa.string()) for name, values in zip(header, columns, strict=True)}, **options
    )


def as_zip(members: Mapping[str | zipfile.ZipInfo, bytes | str] | Sequence[tuple[Any, bytes | str]]) -> bytes:
    """An archive; a sequence of pairs may hold one name twice."""
    target = io.BytesIO()
    pairs = members.items() if isinstance(members, Mapping) else members
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(name, content)
    return target.getvalue()


def as_docx(tables: Sequence[Sequence[Row]], *, merged: Sequence[tuple[int, int, int, int, int]] = ()) -> bytes:
    """A document with a line of prose above each table. `merged` is (table, first row, first column, last row, last column)."""
    document = docx.Document()
    for rows in tables:
        document.add_paragraph("样例附件：下面是一张表。")
        table = document.add_table(len(rows), max(map(len, rows)))
        for row, values in zip(table.rows, rows, strict=True):
            for cell, value in zip(row.cells, values, strict=False):
                cell.text = value
        document.add_page_break()
    for index, top, left, bottom, right in merged:
        table = document.tables[index]
        whole = table.cell(top, left).merge(table.cell(bottom, right))
        whole.text = whole.text.strip()
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
