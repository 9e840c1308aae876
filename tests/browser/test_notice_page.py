"""The notice in a real browser: Chinese stands there, nothing is fetched from anywhere, and it can be printed from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from callback_survey.documents.notice.heading import Heading
from callback_survey.documents.notice.render import render_html
from callback_survey.documents.notice.text import Origin, compose
from callback_survey.documents.notice.texts import Form
from notice_on_paper import BOTTOM, LEFT, LONG, RIGHT, district, words

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from homes import Served


def test_the_notice_shows_chinese_and_asks_for_nothing(served: Served, page: Page, requests_outside: list[str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    notice = served.home.revisions / "r1" / "notice" / "notice.html"
    page.goto(notice.as_uri())
    assert "2018年第一季度" in page.locator("h1").inner_text()
    assert "满意率低于平均值的有" in page.locator(".findings").inner_text()
    assert "区民政局" in page.locator(".findings").inner_text()
    assert asked == [notice.as_uri()]
    assert requests_outside == []


@pytest.mark.parametrize(
    ("count", "form", "name"),
    [(1, "short", "区局"), (34, "long", "区某部门"), (200, "short", "某某街道办事处便民服务中心（第一分中心）")],
)
def test_printed_from_the_browser_it_keeps_to_its_page(
    page: Page, tmp_path: Path, count: int, form: Form, name: str
) -> None:
    data, heading = district(count, form, name=name)
    (tmp_path / "notice.html").write_text(render_html(compose(data, Origin("第1版", "c0ffee" * 8), heading)), "utf-8")
    page.goto((tmp_path / "notice.html").as_uri())
    found = words(page.pdf(prefer_css_page_size=True), tmp_path)
    numbers = [word for word in found if word.top > BOTTOM]
    assert {word.text.strip("—") for word in numbers} <= {"", *map(str, range(1, found[-1].page + 1))}
    block = [word for word in found if word not in numbers]
    assert [word for word in block if word.left < LEFT - 1 or word.right > RIGHT + 1 or word.bottom > BOTTOM + 8] == []
    assert next(word.page for word in found if word.text == LONG) == 1, "the letterhead is one line"
    dated = next(word for word in found if word.text == "2020年1月7日")
    above = [word for word in found if word.page == dated.page and word.top < dated.top]
    assert any("落实" in word.text or "下结论" in word.text for word in above), "the paragraph that is signed"


@pytest.mark.parametrize("issuer", ["区局", "云岭区政务服务", "云岭区政务服务办", "区" * 27])
def test_name_and_date_of_a_signature_stand_on_one_line_each_on_screen(page: Page, tmp_path: Path, issuer: str) -> None:
    data, heading = district(1, "short", issuer=issuer)
    heading = replace(heading, dated_on=date(2020, 12, 28), texts=replace(heading.texts, seal=""))
    (tmp_path / "notice.html").write_text(render_html(compose(data, heading=heading)), "utf-8")
    page.goto((tmp_path / "notice.html").as_uri())
    lines = page.locator(".signature p").evaluate_all(
        "all => all.map(one => one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight))"
    )
    assert [round(count) for count in lines] == [1] * len(lines)


def test_a_notice_left_blank_has_room_at_its_foot_to_write_on(page: Page, tmp_path: Path) -> None:
    data, _ = district(1, "short")
    heading = Heading(approved_by="值班长", approved_at="2020-01-07T09:00:00+08:00")
    (tmp_path / "notice.html").write_text(render_html(compose(data, heading=heading)), "utf-8")
    page.goto((tmp_path / "notice.html").as_uri())
    foot = page.locator(".record").bounding_box()
    blanks = [line.bounding_box() for line in page.locator(".record .line").all()]
    assert foot is not None and foot["height"] > 20
    assert len(blanks) == 2 and all(box and box["width"] > 100 for box in blanks)
