"""更正: an issued notice is replaced by another one as an act: with a reason, on paper, in the journal, and beside what was replaced."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from callback_survey import releases
from callback_survey.approval import decide, public
from callback_survey.approval.correction import correction_of
from callback_survey.documents.notice.correction import Correction, Moved, MovedMeasure
from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import UsageError
from callback_survey.releases import journal
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.wording.translation import in_chinese
from english_left import english_runs
from homes import contents
from issuing import AT, SCOPE, acts, freeze, home, serve

FIRST = Heading("跑改办", "跑改办〔2018〕5号", date(2018, 6, 7))
SECOND = Heading("跑改办", "跑改办〔2018〕9号", date(2018, 7, 9))
WHY = "区民政局的回访记录有误，已重新报送"
LATER = "2018-07-09T01:00:00+00:00"
MOVED = "满意率：比率有变动的部门1个，区民政局（74.42%改为80.00%）。实现率的数字没有变动。"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The first revision is issued; the second, in which 区民政局 did better, is served."""
    found = home(tmp_path / "home")
    serve(found, freeze(found))
    decide.approve(found, SCOPE, 1, FIRST, by="值班长", at=AT, run_id="run-1")
    serve(found, freeze(found, 2, rate="80"))
    return found


def correct(settings: Settings, *, reason: str = WHY, at: str = LATER, run_id: str = "run-2") -> public.Issue:
    return decide.approve(settings, SCOPE, 2, SECOND, by="主任", at=at, run_id=run_id, reason=reason)


def restore(settings: Settings, *, reason: str = "r2 也有误") -> public.Issue:
    serve(settings, releases.revisions(settings.releases, SCOPE)[0])
    return decide.approve(
        settings, SCOPE, 1, Heading(), by="主任", at="2018-07-10T01:00:00+00:00", run_id="run-3", reason=reason
    )


def entries(settings: Settings) -> list[journal.Decision]:
    return journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)


def standing(settings: Settings, revision: int) -> releases.Standing:
    return releases.standing(entries(settings), releases.find(settings.releases, SCOPE, revision))


def test_an_issued_notice_is_not_replaced_without_a_reason(settings: Settings) -> None:
    before = contents(settings.home)
    with pytest.raises(
        UsageError, match="the notice 跑改办〔2018〕5号（2018-06-07） is out and would be corrected without"
    ) as refused:
        correct(settings, reason="")
    assert "--reason" in (refused.value.next_step or "")
    told = (refused.value.what, refused.value.expected, refused.value.next_step)
    assert not [run for text in told for run in english_runs(in_chinese(text or "")) if run != "reason"]
    assert contents(settings.home) == before


def test_a_first_notice_corrects_nothing(tmp_path: Path) -> None:
    found = home(tmp_path / "home")
    serve(found, freeze(found))
    with pytest.raises(UsageError, match="no issued notice would be replaced; nothing was issued"):
        decide.approve(found, SCOPE, 1, FIRST, by="值班长", at=AT, reason=WHY)
    assert acts(found) == [] and not found.public.exists()


def test_the_notice_says_what_it_replaces_and_why_and_which_figures_moved(settings: Settings) -> None:
    issue = correct(settings)
    assert (issue.folder / "notice.html").read_text(encoding="utf-8").splitlines()[-1] == (
        f"本通报更正并代替2018年6月7日印发的跑改办〔2018〕5号通报，原通报停止使用。更正原因：{WHY}。{MOVED}"
    )
    assert files.read_json(issue.folder / "issue.json")["correction"] == {"reason": WHY, "moved": MOVED}


def test_what_was_replaced_says_by_what_and_its_documents_are_as_they_were_signed(settings: Settings) -> None:
    first = public.current(settings.public, SCOPE)
    assert first is not None
    before = contents(first.folder)
    correct(settings)
    assert public.mark(settings.public, SCOPE, 1) == public.Mark(
        2, "跑改办〔2018〕9号", "2018-07-09", WHY, MOVED, "主任", LATER
    )
    assert {name: told for name, told in contents(first.folder).items() if name != public.MARK} == before
    # whoever may read the notice may read that it no longer holds
    assert (first.folder / public.MARK).stat().st_mode & 0o004


def test_the_correction_is_an_act_of_its_own(settings: Settings) -> None:
    correct(settings)
    assert acts(settings)[2:] == [("approved", 2, "主任"), ("corrected", 1, "主任"), ("issued", 2, "主任")]
    entry = entries(settings)[3]
    assert (entry.reason, entry.at, entry.content_hash) == (
        WHY,
        LATER,
        releases.find(settings.releases, SCOPE, 1).content_hash,
    )
    assert entry.details == {
        "number": "跑改办〔2018〕5号",
        "dated_on": "2018-06-07",
        "corrected_by": "r2",
        "moved": MOVED,
    }
    replaced = standing(settings, 1)
    assert (replaced.approval_status, replaced.corrected_by_revision, replaced.corrected_reason) == (
        "corrected",
        2,
        WHY,
    )
    assert (replaced.approved_by, replaced.notice_number) == ("值班长", "跑改办〔2018〕5号")
    assert (standing(settings, 2).approval_status, standing(settings, 2).corrected_reason) == ("issued", None)


def test_a_notice_that_holds_again_is_no_longer_marked_and_the_other_one_is(settings: Settings) -> None:
    correct(settings)
    with pytest.raises(UsageError, match="跑改办〔2018〕9号（2018-07-09） is out and would be corrected without"):
        restore(settings, reason="")
    restore(settings)
    assert public.mark(settings.public, SCOPE, 1) is None
    mark = public.mark(settings.public, SCOPE, 2)
    assert mark is not None and (mark.revision, mark.reason) == (1, "r2 也有误")
    assert mark.moved == "满意率：比率有变动的部门1个，区民政局（80.00%改为74.42%）。实现率的数字没有变动。"
    assert acts(settings)[-3:] == [("approved", 1, "主任"), ("corrected", 2, "主任"), ("issued", 1, "主任")]
    assert [standing(settings, revision).approval_status for revision in (1, 2)] == ["issued", "corrected"]


class Killed(BaseException):
    """What comes after it does not happen."""


def die_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed

    append, write_json = journal.append, files.write_json
    if step in ("corrected", "issued"):
        monkeypatch.setattr(journal, "append", lambda root, entry: die() if entry.act == step else append(root, entry))
    elif step == "mark":
        monkeypatch.setattr(
            files, "write_json", lambda path, value: die() if path.name == public.MARK else write_json(path, value)
        )
    else:
        module: Any = {"rename": os, "swap_symlink": files}[step]
        monkeypatch.setattr(module, step, die)


@pytest.mark.parametrize("at", [LATER, "2018-07-09T02:00:00+00:00"])
@pytest.mark.parametrize("step", ["rename", "mark", "swap_symlink", "corrected", "issued"])
def test_killed_while_correcting_and_done_again_it_is_corrected_once(settings: Settings, step: str, at: str) -> None:
    """By Airflow, with the moment of the answer, or by a person who gives the command again."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        die_at(monkeypatch, step)
        with pytest.raises(Killed):
            correct(settings)
    issue = correct(settings, at=at, run_id="run-2" if at == LATER else "run-4")
    told = list(dict.fromkeys(acts(settings)[2:]))
    assert told == [("approved", 2, "主任"), ("corrected", 1, "主任"), ("issued", 2, "主任")]
    assert [act for act, _, _ in acts(settings)].count("corrected") == 1
    assert public.current(settings.public, SCOPE) == issue
    assert public.mark(settings.public, SCOPE, 2) is None
    mark = public.mark(settings.public, SCOPE, 1)
    assert mark is not None and mark.revision == 2


def test_a_figure_of_the_annex_that_moved_is_told_where_the_rate_stayed(tmp_path: Path) -> None:
    """Nothing is said to be unchanged that is printed otherwise."""
    found = home(tmp_path / "home")
    freeze(found, sample=30)
    release = freeze(found, 2, sample=31)
    first = replace(ISSUE, content_hash=releases.find(found.releases, SCOPE, 1).content_hash)
    assert correction_of(found, release, first, WHY).moved == (
        "满意率：比率不变，附件其他数字或名单标记有变动的部门1个，区教育局。实现率的数字没有变动。"
    )


def test_a_sign_that_is_gone_is_told(tmp_path: Path) -> None:
    found = home(tmp_path / "home")
    freeze(found)
    release = freeze(found, 2, tested=False)
    first = replace(ISSUE, content_hash=releases.find(found.releases, SCOPE, 1).content_hash)
    assert "名单标记有变动的部门1个，区民政局" in correction_of(found, release, first, WHY).moved


def test_without_the_release_of_the_earlier_notice_nothing_is_said_to_be_unchanged(tmp_path: Path) -> None:
    found = home(tmp_path / "home")
    freeze(found)
    release = freeze(found, 2)
    # other figures lie under its number now
    assert correction_of(found, release, replace(ISSUE, content_hash="other"), WHY).measures is None
    files.remove_tree(found.releases / "330109" / "2018Q1" / "r1")
    assert correction_of(found, release, ISSUE, WHY).moved == "原通报的数据已不在，没有逐项比较。"


ISSUE = public.Issue("330109", "2018Q1", 1, "", "跑改办", "", "", "值班长", AT, AT, None, {}, Path())


def test_every_kind_of_change_has_its_words() -> None:
    correction = Correction(
        "2018Q1",
        1,
        "",
        None,
        "数据有误。",
        (
            MovedMeasure(
                "满意率",
                ("94.77%", "94.80%"),
                ("没有", "94.70%"),
                (Moved("甲局", "90.00%", "不予公布"), Moved("乙局", None, "95.00%"), Moved("丙局", "没有结果", None)),
            ),
            MovedMeasure("实现率", ("92.53%", "92.53%"), ("没有", "没有"), ()),
        ),
    )
    assert correction.sentence == (
        "本通报更正并代替此前印发的2018年第一季度通报（第1版），原通报停止使用。更正原因：数据有误。"
        "满意率：平均值由94.77%改为94.80%；参照值由没有改为94.70%；"
        "比率有变动的部门3个，甲局（90.00%改为不予公布）、乙局（新列入，95.00%）、丙局（不再列入）。实现率的数字没有变动。"
    )
