"""Registers to change: a copy of the seeds, or a few rows of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from lakes import SEEDS

GBT_FROM_2018Q2 = ("satisfaction", "top_three_levels", "2018Q2", "")


def copied_seeds(folder: Path) -> Path:
    """A copy of the project's seeds that a test may change."""
    return Path(shutil.copytree(SEEDS, folder / "seeds"))


def seeds_of_2018q1(folder: Path) -> Path:
    """A copy with the register of 2018Q1 alone: 35 departments and an alias that go on, however the project's own grows."""
    seeds = copied_seeds(folder)
    for name in ("departments", "department_aliases"):
        path = seeds / f"{name}.csv"
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        kept = [row.split(",") for row in rows if row.split(",")[3] == "2018Q1"]
        path.write_text("\n".join([header, *(",".join([*row[:4], ""]) for row in kept)]) + "\n", encoding="utf-8")
    keep_header(seeds, "department_successions")
    return seeds


def add(seeds: Path, name: str, *rows: tuple[str, ...]) -> None:
    """Append rows to a seed."""
    with (seeds / f"{name}.csv").open("a", encoding="utf-8") as file:
        file.writelines(",".join(row) + "\n" for row in rows)


def replace(seeds: Path, name: str, old: str, new: str) -> None:
    """Change a text that stands in a seed."""
    path = seeds / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name}.csv has no {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def keep_header(seeds: Path, name: str) -> None:
    """Remove all rows of a seed."""
    path = seeds / f"{name}.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
