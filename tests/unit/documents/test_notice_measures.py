"""A notice has a place for every measure that a region is measured by."""

from __future__ import annotations

import io
from collections.abc import Iterator

import docx
import duckdb
import pytest

from callback_survey.documents.notice import read_notice_data
from callback_survey.documents.notice.docx import render_docx
from callback_survey.documents.notice.text import compose
from callback_survey.scope import Scope
from callback_survey.wording.figures import chinese_number
from notice_marts import NASTY, QUARTER, REGION, Page, notice_marts, write_annex_line
from notice_pages import render_notice

PACE = [
    (2, "D1", NASTY, 125, 50, "62.50", "37.50", "0.00"),
    (1, "D2", "区公安分局（户籍）", 6611, 209, "91.20", "8.80", "0.00"),
    (3, "D5", "区旅游局", 1, 0, None, None, None),
]


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts with a third measure, 办理提速率, of a question with three answers."""
    with notice_marts() as connection:
        connection.execute(
            f"""
            create table marts.measure_definitions (region_code text, quarter text, measure text, definition_label text);
            insert into marts.measures values ('pace', '办理提速率', 3);
            insert into marts.measure_definitions values ('{REGION}', '{QUARTER}', 'pace', '答“快”的占比');
            insert into marts.region_rates values ('{REGION}', '{QUARTER}', 'pace', 3, 2, 76.85, null, null, null, null);
            insert into marts.below_average values
            ('{REGION}', '{QUARTER}', 'pace', 1, '{NASTY.replace("'", "''")}', 62.50, true, true, 'rankable');
            """
        )
        for number, code, name, frame, sample, *shares in PACE:
            connection.execute(
                f"insert into marts.department_rates values ('{REGION}', '{QUARTER}', ?, 'pace', ?, ?, 'quick', 'cases', 'rankable')",
                (code, name, shares[0]),
            )
            write_annex_line(
                connection, "pace", (number, code, name, frame, sample, *shares), ("快（%）", "一般（%）", "慢（%）")
            )
        yield connection


def test_a_third_measure_stands_in_every_part(marts: duckdb.DuckDBPyConnection) -> None:
    page = Page(render_notice(read_notice_data(marts, Scope(REGION, QUARTER))))
    assert "办理提速率，指答“快”的占比" in page.text and "办理提速率计入2个部门" in page.text
    assert page.rows(0)[3][:2] == ["办理提速率", "76.85"]
    assert "（三）办理提速率" in page.text and "低于76.85%的部门有1个，按附件3的次序列出：" in page.text
    assert page.rows(3)[0] == ["序号", "部门名称", "抽样指数", "快（%）", "一般（%）", "慢（%）"]
    assert page.rows(3)[2:] == [
        ["1", "区公安分局（户籍）", "6,611", "209", "91.20", "8.80", "0.00"],
        ["2", NASTY, "125", "50", "62.50", "37.50", "0.00"],
        ["3", "区旅游局", "1", "0", "—", "—", "—"],
    ]
    assert "3. 2019年第四季度电话回访办理提速率情况" in page.text


def test_the_document_to_edit_has_its_annex_too(marts: duckdb.DuckDBPyConnection) -> None:
    text = compose(read_notice_data(marts, Scope(REGION, QUARTER)))
    document = docx.Document(io.BytesIO(render_docx(text)))
    assert [cell.text.split("（")[0].strip() for cell in document.tables[-1].rows[0].cells][4:] == ["快", "一般", "慢"]
    assert "（三）办理提速率" in [paragraph.text for paragraph in document.paragraphs]


def test_a_request_follows_from_the_third_measure_as_from_the_others(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("delete from marts.below_average where measure <> 'pace'")
    text = compose(read_notice_data(marts, Scope(REGION, QUARTER)))
    assert any("标有▼的部门，请优先安排整改" in said for said in text.request)
    assert text.legend


def test_headings_are_numbered_beyond_ten() -> None:
    numbers = {1: "一", 9: "九", 10: "十", 11: "十一", 20: "二十", 34: "三十四"}
    assert {value: chinese_number(value) for value in numbers} == numbers
