"""A Chinese reader is told the same: same sections, commands, paths, settings, exit codes, links and figures in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [
    ("README.md", "README.zh-CN.md"),
    ("docs/runbook.md", "docs/runbook.zh-CN.md"),
    ("docs/methodology.md", "docs/methodology.zh-CN.md"),
    ("docs/security.md", "docs/security.zh-CN.md"),
]
_NOTE = re.compile(r'(?<="note": )"[^"]*"')
_FENCE = re.compile(r"^```.*?\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
pytestmark = pytest.mark.parametrize(("english", "chinese"), PAIRS)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    return _FENCE.sub("", read(name))


def sections(name: str) -> list[tuple[int, str]]:
    """Level and anchor of each heading below the title: the one written above it, else the one that is made of it."""
    lines = prose(name).splitlines()
    found = []
    for before, line in zip(["", *lines], lines, strict=False):
        if heading := re.match(r"(##+) (.*)", line):
            given = _ANCHOR.fullmatch(before)
            made = re.sub(r"[^\w\- ]", "", heading[2].lower()).replace(" ", "-")
            found.append((len(heading[1]), given[1] if given else made))
    return found


def code(text: str) -> list[str]:
    """What stands between backticks, also where a line ends in it."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", text)]


def test_every_section_has_its_counterpart_at_the_same_anchor(english: str, chinese: str) -> None:
    assert sections(chinese) == sections(english)


def test_both_name_the_same_commands_paths_and_settings(english: str, chinese: str) -> None:
    ours, theirs = (set(code(prose(name))) for name in (english, chinese))
    assert sorted(theirs ^ ours) == []


def test_what_is_to_be_typed_is_the_same(english: str, chinese: str) -> None:
    """Line by line up to its comment: what stands behind two spaces, a folder or a #, or in a note, is for people."""
    ours, theirs = (
        [
            [re.split(r"\s{2,}|\s*#|(?<=/) ", line.strip())[0] for line in block.splitlines()]
            for block in _FENCE.findall(_NOTE.sub("", read(name)))
        ]
        for name in (english, chinese)
    )
    assert theirs == ours


def test_links_lead_to_the_same_places_in_the_language_of_the_reader(english: str, chinese: str) -> None:
    ours, theirs = (set(re.findall(r"\]\(([^)\s]+)\)", read(name))) for name in (english, chinese))
    translated = {Path(other).name: Path(one).name for one, other in PAIRS}
    for other, one in translated.items():
        theirs = {link.replace(other, one) for link in theirs}
        ours = {link.replace(other, one) for link in ours}
    assert sorted(theirs ^ ours) == []


def test_rows_of_tables_stand_for_the_same_things(english: str, chinese: str) -> None:
    """An exit code, a path or a setting in the first column; elsewhere the number of rows."""
    ours, theirs = (re.findall(r"^\| *(.*?) *\|", prose(name), flags=re.MULTILINE) for name in (english, chinese))
    assert len(theirs) == len(ours)
    for one, other in zip(ours, theirs, strict=True):
        assert code(other) == code(one)
        if one.isdigit():
            assert other == one


def test_both_give_the_same_figures(english: str, chinese: str) -> None:
    ours, theirs = (set(re.findall(r"\d[\d,.]*\d", prose(name))) for name in (english, chinese))
    assert sorted(theirs ^ ours) == []


def test_each_leads_to_the_other_at_the_top(english: str, chinese: str) -> None:
    for name, other in ((english, chinese), (chinese, english)):
        assert f"]({Path(other).name})" in "".join(read(name).splitlines()[:4])
