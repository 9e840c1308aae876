"""HTML, PDF and DOCX of a notice say the same words and figures, and are what their kinds promise."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest
from docx import Document
from docx.oxml.ns import qn

from callback_survey.documents.notice import NoticeData, read_notice_data
from callback_survey.documents.notice.correction import Correction, Moved, MovedMeasure
from callback_survey.documents.notice.docx import render_docx
from callback_survey.documents.notice.heading import Heading
from callback_survey.documents.notice.pdf import render_pdf
from callback_survey.documents.notice.render import render_html
from callback_survey.documents.notice.text import NoticeText, Origin, compose
from callback_survey.errors import UsageError
from callback_survey.scope import Scope
from homes import FIXTURES
from notice_marts import NASTY, QUARTER, REGION, Page, notice_marts

REPOSITORY = Path(__file__).resolve().parents[3]
ORIGIN = Origin("r2", "c0ffee" * 8, "演示数据：<全部>虚构", ())
ISSUED = Heading(
    "样区“最多跑一次”办公室", "样跑改办〔2020〕1号", date(2020, 1, 7), "值班长", "2020-01-06T17:30:00+00:00"
)


@pytest.fixture(scope="module")
def data() -> Iterator[NoticeData]:
    with notice_marts() as connection:
        yield read_notice_data(connection, Scope(REGION, QUARTER))


@pytest.fixture(scope="module")
def draft(data: NoticeData) -> NoticeText:
    return compose(data, ORIGIN)


@pytest.fixture(scope="module")
def issued(data: NoticeData) -> NoticeText:
    return compose(data, ORIGIN, ISSUED)


@pytest.fixture(scope="module")
def corrected(data: NoticeData) -> NoticeText:
    """A notice that takes the place of an issued one, with a sign in its reason that no font has."""
    moved = MovedMeasure("满意率", ("94.77%", "94.80%"), ("—", "—"), (Moved("区教育局", "94.12%", "95.00%"),))
    correction = Correction(QUARTER, 1, "样跑改办〔2020〕1号", date(2020, 1, 7), "“重报”有误\U000f0000", (moved,))
    return compose(data, ORIGIN, replace(ISSUED, number="样跑改办〔2020〕9号", correction=correction))


@pytest.fixture(scope="module")
def pdf(draft: NoticeText) -> bytes:
    return render_pdf(draft)


@pytest.fixture(scope="module")
def docx(draft: NoticeText) -> bytes:
    return render_docx(draft)


def everything(text: NoticeText) -> list[str]:
    """Each word and figure that a notice has to show."""
    said = [
        *text.title_lines,
        text.correction,
        *text.lead,
        text.target,
        *(span.words for span in text.findings),
        *text.basis,
        text.list_note,
    ]
    said += [*text.unrated, *text.request, *text.closing, *text.imprint_notes]
    said += [cell for row in text.overall for cell in row]
    for measure in text.measures:
        said += [measure.opening, measure.lowest, *measure.remarks]
        said += [
            part for found in measure.departments for part in (str(found.place), found.department_name, found.rate)
        ]
    said += [part for entry in (*text.legend, *text.imprint) for part in entry]
    for annex in text.annexes:
        said += [annex.title, annex.group, annex.note, *(part for heading in annex.headings for part in heading)]
        said += [cell for line in annex.lines for cell in line.cells]
    return [part for part in said if part]


def folded(text: str) -> str:
    return re.sub(r"\s+", "", text)


def text_of_pdf(pdf: bytes) -> str:
    # the lines at the foot of a page may stand within a sentence that goes on over the page
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    return folded(
        "".join(re.sub(r"(?m)^— ?\d+ ?—$|^990101 2019Q4.*$", "", page) for page in pages).replace("\u200b", "")
    )


def text_of_docx(docx: bytes) -> str:
    body = Document(io.BytesIO(docx)).element.body
    return folded("".join(found.text or "" for found in body.iter(qn("w:t"))))


def test_every_form_of_a_correction_says_what_it_replaces_and_why(corrected: NoticeText, issued: NoticeText) -> None:
    sentence = (
        "更正说明：本通报更正并代替2020年1月7日印发的样跑改办〔2020〕1号通报，原通报停止使用。更正原因：“重报”有误"
    )
    assert sentence in folded(Page(render_html(corrected)).text)
    assert f"{sentence}〓。满意率：平均值由94.77%改为94.80%；" in text_of_pdf(render_pdf(corrected))
    shown = text_of_docx(render_docx(corrected))
    assert sentence in shown and "区教育局（94.12%改为95.00%）" in shown
    for form in (render_html(issued), text_of_docx(render_docx(issued))):
        assert "更正" not in form


def test_every_form_says_every_word_and_figure(draft: NoticeText, pdf: bytes, docx: bytes) -> None:
    shown = {"html": folded(Page(render_html(draft)).text), "pdf": text_of_pdf(pdf), "docx": text_of_docx(docx)}
    missing = {form: [part for part in everything(draft) if folded(part) not in text] for form, text in shown.items()}
    assert missing == {"html": [], "pdf": [], "docx": []}


def test_annexes_of_the_docx_repeat_the_marts_in_their_order(draft: NoticeText, docx: bytes) -> None:
    for table, annex in zip(Document(io.BytesIO(docx)).tables[-2:], draft.annexes, strict=True):
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        # a cell that is two columns wide, or two lines high, is read in each
        first = [heading for heading, _ in annex.headings]
        assert [heading.partition("\n")[0] for heading in rows[1]] == first
        first[2:4] = [annex.group] * 2
        assert [heading.partition("\n")[0] for heading in rows[0]] == first
        assert rows[2:] == [list(line.cells) for line in annex.lines]


def test_lists_of_the_docx_have_their_signs(docx: bytes) -> None:
    satisfaction, realisation = (
        [[cell.text for cell in row.cells] for row in table.rows] for table in Document(io.BytesIO(docx)).tables[1:3]
    )
    assert satisfaction[1] == ["1", "区商务局", "74.40%", "▼", "2", "区教育局", "74.40%", "▽"]
    assert realisation[1] == ["1", "区教育局", "72.00%", "", "", "", "", ""]


def test_a_name_that_looks_like_markup_stays_a_name(docx: bytes) -> None:
    assert folded(NASTY) in text_of_docx(docx)


def test_the_same_text_gives_the_same_bytes(draft: NoticeText, pdf: bytes, docx: bytes) -> None:
    assert render_pdf(draft) == pdf
    assert render_docx(draft) == docx


def test_nothing_of_a_tag_is_left_in_the_docx(docx: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    assert "{{" not in text and "{%" not in text


def test_the_docx_can_be_edited_and_carries_nothing_it_should_not(docx: bytes) -> None:
    document: Any = Document(io.BytesIO(docx))
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        names = parts.namelist()
        links = "".join(parts.read(name).decode() for name in names if name.endswith(".rels"))
        times = {part.date_time for part in parts.infolist()}
    assert not [name for name in names if "vba" in name.lower() or "thumbnail" in name or "embeddings" in name]
    assert "External" not in links
    assert times == {(1980, 1, 1, 0, 0, 0)}
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert [heading[:2] for heading in headings] == ["一、", "二、", "三、", "四、", "五、"]
    assert [found.text for found in document.paragraphs if found.style.name == "Heading 2"] == [
        "（一）满意率",
        "（二）实现率",
    ]
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None, "the head is not repeated on the next page"
    fonts = document.styles["Normal"].element.rPr.find(qn("w:rFonts"))
    assert fonts.get(qn("w:eastAsia")) == "仿宋" and fonts.get(qn("w:hint")) == "eastAsia"
    assert [round(section.page_width.mm) for section in document.sections] == [210]
    footers = [(section.footer, section.even_page_footer) for section in document.sections]
    assert all(" PAGE " in footer._element.xml for pair in footers for footer in pair)


def test_the_pdf_is_tagged_titled_numbered_and_has_its_fonts_inside(pdf: bytes, draft: NoticeText) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"] == "zh-CN"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None and reader.metadata.title == draft.title
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert [round(float(side) * 25.4 / 72) for side in reader.pages[0].mediabox[2:]] == [210, 297]
    for number, page in enumerate(reader.pages, 1):
        assert f"— {number} —" in page.extract_text()
        assert "990101 2019Q4 r2 c0ffeec0ffee" in page.extract_text(), "which release a printed page belongs to"
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            described = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert any(f"/FontFile{kind}" in described for kind in ("", "2", "3")), font["/BaseFont"]


def test_a_draft_is_marked_on_every_page(pdf: bytes) -> None:
    assert all("征求意见稿" in page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_an_annex_of_several_pages_repeats_its_head_on_each(data: NoticeData) -> None:
    annex = tuple(
        replace(
            data.measures[0].annex[0],
            row_number=place,
            department_name=f"第{place}个名称很长的区级办事部门及其下属分中心",
        )
        for place in range(1, 91)
    )
    many = compose(replace(data, measures=(replace(data.measures[0], annex=annex), data.measures[1])), ORIGIN)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render_pdf(many))).pages]
    annexed = [page for page in pages if "名称很长的" in page]
    assert len(annexed) > 1
    assert all("有效样本框" in page and "比较满意率" in page for page in annexed)


@pytest.mark.parametrize("form", ["html", "pdf", "docx"])
def test_an_issued_notice_names_issuer_number_and_date_and_nothing_of_the_machine(
    issued: NoticeText, form: str
) -> None:
    text = {
        "html": lambda: folded(Page(render_html(issued)).text),
        "pdf": lambda: text_of_pdf(render_pdf(issued)),
        "docx": lambda: text_of_docx(render_docx(issued)),
    }[form]()
    for part in ("样区“最多跑一次”办公室", "样跑改办〔2020〕1号", "2020年1月7日"):
        assert part in text
    # where it comes from stands in issue.json and in the companion
    for left_out in (
        "征求意见稿",
        "未签发",
        "印发单位",
        "印发日期",
        "文号：",
        "值班长",
        "c0ffee",
        "内容校验值",
        "990101",
    ):
        assert left_out not in text


def test_a_draft_keeps_what_is_given_and_leaves_lines_for_the_rest(data: NoticeData) -> None:
    text = compose(data, ORIGIN, Heading(number="样跑改办〔2020〕1号"))
    html, docx = Page(render_html(text)).text, text_of_docx(render_docx(text))
    for shown in (html, docx):
        assert "征求意见稿" in shown and "样跑改办〔2020〕1号" in shown
        assert "印发单位：" in shown and "成文日期：" in shown and "文号：" not in shown


def test_the_template_is_what_its_script_makes() -> None:
    script = REPOSITORY / "scripts" / "notice_template.py"
    spec = importlib.util.spec_from_file_location("notice_template", script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.TARGET.read_bytes() == module.make(), "run scripts/notice_template.py"
    assert module.main(["--check"]) == 0


def test_a_quarter_without_lists_benchmarks_or_answers_has_every_form(data: NoticeData) -> None:
    bare = replace(
        data.measures[0],
        average_pct=None,
        benchmark_pct=None,
        benchmark_label=None,
        benchmark_year=None,
        gap_to_benchmark_pct=None,
        below_average=(),
        lowest=(),
    )
    text = compose(replace(data, measures=(bare, replace(data.measures[1], below_average=()))), ORIGIN)
    assert text.legend == ()
    for shown in (folded(Page(render_html(text)).text), text_of_docx(render_docx(text))):
        assert "本季度没有部门低于平均值" in shown and "标记说明" not in shown and "▼" not in shown


def test_another_scale_has_a_column_for_each_answer(data: NoticeData) -> None:
    answers = ("非常满意", "满意", "基本满意", "不满意", "非常不满意", "说不清")
    labels = tuple(f"{answer}（%）" for answer in answers)
    annex = tuple(replace(row, shares_pct=(*row.shares_pct, None)) for row in data.measures[0].annex)
    text = compose(
        replace(data, measures=(replace(data.measures[0], annex=annex, share_labels=labels), data.measures[1])), ORIGIN
    )
    table = Document(io.BytesIO(render_docx(text))).tables[-2]
    assert [cell.text.partition("\n")[0] for cell in table.rows[0].cells][4:] == list(answers)
    grid = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.findall(qn("w:gridCol"))]
    assert len(grid) == 10 and min(grid) > 500 and sum(grid) <= 8845


def test_a_sign_that_no_font_has_is_replaced_in_given_words_and_told(data: NoticeData) -> None:
    text = compose(data, Origin("r2", "c0ffee" * 8, "已核对\U00013000", ()), replace(ISSUED, issuer="跑改办\U00013000"))
    printed = text_of_pdf(render_pdf(text))
    assert "已核对〓" in printed and "跑改办〓" in printed and "\U00013000" not in printed
    assert "以“〓”代替" in printed
    assert "已核对\U00013000" in render_html(text)


def test_a_department_whose_name_no_font_has_is_an_error(data: NoticeData) -> None:
    text = compose(data, ORIGIN)
    with pytest.raises(UsageError, match="no font of this machine has \U00013000"):
        render_pdf(replace(text, title_lines=("\U00013000区",)))


def test_a_machine_without_a_chinese_font_makes_no_pdf_of_boxes(tmp_path: Path) -> None:
    """In a process of its own: fontconfig reads its settings once."""
    package = importlib.util.find_spec("great_expectations")
    assert package is not None and package.origin is not None
    latin = Path(package.origin).parent / "render" / "view" / "static" / "fonts"
    assert list(latin.rglob("*.otf")), "the fonts of a Latin alphabet that this test lends from a package are gone"
    cache = f"<cachedir>{tmp_path / 'cache'}</cachedir>"
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><dir>{latin}</dir>{cache}</fontconfig>", encoding="utf-8")
    code = (
        "from callback_survey.errors import UsageError\n"
        "from callback_survey.documents.notice import read_notice_data\n"
        "from callback_survey.documents.notice.pdf import render_pdf, require_machine\n"
        "from callback_survey.documents.notice.text import compose\n"
        "from callback_survey.scope import Scope\n"
        "from notice_marts import QUARTER, REGION, notice_marts\n"
        "with notice_marts() as marts:\n"
        "    text = compose(read_notice_data(marts, Scope(REGION, QUARTER)))\n"
        # what `doctor` asks before a notice is made says the same
        "for make in (lambda: render_pdf(text), require_machine):\n"
        "    try:\n"
        "        make()\n"
        "    except UsageError as error:\n"
        "        print(error)\n"
    )
    environment = {
        **os.environ,
        "FONTCONFIG_FILE": str(tmp_path / "fonts.conf"),
        "PYTHONPATH": str(FIXTURES),
    }
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.stdout.count("the notice cannot be written as PDF") == 2, run.stderr
    assert "no font of this machine has ▼ ▽ 、 。" in run.stdout
    assert "scripts/system_packages run" in run.stdout
