"""Our entry in Airflow's navigation, in a real browser against a running Airflow: by cookie, in a frame, and for nobody without a login."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from homes import QUARTER, REGION, Home, Served
from standalones import Standalone, standalone

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

RELEASE = f"/callback-survey/releases/{REGION}/{QUARTER}/r1"
# A page that tries what a chart must not be able to do, and says how it went.
NOSY = """<!DOCTYPE html><html lang="zh-CN"><title>交互图</title><body><script>
const say = text => document.body.append(text + '；');
say('算出 ' + (40 + 2));
try { say('改写成 ' + new Function('return 42')()) } catch { say('不能把文字当程序') }
fetch('/api/v2/dags').then(() => say('读到 Airflow'), () => say('读不到 Airflow'));
try { say('cookie ' + document.cookie) } catch { say('读不到 cookie') }
try { say('外层 ' + parent.document.title) } catch { say('读不到外层') }
fetch('https://example.org/').then(() => say('联网'), () => say('不能联网'));
</script></body></html>"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, served: Served) -> Home:
    home = served.home.copy(tmp_path_factory.mktemp("plugin") / "home")
    issued = home.path / "public" / REGION / QUARTER / "r1"
    issued.mkdir(parents=True)
    shutil.copy(home.revisions / "r1" / "notice" / "notice.html", issued)
    (issued / "explore.html").write_text(NOSY, encoding="utf-8")
    (issued / "notice.pdf").write_bytes(b"%PDF-1.7")
    return home


@pytest.fixture(scope="module")
def airflow(home: Home) -> Iterator[Standalone]:
    with standalone(home) as found:
        yield found


def log_in(page: Page, airflow: Standalone) -> None:
    page.goto(airflow.url)
    page.fill("input[name=username]", airflow.user)
    page.fill("input[name=password]", airflow.password)
    page.click("button[type=submit]")
    page.get_by_role("link", name="Callback survey").wait_for()


def ours(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='Callback survey']")


def test_an_anonymous_visitor_gets_nothing(airflow: Standalone, page: Page, requests_outside: list[str]) -> None:
    for path in ("/callback-survey/", RELEASE, f"{RELEASE}/files/notice/notice.html", "/callback-survey/runs"):
        with pytest.raises(HTTPError) as refused:
            airflow.read("GET", path, is_anonymous=True)
        assert refused.value.code == 401
        assert "满意率" not in refused.value.read().decode()
    answer = page.goto(airflow.url + RELEASE)
    assert answer is not None and answer.status == 401
    assert "请先登录" in page.locator("main").inner_text() and QUARTER not in page.content()
    page.get_by_role("link", name="登录 Airflow").click()
    page.locator("input[name=password]").wait_for()
    assert requests_outside == []


def test_a_visitor_with_a_login_reads_a_release_inside_airflow(
    airflow: Standalone, page: Page, requests_outside: list[str], tmp_path: Path
) -> None:
    log_in(page, airflow)
    page.get_by_role("link", name="Callback survey").click()
    ours(page).get_by_role("link", name=f"{REGION} {QUARTER} 第1版").click()
    main = ours(page).locator("main")
    main.get_by_text("94.77").wait_for()
    assert "萧山区 2018年第一季度 第1版" in main.inner_text() and "正在提供" in main.inner_text()

    ours(page).get_by_role("link", name="通报", exact=True).last.click()
    notice = ours(page).frame_locator("iframe")
    assert "2018年第一季度" in notice.locator("h1").inner_text()
    assert "区民政局" in notice.locator("body").inner_text()
    # the address names what is shown, so that it can be sent to somebody
    page.wait_for_url(f"**/plugin/callback-survey{RELEASE}/view/notice/notice.html")
    page.reload()
    assert "2018年第一季度" in notice.locator("h1").inner_text()

    ours(page).get_by_role("link", name=f"萧山区 {QUARTER} 第1版").click()
    ours(page).get_by_role("link", name="这个版本的检查结果").click()
    assert "部门有答复占比过低" in ours(page).frame_locator("iframe").locator("body").inner_text()

    ours(page).get_by_role("link", name=f"萧山区 {QUARTER} 第1版").click()
    with page.expect_download() as download:
        ours(page).get_by_role("link", name="通报 PDF").first.click()
    assert download.value.suggested_filename == f"{REGION}-{QUARTER}-r1-notice.pdf"
    assert requests_outside == []


def test_a_document_reaches_neither_airflow_nor_the_world(
    airflow: Standalone, page: Page, requests_outside: list[str]
) -> None:
    log_in(page, airflow)
    page.goto(f"{airflow.url}/callback-survey/issued/{REGION}/{QUARTER}/r1/view/explore.html")
    body = page.frame_locator("iframe").locator("body")
    for outcome in ("算出 42", "不能把文字当程序", "读不到 cookie", "读不到外层", "读不到 Airflow", "不能联网"):
        body.get_by_text(outcome).wait_for()
    # also where it is opened by itself
    page.goto(f"{airflow.url}/callback-survey/issued/{REGION}/{QUARTER}/r1/files/explore.html")
    for outcome in ("算出 42", "读不到 cookie", "读不到 Airflow", "不能联网"):
        page.locator("body").get_by_text(outcome).wait_for()
    assert requests_outside == []
