"""A department's own page says of it what was tested and what was released, and nothing of what is masked."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader

from callback_survey.documents.companion import department_words, departments, drawing
from callback_survey.documents.companion.answers import Answer, Contribution, Points, Predecessor
from callback_survey.documents.companion.history import History, QuarterRate
from callback_survey.documents.companion.model import CompanionData, DepartmentRate, MeasureFigures
from callback_survey.documents.companion.pdf import pdf_of
from callback_survey.documents.companion.strokes import units
from callback_survey.releases import Release
from companion_data import DATA, NASTY, PUBLISHED, SATISFACTION, department
from published import make_release

ANSWERS = (
    Answer("满意", 40, Decimal("83.33"), is_success=True),
    Answer("比较满意", 6, Decimal("12.50"), is_success=False),
    Answer("不满意", 2, Decimal("4.17"), is_success=False),
)
REALISATION = replace(
    SATISFACTION, measure="realisation", measure_name="实现率", definition_label=None, benchmark_pct=None
)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return replace(make_release(tmp_path), data_note="演示<数据>")


def quarter_rate(found: DepartmentRate, quarter: str, rate: str | None, **changed: object) -> QuarterRate:
    plain = QuarterRate(
        quarter=quarter,
        revision=1,
        measure="satisfaction",
        measure_name="满意率",
        measure_definition="top_box",
        department_code=found.department_code,
        department_name=found.department_name,
        valid_frame_count=400,
        sample_count=50,
        answered_count=48,
        rate_pct=None if rate is None else Decimal(rate),
        average_pct=Decimal("89.00"),
        ci_display_low=None,
        ci_display_high=None,
        is_suppressed=rate is None,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


EDUCATION = SATISFACTION.departments[3]
HISTORY = History(
    (
        quarter_rate(EDUCATION, "2018Q2", "60.00", department_name="区教委"),
        quarter_rate(EDUCATION, "2018Q3", None),
        quarter_rate(EDUCATION, "2018Q4", "78.00"),
        quarter_rate(EDUCATION, "2019Q1", "80.25"),
    )
)


def sheet(
    figures: MeasureFigures, found: DepartmentRate, history: History = HISTORY, **changed: object
) -> departments.Sheet:
    data = replace(DATA, measures=(replace(figures, departments=(found, *figures.departments[:2])),), **changed)  # type: ignore[arg-type]
    return next(one for one in departments.sheets_of(data, history) if one.code == found.department_code)


def page_of(data: CompanionData, release: Release, code: str, history: History = HISTORY, contact: str = "") -> str:
    sheets = departments.sheets_of(data, history)
    return departments.render(data, [next(one for one in sheets if one.code == code)], release, contact)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (0, "满意率 98.00%，高于部门平均 9.00 个百分点，差距在抽样误差以内。"),
        (1, "满意率 92.00%，高于部门平均 3.00 个百分点，差距在抽样误差以内；比上季度 +2.1 个百分点，在抽样误差以内。"),
        (2, "满意率 88.50%，低于部门平均 0.50 个百分点，差距在抽样误差以内。"),
        (3, "满意率 80.25%，低于部门平均 8.75 个百分点，超出抽样误差（仅就本季度办件），按部门水平还不能排除偶然。"),
        (
            4,
            "满意率 70.00%，低于部门平均 19.00 个百分点，超出抽样误差，按部门水平仍低于平均；"
            "比上季度 −12.5 个百分点，超出抽样误差。",
        ),
        (5, "满意率 60.00%，只有 5 人回答，仅列数字，不作评价。"),
        (6, "满意率：本季度没有抽样，没有结果，不作评价，不是零分。"),
    ],
)
def test_its_sentence_says_no_more_than_was_tested(place: int, said: str) -> None:
    assert department_words.main_point(SATISFACTION.departments[place], SATISFACTION) == said


def test_who_is_surely_higher_is_told_so_and_a_published_quarter_is_not_tested() -> None:
    higher = department("区档案局", "99.00", comparison_category="above")
    assert "高于部门平均 10.00 个百分点，超出抽样误差（仅就本季度办件）" in department_words.main_point(
        higher, SATISFACTION
    )
    told = department_words.main_point(PUBLISHED.departments[3], PUBLISHED)
    assert told == "满意率 80.25%，低于部门平均 8.75 个百分点，有效回答数不详，未作检验。"


def test_a_page_explains_the_intervals_that_it_has(release: Release) -> None:
    code = SATISFACTION.departments[3].department_code
    assert "粗横线是 95% 区间" in page_of(DATA, release, code)
    published = replace(DATA, measures=(PUBLISHED,))
    assert "粗横线是 95% 区间" not in page_of(published, release, code)


def test_whom_a_printed_annex_does_not_list_is_not_said_to_have_had_no_answer() -> None:
    unlisted = department("区水务局", None, below=None, sample_count=None)
    told = department_words.main_point(unlisted, PUBLISHED)
    assert told == "满意率：原印发的附件没有列出本部门，是否抽样不详，不作评价，不是零分。"


def test_nothing_of_a_masked_department_is_on_its_page(release: Release) -> None:
    masked = department("区宗教局", None, below=None, is_suppressed=True, rate_rank=3, rank_low=1, rank_high=9)
    answers = {masked.department_code: (Answer("满意", None, None, is_success=True, is_suppressed=True),)}
    figures = replace(SATISFACTION, departments=(*SATISFACTION.departments, masked), answers=answers)
    history = History((quarter_rate(masked, "2018Q4", None), quarter_rate(masked, "2019Q1", None)))
    html = page_of(replace(DATA, measures=(figures,)), release, masked.department_code, history)
    assert "满意率：人数少，为保护答复人不公布。" in html
    assert "<svg" not in html and "名次" not in html and "考核得分" not in html


def test_a_masked_answer_is_a_star_and_leaves_its_part_of_the_bar_empty() -> None:
    answers = (
        *ANSWERS[:1],
        replace(ANSWERS[1], answer_count=None, pct=None, is_suppressed=True),
        replace(ANSWERS[2], pct=None),
    )
    drawn = drawing.shares(answers)
    assert "比较满意 *" in drawn and "满意 40 人，83.33%" in drawn
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="17"', drawn)]
    assert widths == [pytest.approx(0.8333 * drawing.WIDTH, abs=0.1)]


@pytest.mark.parametrize("average", ["62.00", "77.14", "89.00", "94.77", "99.50"])
def test_no_line_crosses_the_label_of_another_and_none_leaves_the_chart(average: str) -> None:
    for reference in ("60.50", "70.00", "77.14", "83.57", "87.90", "94.70", "99.90"):
        figures = replace(SATISFACTION, average_pct=Decimal(average), benchmark_pct=Decimal(reference))
        drawn = drawing.standing(figures, figures.departments[0])
        lines = [(float(x), float(top)) for x, top in re.findall(r'd="M([\d.]+),(\d+)V48"', drawn)]
        labels = re.findall(r'<text x="([\d.]+)" y="(9|21)" font-size="(\d+)" text-anchor="(\w+)"[^>]*>([^<]+)<', drawn)
        assert (len(lines), len(labels)) == (2, 2), reference
        for x, y, size, anchor, said in labels:
            width = units(said) * float(size)
            left = float(x) - {"start": 0, "middle": width / 2, "end": width}[anchor]
            assert left >= 0 and left + width <= drawing.WIDTH, (reference, said)
            crossing = [at for at, top in lines if left < at < left + width and top < float(y)]
            assert crossing == [], (reference, said)


def test_shares_fill_the_bar_and_are_darker_with_each_step_on_either_side() -> None:
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="17"', drawing.shares(ANSWERS))]
    assert sum(widths) == pytest.approx(drawing.WIDTH, abs=0.2)

    def grey(colour: str) -> float:
        return sum(part * int(colour[place : place + 2], 16) for part, place in ((0.3, 1), (0.6, 3), (0.1, 5)))

    five = [Answer(str(step), 1, Decimal(20), is_success=step < 2) for step in range(5)]
    greys = [grey(colour) for colour in drawing.shades(five)]
    assert greys[0] > greys[1] and greys[2] > greys[3] > greys[4]
    assert len(set(drawing.shades([*five, Answer("解决", 1, Decimal(0), is_success=True)]))) == 6


def test_the_trend_joins_a_rename_and_tells_the_names_and_breaks_at_a_mask(release: Release) -> None:
    html = page_of(DATA, release, EDUCATION.department_code)
    assert "2018年第二季度及以前名为区教委，前后相连" in html and "“*”为保护答复人不公布" in html
    trend = html[html.index('aria-labelledby="trend-') :]
    lines = re.findall(r'<path d="M([^"]*)" stroke="#1a1a1a" stroke-width="1.6"', trend)
    # 2018Q2 stands alone, before the masked quarter
    assert [line.count("L") for line in lines] == [1]
    assert ">*</text>" in trend and "60.00" in trend


def test_a_merged_department_names_its_predecessors_and_a_first_quarter_has_no_trend(release: Release) -> None:
    code = EDUCATION.department_code
    merged = {
        code: (Predecessor("区文广新局", "2019Q1"), Predecessor("区旅游局", "2019Q1"), Predecessor("区老局", "2001Q1"))
    }
    html = page_of(replace(DATA, predecessors=merged), release, code, History(HISTORY.rates[-1:]))
    assert "2019年第一季度起承接区文广新局、区旅游局，此前的数字不相连" in html and "区老局" not in html
    assert "有结果、可以并列的季度不足两个" in html and "trend-" not in html


def test_points_have_their_margin_and_an_assumption_is_called_one(release: Release) -> None:
    parts = (
        Contribution("满意率", Decimal("0.8025"), Decimal("1.0000"), 0.7, 0.9),
        Contribution("实现率", Decimal("0.9000"), Decimal("1.0000"), 0.85, 0.95),
    )
    points = Points(Decimal("1.7025"), Decimal("2.0000"), Decimal("10.00"), is_assumption=True, contributions=parts)
    code = EDUCATION.department_code
    html = page_of(replace(DATA, points={code: points}), release, code)
    assert re.search(r"满意率</th><td>0.80</td><td>1.00</td><td>0.70–0.90</td>", html)
    assert re.search(r"合计</th><td>1.70</td><td>2.00</td><td>1.55–1.85</td>", html)
    assert "所属模块占 10%" in html and "按假定的规则计算" in html
    unrated = replace(
        points, points=None, contributions=(parts[0], replace(parts[1], points=None, ci_low=None, ci_high=None))
    )
    html = page_of(replace(DATA, points={code: unrated}), release, code)
    assert re.search(r"合计</th><td>—</td><td>2.00</td><td>—</td>", html) and "不计总分，也不按零分算" in html


def test_it_says_why_it_has_no_reasons_where_there_were_calls_to_give_any(release: Release) -> None:
    said = "不满意的原因不列"
    code, unsampled = EDUCATION.department_code, SATISFACTION.departments[6].department_code
    assert page_of(DATA, release, code).count(said) == 1
    assert "随工单转告" in page_of(DATA.called("工单"), release, code)
    assert said not in page_of(DATA, release, unsampled)
    assert said not in page_of(replace(DATA, measures=(PUBLISHED,)), release, code)
    content = department("区司法局", "100.00")
    everybody = replace(SATISFACTION, departments=(content, *SATISFACTION.departments))
    assert said not in page_of(replace(DATA, measures=(everybody,)), release, content.department_code)


def test_a_page_is_whole_alone_and_nothing_in_it_is_markup(release: Release) -> None:
    html = page_of(DATA, release, f"code-{NASTY}", contact="区跑改办<82000000>")
    assert "区</script>" not in html and "演示&lt;数据&gt;" in html and "联系：区跑改办&lt;82000000&gt;" in html
    assert not re.search(r"<(script|link|img|iframe)\b|\bsrc=|@import|url\((?!#)", html)
    assert page_of(DATA, release, f"code-{NASTY}", contact="区跑改办<82000000>") == html
    assert departments.file_name("../a/b") == "departments/..%2Fa%2Fb.html"


@pytest.mark.parametrize("measures", [1, 3])
def test_each_sheet_begins_a_page_of_its_own(release: Release, tmp_path: Path, measures: int) -> None:
    every = (SATISFACTION, REALISATION, replace(REALISATION, measure="third", measure_name="解决率"))[:measures]
    answers = {found.department_code: ANSWERS for found in SATISFACTION.departments}
    data = replace(DATA, measures=tuple(replace(figures, answers=answers) for figures in every))
    everybody = [
        replace(
            rate, measure=figures.measure, department_code=found.department_code, department_name=found.department_name
        )
        for figures in every
        for found in figures.departments
        for rate in HISTORY.rates
    ]
    sheets = departments.sheets_of(data, History(tuple(everybody)))
    assert all(part.trend for one in sheets for part in one.parts)
    path = tmp_path / departments.ALL
    path.write_bytes(pdf_of(departments.render(data, sheets, release)))
    pages = [page.extract_text() for page in PdfReader(path).pages]
    assert [page.splitlines()[0] for page in pages] == [sheet.name for sheet in sheets]


def test_a_sheet_that_is_too_long_does_not_leave_its_foot_alone_on_a_page(release: Release, tmp_path: Path) -> None:
    answers = {found.department_code: ANSWERS for found in SATISFACTION.departments}
    every = [replace(SATISFACTION, measure=name, answers=answers) for name in ("satisfaction", "second", "third")]
    data = replace(DATA, measures=tuple(every))
    longest = next(one for one in departments.sheets_of(data, HISTORY) if one.code == EDUCATION.department_code)
    grown = [replace(longest, series_notes=["前后相连" * 16] * count) for count in range(30)]
    path = tmp_path / departments.ALL
    path.write_bytes(pdf_of(departments.render(data, grown, release)))
    pages = [page.extract_text() for page in PdfReader(path).pages]
    assert len(grown) < len(pages), "nothing was too long: this shows nothing"
    assert not [page for page in pages if page.startswith("2019Q1，")]


def test_one_department_alone_has_a_page(release: Release) -> None:
    only = replace(SATISFACTION, departments=SATISFACTION.departments[:1], average_pct=Decimal("98.00"))
    html = page_of(replace(DATA, measures=(only,)), release, only.departments[0].department_code, History(()))
    assert "<li>满意率 98.00%，与部门平均相同。</li>" in html and "standing-satisfaction" in html


def test_what_was_counted_is_called_as_its_district_does(release: Release) -> None:
    html = page_of(DATA.called("工单"), release, EDUCATION.department_code)
    assert "工单" in html and "办件" not in html


def test_the_figures_beside_the_charts_leave_out_what_there_is_not() -> None:
    found = sheet(SATISFACTION, department("区旅游局", None, below=None, sample_count=0, answered_count=0))
    names = [name for name, _ in found.parts[0].details]
    assert names[0] == "满意率" and "95% 区间" not in names and "名次（范围）" not in names
