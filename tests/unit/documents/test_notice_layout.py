"""The notice on paper: nothing outside the text block, the letterhead on one line, no signature alone, whatever the district."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from callback_survey.documents.notice import layout
from callback_survey.documents.notice.pdf import render_pdf
from callback_survey.documents.notice.text import Origin, compose
from callback_survey.documents.notice.texts import Form
from notice_on_paper import BOTTOM, LEFT, LONG, RIGHT, TOP, district, words


@pytest.mark.parametrize(
    ("count", "form", "name"),
    [
        (1, "short", "区局"),
        (34, "long", "区某部门"),
        (200, "short", "杭州市萧山区某某街道办事处便民服务中心（第一分中心）"),
    ],
)
def test_a_notice_of_any_district_keeps_to_its_page(tmp_path: Path, count: int, form: Form, name: str) -> None:
    data, heading = district(count, form, name=name)
    found = words(render_pdf(compose(data, Origin("第1版", "c0ffee" * 8), heading)), tmp_path)
    numbers = [word for word in found if word.top > BOTTOM]
    assert {word.text.strip("—") for word in numbers} <= {"", *map(str, range(1, found[-1].page + 1))}
    outside = [
        word
        for word in found
        if word not in numbers
        and not (
            word.left >= LEFT - 1 and word.right <= RIGHT + 1 and word.top >= TOP - 8 and word.bottom <= BOTTOM + 8
        )
    ]
    assert outside == []
    # odd pages have their number at the right, even ones at the left
    assert all((word.left > 297) == (word.page % 2 == 1) for word in numbers)
    # the letterhead is one line, as wide as fits
    assert next(word.page for word in found if word.text == LONG) == 1
    # the date that is signed stands on a page with words before it that are no signature
    dated = next(word for word in found if word.text == "2020年1月7日")
    above = [word for word in found if word.page == dated.page and word.top < dated.top - 4 * 28.95]
    assert any("附件：" in word.text for word in above)
    assert any("落实" in word.text or "下结论" in word.text for word in above), "the paragraph that is signed"
    # what is printed last stands at the foot of the last page
    printed = next(word for word in found if word.text.endswith("2020年1月7日印发"))
    assert printed.page == found[-1].page and BOTTOM - 20 < printed.bottom <= BOTTOM + 4


@pytest.mark.parametrize("contact", ["", "某科，0571-00000000"])
def test_the_signature_keeps_to_its_paragraph_wherever_the_page_ends(tmp_path: Path, contact: str) -> None:
    """A longer first paragraph moves the end of the text down, line by line, over the end of a page. Whom to ask is no such paragraph."""
    places = []
    for days in (12, 13, 14, 15, 16):
        data, heading = district(1, "short", days=days)
        heading = replace(heading, texts=replace(heading.texts, contact=contact))
        found = words(render_pdf(compose(data, heading=heading)), tmp_path)
        dated = next(word for word in found if word.text == "2020年1月7日")
        signed = [word for word in found if "抓好落实" in word.text]
        assert dated.page == signed[-1].page
        places.append(dated.page)
    assert len(set(places)) > 1, "the end of a page was crossed"


def test_number_and_signatory_stand_on_one_line(tmp_path: Path) -> None:
    data, heading = district(1, "short")
    heading = replace(heading, number="样市样区跑改办〔2018〕115号", signatory="值班长")
    found = words(render_pdf(compose(data, heading=heading)), tmp_path)
    number = next(word for word in found if word.text == "样市样区跑改办〔2018〕115号")
    assert next(word for word in found if word.text == "签发人：值班长").top == number.top


def test_a_note_below_an_annex_has_no_page_of_its_own(tmp_path: Path) -> None:
    """The sample has 35 departments, one of them with a name of ten characters."""
    data, heading = district(35, "short")
    longest = "区公安分局（出入境）"
    measures = [
        replace(measure, annex=tuple(replace(line, department_name=longest) for line in measure.annex))
        for measure in data.measures
    ]
    data = replace(data, measures=tuple(measures))
    found = words(render_pdf(compose(data, heading=heading)), tmp_path)
    annexes = [word.page for word in found if word.text in ("附件1", "附件2")]
    rows = [[word for word in found if word.page == page and word.text == longest] for page in annexes]
    assert [len(names) for names in rows] == [35, 35]
    notes = [word for word in found if "没有数据" in word.text or "由高到低" in word.text]
    assert {word.page for word in notes} == set(annexes)
    assert max(word.right for word in found if word.page in annexes) <= RIGHT + 1


def test_a_line_holds_28_characters_and_a_page_22_lines(tmp_path: Path) -> None:
    data, heading = district(1, "short", days=60)
    text = compose(data, heading=replace(heading, texts=replace(heading.texts, basis=("回" * 28 * 60,))))
    found = [word for word in words(render_pdf(text), tmp_path) if set(word.text) == {"回"} and word.page == 2]
    assert {len(word.text) for word in found} == {28}
    assert len({round(word.top) for word in found}) == 22
    assert all(abs(word.right - RIGHT) < 1 for word in found)


def test_every_line_of_a_paragraph_but_the_last_ends_where_the_block_does(tmp_path: Path) -> None:
    data, heading = district(1, "short")
    mixed = "2019年“最多跑一次”的满意率为94.77%，比上年（94.7%）高0.07个百分点。" * 6
    text = compose(data, heading=replace(heading, texts=replace(heading.texts, basis=(mixed,))))
    found = [word for word in words(render_pdf(text), tmp_path) if word.page == 1]
    top = next(word.top for word in found if word.text.startswith("各有关部门"))
    lines: dict[int, float] = {}
    for word in found:
        if word.top > top + 10:
            lines[round(word.top)] = max(lines.get(round(word.top), 0), word.right)
    first_paragraph = [lines[place] for place in sorted(lines)][:7]
    assert all(abs(right - RIGHT) < 1.5 for right in first_paragraph)


def test_letters_of_a_letterhead_are_smaller_the_longer_the_name() -> None:
    assert layout.letterhead_points("区局") == 42
    sizes = [layout.letterhead_points("区" * count) for count in (12, 26, 60)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size * count <= layout.BLOCK_POINTS for size, count in zip(sizes, (12, 26, 60), strict=True))


def test_a_signature_is_four_characters_from_the_right_unless_its_name_is_long() -> None:
    assert layout.signature_characters("区局", "2018年6月7日") == (6, 4)
    assert layout.signature_characters("区" * 27, "2018年6月7日") == (27, 1)
    assert layout.signature_characters("区" * 40, "2018年6月7日") == (28, 0)


def test_a_date_of_many_figures_stands_on_one_line_below_a_short_name(tmp_path: Path) -> None:
    data, heading = district(1, "short", issuer="区跑改办")
    heading = replace(heading, dated_on=date(2020, 12, 28), texts=replace(heading.texts, seal=""))
    found = words(render_pdf(compose(data, heading=heading)), tmp_path)
    assert "2020年12月28日" in [word.text for word in found]
