"""Notice, companion and interactive page in a real browser: Chinese stands there, everybody can read it, nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

import accessibility

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from homes import Served

PAGES = ["notice.html", "companion.html", "explore.html"]


@pytest.fixture(scope="session")
def documents(served: Served) -> Path:
    return served.home.revisions / "r1" / "notice"


def opened(page: Page, documents: Path, name: str) -> Page:
    page.goto((documents / name).as_uri())
    if name == "explore.html":
        page.locator("#chart[data-drawn] svg").wait_for()
    return page


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_the_page(documents: Path, page: Page, name: str) -> None:
    opened(page, documents, name)
    if name == "explore.html":
        page.locator("summary").click()  # the table too
    assert accessibility.faults(page) == []
    assert accessibility.glyphs_differ(page)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_asks_for_anything(documents: Path, page: Page, requests_outside: list[str], name: str) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    opened(page, documents, name)
    assert asked == [(documents / name).as_uri()]
    assert (requests_outside, wrong) == ([], [])


def test_the_tooltip_tells_what_the_marts_say(documents: Path, page: Page, served: Served) -> None:
    opened(page, documents, "explore.html")
    name, rate, average, answered = served.home.query(
        "select department_name, rate_pct::text, average_pct::text, answered_count::text from department_rates "
        "where measure = 'satisfaction' order by rate_pct limit 1"
    )[0]
    assert not page.locator("#tooltip").is_visible()
    page.locator("#chart svg text", has_text=rate).hover(force=True)
    told = page.locator("#tooltip").inner_text()
    assert told.startswith(name)
    assert f"满意率：{rate}%" in told and f"部门平均：{average}%" in told and f"有效回答数：{answered}" in told
    assert "按部门水平仍低于平均" in told
    page.mouse.move(0, 0)
    assert not page.locator("#tooltip").is_visible()


def test_the_tooltip_leaves_the_panel_in_sight(documents: Path, page: Page) -> None:
    opened(page, documents, "explore.html")
    panel = page.locator("#panel").bounding_box()
    assert panel is not None
    rates = page.locator("#chart svg text", has_text="100.00")
    # the figures stand at the right of the chart, next to the panel
    assert rates.count() > 3
    for place in range(rates.count()):
        rates.nth(place).hover(force=True)
        tooltip = page.locator("#tooltip").bounding_box()
        assert tooltip is not None and tooltip["x"] >= 0 and tooltip["x"] + tooltip["width"] <= panel["x"]


def test_on_paper_the_interactive_page_is_no_wider_than_a4(documents: Path, page: Page) -> None:
    opened(page, documents, "explore.html")
    page.locator("#funnel-chart[data-drawn=satisfaction] svg").wait_for()
    page.emulate_media(media="print")
    # 180 mm, at the 96 dots to an inch of browsers
    page.set_viewport_size({"width": 680, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    for chart in ("#chart", "#funnel-chart"):
        drawn = page.locator(f"{chart} svg").first.bounding_box()
        assert drawn is not None and drawn["x"] + drawn["width"] <= 680


def test_the_keyboard_alone_reaches_every_department_and_measure(documents: Path, page: Page) -> None:
    opened(page, documents, "explore.html")
    for _ in range(3):  # skip link, measure, chart
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "chart"
    page.keyboard.press("ArrowDown")
    first = page.locator("#panel h2").inner_text()
    page.keyboard.press("End")
    last = page.locator("#panel h2").inner_text()
    assert (first, last) == ("区经信局", "区民政局")
    assert page.locator("#tooltip").is_visible() and page.locator("#tooltip strong").inner_text() == "区民政局"
    page.keyboard.press("ArrowDown")  # the end is the end
    assert page.locator("#panel h2").inner_text() == "区民政局"
    page.keyboard.press("Escape")
    assert not page.locator("#tooltip").is_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.locator("#chart[data-drawn=realisation] svg").wait_for()
    assert "平均 92.53" in (page.locator("#chart svg").text_content() or "")
    assert "实现率" in (page.locator("#chart").get_attribute("aria-label") or "")


def test_the_files_of_a_release_say_the_printed_figures(documents: Path) -> None:
    from pypdf import PdfReader

    expected = duckdb.sql(
        f"select department_name, rate_pct::text from '{documents.parent}/marts/department_rates.parquet' "
        "where measure = 'satisfaction' and rate_pct is not null"
    ).fetchall()
    assert len(expected) == 34
    svg = (documents / "charts" / "satisfaction.svg").read_text(encoding="utf-8")
    pages = PdfReader(documents / "companion.pdf").pages
    assert "94.77" in pages[0].extract_text() and "92.53" in pages[0].extract_text(), "the main points"
    first = pages[1].extract_text().replace(" ", "")
    for name, rate in expected:
        assert name in svg and f">{rate}<" in svg
        assert name in first and rate in first
    assert "94.77" in first and "92.53" in pages[2].extract_text()
    for measure in ("satisfaction", "realisation"):
        assert (documents / "charts" / f"{measure}.png").read_bytes().startswith(b"\x89PNG")


def test_the_funnel_answers_like_the_chart_and_is_told_in_words(documents: Path, page: Page) -> None:
    opened(page, documents, "explore.html")
    page.locator("#funnel-chart[data-drawn=satisfaction] svg").wait_for()
    assert "漏斗图" in (page.locator("#funnel-chart").get_attribute("aria-label") or "")
    page.locator("#funnel-chart svg text", has_text="区民政局").first.wait_for()
    page.locator("input[value=realisation]").check()
    page.locator("#funnel-chart[data-drawn=realisation] svg").wait_for()
    mark = page.locator("#funnel-chart g[class*=funnel] path").first
    mark.hover(force=True)
    assert page.locator("#tooltip").is_visible()
    assert page.locator("#tooltip strong").inner_text() == page.locator("#panel h2").inner_text()
