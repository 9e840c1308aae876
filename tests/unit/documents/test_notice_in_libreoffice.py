"""The DOCX as LibreOffice sets it, which many offices read it in. Needs soffice: `make test-office`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from callback_survey.documents.notice.docx import render_docx
from callback_survey.documents.notice.text import Origin, compose
from callback_survey.documents.notice.texts import Form
from notice_on_paper import BOTTOM, LEFT, LONG, RIGHT, Word, district, words

pytestmark = pytest.mark.office


def set_in_libreoffice(docx: bytes, folder: Path) -> list[Word]:
    (folder / "notice.docx").write_bytes(docx)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf:writer_pdf_Export", "notice.docx"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=180)
    return words((folder / "notice.pdf").read_bytes(), folder)


@pytest.mark.parametrize(
    ("count", "form", "name", "most_pages"),
    [
        (1, "short", "区局", 4),
        (34, "short", "区某部门", 6),
        (34, "long", "区某部门", 8),
        (200, "long", "某某街道办事处", 24),
    ],
)
def test_it_keeps_to_its_page_there_too(tmp_path: Path, count: int, form: Form, name: str, most_pages: int) -> None:
    """With a grid every small character had a whole cell of it: figures broke over lines, and 34 departments took 23 pages."""
    data, heading = district(count, form, name=name)
    found = set_in_libreoffice(render_docx(compose(data, Origin("第1版", "c0ffee" * 8), heading)), tmp_path)
    assert found[-1].page <= most_pages
    # a stop at the end of a line may hang into the margin, as in Word
    hanging = 17.0
    outside = [
        word.text
        for word in found
        if word.left < LEFT - 3 or word.right > RIGHT + 3 + hanging * word.text.endswith(("。", "，", "；", "、"))
    ]
    assert outside == []
    # the letterhead is one line; a rate and a row's number are never torn
    assert any(word.page == 1 and word.text == LONG for word in found)
    shown = [word.text for word in found]
    assert shown.count("98.04") >= count and str(count) in shown
    # the date that is signed stands below what it signs, and who printed it at the foot of the last page
    dated = next(word for word in found if word.text.startswith("2020") and word.page > 1 and word.top < BOTTOM - 40)
    above = [word.text for word in found if word.page == dated.page and word.top < dated.top]
    assert any("附件" in text for text in above)
    printed = [word for word in found if word.text.endswith("印发")]
    assert printed[-1].page == found[-1].page and printed[-1].bottom > BOTTOM - 40
