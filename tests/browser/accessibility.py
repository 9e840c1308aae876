"""What a reader with other eyes or without a mouse needs of a page, looked at in a real browser."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

# every text that shows, with its colour, the colour behind it and its size
_TEXTS = """
() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || ["SCRIPT", "STYLE", "NOSCRIPT", "TITLE", "DESC"].includes(element.tagName.toUpperCase())) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(element);
    let behind = "rgb(255, 255, 255)";
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)" && colour !== "transparent") { behind = colour; break; }
    }
    const colour = element instanceof SVGElement ? style.fill : style.color;
    found.push({ text: text.slice(0, 30), colour, behind, opacity: style.opacity });
  }
  return found;
}
"""


def faults(page: Page) -> list[str]:
    """What is wrong with the page on screen; an empty list is what a test wants."""
    return [*_language(page), *_headers(page), *_contrast(page), *_headings(page)]


def contrast(colour: str, behind: str) -> float:
    """The contrast ratio of two CSS colours (`rgb(…)`) by the formula of WCAG 2."""
    lighter, darker = sorted((_luminance(colour), _luminance(behind)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def glyphs_differ(page: Page, characters: str = "民政局满意率") -> bool:
    """Whether each of these characters has a shape of its own in the page's font: missing ones all look like one box."""
    drawn: Any = page.evaluate(
        """
        (characters) => {
          const style = getComputedStyle(document.querySelector("main") || document.body);
          return [...characters, "\\u{10FFFF}"].map((character) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 48;
            const pen = canvas.getContext("2d");
            pen.font = "32px " + style.fontFamily;
            pen.fillText(character, 4, 36);
            return canvas.toDataURL();
          });
        }
        """,
        characters,
    )
    return len(set(drawn)) == len(set(characters)) + 1


def _language(page: Page) -> list[str]:
    language = page.locator("html").get_attribute("lang")
    return [] if language == "zh-CN" else [f"language is {language}"]


def _headers(page: Page) -> list[str]:
    """Every table has a caption, and each of its headers says whether it is one of a column or of a row."""
    wrong: Any = page.evaluate(
        """
        () => [
          ...[...document.querySelectorAll("th:not([scope=col]):not([scope=row])")].map((th) => "no scope: " + th.textContent),
          ...[...document.querySelectorAll("table")].filter((table) => !table.caption).map(() => "a table without caption"),
          ...[...document.querySelectorAll("tbody tr")].filter((tr) => !tr.querySelector("th[scope=row]"))
            .map((tr) => "a row without header: " + tr.textContent.trim().slice(0, 30)),
        ]
        """
    )
    return list(wrong)


def _headings(page: Page) -> list[str]:
    """One h1, and no level left out on the way down."""
    levels: Any = page.evaluate(
        "() => [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]))"
    )
    skipped = [f"h{now} after h{before}" for before, now in pairwise(levels) if now > before + 1]
    return [*([] if levels.count(1) == 1 else [f"{levels.count(1)} headings of level 1"]), *skipped]


def _contrast(page: Page) -> list[str]:
    texts: Any = page.evaluate(_TEXTS)
    assert texts, "the page shows no text at all"
    wrong = []
    for found in texts:
        ratio = contrast(found["colour"], found["behind"])
        if ratio < 4.5 or float(found["opacity"]) < 1:
            wrong.append(f"contrast {ratio:.2f}: {found['text']} ({found['colour']} on {found['behind']})")
    return wrong


def _luminance(colour: str) -> float:
    channels = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
