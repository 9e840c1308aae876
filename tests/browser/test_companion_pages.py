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

# the last is a department's own: one that is lower than the average by more than chance
PAGES = ["notice.html", "companion.html", "explore.html", "departments/330109-034.html"]
PHONE = {"width": 390, "height": 844}


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


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(documents: Path, page: Page, name: str) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto((documents / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_on_a_phone_a_name_stands_above_its_bar_and_a_sign_in_place_of_its_sentence(
    documents: Path, page: Page
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto((documents / "companion.html").as_uri())
    row = page.locator(".phone [role=listitem]", has_text="区民政局").first
    name, bar, sign = (row.locator(part).bounding_box() for part in (".name", ".track", ".sign"))
    assert name and bar and sign
    assert name["y"] + name["height"] <= bar["y"] + 1 and bar["width"] > 300
    assert row.locator(".sign").inner_text() == "▼"
    assert not page.locator("figure.dots").first.is_visible()
    row.scroll_into_view_if_needed()
    scale = page.locator(".phone .scale").first
    assert scale.inner_text() == "平均 94.77"
    place, line = scale.bounding_box(), row.locator(".average").bounding_box()
    assert place and 0 <= place["y"] < PHONE["height"], "the average stays in sight however far one scrolls"
    assert line and line["height"] > 30
    told = page.locator(".table tr", has_text="区民政局").first
    assert told.locator(".sign").is_visible() and not told.locator(".words").is_visible()


def test_on_a_phone_a_row_is_tapped_and_tells_what_the_pointer_would(documents: Path, page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto((documents / "explore.html").as_uri())
    assert page.locator("#how").inner_text() == "点一行，查看该部门的数字。"
    row = page.locator("#rows button", has_text="区民政局")
    row.click()
    assert row.get_attribute("aria-pressed") == "true"
    panel = page.locator("#panel")
    assert panel.locator("h2").inner_text() == "区民政局" and "按部门水平仍低于平均" in panel.inner_text()
    box = panel.bounding_box()
    assert box and box["y"] + box["height"] <= PHONE["height"] + 1
    page.locator("input[value=realisation]").check()
    assert page.locator("#rows .scale").inner_text() == "平均 92.53"


def test_a_department_page_prints_on_one_sheet(documents: Path, page: Page, tmp_path: Path) -> None:
    from pypdf import PdfReader

    page.goto((documents / PAGES[-1]).as_uri())
    page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "sheet.pdf").pages
    assert len(pages) == 1
    assert [round(float(side) / 72 * 25.4) for side in pages[0].mediabox[2:]] == [210, 297]


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
