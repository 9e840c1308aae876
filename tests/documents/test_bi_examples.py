"""The examples of docs/bi.md print what the page says they print, over the first sample quarter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from homes import REPOSITORY, Served

DOCUMENT = REPOSITORY / "docs" / "bi.md"
# A command, and the block right behind it with what it prints
EXAMPLE = re.compile(r"^```(sh|python)\n(.*?)^```\n+(?:^```text\n(.*?)^```$)?", flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Example:
    language: str
    code: str
    printed: str | None
    line: int


def examples() -> list[Example]:
    text = DOCUMENT.read_text(encoding="utf-8")
    return [Example(*found.groups(), text.count("\n", 0, found.start()) + 1) for found in EXAMPLE.finditer(text)]


def test_every_example_says_what_it_prints() -> None:
    # a fenced block in another language is prose: `make bi`, which starts a server, and psql, which needs one
    assert len(examples()) >= 6
    assert {example.language for example in examples()} == {"sh", "python"}
    assert [example.line for example in examples() if example.printed is None] == []


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"line {example.line}")
def test_an_example_prints_what_the_page_says(example: Example, served: Served, tmp_path: Path) -> None:
    (tmp_path / "var").symlink_to(served.home.path)
    command = [sys.executable, "-c"] if example.language == "python" else ["bash", "-euc"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [*command, example.code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.rstrip() for line in done.stdout.splitlines()] == (example.printed or "").splitlines()
