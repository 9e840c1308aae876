"""Take the pictures of the documents that the README shows, from a run's home.

    .venv/bin/python scripts/screenshots.py var         after `make run`

Writes docs/images/{notice,companion,explore}.png, in few colours so that the repository stays small.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
IMAGES = REPOSITORY / "docs" / "images"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path, help="where a run wrote")
    parser.add_argument("--region", default="330109")
    parser.add_argument("--quarter", default="2018Q1")
    arguments = parser.parse_args()
    revisions = (arguments.home / "releases" / arguments.region / arguments.quarter).glob("r[0-9]*")
    documents = max(revisions, key=lambda path: int(path.name[1:])) / "notice"
    IMAGES.mkdir(exist_ok=True)
    small(IMAGES / "notice.png", page_of(documents, "notice"))
    small(IMAGES / "companion.png", page_of(documents, "companion", page=2))
    small(IMAGES / "explore.png", explored(documents / "explore.html"))


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


def small(path: Path, picture: bytes) -> None:
    from PIL import Image

    Image.open(BytesIO(picture)).convert("RGB").quantize(128, method=Image.Quantize.FASTOCTREE).save(
        path, "png", optimize=True
    )
    print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
