"""A real browser, Debian's chromium, that may reach nothing but this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

# Without these it calls home at every start.
_QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
_HERE = ("127.0.0.1", "localhost", "")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "chromium is not on this machine: scripts/system_packages dev"
    with sync_playwright() as playwright:
        # root, as in containers, has no sandbox
        found = playwright.chromium.launch(executable_path=chromium, args=[*_QUIET, "--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def requests_outside() -> list[str]:
    """The addresses beyond this machine that a page asked for. They are refused, and no page should ask."""
    return []


@pytest.fixture
def context(browser: Browser, requests_outside: list[str]) -> Iterator[BrowserContext]:
    found = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")

    def judge(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in ("data", "blob", "file") or (url.hostname or "") in _HERE:
            route.continue_()
        else:
            requests_outside.append(route.request.url)
            route.abort()

    found.route("**/*", judge)
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
