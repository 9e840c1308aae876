"""The page of a run's results: failed first, everything inside one file, and safe whatever a delivery contains."""

from __future__ import annotations

import multiprocessing
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from callback_survey.checks import page
from callback_survey.checks.model import CheckReport, CheckResult, Outcome, Severity, read_rules
from lakes import SEEDS

RULES = read_rules(SEEDS)
AT = "2018-06-01T00:00:00+00:00"


def result(check_id: str, outcome: Outcome, severity: Severity = "fail", *examples: str) -> CheckResult:
    return CheckResult("marts", "marts", check_id, "Expect", severity, outcome, "1 of 2 rows", "none", examples)


PASSING = CheckReport(
    "dag/run:1+08",
    "delivery",
    "330110",
    "2018Q1",
    (result("reject_share", "pass"), result("rejected_calls", "skipped")),
)
FAILING = CheckReport(
    "dag/run:1+08",
    "marts",
    "330109",
    "2018Q1",
    (
        result("shares_sum_to_100", "pass"),
        result("reconciliation_exact", "fail", "warn", "区交通局: 6.38"),
        replace(
            result("departments_complete", "fail", "fail", "区旅游局: missing"),
            accepted_by="张三",
            accepted_reason="该局已撤销",
            accepted_at=AT,
        ),
        result("average_recomputed", "error"),
        result(
            "sample_within_frame",
            "fail",
            "fail",
            "区民政局（满意率）: 抽样 9 > 有效样本框 8",
            "<script>alert(1)</script>",
        ),
        result("reconciliation_within_tolerance", "fail", "fail", "区民政局: 77.43"),
    ),
    "delivery-1",
    AT,
)


class _Text(HTMLParser):
    """What a person reads, and which tags the page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def read(html: str) -> _Text:
    parsed = _Text()
    parsed.feed(html)
    return parsed


def test_a_failed_gate_stands_before_a_passed_one_and_a_failed_check_before_all_others() -> None:
    html = page.render([PASSING, FAILING], RULES, "run")
    assert html.index('id="marts-330109-2018Q1"') < html.index('id="delivery-330110-2018Q1"')
    rows = re.findall(r'<tr class="(\w+)" id="330109-2018Q1-(\w+)"', html)
    assert rows == [
        ("failed", "sample_within_frame"),
        ("failed", "reconciliation_within_tolerance"),
        ("unjudged", "average_recomputed"),
        ("accepted", "departments_complete"),
        ("warned", "reconciliation_exact"),
        ("passed", "shares_sum_to_100"),
    ]


def test_each_check_has_its_chinese_name_what_was_found_what_is_allowed_and_its_section_of_the_runbook() -> None:
    text = "\n".join(read(page.render([FAILING], RULES, "run")).words)
    for words in (
        "抽样数超过有效样本框",
        "区民政局（满意率）: 抽样 9 > 有效样本框 8",
        "每个部门：抽样数 ≤ 有效样本框",
        "检查 2 项，不符合 1 项",
        "docs/runbook.zh-CN.md#sample_within_frame",
    ):
        assert words in text
    assert "张三 于 2018-06-01 08:00:00 放行：该局已撤销" in text
    assert "delivery-1" in text and "dag/run:1+08" in text
    assert "被拦下的：330109 2018Q1" in text and "提醒 1 项，未通过但已放行 1 项" in text


def test_an_address_of_the_runbook_becomes_a_link() -> None:
    html = page.render([FAILING], RULES, "run", runbook="https://docs.example/runbook")
    assert '<a href="https://docs.example/runbook#sample_within_frame">' in html


def test_only_what_a_person_may_decide_shows_the_command_for_it() -> None:
    html = page.render([FAILING], RULES, "run")
    commands = re.findall(r"callback-survey accept [^<]+", html)
    assert commands == [
        "callback-survey accept --region 330109 --quarter 2018Q1 --check reconciliation_within_tolerance --reason … --by …"
    ]


def test_the_page_fetches_nothing_and_runs_nothing_whatever_a_cell_holds() -> None:
    html = page.render([PASSING, FAILING], RULES, "run")
    assert re.findall(r"https?://|@import|<link|<img|<iframe|url\(|\bon\w+=", html) == []
    assert "script" not in read(html).tags
    assert "<script>alert(1)</script>" in read(html).words


def test_a_run_without_results_has_a_page_that_says_so() -> None:
    assert "这次运行没有留下检查结果" in page.render([], RULES, "run")


def _finish(folder: Path, number: int) -> None:
    replace(PASSING, region_code=f"33011{number}").write(folder)
    page.write(folder, RULES)


def test_gates_that_finish_at_the_same_moment_are_all_on_the_page(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    regions = [context.Process(target=_finish, args=(tmp_path, number)) for number in range(8)]
    for region in regions:
        region.start()
    for region in regions:
        region.join()
    html = (tmp_path / page.NAME).read_text(encoding="utf-8")
    assert len(re.findall(r'<section id="delivery-33011\d-2018Q1"', html)) == 8
