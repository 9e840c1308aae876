"""A district asks a third question: rows of its own registers alone bring it into every mart, check, document and picture.

办理提速率 (three answers, the first of which counts) is invented for this test.
"""

from __future__ import annotations

import csv
import html
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from callback_survey import releases
from callback_survey.approval.request import request_for
from callback_survey.scope import Scope
from callback_survey.settings import load_settings
from deliveries import OFFICES, Rows, rows_of, write_delivery
from homes import QUARTER, REGION, REPOSITORY, Home, Served
from lakes import SAMPLE_REGISTERS
from notice_marts import Page
from register_seeds import add, keep_header
from visitors import app_over, as_visitor

NEIGHBOUR = "330110"
ROWS = {
    "measures": [("pace", "办理提速率", "pace", "3")],
    "measure_definitions": [("pace", "faster", "pace_three", "答“变快”的占比")],
    "measure_successes": [("pace", "faster", "pace_faster")],
    "definition_periods": [(REGION, "pace", "faster", "", "")],
    "scales": [("pace_three", "变快、一样、变慢", "invented for a test")],
    "answers": [
        ("pace", "pace_three", "pace_faster", "变快", "1"),
        ("pace", "pace_three", "pace_same", "一样", "2"),
        ("pace", "pace_three", "pace_slower", "变慢", "3"),
    ],
    "answer_spellings": [
        ("pace_three", "变快", "pace_faster", "false"),
        ("pace_three", "一样", "pace_same", "false"),
        ("pace_three", "变慢", "pace_slower", "false"),
    ],
    "annex_figures": [
        ("pace", "faster_pct", "提速率（%）", "pace_faster"),
        ("pace", "not_faster_pct", "未提速率（%）", "pace_same"),
        ("pace", "not_faster_pct", "未提速率（%）", "pace_slower"),
    ],
    "annex_headers": [("faster_pct", "提速占比", "false")],
    "question_headers": [("pace", "办理速度", "false"), ("pace", ".+办得更快了吗[?]?", "true")],
    "regions": [(NEIGHBOUR, "余杭区", "330100", "district", "true", "", "")],
    "departments": [
        (f"{NEIGHBOUR}-{number:03d}", NEIGHBOUR, office.name, "", "") for number, office in enumerate(OFFICES, 1)
    ],
}
HEADER = "3.您觉得现在办得更快了吗？"


# As the cases have it, but for one share; counts and shares, and the unsampled are not printed.
ANNEX = [
    ["序号", "部门名称", "有效样本框", "抽样数", "提速占比", "未提速率(%)"],
    ["1", "区经信局", "12", "5", "60.00", "40.00"],
    ["2", "区教育局", "10", "4", "50.00", "50.00"],
    ["3", "区民政局", "8", "4", "50.01", "49.99"],
]


def asked_of(rows: dict[str, Rows], *words: str) -> dict[str, Rows]:
    """The calls with a third answer, dealt from `words` in turn."""
    header, *calls = rows["calls.csv"]
    return {
        **rows,
        "calls.csv": [[*header, HEADER], *([*row, words[place % len(words)]] for place, row in enumerate(calls))],
    }


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Served:
    """Two districts, one of which asks the third question."""
    folder = tmp_path_factory.mktemp("asked")
    exports, registers = folder / "exports", Path(shutil.copytree(SAMPLE_REGISTERS, folder / "registers"))
    for register, rows in ROWS.items():
        if not (registers / f"{register}.csv").is_file():
            shutil.copy(REPOSITORY / "dbt_project" / "seeds" / f"{register}.csv", registers)
            keep_header(registers, register)
        add(registers, register, *rows)
    called = asked_of(rows_of(OFFICES), "变快", "一样", "变慢", "变快")
    write_delivery(exports / REGION / QUARTER, {**called, "published.csv": ANNEX})
    write_delivery(exports / NEIGHBOUR / QUARTER, rows_of(OFFICES))
    home = Home(folder / "home", exports, privacy_key).with_settings(REGISTERS=str(registers), DOCUMENTS="html docx")
    return Served(home, home.run_quarter_here())


def test_only_the_district_that_asks_is_rated_by_it(asked: Served) -> None:
    assert asked.outcome.code == 0, asked.outcome.err
    rated = asked.home.query("select region_code, measure from region_rates order by region_code, measure")
    both = ("realisation", "satisfaction")
    assert rated == [*((REGION, measure) for measure in ("pace", *both)), *((NEIGHBOUR, measure) for measure in both)]
    assert asked.home.query("select measure, measure_name, question from measures where measure = 'pace'") == [
        ("pace", "办理提速率", "pace")
    ]


def test_its_rates_count_its_success_over_its_answers(asked: Served) -> None:
    """By hand: 变快、一样、变慢、变快 are dealt to the calls in turn."""
    found = asked.home.query(
        "select department_name, answered_count, success_count from department_rates "
        f"where region_code = '{REGION}' and measure = 'pace' order by department_code"
    )
    assert {name: counts for name, *counts in found if counts[0]} == {
        "区经信局": [5, 3],
        "区教育局": [4, 2],
        "区民政局": [4, 2],
    }


def test_it_stands_in_the_notice_the_companion_the_summary_and_a_picture(asked: Served) -> None:
    documents = asked.home.revisions / "r1" / "notice"
    notice, companion = (
        re.sub("<[^>]+>", "", (documents / name).read_text(encoding="utf-8"))
        for name in ("notice.html", "companion.html")
    )
    assert "（三）办理提速率" in notice and "答“变快”的占比" in notice and "附件3" in notice
    assert "办理提速率" in companion
    pages = [path.read_text(encoding="utf-8") for path in sorted(documents.glob("departments/*.html"))]
    assert pages and all(page.count("办理提速率") > 1 for page in pages)
    assert (documents / "charts" / "pace.svg").is_file()
    assert "办理提速率" in asked.outcome.out
    of_neighbour = asked.home.path / "releases" / NEIGHBOUR / QUARTER / "r1" / "notice" / "notice.html"
    assert "办理提速率" not in of_neighbour.read_text(encoding="utf-8")


def test_its_printed_annex_is_compared_with_the_cases(asked: Served) -> None:
    compared = asked.home.query(
        "select department_name, figure, coalesce(published_pct::text, published_count::text), status from reconciliation "
        "where measure = 'pace' order by department_code, figure"
    )
    assert [row for row in compared if row[3] != "equal"] == [
        ("区民政局", "faster_pct", "50.01", "adjusted"),
        ("区民政局", "not_faster_pct", "49.99", "adjusted"),
    ]
    assert len(compared) == 12 and ("区经信局", "faster_pct", "60.00", "equal") in compared


def test_its_annex_is_served_and_printed_by_its_form(asked: Served) -> None:
    annexes = asked.home.query(
        "select row_number, department_name, figure_label, coalesce(figure_pct::text, figure_count::text) from annexes "
        "where measure = 'pace' and row_number < 3 order by row_number, figure_order"
    )
    heads = ("有效样本框", "抽样数", "提速率（%）", "未提速率（%）")
    values = {("区经信局", 1): ("12", "5", "60.00", "40.00"), ("区教育局", 2): ("10", "4", "50.00", "50.00")}
    assert annexes == [
        (number, name, head, value)
        for (name, number), shown in values.items()
        for head, value in zip(heads, shown, strict=True)
    ]
    notice = asked.home.revisions / "r1" / "notice" / "notice.html"
    page = Page(notice.read_text(encoding="utf-8"))
    assert page.rows(-1)[:3] == [
        ["序号", "部门名称", "抽样指数", "提速率（%）", "未提速率（%）"],
        ["有效样本框", "抽样数"],
        ["1", "区经信局", "12", "5", "60.00", "40.00"],
    ]


@pytest.mark.parametrize(
    "table",
    [
        "annexes",
        "department_rates",
        "department_answers",
        "region_rates",
        "measure_definitions",
        "measures",
        "region_rollups",
    ],
)
def test_it_is_in_every_mart_of_measures(asked: Served, table: str) -> None:
    [(rows,)] = asked.home.query(f"select count(*) from {table} where measure = 'pace'")
    assert rows > 0


def test_without_its_column_a_delivery_is_refused_by_the_header_that_is_missing(asked: Served, tmp_path: Path) -> None:
    write_delivery(tmp_path / REGION / QUARTER, rows_of(OFFICES))
    home = asked.home.copy(tmp_path / "home", exports=tmp_path)
    refused = home.run_quarter_here("--region", REGION)
    assert refused.code == 3, refused.out
    assert "没有找到 pace（办理速度）" in refused.out + refused.err


def test_a_word_that_its_scale_does_not_have_is_rejected_with_those_it_has(asked: Served, tmp_path: Path) -> None:
    write_delivery(tmp_path / REGION / QUARTER, asked_of(rows_of(OFFICES), "变快", "一样", "变慢", "更快"))
    home = asked.home.copy(tmp_path / "home", exports=tmp_path)
    refused = home.run_quarter_here("--region", REGION)
    assert refused.code == 3, refused.out
    assert "办理速度「更快」: 3 rows, first calls.csv line 5" in refused.out + refused.err
    rejects = [*(home.path / "lake" / "raw" / "rejects" / f"region={REGION}").rglob("*.parquet")]
    with duckdb.connect() as connection:
        found = connection.execute(
            "select line, reason, detail from read_parquet($1)", [[*map(str, rejects)]]
        ).fetchall()
    detail = "办理速度「更快」不在列表中；可用：变快、一样、变慢"
    assert sorted(found) == [(line, "unknown_answer", detail) for line in (5, 9, 13)]


# --- every place in which people read of it

# Columns of codes; a table that has a measure's name has it in a column of its own. The English text of a finding says the code.
CODES = ("measure", "question", "scale", "answer_code", "measure_definition", "figure", "message_en")


def visible(page: str) -> str:
    """The words of a page that somebody sees or hears: text, and what titles and labels say."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    said = re.findall(r'\b(?:title|alt|aria-label|label)="([^"]*)"', bare)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", bare), *said]))


def texts_of_release(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in (".html", ".svg"):
            yield name, visible(path.read_text(encoding="utf-8"))
        elif path.parent.name == "checks":
            yield name, path.read_text(encoding="utf-8")
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as document:
                yield name, visible(document.read("word/document.xml").decode())
        elif path.suffix == ".csv" and path.parent.name == "csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    yield name, " ".join(cell for column, cell in row.items() if column not in CODES)


def texts_of_pages(home: Home) -> Iterator[tuple[str, str]]:
    """Our pages in Airflow: the list, the release, its checks."""
    client = as_visitor(app_over(lambda: load_settings({}, home=home.path)), "viewer")
    root, release = "/airflow/callback-survey", f"/releases/{REGION}/{QUARTER}/r1"
    for place in ("/", release, f"{release}/checks.html"):
        answer = client.get(root + place)
        assert answer.status_code == 200, answer.text
        yield place, visible(answer.text)


def texts(asked: Served) -> dict[str, str]:
    """Every text of the run that people read, by where it stands."""
    folder = asked.home.revisions / "r1"
    found: dict[str, list[str]] = {"the terminal": [asked.outcome.out + asked.outcome.err]}
    with mock.patch.dict(os.environ, asked.home.environment, clear=True):
        settings = load_settings()
        [release] = releases.revisions(settings.releases, Scope(REGION, QUARTER))
        found["the request for approval"] = [request_for(settings, release).body]
        planned = asked.home.run_here("plan", "--region", REGION, "--quarter", "2018Q2", "--detect", "5")
        assert planned.code == 0, planned.err
        found["the plan"] = [planned.out]
    for place, text in [*texts_of_release(folder), *texts_of_pages(asked.home)]:
        found.setdefault(place, []).append(text)
    return {place: "\n".join(all_of) for place, all_of in found.items()}


@pytest.fixture(scope="module")
def read(asked: Served) -> dict[str, str]:
    return texts(asked)


def test_no_text_that_people_read_says_its_code(read: dict[str, str]) -> None:
    said = {place: found[0] for place, text in read.items() if (found := re.search(r".{0,40}\bpace\b.{0,40}", text))}
    assert said == {}


def test_no_document_or_page_leaves_it_out(read: dict[str, str]) -> None:
    """Where one measure is named, each is; but for the picture of that one, and the table that names what it is compared with."""
    lacking = [place for place, text in read.items() if "满意率" in text and "办理提速率" not in text]
    assert lacking == ["csv/region_rates.csv", "notice/charts/satisfaction.svg"]
    telling = {"the terminal", "the request for approval", "the plan", "notice/notice.html", "notice/notice.docx"}
    telling |= {"notice/companion.html", "notice/explore.html", f"/releases/{REGION}/{QUARTER}/r1"}
    assert telling <= {place for place, text in read.items() if "办理提速率" in text}
