"""A DOCX is read as a word processor shows it, or refused with the place of what cannot be read. Each form is written out by hand."""

from __future__ import annotations

import io
import zipfile

import pytest

from export_writers import Reader, as_docx

HEADER = ("序号", "部门名称", "有效样本框", "抽样数", "实现率(%)", "未实现率(%)")
LINE = ("1", "区档案局", "1690", "50", "93.88", "6.12")
ANOTHER = ("2", "区教育局", "80", "40", "90.00", "10.00")
SPACES = "".join(
    f' xmlns:{name}="{address}"'
    for name, address in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
STYLES = (
    f'<w:styles{SPACES}><w:style w:type="character" w:styleId="NoteMark"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
    "</w:style></w:styles>"
)


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def cell(content: str, properties: str = "") -> str:
    inner = content if content.startswith("<w:p>") or "<w:tbl>" in content else f"<w:p>{content}</w:p>"
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def row(cells: tuple[str, ...] | list[str], properties: str = "") -> str:
    made = "".join(one if one.startswith(("<w:tc>", "<w:sdt>")) else cell(run(one)) for one in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{made}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def document(*blocks: str, strict: bool = False) -> bytes:
    body = f"<w:document{SPACES}><w:body>{''.join(blocks)}</w:body></w:document>"
    if strict:
        body = body.replace(
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
    source, target = zipfile.ZipFile(io.BytesIO(as_docx([]))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name in source.namelist():
            replaced = {"word/document.xml": body, "word/styles.xml": STYLES}.get(name)
            package.writestr(name, replaced if replaced is not None else source.read(name))
    return target.getvalue()


def read(reader: Reader, *blocks: str, strict: bool = False) -> list[list[str]]:
    found = reader.one("通报.docx", document(*blocks, strict=strict))
    return [[cell for cell in cells if cell is not None] for _, cells in found.rows]


def with_figure(content: str, properties: str = "") -> str:
    """A table whose one row has the cell in the place of 1690."""
    return table(row(HEADER), row([*LINE[:2], cell(content, properties), *LINE[3:]]))


INSERTED = f"{run('169')}<w:ins w:id='1' w:author='x'>{run('0')}</w:ins>"
DELETED = f"{run('1690')}<w:del w:id='1' w:author='x'><w:r><w:delText>5</w:delText></w:r></w:del>"
FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>=SUM(ABOVE)</w:instrText></w:r>{inner}'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r>{shown}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
NESTED_FIELD = FIELD.format(inner=FIELD.format(inner="", shown=run("777")), shown=run("1690"))


@pytest.mark.parametrize(
    "content",
    [
        run("1690"),
        INSERTED,
        DELETED,
        f"<w:moveFrom w:id='1'>{run('44')}</w:moveFrom><w:moveTo w:id='2'>{run('1690')}</w:moveTo>",
        f"<w:ins w:id='1'>{run('1690')}<w:del w:id='2'>{run('8')}</w:del></w:ins>",
        f"<w:sdt><w:sdtPr/><w:sdtContent>{run('1690')}</w:sdtContent></w:sdt>",
        f"<w:hyperlink>{run('16')}<w:smartTag>{run('90')}</w:smartTag></w:hyperlink>",
        f'<w:fldSimple w:instr="=A1">{run("1690")}</w:fldSimple>',
        FIELD.format(inner="", shown=run("1690")),
        NESTED_FIELD,
        f'{run("1690")}<w:r><w:footnoteReference w:id="2"/></w:r>',
        f'{run("1690")}<w:r><w:footnoteReference w:id="2" w:customMarkFollows="1"/><w:t>1</w:t></w:r>',
        run("1690") + run("1", '<w:vertAlign w:val="superscript"/>'),
        run("1690") + run("2", '<w:rStyle w:val="NoteMark"/>'),
        run("1690") + run("5", "<w:vanish/>"),
        run("1690", '<w:vanish w:val="0"/>'),
        run("169") + run("0", '<w:vertAlign w:val="baseline"/><w:rStyle w:val="NoteMark"/>'),
        f"{run('16')}<w:bookmarkStart w:id='1' w:name='x'/><w:proofErr/>{run('90')}",
        f"<w:p>{run('16')}</w:p><w:p>{run('90')}</w:p>",
        f"{run('1690')}<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('请输入')}</w:sdtContent></w:sdt>",
    ],
)
def test_a_figure_is_read_as_it_is_shown(reader: Reader, content: str) -> None:
    assert read(reader, with_figure(content)) == [list(LINE)]


def test_a_document_in_the_strict_form_is_read(reader: Reader) -> None:
    assert read(reader, with_figure(INSERTED), strict=True) == [list(LINE)]


def test_deleted_and_hidden_rows_and_deleted_cells_are_gone_and_inserted_ones_are_there(reader: Reader) -> None:
    found = read(
        reader,
        table(
            row(HEADER),
            row(["9", "区旧局", "1", "1", "0", "100"], "<w:del w:id='1'/>"),
            row(["8", "区隐局", "1", "1", "0", "100"], "<w:hidden/>"),
            row(LINE, "<w:ins w:id='2'/>"),
            row(
                [
                    ANOTHER[0],
                    cell(run("区旧"), "<w:cellDel w:id='3'/>"),
                    cell(run("区教育局"), "<w:cellIns w:id='4'/>"),
                    *ANOTHER[2:],
                ]
            ),
        ),
    )
    assert found == [list(LINE), list(ANOTHER)]


@pytest.mark.parametrize("wrapped", ["table", "row", "cell", "box"])
def test_what_only_wraps_a_table_a_row_or_a_cell_does_not_matter(reader: Reader, wrapped: str) -> None:
    def control(content: str) -> str:
        return f"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"

    whole = table(row(HEADER), row(LINE), row(ANOTHER))
    blocks = {
        "table": control(control(whole)),
        "row": table(row(HEADER), control(row(LINE)), row(ANOTHER)),
        "cell": table(row(HEADER), row([LINE[0], control(cell(run(LINE[1]))), *LINE[2:]]), row(ANOTHER)),
        "box": "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx><w:txbxContent>"
        f"{whole}</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>{whole}"
        "</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
    }
    assert read(reader, blocks[wrapped]) == [list(LINE), list(ANOTHER)]


def test_a_table_laid_out_in_a_cell_of_another_is_read(reader: Reader) -> None:
    inner = table(row(HEADER), row(LINE))
    assert read(reader, table(row([cell(f"<w:p>{run('附件')}</w:p>{inner}<w:p/>")]))) == [list(LINE)]


def test_merged_cells_stand_in_each_place_they_cover(reader: Reader) -> None:
    head = [HEADER[0], HEADER[1], cell(run("抽样指数"), "<w:gridSpan w:val='2'/>"), *HEADER[4:]]
    lower = ["", "", *HEADER[2:4], "", ""]
    first = [LINE[0], cell(run("区档案局"), "<w:vMerge w:val='restart'/>"), *LINE[2:]]
    second = ["2", cell(run("没有显示"), "<w:vMerge/>"), *ANOTHER[2:]]
    assert read(reader, table(row(head), row(lower), row(first), row(second))) == [
        list(LINE),
        ["2", "区档案局", *ANOTHER[2:]],
    ]


def test_what_a_tracked_change_of_properties_says_of_before_does_not_count(reader: Reader) -> None:
    before = "<w:tcPrChange w:id='1'><w:tcPr><w:gridSpan w:val='3'/><w:vMerge/></w:tcPr></w:tcPrChange>"
    assert read(reader, with_figure(run("1690"), before)) == [list(LINE)]


PICTURE = "<w:r><w:drawing/></w:r>"
BOX = "<w:r><w:pict><w:txbxContent><w:p/></w:txbxContent></w:pict></w:r>"


@pytest.mark.parametrize(
    ("content", "properties", "told"),
    [
        (PICTURE, "", "a picture"),
        (run("16") + BOX, "", "a text box"),
        ("<m:oMath><m:r><m:t>1690</m:t></m:r></m:oMath>", "", "an equation"),
        ("<w:r><w:object/></w:r>", "", "an embedded object"),
        (run("1690"), "<w:cellMerge w:id='1' w:vMerge='rest'/>", "a merge of cells that is not accepted yet"),
    ],
)
def test_what_is_shown_and_is_no_text_refuses_the_annex_with_its_place(
    reader: Reader, content: str, properties: str, told: str
) -> None:
    refusal = reader.refusal("通报.docx", document(table(row(["x", cell(PICTURE)])), with_figure(content, properties)))
    assert refusal.startswith(f"what is shown in a cell cannot be read: table 2, row 2, column 3: {told}; ")


def test_figures_in_a_table_inside_a_cell_of_an_annex_are_refused(reader: Reader) -> None:
    inner = table(row(["1690"]))
    refusal = reader.refusal("通报.docx", document(with_figure(f"{inner}<w:p/>")))
    assert "table 1, row 2, a table in a cell beside other cells" in refusal
