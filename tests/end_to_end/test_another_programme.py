"""A hotline of another city runs beside Xiaoshan in one home, by rows of its own alone: other scale, other question, fixed limit.

Its figures are counted again from what its generator starts from, in fractions.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from deliveries import OFFICES, rows_of, write_delivery
from homes import REGION, SAMPLE_EXPORTS, Home, Served
from lakes import SAMPLE_REGISTERS
from register_seeds import add, joined

HOTLINE, QUARTER = "510107", "2021Q1"
REGISTERS = SAMPLE_EXPORTS / "registers-hotline"
COUNTS = SAMPLE_EXPORTS / "make" / "inputs" / "hotline_counts.csv"
LEVELS = (
    "very_satisfied_count",
    "satisfied_count",
    "basically_satisfied_count",
    "dissatisfied_count",
    "very_dissatisfied_count",
)
LIMIT = Decimal("85.00")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Served:
    """One run of one quarter: the hotline as its sample, and three departments of Xiaoshan."""
    folder = tmp_path_factory.mktemp("both")
    registers = joined(SAMPLE_REGISTERS, REGISTERS, into=folder / "registers")
    add(registers, "disclosure_rules", (REGION, "true", "", "", "", "invented for a test", QUARTER, QUARTER))
    exports = folder / "exports"
    shutil.copytree(SAMPLE_EXPORTS / HOTLINE / QUARTER, exports / HOTLINE / QUARTER)
    xiaoshan = rows_of(OFFICES, completed_on="2021-02-14", called_on="2021-04-10")
    write_delivery(exports / REGION / QUARTER, xiaoshan)
    home = Home(folder / "home", exports, privacy_key).with_settings(
        REGISTERS=str(registers), DOCUMENTS="html pdf docx"
    )
    return Served(home, home.run_here("run", "--quarter", QUARTER))


def truth() -> dict[str, dict[str, int]]:
    with COUNTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["quarter"] == QUARTER]
    return {row["street"]: {name: int(cell) for name, cell in row.items() if name.endswith("_count")} for row in rows}


def successes(counts: dict[str, int], measure: str) -> tuple[int, int]:
    """Answers, and those that count: the upper three levels of five, and every problem that was solved."""
    if measure == "realisation":
        return counts["solved_count"] + counts["unsolved_count"], counts["solved_count"]
    return sum(counts[level] for level in LEVELS), sum(counts[level] for level in LEVELS[:3])


def printed(value: Fraction) -> Decimal:
    """Two decimals, half up, by whole numbers."""
    return Decimal(int(value * 100 + Fraction(1, 2))).scaleb(-2).quantize(Decimal("0.01"), ROUND_HALF_UP)


def expected(measure: str) -> Iterator[tuple[str, int, int, int, int, Decimal, Decimal, bool, bool]]:
    rates = {
        street: printed(Fraction(100 * success, answered))
        for street, counts in truth().items()
        for answered, success in [successes(counts, measure)]
    }
    average = printed(sum(map(Fraction, rates.values()), Fraction()) / len(rates))
    for street, counts in truth().items():
        frame = counts["first_month_count"] + counts["second_month_count"] + counts["third_month_count"]
        rate = rates[street]
        yield (
            street,
            frame,
            counts["sample_count"],
            *successes(counts, measure),
            rate,
            average,
            rate < average,
            rate < LIMIT,
        )


# Below the average and not the limit; and the other way round: the limit says something of its own.
@pytest.mark.parametrize(("measure", "apart"), [("satisfaction", (True, False)), ("realisation", (False, True))])
def test_its_figures_are_those_of_its_counts_in_fractions(both: Served, measure: str, apart: tuple[bool, bool]) -> None:
    assert both.outcome.code == 0, both.outcome.err
    found = both.home.query(
        "select department_name, valid_frame_count, sample_count, answered_count, success_count, rate_pct, average_pct, "
        f"is_below_average, is_below_threshold from department_rates where region_code = '{HOTLINE}' and measure = '{measure}' "
        "order by department_code"
    )
    assert found == list(expected(measure))
    assert apart in {row[7:] for row in found}


def test_each_level_of_the_scale_is_counted(both: Served) -> None:
    found = both.home.query(
        "select department_name, list(answer_count order by answer_order), list(answer_label order by answer_order) "
        "from department_answers inner join departments using (region_code, quarter, department_code) "
        f"where region_code = '{HOTLINE}' and measure = 'satisfaction' group by all order by 1"
    )
    assert {name: counts for name, counts, _ in found} == {
        street: [counts[level] for level in LEVELS] for street, counts in truth().items()
    }
    assert {tuple(labels) for _, _, labels in found} == {("非常满意", "满意", "基本满意", "不满意", "非常不满意")}


def test_each_region_is_asked_its_own_questions_on_its_own_scales(both: Served) -> None:
    found = both.home.query(
        "select region_code, measure, measure_definition, scale, question from measure_definitions order by region_code, measure"
    )
    assert found == [
        (REGION, "realisation", "within_one_visit", "visits", "visits"),
        (REGION, "satisfaction", "top_box", "satisfaction_2018", "satisfaction"),
        (HOTLINE, "realisation", "problem_solved", "solved_yes_no", "solved"),
        (HOTLINE, "satisfaction", "top_three_levels", "satisfaction_gbt_39735", "satisfaction"),
    ]


def words(both: Served, region: str, document: str) -> str:
    page = (both.home.path / "releases" / region / QUARTER / "r1" / "notice" / document).read_text(encoding="utf-8")
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)))


def test_each_street_has_a_page_in_the_words_of_its_programme(both: Served) -> None:
    folder = both.home.path / "releases" / HOTLINE / QUARTER / "r1" / "notice" / "departments"
    pages = {path.stem: words(both, HOTLINE, f"departments/{path.name}") for path in sorted(folder.glob("*.html"))}
    assert len(pages) > 3
    for said in pages.values():
        assert "成都市武侯区" in said and "答“已解决”的占比" in said and "虚构数据" in said
        assert "零上门" not in said and "考核得分" not in said


@pytest.mark.parametrize("document", ["notice.html", "companion.html"])
def test_its_documents_say_scale_and_limit_and_that_all_is_invented(both: Served, document: str) -> None:
    said = words(both, HOTLINE, document)
    for word in ("五级量表依GB/T39735-2020", "底线85%", "答“已解决”的占比", "成都市武侯区", "虚构数据", "样例丁街道"):
        assert word in said, word
    for word in ("零上门", "跑动", "比较满意", "萧山"):
        assert word not in said, word
    beside = words(both, REGION, document)
    for word in ("底线", "解决", "非常满意", "街道"):
        assert word not in beside, word


def test_nothing_above_the_regions_mixes_their_definitions(both: Served) -> None:
    """Both provinces stand side by side; what is counted by different definitions has no common place or mean."""
    places = both.home.query(
        "select region_code, measure, measure_definition, region_rank, ranked_region_count from region_rankings "
        "where region_level = 'province' and basis = 'department_mean' order by region_code, measure"
    )
    assert places == [
        ("330000", "realisation", "within_one_visit", None, None),
        ("330000", "satisfaction", "top_box", None, None),
        ("510000", "realisation", "problem_solved", None, None),
        ("510000", "satisfaction", "top_three_levels", None, None),
    ]
    mixed = "select count(*) from {table} where measure_definition in ('problem_solved', 'top_three_levels') and region_code not like '51%'"
    for table in ("region_rankings", "region_rollups", "region_rolling_rates", "department_rolling_rates"):
        assert both.home.query(mixed.format(table=table)) == [(0,)], table
    sums = both.home.query(
        "select region_code, measure, answered_count, success_count from region_rollups where region_code like '51%' order by all"
    )
    counted = {
        measure: tuple(map(sum, zip(*(successes(counts, measure) for counts in truth().values()), strict=True)))
        for measure in ("realisation", "satisfaction")
    }
    assert sums == [(region, measure, *counted[measure]) for region in ("510000", "510100") for measure in counted]


def test_each_row_says_that_it_is_invented(both: Served) -> None:
    notes = dict(both.home.query("select region_code, data_note from releases"))
    assert notes[HOTLINE].startswith("虚构数据：2021年一季度热线回访")
