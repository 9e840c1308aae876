"""The content decides what a file is: what systems export as .xls is read as what it is, or its true kind is named."""

from __future__ import annotations

import email.mime.multipart
import email.mime.text

import pytest

from callback_survey.deliveries.formats import open_tables
from callback_survey.deliveries.table import Unreadable
from export_writers import (
    ANNEX_HEADER,
    CALLS_HEADER,
    FRAME_HEADER,
    ONE_CALL,
    ONE_CASE,
    ONE_LINE,
    Reader,
    Row,
    as_csv,
    as_docx,
    as_gzip,
    as_parquet_rows,
    as_xlsx,
    as_zip,
)
from known_headers import KNOWN

pytestmark = pytest.mark.usefixtures("in_process")
ROWS = [FRAME_HEADER, ONE_CASE]


def as_html(*tables: list[Row], cell: str = "td") -> str:
    rows = [
        "".join("<tr>" + "".join(f"<{cell}>{text}</{cell}>" for text in row) + "</tr>" for row in t) for t in tables
    ]
    shown = "".join(f"<table border=1>{lines}</table>" for lines in rows)
    return f"<html><head><style>td {{ color: red }}</style></head>\n<body><p>样例</p>{shown}</body></html>"


def as_xml_2003(rows: list[Row], *, styles: str = "", more: str = "", encoding: str = "UTF-8") -> str:
    lines = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{text}</Data></Cell>' for text in row) + "</Row>"
        for row in rows
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        f'<Styles>{styles}</Styles><Worksheet ss:Name="明细"><Table>{lines}</Table></Worksheet>{more}</Workbook>'
    )


def as_mhtml(*pages: str) -> bytes:
    message = email.mime.multipart.MIMEMultipart("related", type="text/html")
    for number, page in enumerate(pages):
        part = email.mime.text.MIMEText(page, "html", "gb2312")
        part["Content-Location"] = f"file:///C:/x/sheet{number:03}.htm"
        message.attach(part)
    return b"MIME-Version: 1.0\nX-Document-Type: Workbook\n" + message.as_bytes().replace(
        b"MIME-Version: 1.0\n", b"", 1
    )


KINDS = {
    "text": as_csv(ROWS).encode("gb18030"),
    "tabs": as_csv(ROWS, delimiter="\t").encode("utf-16"),
    "gzip": as_gzip(as_csv(ROWS)),
    "workbook": as_xlsx({"一": ROWS}),
    "parquet": as_parquet_rows(FRAME_HEADER, [ONE_CASE]),
    "archive": as_zip({"frame.csv": as_csv(ROWS)}),
    "html": as_html(ROWS).encode("gb18030"),
    "html in utf-16": as_html(ROWS, cell="th").encode("utf-16"),
    "mhtml": as_mhtml("<html><frameset></frameset></html>", as_html(ROWS)),
    "xml 2003": as_xml_2003(ROWS).encode(),
    "xml 2003 in gbk": as_xml_2003(ROWS, encoding="gb2312").encode("gbk"),
}


@pytest.mark.parametrize(
    "name", ["frame.csv", "frame.xls", "frame.xlsx", "frame.txt", "frame.zip", "frame.parquet", "frame.dat"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_read_under_any_name(reader: Reader, kind: str, name: str) -> None:
    assert reader.one(name, KINDS[kind]).rows[0][1] == ONE_CASE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"%PDF-1.4\n", "it is a document in PDF"),
        (b"\x89PNG\r\n\x1a\n", "it is a picture"),
        (b"{\\rtf1 x}", "it is an RTF document, which Word saves as .docx"),
        (b"Rar!\x1a\x07\x00", "a packed file of RAR; expected the files as they are, or in a .zip"),
        (b"7z\xbc\xaf\x27\x1c", "a packed file of 7z; expected the files as they are, or in a .zip"),
        (as_zip({"[Content_Types].xml": "", "ppt/presentation.xml": ""}), "it is a presentation"),
        (
            as_zip({"mimetype": "application/vnd.oasis.opendocument.text"}),
            "it is an OpenDocument text, which Word saves",
        ),
    ],
)
@pytest.mark.parametrize("name", ["frame.csv", "办件.xlsx"])
def test_what_holds_no_table_is_named_by_its_true_kind(reader: Reader, name: str, content: bytes, told: str) -> None:
    assert reader.refusal(name, content).startswith(told)


def test_a_document_of_the_old_word_is_named(reader: Reader) -> None:
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 22 + b"\x09\0" + b"\0" * 16 + b"\0\0\0\0"
    content = header + b"\0" * (512 - len(header)) + "Root Entry\0WordDocument\0".encode("utf-16-le")
    assert reader.refusal("frame.xls", content).startswith("it is a document of Word 97-2003")


def test_an_archive_under_another_name_in_an_archive_is_refused(reader: Reader) -> None:
    inner = as_zip({"frame.csv": as_csv(ROWS)})
    assert reader.refusal("x.zip", as_zip({"frame.dat": inner})) == "frame.dat: the archive holds another archive"


def test_each_table_of_a_page_is_a_sheet(reader: Reader) -> None:
    opened = reader.opened("导出.xls", as_html([["菜单"]], ROWS, [CALLS_HEADER, ONE_CALL]))
    assert [(table.name, table.dataset) for table in opened.tables] == [
        ("导出.xls#表2", "frame"),
        ("导出.xls#表3", "calls"),
    ]
    assert opened.remarks == ("导出.xls: sheet「表1」was not read, it holds no known table",)


def test_a_table_in_a_cell_of_a_page_is_a_table_of_its_own(reader: Reader) -> None:
    inner = as_html(ROWS).partition("<body>")[2].partition("</body>")[0]
    page = f"<html><body><table><tr><td>样例{inner}</td></tr></table></body></html>"
    assert [found.rows for found in reader.all("frame.xls", page)] == [[(2, ONE_CASE)]]


def test_cells_of_a_page_may_lack_their_ends_and_span(reader: Reader) -> None:
    page = (
        "<table><tr><td colspan=4>题<tr><td>办件编号<td>部门名称<td>办结日期<td>联系电话"
        "<tr><td>XS-1<td rowspan='2'>区&nbsp;档案局<br>窗口<td>2018-03-01<td>1"
        "<tr><td>XS-2<td><!-- x -->2018-03-02<td>2<tr><td>XS-3<td>x<td>2018-03-03<td>3</table>"
    )
    rows = reader.one("frame.xls", f"<html>{page}").rows
    department = "区\xa0档案局\n窗口"
    assert [(line, cells[:4]) for line, cells in rows] == [
        (3, ("XS-1", department, "2018-03-01", "1")),
        (4, ("XS-2", department, "2018-03-02", "2")),
        (5, ("XS-3", "x", "2018-03-03", "3")),
    ]


def test_numbers_percents_dates_and_places_of_the_xml_of_2003(reader: Reader) -> None:
    line = (
        '<Row ss:Index="4"><Cell ss:Index="2"><Data ss:Type="String">区档案局</Data></Cell>'
        '<Cell ss:StyleID="s1"><Data ss:Type="Number">1363</Data></Cell><Cell><Data ss:Type="Number">50.</Data></Cell>'
        '<Cell ss:StyleID="p"><Data ss:Type="Number">0.7443</Data></Cell>'
        '<Cell><Data ss:Type="Number">25.57</Data></Cell></Row>'
    )
    styles = (
        '<Style ss:ID="p"><NumberFormat ss:Format="0%"/></Style><Style ss:ID="s1"><NumberFormat ss:Format="0"/></Style>'
    )
    content = as_xml_2003([ANNEX_HEADER], styles=styles).replace("</Table>", f"{line}</Table>")
    assert reader.one("published.xls", content).rows[0][0] == 4
    cells = [cell for cell in reader.one("published.xls", content).rows[0][1] if cell is not None]
    assert cells == ["", "区档案局", "1363", "50", "74.43%", "25.57"]
    cells = '<Cell><Data ss:Type="String">XS-1</Data></Cell><Cell><Data ss:Type="DateTime">2018-04-10T09:30:00.000</Data></Cell>'
    moment = f"<Row>{cells}</Row>"
    content = as_xml_2003([CALLS_HEADER]).replace("</Table>", f"{moment}</Table>")
    assert reader.one("calls.xls", content).rows[0][1][1] == "2018-04-10 09:30:00"


def test_what_somebody_noted_on_a_cell_is_not_what_the_cell_says(reader: Reader) -> None:
    note = (
        '<Comment ss:Author="甲"><ss:Data xmlns="http://www.w3.org/TR/REC-html40"><B>甲：</B>不满意</ss:Data></Comment>'
    )
    content = as_xml_2003(ROWS).replace("</Data></Cell>", f"</Data>{note}</Cell>")
    assert reader.one("frame.xls", content).rows[0][1] == ONE_CASE


def test_hidden_sheets_and_merged_cells_of_the_xml_of_2003(reader: Reader) -> None:
    merged = (
        '<Row><Cell><Data ss:Type="String">XS-1</Data></Cell><Cell ss:MergeDown="1"><Data ss:Type="String">区档案局</Data></Cell>'
        '</Row><Row><Cell><Data ss:Type="String">XS-2</Data></Cell><Cell ss:Index="3"><Data ss:Type="String">2018-03-01</Data>'
        "</Cell></Row>"
    )
    hidden = (
        '<Worksheet ss:Name="旧"><Table><Row><Cell><Data ss:Type="String">x</Data></Cell></Row></Table>'
        "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet>"
    )
    content = as_xml_2003([FRAME_HEADER], more=hidden).replace("</Table>", f"{merged}</Table>", 1)
    opened = reader.opened("frame.xls", content)
    assert opened.remarks == ("frame.xls: hidden sheet「旧」was not read",)
    assert [cells[1] for _, cells in reader.one("frame.xls", content).rows] == ["区档案局", "区档案局"]


def test_xml_that_defines_entities_is_refused(reader: Reader) -> None:
    content = as_xml_2003(ROWS).replace("<Workbook", '<!DOCTYPE x [<!ENTITY a "aaaa">]><Workbook', 1)
    assert reader.refusal("frame.xls", content) == "the XML defines a document type, which no workbook does"


@pytest.mark.parametrize("kept", [0.6, 0.95])
def test_xml_that_is_cut_off_is_refused(reader: Reader, kept: float) -> None:
    content = as_xml_2003(ROWS)
    assert reader.refusal("frame.xls", content[: int(len(content) * kept)]).endswith("the XML is cut off or damaged")


def test_a_tag_without_an_end_takes_no_memory(reader: Reader) -> None:
    assert reader.refusal("frame.xls", "<html><table><!-- " + "x" * 3_000_000) == "a tag that does not end"


def test_a_notice_under_the_name_of_a_text_is_read(reader: Reader) -> None:
    content = as_docx([[ANNEX_HEADER, ONE_LINE]])
    assert len(reader.all("通报.doc", content)) == 1
    with pytest.raises(Unreadable):
        open_tables(reader.path("frame.7z", b"7z\xbc\xaf\x27\x1c"), reader.work, known=KNOWN)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("frame.json", '[{"办件编号": "XS-1"}]\n', "it is a JSON text, not a table"),
        ("frame.csv", '\ufeff{"办件编号": "XS-1"}\n{}\n', "it is a JSON text, not a table"),
        ("calls.txt", "-- dump\nINSERT INTO calls VALUES ('XS-1');\n", "it is an SQL script, not a table"),
        ("frame.csv", '<?xml version="1.0"?>\n<rows><row/></rows>\n', "it is an XML text of another kind than Excel's"),
    ],
)
def test_a_text_of_another_kind_is_named_and_not_called_a_table_without_headers(
    reader: Reader, name: str, content: str, told: str
) -> None:
    assert reader.refusal(name, content).startswith(told)


@pytest.mark.parametrize("name", ["数据.zip.001", "数据.z01", "数据.part2.rar", "数据.7z.002"])
def test_a_part_of_a_split_archive_is_named(reader: Reader, name: str) -> None:
    told = "one part of an archive that was split when it was packed; expected the files as they are, or in a .zip"
    assert reader.refusal(name, b"\x8a\x00\x17") == told
