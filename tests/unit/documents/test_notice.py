"""The notice says what the marts say, in their order, in one file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from callback_survey.documents.notice import NoticeData, NoticeDataMissing, read_notice_data
from callback_survey.scope import Scope
from notice_marts import NASTY, QUARTER, REALISATION, REGION, SATISFACTION, Page, notice_marts
from notice_pages import render_notice

EXTERNAL = re.compile(
    r"https?://|//[a-z]+\.|url\((?!['\"]?data:)|@import|<script|<link|<img|<iframe|\bsrc=|\bhref=(?!\"#)", re.IGNORECASE
)


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    with notice_marts() as connection:
        yield connection


@pytest.fixture
def data(marts: duckdb.DuckDBPyConnection) -> NoticeData:
    return read_notice_data(marts, Scope(REGION, QUARTER))


def test_both_averages_stand_beside_their_benchmarks(data: NoticeData) -> None:
    overall = Page(render_notice(data)).rows(0)

    assert overall[1] == ["满意率", "84.63", "94.70", "−10.07", "2017年全省平均满意率"]
    assert overall[2] == ["实现率", "90.50", "87.90", "+2.60", "2017年全省平均实现率"]


def test_a_region_without_benchmark_shows_dashes(data: NoticeData) -> None:
    bare = replace(
        data.measures[0], benchmark_pct=None, benchmark_label=None, benchmark_year=None, gap_to_benchmark_pct=None
    )

    overall = Page(render_notice(replace(data, measures=(bare, data.measures[1])))).rows(0)

    assert overall[1] == ["满意率", "84.63", "—", "—", "—"]


def test_annexes_repeat_the_marts_in_their_order(data: NoticeData) -> None:
    page = Page(render_notice(data))

    expected = [
        [str(row[0]), row[2], f"{row[3]:,}", str(row[4]), *(share or "—" for share in row[5:])] for row in SATISFACTION
    ]
    assert page.rows(1)[2:] == expected
    assert [row[1] for row in page.rows(2)[2:]] == [row[2] for row in REALISATION]
    headings = [
        "序号",
        "部门名称",
        "抽样指数",
        "满意率",
        "比较满意率",
        "基本满意率",
        "不太满意率",
        "不满意率",
    ]
    assert [re.sub("（.*", "", heading) for heading in page.rows(1)[0]] == headings
    assert page.rows(1)[1] == page.rows(2)[1] == ["有效样本框", "抽样数"]
    assert page.rows(2)[0][3:] == ["实现率（%）（零上门/一次）", "未实现率（%）（两次及以上）"]


def test_lists_follow_the_annex_and_not_the_alphabet(data: NoticeData) -> None:
    satisfaction, realisation, _ = Page(render_notice(data)).lists

    assert [" ".join(item.split()) for item in satisfaction] == ["1. 区商务局 74.40% ▼", "2. 区教育局 74.40% ▽"]
    assert [" ".join(item.split()) for item in realisation] == ["1. 区教育局 72.00%"]


def test_a_tie_for_the_lowest_rate_names_every_department(data: NoticeData) -> None:
    assert [department.department_name for department in data.measures[0].lowest] == ["区教育局", "区商务局"]
    text = Page(render_notice(data)).text
    assert "满意率最低：区教育局（74.40%）、区商务局（74.40%）" in text
    assert "实现率最低：区教育局（72.00%）" in text


def test_where_all_have_one_rate_nobody_is_called_the_lowest(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute(
        "update marts.department_rates set rate_pct = 98.04 where measure = 'satisfaction' and rate_pct is not null"
    )
    data = read_notice_data(marts, Scope(REGION, QUARTER))
    assert [len(measure.lowest) for measure in data.measures] == [0, 1]
    text = Page(render_notice(data)).text
    assert "满意率最低" not in text and "实现率最低：区教育局（72.00%）" in text


def test_an_unsampled_department_is_blank_and_named_as_not_rated(data: NoticeData) -> None:
    page = Page(render_notice(data))

    assert page.rows(1)[6] == ["5", "区旅游局", "1", "0", "—", "—", "—", "—", "—"]
    assert page.rows(2)[6] == ["5", "区旅游局", "1", "0", "—", "—"]
    assert "本季度未抽样（抽样数为0）：区旅游局。" in page.text


def test_an_unsampled_department_is_blank_even_where_zeros_were_printed(data: NoticeData) -> None:
    zero = Decimal("0.00")
    printed = replace(data.measures[1].annex[4], shares_pct=(zero, zero))
    realisation = replace(data.measures[1], annex=(*data.measures[1].annex[:4], printed))

    assert Page(render_notice(replace(data, measures=(data.measures[0], realisation)))).rows(2)[6][4:] == ["—", "—"]


def test_a_question_nobody_answered_is_told_apart_from_no_sample(data: NoticeData) -> None:
    page = Page(render_notice(data))

    assert page.rows(2)[5][3:] == ["50", "—", "—"]
    assert f"已抽样但无人回答实现率问题：{NASTY}" in page.text


def test_full_coverage_says_so(data: NoticeData) -> None:
    sampled = replace(data.measures[0], annex=data.measures[0].annex[:4])

    assert "本季度各部门均有抽样" in render_notice(replace(data, measures=(sampled, data.measures[1])))


def test_names_and_notes_cannot_inject_markup(data: NoticeData) -> None:
    html = render_notice(data, revision="r1<i>", content_hash="<script>", data_note="<script>alert(1)</script>")

    assert NASTY not in html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "r1&lt;i&gt;" in html


def test_the_page_asks_for_nothing_from_outside(data: NoticeData) -> None:
    html = render_notice(data, revision="r1", content_hash="ab" * 32, data_note="演示数据")

    assert EXTERNAL.search(html) is None
    assert not [tag for tag, _ in Page(html).tags if tag in {"script", "link", "img", "iframe", "object"}]


@pytest.mark.parametrize(
    "leak", ["<img src='https://example.org/a.png'>", "<link href='x.css'>", "a { background: url(x.png) }", "<script>"]
)
def test_the_search_for_outside_addresses_finds_them(leak: str) -> None:
    assert EXTERNAL.search(leak)


def test_the_same_data_give_the_same_bytes(marts: duckdb.DuckDBPyConnection) -> None:
    first, second = (
        render_notice(read_notice_data(marts, Scope(REGION, QUARTER)), revision="r1", content_hash="c0ffee")
        for _ in range(2)
    )

    assert first == second


def test_the_foot_names_the_release_and_says_what_the_data_are(data: NoticeData) -> None:
    text = Page(render_notice(data, revision="r2", content_hash="c0ffee", data_note="依据公开附件重新构造")).text

    foot = text[text.index("地区") :]
    for part in (REGION, QUARTER, "r2", "c0ffee", "依据公开附件重新构造"):
        assert part in foot
    assert "依据公开附件重新构造" in text[: text.index("一、")]


def test_an_ordinary_survey_carries_no_data_note(data: NoticeData) -> None:
    assert "数据说明：" not in render_notice(data)


def test_it_is_a_draft_with_nothing_invented(data: NoticeData) -> None:
    page = Page(render_notice(data))

    assert "征求意见稿 · 未签发" in page.text
    for blank in ("印发单位：", "文号：", "成文日期：", "印发机关：", "印发日期："):
        assert blank in page.text
    # The only year is that of the quarter and of the benchmark.
    assert set(re.findall(r"(\d{4})年", page.text)) == {"2019", "2017"}


def test_screen_readers_find_language_captions_and_scopes(data: NoticeData) -> None:
    html = render_notice(data)
    tags = Page(html).tags

    assert ("html", {"lang": "zh-CN"}) in tags
    assert all(attributes.get("scope") in {"col", "colgroup", "row"} for tag, attributes in tags if tag == "th")
    assert sum(tag == "caption" for tag, _ in tags) == sum(tag == "table" for tag, _ in tags) == 3
    assert "display: table-header-group" in html


def test_comparison_with_a_printed_annex_is_summed_up(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute(
        f"""
        insert into marts.reconciliation
        select '{REGION}', '{QUARTER}', 'D1', status
        from unnest(['equal', 'equal', 'equal', 'adjusted', 'unsampled']) as figures(status)
        """
    )

    html = render_notice(read_notice_data(marts, Scope(REGION, QUARTER)))

    assert "与已印发附件逐项核对5项：一致3项，容差以内的1项，未抽样1项。" in html


def test_no_printed_annex_no_sentence_about_one(data: NoticeData) -> None:
    assert "逐项核对" not in render_notice(data)


def test_a_quarter_of_which_only_the_annexes_survive_says_so(
    marts: duckdb.DuckDBPyConnection, data: NoticeData
) -> None:
    marts.execute("update marts.department_rates set source_grain = 'published'")

    text = Page(render_notice(read_notice_data(marts, Scope(REGION, QUARTER)))).text

    assert "本通报所据只有2019年第四季度当时印发的附件，没有办结记录和电话回访记录。" in text
    assert "电话回访记录编写" not in text
    assert text.count("各项数字均照原印发附件转录。") == 2
    ordinary = Page(render_notice(data)).text
    assert "本通报依据2019年第四季度办结事项的电话回访记录编写。" in ordinary
    assert "转录" not in ordinary


def test_a_department_the_printed_annex_leaves_out_is_neither_zero_nor_unsampled(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    marts.execute("update marts.department_rates set source_grain = 'published'")
    marts.execute(
        "update marts.annexes set figure_count = null where measure = 'satisfaction' and department_code = 'D5'"
    )

    data = read_notice_data(marts, Scope(REGION, QUARTER))
    page = Page(render_notice(data))

    assert page.rows(1)[6] == ["5", "区旅游局", "—", "—", "—", "—", "—", "—", "—"]
    assert page.rows(2)[6] == ["5", "区旅游局", "1", "0", "—", "—"]
    assert (data.valid_frame_total, data.sample_total) == (7132, 334)
    assert "原印发的满意率附件没有列出：区旅游局，是否抽样不详，该项不作评价。" in page.text
    assert "原印发的实现率附件没有列出" not in page.text
    assert "本季度未抽样" not in page.text
    assert "本季度各部门均有抽样" not in page.text


def test_the_definition_of_a_rate_is_that_of_the_data(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("update marts.department_rates set measure_definition = 'top_two' where measure = 'satisfaction'")

    text = render_notice(read_notice_data(marts, Scope(REGION, QUARTER)))

    assert "口径代码 top_two" in text
    assert "“比较满意”和“基本满意”不计入" not in text


def test_the_served_file_has_its_tables_in_another_schema(marts: duckdb.DuckDBPyConnection, data: NoticeData) -> None:
    for (table,) in marts.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall():
        marts.execute(f"create table main.{table} as from marts.{table}")
    marts.execute("drop schema marts cascade")

    assert read_notice_data(marts, Scope(REGION, QUARTER), schema="main") == data


@pytest.mark.parametrize(
    ("region", "quarter"), [("990102", QUARTER), (REGION, "2019Q3"), (REGION, "2019Q2"), ("000000", QUARTER)]
)
def test_half_a_notice_is_refused(marts: duckdb.DuckDBPyConnection, region: str, quarter: str) -> None:
    with pytest.raises(NoticeDataMissing) as failure:
        read_notice_data(marts, Scope(region, quarter))

    assert region in str(failure.value)
    assert quarter in str(failure.value)
