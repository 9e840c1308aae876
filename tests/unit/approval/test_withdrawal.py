"""撤回: a notice that is out no longer holds, and nothing takes its place; what was signed stays as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from callback_survey import releases
from callback_survey.approval import decide, public, withdrawal
from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import UsageError
from callback_survey.releases import journal
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.watch import whole_home
from callback_survey.wording.translation import in_chinese
from homes import contents
from issuing import AT, SCOPE, acts, freeze, home, serve

HEADING = Heading("跑改办", "跑改办〔2018〕5号", date(2018, 6, 7))
WHY = "数据来源有疑问，待核实"
LATER, LATEST = "2018-06-08T01:00:00+00:00", "2018-06-20T01:00:00+00:00"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The first revision is issued."""
    found = home(tmp_path / "home")
    serve(found, freeze(found))
    approve(found)
    return found


def approve(settings: Settings, *, at: str = AT, run_id: str = "run-1") -> public.Issue:
    return decide.approve(settings, SCOPE, 1, HEADING, by="值班长", at=at, run_id=run_id)


def withdraw(settings: Settings, revision: int = 1, **changed: Any) -> public.Withdrawal:
    given = {"by": "主任", "reason": WHY, "at": LATER, "run_id": "run-2", **changed}
    return withdrawal.withdraw(settings, SCOPE, revision, **given)


def standing(settings: Settings) -> releases.Standing:
    entries = journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)
    return releases.standing(entries, releases.find(settings.releases, SCOPE, 1))


def test_no_notice_holds_any_more_and_what_was_signed_is_as_it_was(settings: Settings) -> None:
    folder = SCOPE.folder(settings.public)
    signed = contents(folder / "r1")
    said = withdraw(settings)
    assert said == public.Withdrawal(WHY, "主任", LATER)
    assert public.current(settings.public, SCOPE) is None
    assert {path.name for path in folder.iterdir()} == {"r1"}
    after = contents(folder / "r1")
    assert after.pop("withdrawn.json") and after == signed
    assert files.read_json(folder / "r1" / "withdrawn.json") == {
        "reason": WHY,
        "withdrawn_by": "主任",
        "withdrawn_at": LATER,
    }


def test_it_is_an_act_of_its_own_about_the_notice(settings: Settings) -> None:
    withdraw(settings)
    assert acts(settings)[-1] == ("withdrawn", 1, "主任")
    entry = journal.entries(settings.releases)[-1]
    assert (entry.reason, entry.details) == (WHY, {"number": "跑改办〔2018〕5号", "dated_on": "2018-06-07"})
    found = standing(settings)
    assert (found.approval_status, found.withdrawn_by, found.withdrawn_reason) == ("withdrawn", "主任", WHY)
    assert (found.approved_by, found.notice_number, found.corrected_reason) == ("值班长", "跑改办〔2018〕5号", None)


def test_the_next_notice_corrects_nothing(settings: Settings) -> None:
    withdraw(settings)
    serve(settings, freeze(settings, 2, rate="80"))
    heading = Heading("跑改办", "跑改办〔2018〕9号", date(2018, 7, 9))
    issue = decide.approve(settings, SCOPE, 2, heading, by="主任", at=LATEST, run_id="run-3")
    assert issue.supersedes is None and issue.correction is None
    assert public.withdrawal(settings.public, SCOPE, 1) is not None
    assert acts(settings)[-2:] == [("approved", 2, "主任"), ("issued", 2, "主任")]


def test_it_holds_again_when_it_is_approved_anew_and_not_by_the_old_answer(settings: Settings) -> None:
    """Airflow does a cleared task again, with the answer of then."""
    issued = contents(SCOPE.folder(settings.public) / "r1")
    withdraw(settings)
    before = contents(settings.home)
    with pytest.raises(UsageError, match="was withdrawn by 主任 since it was approved"):
        approve(settings)
    assert contents(settings.home) == before
    approve(settings, at=LATEST, run_id="run-3")
    assert contents(SCOPE.folder(settings.public) / "r1") == issued
    assert standing(settings).approval_status == "issued" and standing(settings).withdrawn_reason is None
    assert acts(settings)[-3:] == [("withdrawn", 1, "主任"), ("approved", 1, "值班长"), ("issued", 1, "值班长")]
    # and can be withdrawn again
    assert withdraw(settings, at="2018-06-21T01:00:00+00:00", reason="仍有疑问").reason == "仍有疑问"


def test_another_heading_is_told_that_the_notice_was_withdrawn_and_what_to_do(settings: Settings) -> None:
    withdraw(settings)
    before = contents(settings.home)
    other = Heading("跑改办", "跑改办〔2018〕9号", date(2018, 7, 9))
    with pytest.raises(UsageError, match="and withdrawn at 2018-06-08 09:00 by 主任; nothing was issued") as refusal:
        decide.approve(settings, SCOPE, 1, other, by="主任", at=LATEST, run_id="run-3")
    assert contents(settings.home) == before
    said = in_chinese(refusal.value.what)
    assert said.endswith("第1版曾印发为 跑改办〔2018〕5号（2018-06-07），已由 主任 于 2018-06-08 09:00 撤回；没有签发")
    expected = in_chinese(refusal.value.expected or "").replace("'", "")
    assert expected == (
        "文号印发的是 跑改办〔2018〕5号，不是 跑改办〔2018〕9号；日期印发的是 2018-06-07，不是 2018-07-09"
    )
    # as the next step says
    (SCOPE.folder(settings.public) / "r1").rename(settings.home / "kept")
    issue = decide.approve(settings, SCOPE, 1, other, by="主任", at=LATEST, run_id="run-3")
    assert issue.title == "跑改办〔2018〕9号（2018-07-09）" and public.current(settings.public, SCOPE) == issue


def test_a_withdrawn_notice_can_be_rejected_and_one_that_is_out_cannot(settings: Settings) -> None:
    with pytest.raises(UsageError, match="was already issued"):
        decide.reject(settings, SCOPE, 1, by="主任", reason="不发", at=LATER)
    withdraw(settings)
    decide.reject(settings, SCOPE, 1, by="主任", reason="不发", at=LATEST)
    assert standing(settings).approval_status == "withdrawn"


@pytest.mark.parametrize(
    ("revision", "said"),
    [(2, "r2 is not out; nothing was withdrawn"), (7, "has no revision r7")],
)
def test_what_is_not_out_is_not_withdrawn(settings: Settings, revision: int, said: str) -> None:
    freeze(settings, 2, rate="80")
    before = contents(settings.home)
    with pytest.raises(UsageError, match=said):
        withdraw(settings, revision)
    assert contents(settings.home) == before


def test_it_is_withdrawn_once(settings: Settings) -> None:
    withdraw(settings)
    before = contents(settings.home)
    with pytest.raises(UsageError, match=f"already withdrawn by 主任: {WHY}"):
        withdraw(settings, by="处长", reason="另有原因", at=LATEST)
    assert contents(settings.home) == before


def test_a_replaced_notice_is_not_withdrawn(settings: Settings) -> None:
    serve(settings, freeze(settings, 2, rate="80"))
    heading = Heading("跑改办", "跑改办〔2018〕9号", date(2018, 7, 9))
    decide.approve(settings, SCOPE, 2, heading, by="主任", at=LATER, run_id="run-2", reason="重报")
    with pytest.raises(UsageError, match="r1 is not out") as refusal:
        withdraw(settings)
    assert refusal.value.expected == "r2, which is out as 跑改办〔2018〕9号（2018-07-09）"


class Killed(BaseException):
    """What comes after it does not happen."""


@pytest.mark.parametrize("ended_by", ["the same person", "another", "an approval of the next revision", "a rejection"])
@pytest.mark.parametrize("step", ["withdrawn.json", "the link"])
def test_killed_and_done_again_it_is_the_decision_of_who_decided_first(
    settings: Settings, step: str, ended_by: str
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed

    write_json = files.write_json
    with pytest.MonkeyPatch.context() as monkeypatch:
        if step == "the link":
            unlink = Path.unlink
            monkeypatch.setattr(
                Path, "unlink", lambda path, **how: die() if path.name == public.CURRENT else unlink(path, **how)
            )
        else:
            monkeypatch.setattr(
                files, "write_json", lambda path, value: die() if path.name == step else write_json(path, value)
            )
        with pytest.raises(Killed):
            withdraw(settings)
    if step == "the link":
        faults = {fault.path: fault.next_step for part in whole_home.look_over(settings) for fault in part.faults}
        assert "callback-survey withdraw" in faults[SCOPE.folder(settings.public) / public.CURRENT]
    if ended_by == "an approval of the next revision":
        serve(settings, freeze(settings, 2, rate="80"))
        heading = Heading("跑改办", "跑改办〔2018〕9号", date(2018, 7, 9))
        assert decide.approve(settings, SCOPE, 2, heading, by="主任", at=LATEST, run_id="run-3").supersedes is None
    elif ended_by == "a rejection":
        decide.reject(settings, SCOPE, 1, by="主任", reason="不发", at=LATEST)
        assert public.current(settings.public, SCOPE) is None
    else:
        by = {"the same person": "主任", "another": "处长"}[ended_by]
        assert withdraw(settings, by=by, at=LATEST).withdrawn_by == "主任"
    assert public.withdrawal(settings.public, SCOPE, 1) == public.Withdrawal(WHY, "主任", LATER)
    assert [act for act, _, _ in acts(settings)].count("withdrawn") == 1
