"""Make the template of the notice's DOCX: `.venv/bin/python scripts/notice_template.py`, or `--check` to compare only.

The template is a Word file whose text holds tags that `callback_survey.documents.notice.docx` fills in. It is made here so that a change of
it can be read; nobody edits the binary. The layout follows GB/T 9704-2012: A4, margins 37/35/28/26 mm, body 16 pt,
22 lines of 28 characters, page numbers outside.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor, Twips

from callback_survey.documents.notice.docx import ANNEX_WIDTH, TEMPLATE, packed

TARGET = (
    Path(__file__).resolve().parents[1] / "src" / "callback_survey" / "documents" / "notice" / "templates" / TEMPLATE
)
LEFT, CENTER, RIGHT, BOTH = (getattr(WD_ALIGN_PARAGRAPH, name) for name in ("LEFT", "CENTER", "RIGHT", "JUSTIFY"))
BODY_FONT, HEAD_FONT, SECOND_FONT, TITLE_FONT = "仿宋", "黑体", "楷体", "方正小标宋简体"
# Other names of the same type, and what stands for it where it is not installed.
FONTS = {"仿宋": "FangSong", "黑体": "SimHei", "楷体": "KaiTi", "方正小标宋简体": "STZhongsong", "宋体": "SimSun"}
BLANK = "＿" * 12
BODY_POINTS = 16
# name, font, points, alignment, line spacing in points, indented characters, what it builds on
STYLES: tuple[tuple[str, str, float, Any, float, int, bool], ...] = (
    ("Normal", BODY_FONT, 16, BOTH, 28.95, 2, False),
    ("Title", TITLE_FONT, 22, CENTER, 34, 0, False),
    ("Heading 1", HEAD_FONT, 16, LEFT, 28, 2, False),
    ("Heading 2", SECOND_FONT, 16, LEFT, 28, 2, False),
    ("Caption", HEAD_FONT, 14, CENTER, 26, 0, False),
    ("Notice Draft", HEAD_FONT, 14, LEFT, 28, 0, False),
    ("Notice Issuer", TITLE_FONT, 26, CENTER, 48, 0, False),
    ("Notice Number", BODY_FONT, 16, CENTER, 30, 0, False),
    ("Notice Addressee", BODY_FONT, 16, LEFT, 28, 0, False),
    ("Notice Remark", BODY_FONT, 13, BOTH, 21, 0, False),
    ("Notice Ending", BODY_FONT, 16, BOTH, 28.95, 2, False),
    ("Notice Attachment", BODY_FONT, 16, LEFT, 28.95, 2, False),
    ("Notice Signature", BODY_FONT, 16, CENTER, 28.95, 0, False),
    ("Notice Annex Title", TITLE_FONT, 18, CENTER, 30, 0, False),
    ("Notice Record", BODY_FONT, 14, LEFT, 22, 0, False),
    ("Notice Page", "宋体", 14, LEFT, 20, 0, False),
    ("Notice Annex", HEAD_FONT, 16, LEFT, 26, 0, False),
    ("Notice Imprint", BODY_FONT, 10, LEFT, 14, 0, False),
    ("Table Head", HEAD_FONT, 11, CENTER, 18, 0, False),
    ("Table Text", BODY_FONT, 11, LEFT, 18, 0, False),
    ("Table Number", BODY_FONT, 11, RIGHT, 18, 0, False),
    ("Annex Head", HEAD_FONT, 8, CENTER, 11, 0, False),
    ("Annex Text", BODY_FONT, 10.5, LEFT, 14, 0, False),
    ("Annex Number", BODY_FONT, 10.5, RIGHT, 14, 0, False),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the template of the notice's DOCX.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 where it is another one")
    options = parser.parse_args(arguments)
    made = make()
    if options.check:
        if TARGET.read_bytes() == made:
            return 0
        print(f"error: {TARGET} is not what this script makes\n  next: run scripts/notice_template.py", file=sys.stderr)
        return 1
    TARGET.write_bytes(made)
    return 0


def make() -> bytes:
    """The template's bytes."""
    document: Any = Document()
    _strip(document)
    for style in STYLES:
        _style(document, *style)
    _style_details(document)
    _table_style(document)
    section = document.sections[0]
    _page(section)
    document.settings.odd_and_even_pages_header_footer = True
    _head(document)
    _parts(document)
    _ending(document)
    _annexes(document)
    _record(document)
    saved = io.BytesIO()
    document.save(saved)
    return packed(saved.getvalue())


def _strip(document: Any) -> None:
    """Take out what python-docx's own default brings along: a picture, names and times; set language and fonts."""
    package = document.part.package
    for key in [key for key, found in package.rels.items() if found.reltype.endswith("/thumbnail")]:
        del package.rels[key]
    properties = document.core_properties
    for element in list(properties._element):
        properties._element.remove(element)
    properties.title, properties.language = "通报", "zh-CN"
    defaults = document.styles.element.find(qn("w:docDefaults")).find(f"{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for element in list(defaults):
        defaults.remove(element)
    defaults.append(_fonts(BODY_FONT))
    defaults.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'))
    table = next(part for part in package.iter_parts() if str(part.partname) == "/word/fontTable.xml")
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in FONTS.items()
    )
    table._blob = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'.encode()
    )


def _style(
    document: Any, name: str, font: str, points: float, alignment: Any, line: float, indent: int, is_bold: bool
) -> None:
    styles = document.styles
    known = name in [style.name for style in styles]
    style = styles[name] if known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name != "Normal":
        style.base_style = styles["Normal"]
    style.quick_style, style.hidden = True, False
    style.font.size, style.font.bold, style.font.italic = Pt(points), is_bold, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    properties = style.element.get_or_add_rPr()
    for element in (*properties.findall(qn("w:rFonts")), *properties.findall(qn("w:spacing"))):
        properties.remove(element)
    properties.insert(0, _fonts(font))
    # 28 characters of 16 points to a line need a little less than their 16 points; other sizes have all of theirs
    spacing = parse_xml(f'<w:spacing {nsdecls("w")} w:val="{-5 if points == BODY_POINTS else 0}"/>')
    properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")
    paragraph = style.paragraph_format
    for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
        style.element.pPr.remove(border)
    paragraph.alignment, paragraph.space_before, paragraph.space_after = alignment, Pt(0), Pt(0)
    paragraph.line_spacing_rule, paragraph.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    # counted in characters, so that it stays two characters at another size
    paragraph.first_line_indent = Pt(points * indent)
    style.element.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), str(indent * 100))


def _fonts(chinese: str) -> Any:
    """Chinese in one font, Latin and figures in another; quotation marks, which both have, are Chinese."""
    latin = "".join(f' w:{kind}="Times New Roman"' for kind in ("ascii", "hAnsi", "cs"))
    return parse_xml(f'<w:rFonts {nsdecls("w")} w:hint="eastAsia"{latin} w:eastAsia="{chinese}"/>')


def _style_details(document: Any) -> None:
    styles = document.styles
    kept = ("Notice Annex Title", "Notice Ending", "Notice Attachment", "Notice Signature")
    for name in ("Heading 1", "Heading 2", "Caption", "Notice Annex", *kept):
        styles[name].paragraph_format.keep_with_next = True
    styles["Notice Annex"].paragraph_format.page_break_before = True
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "0")
    styles["Notice Annex"].element.pPr.append(level)
    styles["Notice Addressee"].paragraph_format.space_before = Pt(24)
    styles["Notice Number"].paragraph_format.space_after = Pt(14)
    for name in ("Notice Ending", "Notice Attachment", "Notice Signature"):
        styles[name].paragraph_format.keep_together = True
    styles["Notice Annex Title"].paragraph_format.space_after = Pt(6)
    styles["Notice Page"].paragraph_format.left_indent = styles["Notice Page"].paragraph_format.right_indent = Pt(14)
    styles["Notice Imprint"].font.color.rgb = RGBColor(0x44, 0x44, 0x44)
    _border(styles["Notice Number"], "bottom", 16)
    for side in ("top", "left", "bottom", "right"):
        _border(styles["Notice Draft"], side, 4)
    record = styles["Notice Record"]
    for side, size in (("top", 8), ("bottom", 8), ("between", 6)):
        _border(record, side, size, space=1)
    # the same indents on both lines, or each would have borders of its own
    record.paragraph_format.left_indent, record.paragraph_format.first_line_indent = Pt(56), Pt(-56)
    record.element.pPr.find(qn("w:ind")).attrib.pop(qn("w:firstLineChars"), None)
    record.paragraph_format.tab_stops.add_tab_stop(Twips(ANNEX_WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    styles["Notice Draft"].paragraph_format.right_indent = Pt(290)
    styles["Notice Draft"].paragraph_format.space_after = Pt(14)


def _border(style: Any, side: str, size: int, space: int = 4) -> None:
    properties = style.element.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(borders, "w:shd", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")
    borders.append(
        parse_xml(f'<w:{side} {nsdecls("w")} w:val="single" w:sz="{size}" w:space="{space}" w:color="000000"/>')
    )


def _table_style(document: Any) -> None:
    """Strong lines above and below, hair lines between: as in print, and readable without colours."""
    style = document.styles.add_style("Notice Table", WD_STYLE_TYPE.TABLE)
    style.base_style = document.styles["Normal Table"]
    lines = {"top": (12, "000000"), "bottom": (12, "000000"), "insideH": (4, "999999"), "insideV": (4, "999999")}
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{color}"/>'
        for side, (size, color) in lines.items()
    )
    padding = '<w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/>'
    style.element.append(
        parse_xml(
            f"<w:tblPr {nsdecls('w')}><w:tblBorders>{borders}</w:tblBorders><w:tblCellMar>{padding}</w:tblCellMar></w:tblPr>"
        )
    )


def _page(section: Any) -> None:
    """The text block of GB/T 9704, and page numbers outside. Its 22 lines of 28 characters come from the styles: LibreOffice gives every
    character of a grid a whole cell, also the small ones of tables."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(Mm, (37, 35, 28, 26))
    section.footer_distance = Mm(23)
    for found in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(found)
    for footer, alignment in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.style = "Notice Page"
        line.alignment = alignment
        _number(line)
        noted = footer.add_paragraph("", "Notice Imprint")
        noted.alignment = CENTER
        noted.add_run("{{ text.running_foot }}　{{ text.status }}").font.size = Pt(8)


def _number(line: Any) -> None:
    line.add_run("— ")
    field = line.add_run()
    for kind in ("begin", None, "end"):
        if kind is None:
            field._r.append(parse_xml(f'<w:instrText {nsdecls("w")} xml:space="preserve"> PAGE </w:instrText>'))
            continue
        field._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'))
    line.add_run(" —")


def _head(document: Any) -> None:
    say = document.add_paragraph
    say("{%p if text.status %}")
    say("{{ text.status }}", "Notice Draft")
    say("{%p endif %}")
    say("{%p if text.heading.issuer %}")
    say("{{ text.heading.issuer }}", "Notice Issuer")
    say("{%p else %}")
    say(f"{{{{ '印发单位：' if text.status else '' }}}}{BLANK}", "Notice Number")
    say("{%p endif %}")
    number = f"{{{{ text.heading.number or ('文号：' if text.status else '') ~ '{BLANK}' }}}}"
    say(
        f"{number}{{{{ '　　　　签发人：' ~ text.heading.signatory if text.heading.signatory else '' }}}}",
        "Notice Number",
    )
    _each(document, "line in text.title_lines", "{{ line }}", "Title")
    say("{%p if text.data_note %}")
    say("数据说明：{{ text.data_note }}", "Notice Remark")
    say("{%p endif %}")
    say("{{ text.heading.addressees }}：", "Notice Addressee")
    say("{%p if text.correction %}")
    correction = document.add_paragraph()
    correction.add_run("更正说明：").bold = True
    correction.add_run("{{ text.correction }}")
    say("{%p endif %}")
    _each(document, "paragraph in text.lead", "{{ paragraph }}")


def _short(document: Any) -> None:
    """The paragraph of the short form, with what leads its lists in bold, and its request."""
    findings = document.add_paragraph("{% for span in text.findings %}{% if span.is_strong %}")
    findings.add_run("{{ span.words }}").bold = True
    findings.add_run("{% else %}{{ span.words }}{% endif %}{% endfor %}")
    _each(document, "paragraph in text.request_before_the_end", "{{ paragraph }}")


def _parts(document: Any) -> None:
    say = document.add_paragraph
    say("{%p if text.findings %}")
    _short(document)
    say("{%p else %}")
    say("一、数据来源与口径", "Heading 1")
    _each(document, "paragraph in text.basis", "{{ paragraph }}")
    say("二、总体情况", "Heading 1")
    say("部门平均值与参照值", "Caption")
    headings = ("指标", "部门平均值（%）", "参照值（%）", "相差（百分点）", "参照口径")
    figures = tuple(
        (f"{{{{ row[{place}]}}}}", "Table Number" if place in (1, 2, 3) else "Table Text") for place in range(5)
    )
    overall = _table(document, headings, "row in text.overall", figures, (1000, 1600, 1300, 1900, 3045))
    for paragraph in (cell.paragraphs[0] for row in overall.rows for cell in row.cells):
        paragraph.paragraph_format.keep_with_next = True  # four lines that stay together
    say("{%p if text.target %}")
    say("{{ text.target }}")
    say("{%p endif %}")
    say("三、低于平均值的部门", "Heading 1")
    say("{%p for measure in text.measures %}")
    say("（{{ number_of(loop.index0) }}）{{ measure.name }}", "Heading 2")
    say("{{ measure.opening }}").paragraph_format.keep_with_next = True
    say("{%p if measure.departments %}")
    _list(document)
    say("{%p endif %}")
    say("{%p if measure.lowest %}")
    say("{{ measure.name }}最低：{{ measure.lowest }}。")
    say("{%p endif %}")
    _each(document, "remark in measure.remarks", "{{ remark }}")
    say("{%p endfor %}")
    say("{%p if text.legend %}")
    say("标记说明：", "Notice Remark")
    _each(document, "sign, meaning in text.legend", "{{ sign }}　{{ meaning }}", "Notice Remark")
    say("{%p endif %}")
    say("{{ text.list_note }}", "Notice Remark")
    say("四、不作评价的部门", "Heading 1")
    _each(document, "paragraph in text.unrated", "{{ paragraph }}")
    say("五、工作要求", "Heading 1")
    _each(document, "paragraph in text.request_before_the_end", "{{ paragraph }}")
    say("{%p endif %}")


def _list(document: Any) -> None:
    """Two departments in a row; the second is missing where their number is odd."""
    half = (
        ("place", "Table Number"),
        ("department_name", "Table Text"),
        ("rate", "Table Number"),
        ("mark", "Table Text"),
    )
    cells = tuple(
        (f"{{{{ {side}.{field} if {side} else '' }}}}", style) for side in ("left", "right") for field, style in half
    )
    _table(
        document,
        ("序号", "部门名称", "比率", "标记") * 2,
        "left, right in rows_of(measure.departments)",
        cells,
        (600, 2210, 1000, 610, 600, 2215, 1000, 610),
    )


def _ending(document: Any) -> None:
    """The last paragraph, the annexes and the signature: each line stays with the next, so that none is alone on a page."""
    say = document.add_paragraph
    _each(document, "paragraph in text.ending", "{{ paragraph }}", "Notice Ending")
    say("", "Notice Ending")
    _each(
        document,
        "annex in text.annexes",
        "{{ '附件：' if loop.first else '　　　' }}{{ annex.number }}. {{ annex.title }}",
        "Notice Attachment",
    )
    say("", "Notice Ending")
    say("", "Notice Ending")
    say(f"{{{{ text.heading.issuer or ('印发单位：' if text.status else '') ~ '{BLANK}' }}}}", "Notice Signature")
    say("{%p if text.heading.texts.seal %}")
    say("{{ text.heading.texts.seal }}", "Notice Signature")
    say("{%p endif %}")
    dated = say(
        f"{{{{ text.heading.dated or ('成文日期：' if text.status else '') ~ '{BLANK}' }}}}", "Notice Signature"
    )
    dated.paragraph_format.keep_with_next = False


def _annexes(document: Any) -> None:
    say = document.add_paragraph
    say("{%p for annex in text.annexes %}")
    say("附件{{ annex.number }}", "Notice Annex")
    say("{{ annex.title }}", "Notice Annex Title")
    table = _empty_table(document, rows=5, widths=(560, 2400, 960, 700, 1400, 1400, 1425))
    shares = ("{%tc for heading, unit in annex.headings[4:] %}", "{%tc endfor %}")
    told = "{{ heading }}{{ '\\n' ~ unit if unit else '' }}"
    _fill(
        table.rows[0],
        ("{{ annex.headings[0][0] }}", "{{ annex.headings[1][0] }}", "{{ annex.group }}", shares[0], told, shares[1]),
        ["Annex Head"] * 6,
    )
    _fill(
        table.rows[1],
        ("", "", "{{ annex.headings[2][0] }}", "{{ annex.headings[3][0] }}", shares[0], "", shares[1]),
        ["Annex Head"] * 7,
    )
    _span(table.rows[0]._tr.tc_lst[2], 2)
    for place in (0, 1, 4):  # of the head's two lines; a share is the cell within its loop
        _join(table.rows[0]._tr.tc_lst[place], "restart")
    for place in (0, 1, 5):
        _join(table.rows[1]._tr.tc_lst[place], "continue")
    for row in table.rows[:2]:
        _repeat(row)
    _fill(table.rows[2], ("{%tr for line in annex.lines %}",), ["Annex Text"])
    _fill(
        table.rows[3],
        (
            "{{ line.cells[0] }}",
            "{{ line.cells[1] }}",
            "{{ line.cells[2] }}",
            "{{ line.cells[3] }}",
            "{%tc for cell in line.cells[4:] %}",
            "{{ cell }}",
            "{%tc endfor %}",
        ),
        ["Annex Number", "Annex Text", *["Annex Number"] * 5],
    )
    _fill(table.rows[4], ("{%tr endfor %}",), ["Annex Text"])
    say("{{ annex.note }}", "Notice Imprint")
    say("{%p endfor %}")
    say("{%p if text.imprint %}")
    say("{% for label, value in text.imprint %}{{ label }}：{{ value }}　　{% endfor %}", "Notice Imprint")
    say("{%p endif %}")
    _each(document, "note in text.imprint_notes", "{{ note }}", "Notice Imprint")


def _span(cell: Any, columns: int) -> None:
    cell.grid_span = columns


def _join(cell: Any, how: str) -> None:
    """One of two cells above each other that are one."""
    properties = cell.get_or_add_tcPr()
    joined = OxmlElement("w:vMerge")
    joined.set(qn("w:val"), how)
    properties.insert_element_before(
        joined, "w:tcBorders", "w:shd", "w:noWrap", "w:tcMar", "w:textDirection", "w:vAlign"
    )


def _record(document: Any) -> None:
    """版记, a frame at the foot of the last page: who gets a copy, who printed it and when. A table that is anchored there begins a page
    of its own in LibreOffice."""
    say = document.add_paragraph
    say("{%p if text.heading.texts.copies %}")
    lines = [say("　抄送：{{ text.heading.texts.copies }}", "Notice Record")]
    say("{%p endif %}")
    by = f"{{{{ text.heading.printed_by or ('印发机关：' if text.status else '') ~ '{BLANK}' }}}}"
    on = f"{{{{ text.heading.printed ~ '印发' if text.heading.printed else ('印发日期：' if text.status else '') ~ '{BLANK}' }}}}"
    lines.append(say(f"　{by}\t{on}　", "Notice Record"))
    for line in lines:
        # neighbours in the same frame are one
        frame = f'<w:framePr {nsdecls("w")} w:w="{ANNEX_WIDTH}" w:hSpace="0" w:wrap="around" w:vAnchor="margin" '
        frame += 'w:hAnchor="margin" w:xAlign="left" w:yAlign="bottom"/>'
        line._p.get_or_add_pPr().insert_element_before(
            parse_xml(frame), "w:widowControl", "w:numPr", "w:pBdr", "w:ind", "w:jc"
        )
    # a document ends with a paragraph; this one takes no room
    document.add_paragraph("", "Notice Imprint")


def _each(document: Any, loop: str, text: str, style: str = "Normal") -> None:
    document.add_paragraph(f"{{%p for {loop} %}}")
    document.add_paragraph(text, style)
    document.add_paragraph("{%p endfor %}")


def _table(
    document: Any, headings: Sequence[str], loop: str, cells: Sequence[tuple[str, str]], widths: Sequence[int]
) -> Any:
    """A table with a heading row that repeats on every page, and a row for each turn of the loop."""
    table = _empty_table(document, rows=4, widths=widths)
    _fill(table.rows[0], headings, ["Table Head"] * len(headings))
    _repeat(table.rows[0])
    _fill(table.rows[1], (f"{{%tr for {loop} %}}",), ["Table Text"])
    _fill(table.rows[2], [text for text, _ in cells], [style for _, style in cells])
    _fill(table.rows[3], ("{%tr endfor %}",), ["Table Text"])
    return table


def _empty_table(document: Any, *, rows: int, widths: Sequence[int]) -> Any:
    table = document.add_table(rows, len(widths), style="Notice Table")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Twips(width)
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for column, width in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(width))
    return table


def _fill(row: Any, texts: Sequence[str], styles: Sequence[str]) -> None:
    """Fill the first cells of a row; cells without a text are taken out of it."""
    for cell in row.cells[len(texts) :]:
        row._tr.remove(cell._tc)
    for cell, text, style in zip(row.cells, texts, styles, strict=True):
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        cell.paragraphs[0].text = text
        cell.paragraphs[0].style = style


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


if __name__ == "__main__":
    sys.exit(main())
