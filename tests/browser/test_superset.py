"""`make bi`: a real Superset over a served home, its dashboard in a real browser, with the figures of the notice."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from callback_survey.storage import files
from homes import REPOSITORY, Home, Served

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Response

pytestmark = [pytest.mark.bi, pytest.mark.browser]
PYTHON = REPOSITORY / ".venv-bi" / "bin" / "python"
# Superset draws slowly where two cores have other work too.
PATIENCE_MS = 90_000
CHARTS = (
    "平均值与参照值",
    "各部门比率与 95% 区间",
    "各部门（由低到高）",
    "各季度平均值",
    "各季度低于平均的部门",
    "各部门通话结果",
    "各季度通话指标",
)


@dataclass(frozen=True)
class Superset:
    home: Home
    address: str
    password: str


@pytest.fixture(scope="module")
def superset(five_quarters: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    assert PYTHON.is_file(), "Superset's environment is not there: make test-bi"
    home = five_quarters.home.copy(tmp_path_factory.mktemp("bi") / "home")
    with started(home) as found:
        yield found


@contextmanager
def started(home: Home) -> Iterator[Superset]:
    """As `make bi` starts it; ended as Ctrl-C ends it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [str(PYTHON), str(REPOSITORY / "bi" / "start.py"), "--home", str(home.path), "--port", str(port)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line.strip())
        if line.startswith("Ctrl-C"):
            break
    else:
        raise AssertionError("\n".join(said))
    try:
        yield Superset(home, said[-3], said[-2].split("password ")[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    with socket.socket() as tried:
        assert tried.connect_ex(("127.0.0.1", port)) != 0, "the server went on after Ctrl-C"


def dashboard(page: Page, superset: Superset) -> None:
    """Log in, and open the dashboard."""
    page.set_viewport_size({"width": 1440, "height": 2700})
    page.goto(superset.address)
    page.fill("#username", "admin")
    page.fill("#password", superset.password)
    page.keyboard.press("Enter")
    page.get_by_text("平均值与参照值").wait_for(timeout=PATIENCE_MS)


def choose(page: Page, filter_name: str, value: str) -> None:
    page.locator(f"[data-test='NATIVE_FILTER-{filter_name}'].ant-select").click()
    page.locator(f".ant-select-item-option[title='{value}']").click()
    page.locator("[data-test=filter-bar__apply-button]").click()


def chart(page: Page, title: str) -> Any:
    return page.locator(".dashboard-component-chart-holder").filter(has_text=title)


def rows_of(page: Page, title: str) -> list[list[str]]:
    lines = chart(page, title).locator("tbody tr").all()
    return [[cell.inner_text().strip() for cell in line.locator("td").all()] for line in lines]


def settled(page: Page) -> None:
    """Every chart has its answer and is drawn."""
    for title in CHARTS:
        holder = chart(page, title)
        holder.locator("canvas, tbody tr").first.wait_for(timeout=PATIENCE_MS)
        holder.locator("[data-test=loading-indicator]").wait_for(state="hidden", timeout=PATIENCE_MS)


@pytest.fixture
def answers(page: Page) -> list[Response]:
    """What the charts were answered."""
    found: list[Response] = []
    page.on("response", lambda response: found.append(response) if "/api/v1/chart/data" in response.url else None)
    return found


def test_the_dashboard_shows_the_figures_of_the_notice(
    superset: Superset, page: Page, requests_outside: list[str], answers: list[Response], tmp_path: Path
) -> None:
    dashboard(page, superset)
    settled(page)
    with page.expect_response("**/api/v1/chart/data**"):
        choose(page, "quarter", "2018Q1")
    settled(page)
    page.wait_for_load_state("networkidle")
    averages = rows_of(page, "平均值与参照值")
    assert averages[0][:8] == ["满意率", "94.77", "94.70", "+0.07", "34", "14", "4", "3"]
    assert averages[1][:8] == ["实现率", "92.53", "87.90", "+4.63", "34", "13", "3", "2"]
    assert [row[8] for row in averages] == ["区民政局", "区教育局"]
    departments = rows_of(page, "各部门（由低到高）")
    assert departments[0][:4] == ["区民政局", "74.42", "34", "▼ 按部门水平仍低于平均"]
    assert chart(page, "各季度通话指标").get_by_text("2019Q1").count() == 1, "the quarters beside are not filtered away"
    assert [(answer.status, answer.url) for answer in answers if answer.status != 200] == []
    assert page.locator(".ant-alert-error, [data-test=error-container]").count() == 0
    for title in ("各部门比率与 95% 区间", "各季度平均值", "各季度低于平均的部门", "各部门通话结果"):
        drawn = tmp_path / "chart.png"
        chart(page, title).screenshot(path=drawn)
        assert colours(drawn) > 30, f"{title}: nothing is drawn"
    assert requests_outside == []
    if wanted := os.environ.get("BI_SCREENSHOT"):
        photograph(page, Path(wanted))


def test_the_charts_draw_what_the_marts_hold(superset: Superset, page: Page, answers: list[Response]) -> None:
    dashboard(page, superset)
    settled(page)
    page.wait_for_load_state("networkidle")
    drawn = [row for answer in answers for result in answer.json()["result"] for row in result["data"]]
    widths = {row["ranked_name"][4:]: row for row in drawn if "interval_width_points" in row}
    served = superset.home.query("""
        select department_name, 100 * ci_display_low, 100 * (ci_display_high - ci_display_low)
        from department_rates where quarter = '2019Q1' and measure = 'satisfaction'
    """)
    assert len(served) == len(widths)
    for name, low, width in served:
        assert widths[name]["interval_low_pct"] == (None if low is None else pytest.approx(low)), name
        assert widths[name]["interval_width_points"] == (None if width is None else pytest.approx(width)), name
    averages = {row["quarter"]: row for row in drawn if "满意率" in row}
    expected = superset.home.query("select quarter, average_pct from region_rates where measure = 'satisfaction'")
    assert {quarter: Decimal(str(row["满意率"])) for quarter, row in averages.items()} == dict(expected)


def test_another_release_is_shown_without_a_restart(superset: Superset, page: Page) -> None:
    dashboard(page, superset)
    settled(page)
    before = rows_of(page, "平均值与参照值")[0][1]
    swap(superset.home, "update region_rates set average_pct = 11.11 where measure = 'satisfaction'")
    page.reload()
    settled(page)
    assert (before, rows_of(page, "平均值与参照值")[0][1]) == ("94.72", "11.11")


def test_nobody_sees_it_without_the_login(superset: Superset, context: BrowserContext) -> None:
    for path in ("/superset/dashboard/callback-survey/", "/api/v1/dashboard/", "/api/v1/database/"):
        answer = context.request.get(superset.address.split("/superset/")[0] + path)
        assert answer.status in (401, 403) or "/login" in answer.url, path
        assert "办事回访" not in answer.text()


def test_its_secrets_are_for_this_user_alone_and_a_second_start_prepares_nothing(superset: Superset) -> None:
    folder = superset.home.path / "superset"
    assert {(folder / name).stat().st_mode & 0o777 for name in ("admin_password", "secret_key")} == {0o600}
    # SQLite has one writer; the second start says who is in the way and changes nothing
    again = subprocess.run(
        [str(PYTHON), str(REPOSITORY / "bi" / "start.py"), "--home", str(superset.home.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 2
    assert "running already" in again.stderr


def swap(home: Home, change: str) -> None:
    """Another version is served, as serving switches it: the link to it is renamed over the earlier one."""
    current = home.serving / "current"
    version = home.serving / "versions" / "another"
    shutil.copytree(current.resolve(), version)
    with duckdb.connect(str(version / "marts.duckdb")) as connection:
        connection.execute(change)
    files.swap_symlink(current, "versions/another")


def colours(path: Path) -> int:
    from PIL import Image

    with Image.open(path) as image:
        return len(image.convert("RGB").getcolors(maxcolors=1 << 24) or [])


def photograph(page: Page, path: Path) -> None:
    """The picture in docs/bi.md: with few colours, so that the repository stays small."""
    from PIL import Image

    page.set_viewport_size({"width": 1440, "height": 1500})
    page.mouse.move(0, 0)
    page.evaluate("window.scrollTo(0, 0)")  # reading a table has scrolled to it
    page.screenshot(path=path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(128).save(path, optimize=True)
