"""What an alert says: what failed, where, by how much, what to do; and never a number that belongs to a person."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import duckdb
import pytest

from callback_survey.alerts import Place, render
from callback_survey.alerts.compose import of_failure, of_recovery, of_warnings
from callback_survey.errors import (
    DeliveryRefused,
    GateFailed,
    NothingDelivered,
    RegisterError,
    RowsRemoved,
    SurveyError,
    UsageError,
)
from callback_survey.wording.catalogue import Words, catalogue
from homes import REPOSITORY
from receivers import ALERT

RULES = REPOSITORY / "dbt_project" / "seeds" / "check_rules.csv"
with RULES.open(encoding="utf-8", newline="") as _file:
    _rules = list(csv.DictReader(_file))
ZH = Words(
    "zh",
    {rule["check_id"]: rule["title"] for rule in _rules},
    {rule["check_id"]: rule["allowed_zh"] for rule in _rules},
)
EN = Words("en", {rule["check_id"]: rule["title_en"] for rule in _rules})


def test_a_message_says_what_where_how_much_and_what_to_do() -> None:
    title, body = render(ALERT)

    assert title == "【失败】330109 2018Q1：抽样数多于有效样本框"
    assert body.splitlines() == [
        "问题：抽样数多于有效样本框",
        "地区和季度：330109 2018Q1（萧山区）",
        "步骤：gate（第二道关口）",
        "明细：",
        "  · 区市场监管局：抽样 9829，允许不超过 9828",
        "  · 区公安分局（户籍）：抽样 6612，允许不超过 6611",
        "读者现在看到：2017Q4 的结果",
        "下一步：请提供方更正",
        "重新执行：callback-survey run --region 330109 --quarter 2018Q1",
        "处理手册：",
        "  docs/runbook.md#sample_within_frame",
        "检查页面：http://survey.example/checks/run/index.html",
        "运行记录：http://airflow.example/dags/callback_quarter",
        "运行：callback_quarter/manual__2018-04-20T06:00:00+08:00",
    ]


def test_a_long_list_is_cut_and_says_how_much_is_missing() -> None:
    _, body = render(replace(ALERT, lines=tuple(f"部门 {number}" for number in range(100))))

    assert "部门 39" in body
    assert "部门 40" not in body
    assert "另有 60 行" in body


def test_a_title_is_one_short_line() -> None:
    title, _ = render(replace(ALERT, title="第一行\n第二行 " + "很长" * 100))

    assert "\n" not in title
    assert len(title) <= 120


@pytest.mark.parametrize(
    "number",
    ["13800138000", "+8613800138000", "008613800138000", "138-0013-8000", "138 0013 8000", "１３８００１３８０００"],
)
def test_no_spelling_of_a_phone_number_leaves(number: str) -> None:
    title, body = render(
        replace(
            ALERT, title=f"号码{number}错", lines=(f"电话：{number}。",), next_step=number, run_id=number, link=number
        )
    )

    assert number not in title + body
    assert "电话：[号码]。" in body


def test_no_identity_number_leaves() -> None:
    assert "110101199003070011" not in render(replace(ALERT, lines=("证件 110101199003070011",)))[1]


@pytest.mark.parametrize(
    "text",
    [
        "XS20180100012345",
        "manual__2018-04-20T06:00:00.123456+00:00",
        "20180420T060000123456",
        "sha256 a13800138000b",
        "1524204000000",
        "90597",
    ],
)
def test_what_the_reader_must_look_up_survives(text: str) -> None:
    assert text in render(replace(ALERT, lines=(text,)))[1]


GATE_TWO = GateFailed(
    "330109 2018Q1: gate 2 (marts) failed; nothing of this quarter was released",
    next_step="ask for a corrected delivery, then run the quarter again",
    region_code="330109",
    quarter="2018Q1",
    alert_lines=["sample_within_frame: 2 of 70 rows; allowed: sample ≤ valid frame"],
    gate="marts",
    findings=[
        {
            "check_id": "sample_within_frame",
            "observed": "2 of 70 rows",
            "allowed": "sample ≤ valid frame",
            "examples": ["区民政局（满意率）: 抽样 4 > 有效样本框 3"],
        },
        {"check_id": "added_yesterday", "observed": "0.7", "allowed": "at most 0.5", "examples": []},
    ],
)
PLACE = Place("r", "gate", readers_see="2018Q1 r1", checks_page="checks/r/index.html")


def test_a_gate_says_in_chinese_what_was_observed_and_allowed_and_where_the_runbook_is() -> None:
    title, body = render(of_failure(GATE_TWO, PLACE, ZH))

    assert title == "【失败】330109 2018Q1：第二道关口（结果检查）没有通过：抽样数超过有效样本框 等 2 项检查"
    for line in (
        "  · 抽样数超过有效样本框（sample_within_frame）：检查 70 项，不符合 2 项；要求：每个部门：抽样数 ≤ 有效样本框",
        "      区民政局（满意率）: 抽样 4 > 有效样本框 3",
        "  · added_yesterday（added_yesterday）：0.7；要求：at most 0.5",
        "读者现在看到：2018Q1 r1",
        "重新执行：callback-survey run --region 330109 --quarter 2018Q1",
        "  docs/runbook.md#sample_within_frame",
        "  docs/runbook.md#added_yesterday",
        "检查页面：checks/r/index.html",
    ):
        assert line in body.splitlines()


def test_the_same_in_english_holds_no_chinese_but_that_of_the_data() -> None:
    title, body = render(of_failure(replace_examples(GATE_TWO), PLACE, EN))

    assert title == (
        "[FAILED] 330109 2018Q1: gate 2 (result checks) failed: sample larger than the valid frame, and 1 more"
    )
    assert "Readers see: 2018Q1 r1" in body.splitlines()
    assert "Retry: callback-survey run --region 330109 --quarter 2018Q1" in body.splitlines()
    assert not re.search("[\u4e00-\u9fff：；，（）【】]", title + body)


def replace_examples(failure: GateFailed) -> GateFailed:
    findings = [{**finding, "examples": ["Civil Affairs: sample 4 > valid frame 3"]} for finding in failure.findings]
    return GateFailed(failure.what, region_code="330109", quarter="2018Q1", gate="marts", findings=findings)


def test_the_failures_of_several_regions_are_one_message_with_the_lines_of_each() -> None:
    lost = GateFailed(
        "330110 2018Q2: was not computed again", region_code="330110", quarter="2018Q2", alert_lines=["x"]
    )
    alert = of_failure(GateFailed("2 regions did not get through", quarter="2018Q1", parts=[GATE_TWO, lost]), PLACE, ZH)

    assert alert.title == "2 个地区没有通过"
    assert alert.lines[0] == "330109 2018Q1：第二道关口（结果检查）没有通过：抽样数超过有效样本框 等 2 项检查"
    assert "330110 2018Q2: was not computed again" in alert.lines
    assert "  x" in alert.lines
    assert alert.concerns == ("330109-2018Q1", "330110-2018Q2")


def test_a_warning_that_may_say_why_is_no_failed_check() -> None:
    cause = {"check_id": "spellings_known", "severity": "warn", "observed": "1", "allowed": "0", "examples": ["完成"]}
    failed = GATE_TWO.findings[0] | {"severity": "fail"}
    alert = of_failure(GateFailed("no", gate="delivery", findings=[failed, cause]), PLACE, ZH)

    assert "等" not in alert.title
    assert [line for line in alert.lines if line.startswith("可能原因：")] == [
        "可能原因：有未登记的写法（spellings_known）：1；要求：0"
    ]


def test_what_waits_for_nobody_stays_open_for_nobody() -> None:
    error = RowsRemoved("its time had passed", region_code="330109", quarter="2018Q1")

    assert of_failure(error, PLACE, ZH).concerns == ()


@pytest.mark.parametrize(
    ("error", "words", "section"),
    [
        (DeliveryRefused("torn"), "交付不能接收：torn", "a-delivery-was-refused"),
        (GateFailed("no"), "关口没有通过：no", "a-gate-said-no"),
        (NothingDelivered("no delivery for 2018Q1"), "没有找到交付：没有 2018Q1 的交付", "nothing-came"),
        (RegisterError("twice"), "登记表有误：twice", "a-register-is-wrong"),
        (UsageError("no key"), "设置或参数有误：no key", "a-setting-is-wrong"),
        (SurveyError("dbt"), "运行出错：dbt", "the-pipeline-or-the-machine-broke"),
        (OSError("disk full"), "程序出错：OSError: disk full", "the-pipeline-or-the-machine-broke"),
        ("killed", "运行失败，没有任务报告原因（可能是工作进程被终止）：killed", "the-pipeline-or-the-machine-broke"),
        (None, "任务中断，没有留下错误信息", "the-pipeline-or-the-machine-broke"),
    ],
)
def test_every_kind_of_failure_has_its_words_and_its_section(error: Exception, words: str, section: str) -> None:
    alert = of_failure(error, PLACE, ZH)

    assert alert.title == words
    assert alert.runbook == (f"docs/runbook.md#{section}",)


def test_our_own_errors_bring_where_what_was_expected_and_the_remedy() -> None:
    error = UsageError("no key", where="/etc/key", expected="32 characters", next_step="openssl rand -hex 32")

    assert of_failure(error, PLACE, ZH).lines == ("位置：/etc/key", "应为：32 characters", "提示：openssl rand -hex 32")
    assert of_failure(error, PLACE, EN).lines[-1] == "hint: openssl rand -hex 32"
    assert of_failure(error, PLACE, EN).title == "no key"


def test_the_error_knows_its_scope_better_than_the_place() -> None:
    alert = of_failure(GATE_TWO, Place("r", "gate", "000000", "1999Q1"), ZH)

    assert alert.scope == "330109 2018Q1"


def test_where_a_person_may_let_a_check_pass_the_command_is_told() -> None:
    command = "callback-survey accept --region 330109 --quarter 2018Q1 --check reject_share --reason … --by …"
    remedy = f"ask for a corrected delivery; or, if the data are correct, accept each failed check, such as: {command}"
    may = GateFailed("no", gate="delivery", findings=GATE_TWO.findings, next_step=remedy)

    assert of_failure(may, PLACE, ZH).lines[-1].endswith(f"逐项执行：{command}")
    assert "accept" not in "".join(of_failure(GATE_TWO, PLACE, ZH).lines)


def test_a_check_that_the_catalogue_lacks_is_told_by_the_title_of_its_rule() -> None:
    assert Words("zh", {"added_yesterday": "新检查"}).check("added_yesterday") == "新检查"
    assert Words("zh").check("added_yesterday") == "added_yesterday"


def test_in_airflow_a_verdict_needs_a_new_run_and_a_machine_a_cleared_task() -> None:
    verdict = of_failure(GATE_TWO, Place("r", "gate", task="gate"), EN).retry
    machine = of_failure(OSError("disk"), Place("r", "build", quarter="2018Q1", task="build"), EN).retry

    assert 'callback_quarter in Airflow with {"quarter": "2018Q1", "region": "330109"}' in verdict
    assert "clear the task build" in machine
    assert machine.endswith("callback-survey run --quarter 2018Q1")


def test_of_a_foreign_error_only_type_and_first_line_are_told() -> None:
    alert = of_failure(ValueError("broken\nOriginal line: 张三,secret"), PLACE, EN)

    assert alert.title == "ValueError: broken"
    assert "张三" not in "".join(render(alert))


def test_data_quoted_by_the_database_is_not_told() -> None:
    with pytest.raises(duckdb.ConversionException, match="张三") as failure:
        duckdb.sql("select cast('张三' as integer)").fetchall()

    alert = of_failure(failure.value, PLACE, EN)

    assert alert.title.startswith("ConversionException: ")
    assert "张三" not in "".join(render(alert))


def test_problems_are_told_apart_by_kind_scope_and_text() -> None:
    def problem(what: str, region: str | None = None) -> str:
        return of_failure(GateFailed(what, region_code=region), PLACE, ZH).problem

    assert problem("a") == problem("a")
    assert len({problem("a"), problem("b"), problem("a", "330109"), problem("a", "330110")}) == 4


def test_warnings_of_several_quarters_are_one_message() -> None:
    result = {
        "check_id": "spellings_known",
        "observed": "1 of 4 rows",
        "allowed": "none",
        "examples": ["frame.csv: 备用"],
    }
    alert = of_warnings({("330110", "2018Q1"): [result], ("330109", "2018Q1"): [result, result]}, PLACE, ZH)

    assert render(alert)[0] == "【提醒】2018Q1：两道关口有 3 项提醒"
    assert alert.lines[0] == "330109 2018Q1"
    assert (
        alert.lines[1]
        == "  有未登记的写法（spellings_known）：检查 4 项，不符合 1 项；要求：表头、部门、答复和回访结果都是登记过的写法"
    )
    assert "    frame.csv: 备用" in alert.lines
    assert alert.runbook == ("docs/runbook.md#spellings_known",)


def test_a_recovery_says_since_when_and_in_which_run_it_had_failed() -> None:
    solved = {
        "key": "330109-2018Q1",
        "region_code": "330109",
        "quarter": "2018Q1",
        "run_id": "bad",
        "step": "gate",
        "since": "2018-04-20 06:10",
    }
    title, body = render(of_recovery([solved], Place("good", "serve"), ZH))

    assert title == "【恢复】330109 2018Q1：恢复正常"
    assert "330109 2018Q1：此前自 2018-04-20 06:10 起失败（bad，gate），现已通过" in body


# The catalogue


@pytest.mark.parametrize("key", catalogue())
def test_every_text_is_there_in_both_languages_with_the_same_names(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) == {"zh", "en"}
    # what only one language needs, such as how many more there are, is given to both
    free = {"what.checks": {"count", "more"}}.get(key, set())
    names = [set(re.findall(r"{(\w+)}", text)) - free for text in texts.values()]
    assert names[0] == names[1]


def test_every_check_has_a_title_in_both_languages() -> None:
    assert _rules
    untitled = [rule["check_id"] for rule in _rules if not (rule["title"] and rule["title_en"])]
    assert untitled == [], "add them in dbt_project/seeds/check_rules.csv"
