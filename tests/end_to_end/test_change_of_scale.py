"""A region goes over to the wording of GB/T 39735-2020: the new quarter is counted by it, and the old one stays as it was."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from deliveries import OFFICES, Office, Rows, rows_of, write_delivery
from homes import QUARTER, REGION, REPOSITORY, Home, Served, contents

NEXT = "2018Q2"
DAYS = {"completed_on": "2018-05-14", "called_on": "2018-07-10"}
# Words of the new scale, dealt to the answers in turn; the first three of them count.
WORDS = ("非常满意", "满意", "基本满意", "不满意")


# As the notice prints it, of one department
ANNEX = [
    [
        "序号",
        "部门名称",
        "有效样本框",
        "抽样数",
        "非常满意（%）",
        "满意（%）",
        "基本满意（%）",
        "不满意（%）",
        "非常不满意（%）",
    ],
    ["1", "区经信局", "12", "5", "40.00", "20.00", "20.00", "20.00", "0.00"],
]


def in_new_words(offices: tuple[Office, ...]) -> dict[str, Rows]:
    tables = rows_of(offices, **DAYS)
    header, *calls = tables["calls.csv"]
    position = header.index("满意度")
    spoken = [[*row[:position], WORDS[number % 4], *row[position + 1 :]] for number, row in enumerate(calls)]
    return {**tables, "calls.csv": [header, *spoken]}


@pytest.fixture(scope="module")
def switched(tmp_path_factory: pytest.TempPathFactory, small: Home) -> Served:
    """The small home, and a second quarter from which on the district is asked on the new scale."""
    folder = tmp_path_factory.mktemp("switched")
    project, exports = folder / "dbt_project", folder / "exports"
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    with (project / "seeds" / "definition_periods.csv").open("a", encoding="utf-8") as file:
        file.write(f"{REGION},satisfaction,top_three_levels,{NEXT},\n")
    write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
    write_delivery(exports / REGION / NEXT, {**in_new_words(OFFICES), "published.csv": ANNEX})
    home = small.copy(folder / "home", exports=exports).with_settings(DBT_PROJECT=str(project))
    return Served(home, home.run_here("run", "--quarter", f"{QUARTER}..{NEXT}"))


def test_both_quarters_are_released_and_the_first_one_is_not_revised(switched: Served, small: Home) -> None:
    assert switched.outcome.code == 0, switched.outcome.err
    assert switched.home.query("select quarter, revision from releases order by all") == [(QUARTER, 1), (NEXT, 1)]
    first = Path("releases") / REGION / QUARTER
    assert contents(switched.home.path / first) == contents(small.path / first)


def test_three_levels_of_five_count_and_the_row_says_so(switched: Served) -> None:
    """区经信局 got all four words and the first again, so four of five count; the two others got each word once."""
    rates = switched.home.query(
        "select quarter, department_name, answered_count, success_count, rate_pct::text, measure_definition "
        "from department_rates where measure = 'satisfaction' and answered_count > 0 order by quarter, department_code"
    )
    assert rates == [
        (QUARTER, "区经信局", 5, 5, "100.00", "top_box"),
        (QUARTER, "区教育局", 4, 3, "75.00", "top_box"),
        (QUARTER, "区民政局", 4, 2, "50.00", "top_box"),
        (NEXT, "区经信局", 5, 4, "80.00", "top_three_levels"),
        (NEXT, "区教育局", 4, 3, "75.00", "top_three_levels"),
        (NEXT, "区民政局", 4, 3, "75.00", "top_three_levels"),
    ]


def test_the_answers_are_those_of_the_new_scale_and_sum_to_one_hundred(switched: Served) -> None:
    shares = switched.home.query(
        "select answer_label, answer_count, answer_pct::text, is_success from department_answers "
        f"where quarter = '{NEXT}' and measure = 'satisfaction' and department_code = '330109-001' order by answer_order"
    )
    assert shares == [
        ("非常满意", 2, "40.00", True),
        ("满意", 1, "20.00", True),
        ("基本满意", 1, "20.00", True),
        ("不满意", 1, "20.00", False),
        ("非常不满意", 0, "0.00", False),
    ]


def test_the_definition_in_force_is_served_by_quarter_and_the_list_of_measures_does_not_change(
    switched: Served,
) -> None:
    assert switched.home.query(
        "select quarter, measure_definition, scale from measure_definitions where measure = 'satisfaction' order by 1"
    ) == [(QUARTER, "top_box", "satisfaction_2018"), (NEXT, "top_three_levels", "satisfaction_gbt_39735")]
    assert switched.home.query("select measure, measure_definition from measures order by measure_order") == [
        ("satisfaction", "top_box"),
        ("realisation", "within_one_visit"),
    ]


def test_the_older_annex_keeps_its_lines_and_leaves_the_other_scales_shares_out(switched: Served) -> None:
    columns = (
        "count(*), count(sample_count), count(satisfied_pct), count(fairly_satisfied_pct), count(dissatisfied_pct)"
    )
    assert switched.home.query(f"select {columns} from annex_satisfaction where quarter = '{NEXT}'") == [
        (35, 35, 0, 0, 0)
    ]
    rated = "select count(within_one_visit_pct) from annex_realisation where quarter = "
    assert switched.home.query(f"{rated}'{NEXT}'") == [(3,)], "the other annex is as before"


def test_the_printed_annex_of_the_new_scale_is_compared_by_its_own_columns(switched: Served) -> None:
    compared = switched.home.query(
        "select count(*), count(*) filter (status = 'equal'), count(*) filter (figure like 'gbt%') from reconciliation"
    )
    assert compared == [(7, 7, 5)]


def test_the_notice_has_a_column_for_each_answer_of_the_new_scale(switched: Served) -> None:
    notice = switched.home.path / "releases" / REGION / NEXT / "r1" / "notice" / "notice.html"
    page = notice.read_text(encoding="utf-8")
    for label in ("非常满意", "基本满意", "非常不满意"):
        assert f'<th scope="col" rowspan="2">{label}<span' in page
    assert "比较满意" not in page
    said = re.sub("<[^>]+>", "", page)
    assert "满意率，指答“非常满意”“满意”“基本满意”的占比（分母为回答该题的人数）" in said
    assert "无人回答满意率" not in page
    assert '<td class="number">40.00</td>' in page
