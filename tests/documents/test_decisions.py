"""The index of docs/decisions.md names every decision, by number and in the words of its heading."""

from __future__ import annotations

import re
from pathlib import Path

DECISIONS = (Path(__file__).resolve().parents[2] / "docs" / "decisions.md").read_text(encoding="utf-8")


def test_the_index_lists_every_decision_once_in_the_words_of_its_heading() -> None:
    index = re.findall(r"^\| \[(\d+)\]\(#d(\d+)\) \| (.*) \|$", DECISIONS, flags=re.MULTILINE)
    headings = re.findall(r'^<a id="d(\d+)"></a>\n### (\d+)\. (.*)$', DECISIONS, flags=re.MULTILINE)
    assert [(number, title) for number, _, title in index] == [(number, title) for _, number, title in headings]
    assert all(number == anchor for number, anchor, _ in index)
    assert all(number == anchor for anchor, number, _ in headings)
    assert len({number for number, _, _ in index}) == len(index) == DECISIONS.count("\n### ")
    assert len({title for _, _, title in index}) == len(index)
