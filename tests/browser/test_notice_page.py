"""The notice in a real browser: Chinese stands there, and nothing is fetched from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
