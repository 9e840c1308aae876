"""The companion says no more than the statistics behind it, and its charts stand where the figures are."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from callback_survey.documents.companion import charts, data, explore, layout, page, wording, write
from callback_survey.documents.companion.model import Flag
from callback_survey.documents.companion.pdf import pdf_of
from callback_survey.releases import Release, open_marts
from callback_survey.wording import signs
from companion_data import DATA, DEPARTMENTS, NASTY, PUBLISHED, SATISFACTION, department
from published import make_release

REPOSITORY = Path(__file__).resolve().parents[3]
ADDRESS = re.compile(r"https?://[^\s\"'`)\\<]+")
NAMESPACES = ("http://www.w3.org/", "https://vega.github.io/schema/")


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return replace(make_release(tmp_path), data_note="演示<数据>")


def companion(release: Release, **changed: Any) -> str:
    data = replace(DATA, **changed)
    return page.render_companion(data, {found.measure: page.draw(data, found) for found in data.measures}, release)


def test_a_flag_is_beyond_chance_only_where_the_marts_say_so() -> None:
    flags = {found.department_name: found.flag for found in DEPARTMENTS}
    assert list(flags.values()) == [
        Flag.NOT_BELOW,
        Flag.NOT_BELOW,
        Flag.BELOW,
        Flag.BELOW_BEYOND_CHANCE,
        Flag.BELOW_SUPERPOPULATION,
        Flag.TOO_FEW,
        Flag.UNRATED,
    ]
    # a census may lie under the unrounded mean and print the same rate: not below average, and so no such flag
    equal = department("区", "89.00", is_significantly_below=True, is_significantly_below_superpopulation=True)
    assert equal.flag is Flag.NOT_BELOW


def test_the_sentences_name_each_department_where_it_belongs() -> None:
    finite, quality, within, above, few = wording.flags(SATISFACTION)
    assert "低于平均，超出抽样误差（仅就本季度办件）" in finite[0] and finite[1] == "区教育局、区民政局（2 个）。"
    assert quality == ("按部门水平仍低于平均", "区民政局（1 个）。")
    assert "不能断定" in within[0] and within[1] == "区商务局（1 个）。"
    assert above == ("高于平均，超出抽样误差（仅就本季度办件）", "没有。")
    # below, and nothing more can be said: neither beyond chance nor within it, and not the lowest
    assert few == ("低于平均，有效回答过少，不作检验", "区安监局（1 个）。")
    assert "最低 70.00%（区民政局）" in wording.alternative(SATISFACTION)


def test_whom_those_who_did_not_answer_could_lift_is_said_of_the_rated_alone() -> None:
    """区商务局 is below, and the silent could change it; 区民政局 is below whatever they think; 区安监局 is not rated."""
    settled = {"区商务局": False, "区民政局": True, "区安监局": False, "区档案局": False}
    departments = [replace(found, is_flag_robust=settled.get(found.department_name)) for found in DEPARTMENTS]
    said = dict(wording.flags(replace(SATISFACTION, departments=tuple(departments))))
    assert said[signs.OPEN] == "区商务局（1 个）。"
    told = {found.department_name: wording.robustness(found) for found in departments}
    assert told["区商务局"] == told["区档案局"] == "足以改变与平均值的高低"
    assert told["区民政局"] == "无论怎样都不改变与平均值的高低"
    assert told["区安监局"] == told["区教育局"] == told["区旅游局"] == "—"
    # releases from before say nothing of it
    assert signs.OPEN not in dict(wording.flags(SATISFACTION))


def test_a_flag_names_every_department() -> None:
    many = replace(SATISFACTION, departments=tuple(department(f"局{n}", "80.00", below=True) for n in range(40)))
    for figures in (many, replace(many, is_published_only=True)):
        assert "局39" in "".join(sentence for _, sentence in wording.flags(figures))


def test_a_published_quarter_is_not_tested_and_says_why(release: Release) -> None:
    said = "".join(head + sentence for head, sentence in wording.flags(PUBLISHED))
    assert "超出抽样误差" in said and "有效回答数不详，无法判断" in said
    html = companion(release, measures=(PUBLISHED,))
    assert "低于平均且超出抽样误差，" not in html and "低于平均且超出抽样误差（" not in html
    assert "低于平均（有效回答数不详，未作检验）" in html
    assert "横线是 95% 区间" not in html and "横条是 95% 区间" not in html, "what is not drawn is not explained"
    layers = charts.specification(PUBLISHED)["layer"]
    assert "intervals" not in [layer.get("name") for layer in layers]


def test_only_compared_departments_change_and_only_significant_ones_are_named() -> None:
    told = "".join(wording.changes(SATISFACTION, "2018年第四季度"))
    assert "可比的部门 2 个（不可比：上季度没有结果 5 个）" in told
    assert "下降且超出抽样误差：区民政局 −12.5 个百分点（95% 区间 −20.0 至 −5.0）" in told
    assert "区档案局" not in told and "其余 1 个部门的升降在抽样误差以内" in told
    quiet = replace(SATISFACTION, departments=DEPARTMENTS[:3])
    assert "没有部门的变化超出抽样误差" in "".join(wording.changes(quiet, "2018年第四季度"))


def drawn_points(svg: str) -> list[tuple[float, float]]:
    layer = re.search(r'<g class="mark-symbol role-mark points[^"]*"[^>]*>(.*?)</g>', svg)
    assert layer
    return [(float(x), float(y)) for x, y in re.findall(r'transform="translate\(([\d.]+),([\d.]+)\)"', layer[1])]


def test_what_is_drawn_stands_where_the_figures_are() -> None:
    spec = charts.specification(SATISFACTION)
    svg = charts.svg_of(spec)
    low, _ = layout.axis(SATISFACTION)
    width = spec["width"]

    def at(percent: Decimal | float) -> float:
        return (float(percent) - low) / (100 - low) * width

    points = drawn_points(svg)
    assert [x for x, _ in points] == pytest.approx([at(found.rate_pct or 0) for found in SATISFACTION.rated], abs=0.01)
    assert [y for _, y in points] == sorted(y for _, y in points)
    intervals = re.search(r'<g class="mark-rule role-mark intervals[^"]*"[^>]*>(.*?)</g>', svg)
    assert intervals
    ends = [
        sorted((float(x), float(x) + float(dx)))
        for x, dx in re.findall(r'translate\(([\d.]+),[\d.]+\)" x2="(-?[\d.]+)"', intervals[1])
    ]
    expected = [[at((f.ci_display_low or 0) * 100), at((f.ci_display_high or 0) * 100)] for f in SATISFACTION.rated]
    assert [end for pair in ends for end in pair] == pytest.approx([end for pair in expected for end in pair], abs=0.01)
    average = re.search(r'<g class="mark-rule role-mark average[^"]*"[^>]*><line transform="translate\(([\d.]+)', svg)
    assert average and float(average[1]) == pytest.approx(at(89), abs=0.01)
    for found in SATISFACTION.rated:
        assert f"{found.rate_pct}</text>" in svg


def test_a_file_of_its_own_is_the_page_s_chart_below_its_title(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = page.draw(DATA, SATISFACTION)
    monkeypatch.setattr(charts, "svg_of", lambda spec: pytest.fail("drawn once more"))
    svg = page.chart_file(DATA, SATISFACTION, drawn, release, "演示<数据>")
    title, note, name = (
        svg.index(f">{text}</text>") for text in (drawn[0].caption, "数据说明：演示&lt;数据&gt;", release.name)
    )
    points = svg.index("role-mark points")
    assert title < note < name < points
    assert drawn_points(svg) == drawn_points(drawn[0].svg)
    sizes = [[float(size) for size in re.findall(r'(?<= height=")[\d.]+', text)[:1]] for text in (svg, drawn[0].svg)]
    (top,) = re.findall(r'<g transform="translate\(0,(\d+)\)"><rect', svg)
    assert sizes[0][0] == pytest.approx(sizes[1][0] + int(top), abs=0.01)


def test_departments_of_several_pages_are_drawn_together_in_a_file_of_their_own(release: Release) -> None:
    many = replace(SATISFACTION, departments=tuple(department(f"局{number}", "90.00") for number in range(80)))
    drawn = page.draw(DATA, many)
    assert len(drawn) > 1
    svg = page.chart_file(DATA, many, drawn, release, None)
    assert len(drawn_points(svg)) == len(many.rated) == sum(len(drawn_points(one.svg)) for one in drawn)


def test_flags_differ_in_shape_or_filling_and_so_read_in_black_and_white() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    looks = [(shape, grey(fill) > 200) for shape, fill, _ in charts.MARKS.values()]
    assert len(set(looks)) == len(looks) == 6


def test_a_picture_keeps_the_colour_of_the_strongest_flag() -> None:
    picture = Image.open(BytesIO(charts.png_of(charts.svg_of(charts.specification(SATISFACTION)))))
    colours = [colour for _, colour in picture.convert("RGB").getcolors() or []]
    assert any(red - blue > 100 for red, _, blue in colours), "few colours are kept, and this one has to be among them"
    assert picture.width >= 1280 and len(colours) <= 64


def test_a_picture_says_what_it_shows_whatever_signs_are_in_its_words() -> None:
    svg = '<svg width="3" viewBox="0 0 3 3"><rect width="3"/></svg>'
    said = charts.described(svg, "a", r"满意率 <1> & \g<1>", r"路径 C:\名单\1")
    assert said == (
        '<svg role="img" lang="zh-CN" aria-labelledby="a-title a-desc" width="3" viewBox="0 0 3 3">'
        r'<title id="a-title">满意率 &lt;1&gt; &amp; \g&lt;1&gt;</title><desc id="a-desc">路径 C:\名单\1</desc>'
        '<rect width="3"/></svg>'
    )


def test_long_names_are_wrapped_and_never_cut() -> None:
    name = "杭州市萧山区综合行政执法局（城市管理局、生态环境保护局）"
    lines = layout.wrapped(name + "†").split("\n")
    assert "".join(lines) == name + "†" and len(lines) == 2
    assert not lines[0].endswith("（") and lines[1].endswith("†")


def test_two_hundred_departments_take_several_charts_of_one_axis() -> None:
    many = replace(SATISFACTION, departments=tuple(department(f"局{number}", "90.00") for number in range(200)))
    pages = layout.pages_of(many)
    assert [found for part in pages for found in part] == list(many.departments)
    assert len(pages) == 4 and max(map(len, pages)) - min(map(len, pages)) <= len(pages)
    domains = [charts.specification(many, part)["encoding"]["x"]["scale"]["domain"] for part in pages]
    assert domains == [domains[0]] * len(pages)


@pytest.mark.parametrize(("name", "count"), [("局", 100), ("某某街道办事处便民服务中心（第一分中心）", 60)])
def test_charts_fill_their_pages_and_the_first_stands_with_its_heading(
    release: Release, tmp_path: Path, name: str, count: int
) -> None:
    found = tuple(department(f"{name}{number}", "90.00") for number in range(count))
    many = replace(SATISFACTION, departments=found, average_pct=Decimal("90.00"))
    data = replace(DATA, measures=(many,))
    charts_of = page.draw(data, many)
    path = tmp_path / "companion.pdf"
    path.write_bytes(pdf_of(page.render_companion(data, {"satisfaction": charts_of}, release, is_paper=True)))
    pages = ["".join(part.extract_text().split()) for part in PdfReader(path).pages]
    drawn = [place for place, text in enumerate(pages) if "横轴从" in text]
    assert drawn == list(range(1, 1 + len(charts_of))) and len(charts_of) > 1
    assert pages[1].startswith("满意率")


@pytest.mark.parametrize("form", ["companion", "explore"])
def test_a_page_is_whole_alone_and_names_no_address(release: Release, form: str) -> None:
    html = companion(release) if form == "companion" else explore.render_explore(DATA, release)
    assert [found for found in ADDRESS.findall(html) if not found.startswith(NAMESPACES)] == []
    assert not re.search(r"<(link|img|iframe)\b|\bsrc=|@import|url\((?!#)", html.replace(explore.runtime(), ""))
    assert "<b>城管" not in html and "演示&lt;数据&gt;" in html
    assert "Function(" not in html.replace(explore.runtime(), "")


def test_a_name_cannot_end_the_script_it_stands_in(release: Release) -> None:
    html = explore.render_explore(DATA, release)
    found = re.search(r'<script type="application/json" id="measures">(.*?)</script>', html, re.DOTALL)
    assert found
    assert json.loads(found[1])["satisfaction"]["departments"][0]["name"] == NASTY


def test_every_chart_has_words_and_a_table_for_who_cannot_see_it(release: Release) -> None:
    html = companion(release)
    assert re.search(
        r'<svg role="img" lang="zh-CN" aria-labelledby="chart-satisfaction-1-title chart-satisfaction-1-desc"', html
    )
    assert "其中超出抽样误差的 2 个，按部门水平仍低于平均的 1 个" in html
    rows = re.findall(r'<th scope="row">(.*?)</th>', html)
    assert [name for name in rows if name.startswith("区")][:6] == [
        "区&lt;/script&gt;&lt;b&gt;城管&lt;/b&gt;&amp;局",
        "区档案局",
        "区商务局",
        "区教育局†",
        "区民政局",
        "区安监局‡",
    ]


def test_the_companion_of_a_correction_says_what_was_corrected(release: Release) -> None:
    drawn = {found.measure: page.draw(DATA, found) for found in DATA.measures}
    told = page.render_companion(DATA, drawn, release, correction="本通报更正并代替<5号>通报。")
    assert "<strong>更正说明：</strong>本通报更正并代替&lt;5号&gt;通报。</p>" in told
    assert "更正说明" not in companion(release)


def test_what_was_counted_is_called_as_its_district_does(release: Release) -> None:
    hotline = DATA.called("工单")
    drawn = {found.measure: page.draw(hotline, found) for found in hotline.measures}
    for html in (page.render_companion(hotline, drawn, release), explore.render_explore(hotline, release)):
        assert "仅就本季度工单" in html and "办件" not in html.replace(explore.runtime(), "")
    assert "仅就本季度办件" in companion(release)


def test_a_measure_without_a_single_rate_has_no_chart_and_says_so(release: Release) -> None:
    empty = replace(SATISFACTION, departments=DEPARTMENTS[-1:], average_pct=None)
    html = companion(release, measures=(empty,), call_outcomes=None)
    assert "没有图" in html and "没有回访记录" in html
    assert '"specification":null' in explore.render_explore(replace(DATA, measures=(empty,)), release)


def test_the_same_data_give_the_same_pages(release: Release) -> None:
    assert companion(release) == companion(release)
    assert explore.render_explore(DATA, release) == explore.render_explore(DATA, release)


def test_a_sign_that_no_font_has_is_replaced_in_the_charts_and_told(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A picture would show a box. Where no picture is made, the reader's own fonts draw the chart."""
    monkeypatch.setattr(data, "read_companion_data", lambda *_, **__: replace(DATA, measures=(SATISFACTION,)))
    marked = replace(release, data_note="已核对\U00013000<b>")
    chart = Path("charts", f"{SATISFACTION.measure}.svg")
    for formats, shown in ((("html", "pdf"), "已核对〓&lt;b&gt;"), (("html",), "已核对\U00013000&lt;b&gt;")):
        with closing(open_marts(release)) as marts:
            write(marts, marked, tmp_path / formats[-1], schema="main", formats=formats)
        assert shown in (tmp_path / formats[-1] / chart).read_text(encoding="utf-8")
    told = [record.getMessage() for record in caplog.records if record.name.startswith("callback_survey")]
    assert told == ["charts: no font of this machine has \U00013000; drawn as 〓"]


def test_the_runtime_is_what_the_script_makes_of_the_locked_library() -> None:
    found = importlib.util.spec_from_file_location("vega_runtime", REPOSITORY / "scripts" / "vega_runtime.py")
    assert found and found.loader
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    assert gzip.decompress(script.PATH.read_bytes()).decode() == script.runtime(), "run scripts/vega_runtime.py"
