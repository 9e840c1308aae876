"""Take the pictures of the documents that the README shows, from a run's home.

    .venv/bin/python scripts/screenshots.py var                  after `make run QUARTERS=2018Q1..2019Q1`
    .venv/bin/python scripts/screenshots.py var --airflow 8080   with `make airflow`, its pages too

Writes docs/images/{notice,companion,explore,department}.png, and airflow-plugin.png, in few colours so that the repository stays small.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
IMAGES = REPOSITORY / "docs" / "images"
DEPARTMENT = "330109-034"  # one that is lower than the average by more than chance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path, help="where a run wrote")
    parser.add_argument("--region", default="330109")
    parser.add_argument("--quarter", default="2018Q1")
    parser.add_argument(
        "--later", default="2019Q1", help="a quarter with others before it, for the page of a department"
    )
    parser.add_argument("--airflow", metavar="PORT", help="of a running Airflow over that home")
    arguments = parser.parse_args()
    documents, later = (
        documents_of(arguments.home, arguments.region, quarter) for quarter in (arguments.quarter, arguments.later)
    )
    IMAGES.mkdir(exist_ok=True)
    small(IMAGES / "notice.png", page_of(documents, "notice"))
    small(IMAGES / "companion.png", page_of(documents, "companion", page=2))
    small(IMAGES / "explore.png", explored(documents / "explore.html"))
    small(IMAGES / "department.png", shown(later / "departments" / f"{DEPARTMENT}.html", 794, 1123))
    if arguments.airflow:
        release = f"{arguments.region}/{arguments.quarter}/{documents.parent.name}"
        small(IMAGES / "airflow-plugin.png", in_airflow(arguments.home, arguments.airflow, release))


def documents_of(home: Path, region: str, quarter: str) -> Path:
    revisions = (home / "releases" / region / quarter).glob("r[0-9]*")
    return max(revisions, key=lambda path: int(path.name[1:])) / "notice"


def page_of(documents: Path, name: str, page: int = 1) -> bytes:
    """A page of a PDF, the first unless another is asked for; where there is none, the top of the page in a browser."""
    if not (documents / f"{name}.pdf").is_file():
        return shown(documents / f"{name}.html", 820, 1120)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page"
        command = [
            "pdftoppm",
            "-png",
            "-r",
            "96",
            "-f",
            str(page),
            "-l",
            str(page),
            "-singlefile",
            str(documents / f"{name}.pdf"),
            str(target),
        ]
        subprocess.run(command, check=True)
        return target.with_suffix(".png").read_bytes()


def explored(path: Path) -> bytes:
    """The interactive page with a department chosen by keyboard."""
    return shown(path, 1040, 900, keys=("End", "ArrowUp", "ArrowUp"))


def shown(path: Path, width: int, height: int, keys: tuple[str, ...] = ()) -> bytes:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(path.resolve().as_uri())
        if keys:
            page.locator("#chart[data-drawn] svg").wait_for()
            page.locator("#chart").focus()
        for key in keys:
            page.keyboard.press(key)
        taken = page.screenshot()
        browser.close()
    return taken


def in_airflow(home: Path, port: str, release: str) -> bytes:
    """The project's page of a release below Airflow's navigation, as `admin` sees it."""
    from playwright.sync_api import sync_playwright

    password = json.loads((home / "airflow" / "passwords.json").read_text(encoding="utf-8"))["admin"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(locale="zh-CN", viewport={"width": 1400, "height": 900}).new_page()
        page.goto(f"http://127.0.0.1:{port}")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.get_by_role("link", name="Callback survey").click()
        ours = page.frame_locator("iframe[title='Callback survey']")
        ours.locator(f"a[href*='/releases/{release}']").first.click()
        ours.locator(".charts img").first.wait_for()
        page.wait_for_timeout(1500)  # pictures are drawn after they are there
        taken = page.screenshot()
        browser.close()
    return taken


def small(path: Path, picture: bytes) -> None:
    from PIL import Image

    Image.open(BytesIO(picture)).convert("RGB").quantize(128, method=Image.Quantize.FASTOCTREE).save(
        path, "png", optimize=True
    )
    print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
