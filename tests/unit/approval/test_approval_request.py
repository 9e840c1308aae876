"""What an approver reads: the figures of this release, what is more than chance and what is not, and what has moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from callback_survey.approval import decide
from callback_survey.approval.request import request_for
from callback_survey.approval.withdrawal import withdraw
from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import DamagedFile
from callback_survey.releases import Release
from callback_survey.settings import Settings
from issuing import AT, SCOPE, damage, freeze, home, serve


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return home(tmp_path / "home")


def body(settings: Settings, release: Release) -> str:
    return request_for(settings, release).body


def test_it_names_the_release_and_shows_the_averages_beside_their_benchmarks(settings: Settings) -> None:
    request = request_for(settings, freeze(settings))
    assert request.subject == (
        "签发：杭州市萧山区：关于2018年第一季度“最多跑一次”满意率、实现率第三方电话回访情况的通报 第1版"
    )
    without = request_for(replace(settings, registers=None), freeze(settings, 2))
    assert without.subject == "签发：杭州市萧山区2018年第一季度办件电话回访情况通报 第2版"
    assert "| 满意率 | 89.81 | 2017年全省平均满意率 94.70 | −4.89 | 3 / 3 | 1 | 区民政局 |" in request.body
    assert "| 实现率 | 89.81 | 没有参照值 | — | 3 / 3 | 0 | — |" in request.body
    assert (request.region_code, request.quarter, request.revision) == ("330109", "2018Q1", 1)


def test_only_what_is_more_than_chance_is_marked_as_such(settings: Settings) -> None:
    text = body(settings, freeze(settings))
    assert "**区民政局 74.42 ▽**" in text
    assert "就本季度办件超出抽样误差的 1 个，按部门水平仍低于平均的 0 个。" in text


def test_few_answers_are_a_remark_and_not_made_to_stand_out(settings: Settings) -> None:
    text = body(settings, freeze(settings, reliability="not_rated"))
    assert "区民政局 74.42 ‡" in text and "**区民政局" not in text


def test_what_was_counted_is_called_as_the_district_does(settings: Settings, tmp_path: Path) -> None:
    own = replace(settings, registers=tmp_path / "survey" / "registers")
    own.registers.mkdir(parents=True)  # type: ignore[union-attr]
    (tmp_path / "survey" / "notices.toml").write_text(
        '[[notice]]\nregion_code = "330109"\nsince = "2018Q1"\ncases = "工单"\n', encoding="utf-8"
    )
    text = request_for(own, freeze(settings)).body
    assert "就本季度工单超出抽样误差的 1 个" in text and "（仅就本季度工单）" in text
    assert "办件" not in text.partition("### 检查提醒")[0]


def test_where_nothing_could_be_tested_it_says_so_and_marks_nothing(settings: Settings) -> None:
    text = body(settings, freeze(settings, tested=False))
    assert "有效回答数不详，无法判断是否超出抽样误差。" in text
    assert "区民政局 74.42" in text
    assert "▽" not in text and "▼" not in text


def test_a_warning_is_told_with_its_examples_in_the_words_of_its_rule(settings: Settings) -> None:
    text = body(settings, freeze(settings))
    assert "检查提醒（1 项）" in text
    assert (
        "- **与印发附件有差异**：检查 68 项，不符合 1 项（要求：算出的数字与印发的相等）\n  - 区教育局: 97.56" in text
    )


def test_a_figure_in_an_example_is_called_as_the_annex_calls_it(settings: Settings) -> None:
    release = freeze(settings, sample=25)
    (told,) = [
        path for path in (release.folder / "checks").glob("*.json") if "97.56" in path.read_text(encoding="utf-8")
    ]
    said = "区教育局（满意率）: sample_count computed 25, printed 24; other_count computed 1, printed 2"
    told.write_text(told.read_text(encoding="utf-8").replace("区教育局: 97.56", said), encoding="utf-8")
    assert "  - 区教育局（满意率）：抽样数 算得 25，印发 24; other\\_count 算得 1，印发 2" in body(settings, release)


def test_what_a_person_accepted_is_told_with_name_and_reason(settings: Settings) -> None:
    accepted = {"gate": "marts", "check_id": "reconciliation_within_tolerance", "observed": "1 of 68 rows"}
    accepted |= {"examples": "区档案局 99.00", "by": "值班长", "reason": "附件印错", "at": AT}
    text = body(settings, freeze(settings, accepted=[accepted]))
    assert "区档案局 99.00。值班长 放行，理由：附件印错" in text


def test_a_correction_shows_what_moved_against_the_revision_before(settings: Settings) -> None:
    freeze(settings)
    text = body(settings, freeze(settings, 2, rate="91", reason="a corrected delivery"))
    assert "来由：更正后的交付" in text
    assert "### 与第1版（上一版）的差别" in text
    assert "| 区民政局 | 满意率 | 74.42 | 91.00 | 3 | 移出低于平均 |" in text
    assert "区教育局 |" not in text.partition("（上一版）")[2].partition("检查提醒")[0]


def test_a_difference_that_is_no_longer_more_than_chance_is_told(settings: Settings) -> None:
    freeze(settings)
    text = body(settings, freeze(settings, 2, tested=False))
    assert "| 区民政局 | 满意率 | 74.42 | 74.42 | 3 | 不再超出抽样误差 |" in text


def test_the_rows_that_the_correction_changed_are_told(settings: Settings) -> None:
    first = freeze(settings)
    rows = [{"dataset": "calls", "added_count": 4, "removed_count": 0, "changed_count": 2}]
    told = {"against": first.name, "rows": rows, "departments": []}
    assert "- 回访记录：新增 4 行，删除 0 行，改动 2 行\n\n" in body(
        settings, freeze(settings, 2, rate="80", difference=told)
    )


def test_it_is_also_held_against_the_notice_that_is_out(settings: Settings) -> None:
    serve(settings, freeze(settings))
    decide.approve(settings, SCOPE, 1, Heading("跑改办", "5号", date(2018, 6, 7)), by="值班长", at=AT)
    freeze(settings, 2, rate="80")
    text = body(settings, freeze(settings, 3, rate="81"))
    assert "- 现行通报：第1版，5号（2018-06-07），值班长 批准。批准即为更正：须写更正原因，由本版代替，原件保留" in text
    assert (
        "首段之前印有“更正说明：本通报更正并代替2018年6月7日印发的5号通报，原通报停止使用。更正原因：（所填的更正原因）。"
        "满意率：比率有变动的部门1个，区民政局（74.42%改为81.00%）。实现率的数字没有变动。”" in text
    )
    before, out = text.partition("与第2版（上一版）的差别")[2].split("与第1版（现行通报）的差别")
    assert "| 80.00 | 81.00 |" in before
    assert "| 74.42 | 81.00 |" in out


def test_what_was_withdrawn_says_by_whom_and_why_and_that_nothing_is_out(settings: Settings) -> None:
    release = freeze(settings)
    serve(settings, release)
    assert "- 本季度尚未印发过通报" in body(settings, release)
    heading = Heading("跑改办", "跑改办〔2018〕5号", date(2018, 6, 7))
    decide.approve(settings, SCOPE, 1, heading, by="值班长", at=AT, run_id="run-1")
    withdraw(settings, SCOPE, 1, by="主任", reason="数据待核实", at="2018-06-08T01:00:00+00:00", run_id="run-2")
    told = body(settings, release).splitlines()
    issued = "- 本版已印发：跑改办〔2018〕5号（2018-06-07），值班长 批准；已由 主任 撤回：数据待核实。批准即恢复为现行通报，文字和文号不变"
    assert issued in told and "- 本季度没有现行通报" in told


def test_a_revision_whose_figures_are_the_same_says_that_nothing_moved(settings: Settings) -> None:
    freeze(settings)
    assert "没有部门的数字、名次或名单有变动。" in body(settings, freeze(settings, 2))


def test_the_data_note_is_told(settings: Settings) -> None:
    assert "数据说明：**重建的样例**" in body(settings, freeze(settings, data_note="重建的样例"))


def test_signs_in_the_data_are_not_taken_for_markdown(settings: Settings) -> None:
    text = body(settings, freeze(settings, data_note="一|二*三_[四](http://x) <b>"))
    assert r"一\|二\*三\_\[四\](http://x) \<b\>" in text


def test_nobody_is_asked_about_a_damaged_release(settings: Settings) -> None:
    release = freeze(settings)
    damage(release)
    with pytest.raises(DamagedFile):
        request_for(settings, release)


def test_a_request_says_that_its_drafts_are_not_there_yet(settings: Settings) -> None:
    text = request_for(settings, freeze(settings, files={"dictionary.csv": "0" * 64}), "https://airflow.example").body
    assert "草稿还没有生成，暂不能签发" in text and "callback-survey run --region 330109 --quarter 2018Q1" in text
    assert "先看草稿" not in text


def test_the_draft_is_one_click_away_where_there_is_a_page(settings: Settings) -> None:
    release = freeze(settings)
    page = "https://airflow.example/callback-survey/releases/330109/2018Q1/r1"
    request = request_for(settings, release, page)
    assert f"[打开这一版的页面]({page})" in request.body
    assert "打开这一版的页面" not in request_for(settings, release).body
    assert request.figures[0] == "满意率平均 89.81%，低于平均的部门 1 个"
