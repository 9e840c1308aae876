"""Whatever the source can say has its Chinese, and a finished text is turned whole: names, figures and commands stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callback_survey.wording import translation
from callback_survey.wording.translation import PLACEHOLDER, in_chinese
from english_left import english_runs
from homes import REPOSITORY
from message_templates import plain, templates

SOURCE = REPOSITORY / "src" / "callback_survey"
# Texts in two languages of their own, or in Chinese only; what describes served columns and metrics, for those who read these; and
# SQL with what the log says of it.
_OTHERWISE_WORDED = {
    "airflow/pages/words.py",
    "alerts/compose.py",
    "callback_survey/metrics.py",
    "documents/companion/charts.py",
    "documents/companion/drawing.py",
    "documents/companion/look.py",
    "documents/companion/panels.py",
    "documents/companion/strokes.py",
    "releases/contract.py",
    "serving/added.py",
    "serving/check_results.py",
    "serving/declared.py",
    "serving/grown.py",
    "serving/postgres/constraints.py",
    "serving/tables.py",
    "serving/wide.py",
    "wording/catalogue.py",
    "wording/translation.py",
}
FILES = [
    path
    for path in [*sorted(SOURCE.rglob("*.py")), *sorted((REPOSITORY / "expectations").glob("*.py"))]
    if not path.as_posix().endswith(tuple(_OTHERWISE_WORDED))
]
# What reads like words and was not written by this program to say: headers of HTTP, styles, other programs' words, what is kept in files.
_TECHNICAL = re.compile(
    r".*(?:attachment; filename|-src '|no-store|; sandbox|@page|as region_code|^dataset, file|^file, line|Callback survey|"
    r"sha256\(utf-8|version \{\}|double precision|html,? pdf,? docx|^openssl rand|loaded and tested|"
    r"set -a; |Corrupt database file|Could not read enough|not a valid DuckDB|Could not set lock|from dbt\.cli|"
    r"count\(\*\)|^\W*[\u4e00-\u9fff]|^error: )",
    flags=re.DOTALL,
)
_COMMAND = re.compile(r"(?:\d\. )?callback-survey(?: [a-z][a-z-]*){1,2}(?: --[a-z-]+(?: \S+)?| \{\})*(?: …)?")
# groups of the catalogue whose English is made in SQL, or is a code
_MADE_ELSEWHERE = re.compile(".* .*")
_SAMPLES = {"quarter": "2018Q1", "region_code": "330109", "region": "330109"}


def _said() -> dict[str, Path]:
    found = {plain(text): path for path in FILES for text in templates(path)}
    return {text: path for text, path in found.items() if not (_TECHNICAL.match(text) or _COMMAND.fullmatch(text))}


SAID = _said()


def test_every_text_of_the_source_has_its_chinese() -> None:
    known = {plain(english) for english in translation.catalogue()}
    missing = [f"{path.relative_to(REPOSITORY)}: {text}" for text, path in SAID.items() if text not in known]
    assert len(SAID) > 600
    assert not missing, "\n".join(missing)


def test_no_entry_outlives_its_text() -> None:
    groups = translation.groups()
    stale = [
        english
        for group, texts in groups.items()
        for english in texts
        if not _MADE_ELSEWHERE.fullmatch(group) and plain(english) not in SAID
    ]
    assert not stale, "\n".join(stale)


@pytest.mark.parametrize(("english", "chinese"), translation.catalogue().items())
def test_an_entry_fills_in_the_same_and_holds_no_english(english: str, chinese: str) -> None:
    assert sorted(set(PLACEHOLDER.findall(chinese))) == sorted(PLACEHOLDER.findall(english))
    assert not english_runs(PLACEHOLDER.sub("", chinese), at_least=2)


@pytest.mark.parametrize(("english", "chinese"), translation.catalogue().items())
def test_a_finished_text_is_turned_by_its_own_entry(english: str, chinese: str) -> None:
    values = {name: _sample(name) for name in PLACEHOLDER.findall(english)}
    assert in_chinese(_fill(english, values)) == _fill(chinese, values)


def _sample(name: str) -> str:
    return "7" if translation.is_number(name) else _SAMPLES.get(name, f"甲{name}")


def _fill(text: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "330109 2018Q1: gate 2 (marts) failed; nothing of this quarter was released",
            "330109 2018Q1：第二道关口（结果表）未通过；该季度没有发布任何结果",
        ),
        ("a corrected delivery and changed rules or registers", "更正后的交付；规则或登记表有变动"),
        ("2018Q1, which it is compared with, was corrected", "用于比较的 2018Q1 已更正"),
        ("区民政局: 3 calls too early, such as A1、A2", "区民政局：3 次回访时间过早，如 A1、A2"),
        (
            "500 rows read, 499 accepted, 1 rejected (landed before)",
            "读取 500 行，接收 499 行，拒收 1 行（此前已接收）",
        ),
        ("departments.csv line 5: write both", "departments.csv 第 5 行：两项都要填写"),
        # one of a list holds what parts the list
        (
            "lines below the table: 2; 3 rows end early, from line 7; their last fields are blank; columns not kept: 备注",
            "表下另有 2 行；3 行末尾缺字段（自第 7 行起），按空白处理；未保留：备注",
        ),
        (
            "34 checks, 0 failed, 1 warned (nothing changed since)",
            "检查 34 项，未通过 0 项，提醒 1 项（此后没有变动）",
        ),
        ("calls.csv cannot be read: calls.csv: 没有找到满意度", "calls.csv 无法读取：calls.csv: 没有找到满意度"),
        # so are the words for how a file is written
        ("workbook, header on line 3", "工作簿，表头在第 3 行"),
        ("xml 2003, utf-8, header on line 3", "XML 2003，utf-8，表头在第 3 行"),
        # a word of a setting stays what it is, whatever else it means
        ("checks: removed after 24 months", "checks：保存 24 个月后清除"),
        ("logs: removed after 1 month", "logs：保存 1 个月后清除"),
        ("releases: 3 read, 0 faults", "releases：检查 3 项，0 处问题"),
        ("0–99: everyone; 3,000 and more: everyone", "0–99：全部；3,000 及以上：全部"),
        ("the lake no longer holds what it held\nread the log", "the lake no longer holds what it held\n查看日志"),
    ],
)
def test_what_is_filled_in_is_turned_too(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


@pytest.mark.parametrize(
    "text", ["", "区民政局", "callback-survey run --quarter 2018Q1", "frame.csv", "Permission denied"]
)
def test_what_is_no_message_of_ours_stays_as_it_is(text: str) -> None:
    assert in_chinese(text) == text


@pytest.mark.parametrize("count", [9, 100, 1000])
def test_a_long_list_is_read_part_by_part(count: int) -> None:
    english = "; ".join(f"departments.csv line {number}: write both" for number in range(count))
    assert in_chinese(english) == "；".join(f"departments.csv 第 {number} 行：两项都要填写" for number in range(count))


def test_the_words_of_a_person_are_never_turned() -> None:
    said = "sample_within_frame was already accepted by 张三: the reason is empty"
    assert in_chinese(said) == "sample_within_frame 已由 张三 放行：the reason is empty"
