"""A notice speaks in its district's words where it gives them, in the long form or in the short one of two paragraphs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import docx
import pytest

from callback_survey.documents.notice import NoticeData, read_notice_data
from callback_survey.documents.notice.docx import render_docx
from callback_survey.documents.notice.heading import Heading
from callback_survey.documents.notice.pdf import render_pdf
from callback_survey.documents.notice.render import render_html
from callback_survey.documents.notice.text import NoticeText, compose
from callback_survey.documents.notice.texts import Texts
from callback_survey.scope import Scope
from notice_marts import NASTY, QUARTER, REGION, Page, notice_marts

OWN = Texts(
    title="关于{period}“最多跑一次”{measures}|电话回访情况的通报",
    cases="工单",
    basis=("依据《某区考评意见》，本项占社会评价的10%。", "现将{period}的情况通报如下。"),
    target="本年的目标是进入全省前20名。",
    request=("请对照附件整改。",),
    next_notice="下一期通报拟于{period}后印发。",
    contact="样区跑改办",
)
SHORT = replace(OWN, form="short")


@pytest.fixture(scope="module")
def data() -> Iterator[NoticeData]:
    with notice_marts() as connection:
        yield read_notice_data(connection, Scope(REGION, QUARTER))


def said(data: NoticeData, texts: Texts) -> NoticeText:
    return compose(data, heading=Heading(issuer="样区跑改办", texts=texts))


def in_every_form(text: NoticeText) -> tuple[str, str]:
    paragraphs = docx.Document(io.BytesIO(render_docx(text))).paragraphs
    return "".join(Page(render_html(text)).text.split()), "".join(paragraph.text for paragraph in paragraphs)


def test_the_long_form_says_the_districts_words_around_its_figures(data: NoticeData) -> None:
    text = said(data, OWN)
    assert text.title_lines == ("关于2019年第四季度“最多跑一次”满意率、实现率", "电话回访情况的通报")
    for shown in in_every_form(text):
        places = [
            shown.index(part)
            for part in (
                "依据《某区考评意见》，本项占社会评价的10%。现将2019年第四季度的情况通报如下。",
                "一、数据来源与口径",
                "本年的目标是进入全省前20名。",
                "三、低于平均值的部门",
                "请对照附件整改。",
                "标有▼的部门，请优先安排整改",
                "下一期通报拟于2019年第四季度后印发。联系：样区跑改办",
                "附件：",
            )
        ]
        assert places == sorted(places)
        assert "办件" not in shown and "结合抽样数和工单情况自查" in shown and "仅就本季度工单而言" in shown


def test_a_district_that_gives_nothing_is_given_no_counters_words(data: NoticeData) -> None:
    text = compose(data)
    assert text.title_lines == ("样市样区", "2019年第四季度办件电话回访情况通报")
    assert text.lead == text.closing == () and text.target == ""
    assert "多跑路" not in "".join(text.request)


def test_the_short_form_is_two_paragraphs_and_a_request(data: NoticeData) -> None:
    text = said(data, SHORT)
    finding = "".join(span.words for span in text.findings)
    assert finding == (
        "2019年第四季度全区满意率平均值为84.63%，2017年全省平均满意率为94.70%，相比低10.07个百分点；"
        "实现率平均值为90.50%，2017年全省平均实现率为87.90%，相比高2.60个百分点。本年的目标是进入全省前20名。"
        "满意率低于平均值的有：区商务局、区教育局；实现率低于平均值的有：区教育局。"
        "满意率最低的是区教育局、区商务局，实现率最低的是区教育局。"
        "名单只按数值列出，差距是否超出抽样误差见统计附页。"
        f"区旅游局本季度未抽样，不作评价。实现率一项，{NASTY}没有人回答，不作评价。"
    )
    for shown in in_every_form(text):
        assert "".join(finding.split()) in shown
        places = [shown.index(part) for part in ("各有关部门：依据", "2019年第四季度全区", "请对照附件整改。下一期")]
        assert places == sorted(places)
        assert not any(part in shown for part in ("一、", "▼", "▽", "标记说明", "数据来源"))
    assert len(text.annexes) == 2


def test_of_annexes_alone_the_short_form_promises_no_test(data: NoticeData) -> None:
    finding = "".join(span.words for span in said(replace(data, is_published_only=True), SHORT).findings)
    assert "名单只按数值列出；有效回答数不详，无法判断差距是否超出抽样误差。" in finding
    assert "见统计附页" not in finding


def test_what_leads_a_list_is_strong(data: NoticeData) -> None:
    text = said(data, SHORT)
    assert "<strong>满意率低于平均值的有</strong>：区商务局" in render_html(text)
    strong = [
        run.text
        for paragraph in docx.Document(io.BytesIO(render_docx(text))).paragraphs
        for run in paragraph.runs
        if run.bold and run.text
    ]
    assert strong == ["满意率低于平均值的有", "实现率低于平均值的有"]


def test_the_short_form_of_a_district_that_gives_no_words_still_says_what_it_is(data: NoticeData) -> None:
    text = said(data, Texts(form="short", programme="“最多跑一次”"))
    assert text.lead == ("现将2019年第四季度“最多跑一次”电话回访情况通报如下。",)
    assert text.request[0].startswith("请各部门对照附件")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"gap_to_benchmark_pct": Decimal("0.00")}, "2017年全省平均满意率为94.70%，相比持平；"),
        ({"benchmark_pct": None, "gap_to_benchmark_pct": None}, "满意率平均值为84.63%；"),
        ({"average_pct": None}, "全区没有部门得出满意率；"),
        ({"below_average": ()}, "实现率低于平均值的有：区教育局。"),
        ({"few_names": ("区商务局",)}, "满意率一项，区商务局有效回答过少，不作评价。"),
    ],
)
def test_the_short_form_says_what_the_marts_lack(data: NoticeData, changed: dict[str, object], sentence: str) -> None:
    measures = (replace(data.measures[0], **changed), data.measures[1])  # type: ignore[arg-type]
    text = said(replace(data, measures=measures), SHORT)
    assert sentence in "".join(span.words for span in text.findings)
    if "below_average" in changed:
        assert "满意率低于平均值的有" not in [span.words for span in text.findings]


def test_departments_that_are_not_rated_in_two_measures_are_named_once(data: NoticeData) -> None:
    measures = tuple(replace(measure, few_names=("区商务局", "区教育局")) for measure in data.measures)
    finding = "".join(span.words for span in said(replace(data, measures=measures), SHORT).findings)
    assert finding.count("有效回答过少") == 1
    assert "满意率、实现率两项，区商务局、区教育局有效回答过少，不作评价。" in finding


@pytest.mark.parametrize(
    ("region_name", "sentence"),
    [
        ("样例市", "季度全市满意率"),
        ("样例县", "季度全县满意率"),
        ("样例新城", "季度满意率"),
        ("样例街道", "季度满意率"),
    ],
)
def test_the_short_form_names_the_whole_by_what_the_region_is(
    data: NoticeData, region_name: str, sentence: str
) -> None:
    heading = Heading(texts=Texts(form="short"))
    text = compose(replace(data, region_name=region_name), heading=heading)
    assert sentence in "".join(span.words for span in text.findings)


def test_a_quarter_of_which_only_annexes_survive_says_so_in_the_short_form_too(data: NoticeData) -> None:
    text = said(replace(data, is_published_only=True), SHORT)
    assert text.findings[0].words.startswith("本通报所据只有2019年第四季度当时印发的附件")


def test_a_sign_that_no_font_has_is_replaced_in_every_text_of_the_district(data: NoticeData) -> None:
    text = said(data, replace(SHORT, basis=("依据\U00013000。",), target="目标\U00013000。", contact="甲\U00013000"))
    render_pdf(text)
    printed = text.without({"\U00013000"})
    assert printed.lead == ("依据〓。",) and printed.closing[-1] == "联系：甲〓"
    assert "目标〓。" in printed.findings[0].words
