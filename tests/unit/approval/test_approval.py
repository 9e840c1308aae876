"""What a decision about a revision leaves behind: documents in the public folder, whole or not at all, and the journal."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from callback_survey.approval import decide, fields, public, withdrawal
from callback_survey.documents import write
from callback_survey.documents.notice.heading import Heading
from callback_survey.errors import ApprovalOutdated, DamagedFile, DocumentsMissing, UsageError
from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.watch.whole_home import Fault, look_over
from callback_survey.wording.translation import in_chinese
from english_left import english_runs
from homes import contents
from issuing import AT, SCOPE, acts, damage, freeze, home, print_heading, serve, withdraw

DAY = date(2018, 6, 7)
HEADING = Heading("跑改办", "跑改办〔2018〕5号", DAY)
NEXT = Heading("跑改办", "跑改办〔2018〕9号", DAY)
WHY = "区民政局的回访记录有误，已重新报送"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The first revision, released and served."""
    found = home(tmp_path / "home")
    serve(found, freeze(found))
    return found


def approve(
    settings: Settings, revision: int = 1, heading: Heading = HEADING, *, run_id: str = "run-1", reason: str = ""
) -> public.Issue:
    return decide.approve(settings, SCOPE, revision, heading, by="值班长", at=AT, run_id=run_id, reason=reason)


def reject(settings: Settings, revision: int = 1) -> None:
    decide.reject(settings, SCOPE, revision, by="值班长", reason="数字待核实", at=AT, run_id="run-1")


def correct(settings: Settings) -> None:
    """A second revision, in which 区民政局 did better, is released and served."""
    serve(settings, freeze(settings, 2, rate="80"))


def folder(settings: Settings) -> Path:
    return settings.public / "330109" / "2018Q1"


def test_an_approved_notice_is_issued_under_the_name_of_who_approved_it(settings: Settings) -> None:
    issue = approve(settings)
    assert issue.folder == folder(settings) / "r1"
    assert (issue.folder / "notice.html").read_text().split("\n")[:4] == [
        "跑改办",
        "跑改办〔2018〕5号",
        "2018-06-07",
        "值班长",
    ]
    assert (folder(settings) / "current").resolve() == issue.folder
    assert acts(settings) == [("approved", 1, "值班长"), ("issued", 1, "值班长")]
    last = journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)[-1]
    assert last.details == {"issuer": "跑改办", "number": "跑改办〔2018〕5号", "dated_on": "2018-06-07"}


def test_nothing_is_approved_before_its_documents_are_there(settings: Settings) -> None:
    """Nobody can have read them. A rejection needs none."""
    lacking = freeze(settings, 2, rate="80", files={"dictionary.csv": "0" * 64})
    serve(settings, lacking)
    with pytest.raises(DocumentsMissing, match="the documents of 330109 2018Q1 r2 are not there yet") as missing:
        approve(settings, 2)
    assert "callback-survey run --region 330109 --quarter 2018Q1" in str(missing.value.next_step)
    assert not english_runs(in_chinese(missing.value.what)) and not folder(settings).exists()
    reject(settings, 2)
    assert acts(settings) == [("rejected", 2, "值班长")]
    (lacking.folder / "SHA256SUMS").write_text(f"{'0' * 64}  notice/notice.html\n")
    assert approve(settings, 2).revision == 2


def test_an_issuer_that_is_not_given_is_the_districts_own(settings: Settings, tmp_path: Path) -> None:
    own = replace(settings, registers=tmp_path / "survey" / "registers")
    own.registers.mkdir(parents=True)  # type: ignore[union-attr]
    (tmp_path / "survey" / "notices.toml").write_text(
        '[[notice]]\nregion_code = "330109"\nsince = "2018Q1"\nissuer = "区数据局"\n', encoding="utf-8"
    )
    issue = approve(own, heading=Heading(number="5号", dated_on=DAY))
    assert (issue.folder / "notice.html").read_text().split("\n")[:2] == ["区数据局", "5号"]
    assert files.read_json(issue.folder / "issue.json")["issuer"] == "区数据局"
    # asked for again without one, it is what it was
    assert approve(own, heading=Heading(number="5号", dated_on=DAY)) == issue


def test_an_issuer_that_is_given_is_printed(settings: Settings, tmp_path: Path) -> None:
    own = replace(settings, registers=tmp_path / "survey" / "registers")
    own.registers.mkdir(parents=True)  # type: ignore[union-attr]
    (tmp_path / "survey" / "notices.toml").write_text(
        '[[notice]]\nregion_code = "330109"\nsince = "2018Q1"\nissuer = "区数据局"\n', encoding="utf-8"
    )
    assert approve(own).issuer == "跑改办"


@pytest.mark.parametrize(
    ("heading", "missing"),
    [
        (Heading(), "印发单位, 文号, 成文日期"),
        (replace(HEADING, issuer=""), "印发单位"),
        (replace(HEADING, number=""), "文号"),
        (replace(HEADING, dated_on=None), "成文日期"),
    ],
)
def test_a_notice_without_issuer_number_or_date_is_not_issued(
    settings: Settings, heading: Heading, missing: str
) -> None:
    bare = replace(settings, registers=None)
    with pytest.raises(UsageError) as refused:
        approve(bare, heading=heading)
    assert refused.value.what == f"the notice has no {missing}; nothing was issued"
    assert not english_runs(in_chinese(refused.value.what)) and not english_runs(
        in_chinese(refused.value.next_step or "")
    )
    assert not settings.public.exists() and acts(settings) == []


def test_who_asks_for_it_gets_a_notice_with_lines_to_write_on(settings: Settings) -> None:
    bare = replace(settings, registers=None)
    issue = decide.approve(bare, SCOPE, 1, Heading(), by="值班长", at=AT, run_id="run-1", is_blank=True)
    assert (issue.issuer, issue.number, issue.dated_on, issue.title) == ("", "", "", "r1")
    # asked for again, it is what it was; what is left blank takes no other form afterwards
    assert approve(bare, heading=Heading()) == issue
    with pytest.raises(UsageError, match="already issued"):
        approve(bare)


def test_who_signs_is_printed_and_who_approved_is_recorded(settings: Settings) -> None:
    issue = approve(settings, heading=replace(HEADING, signatory="主任"))
    assert (issue.signatory, issue.approved_by) == ("主任", "值班长")
    last = journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)[-1]
    assert last.details["signatory"] == "主任"
    with pytest.raises(UsageError, match="signatory is printed as '主任'"):
        approve(settings, heading=replace(HEADING, signatory="副主任"))


@pytest.mark.parametrize("quarter", ["2018Q1", "2026Q3", "2026Q4"])
def test_the_example_of_a_date_is_one_that_would_be_taken(quarter: str) -> None:
    with pytest.raises(UsageError, match="the date of the notice is not valid") as refusal:
        fields.heading_of(quarter, dated_on="2026-13-01")
    example = (refusal.value.expected or "").rpartition(" ")[2]
    assert fields.heading_of(quarter, dated_on=example).dated_on == date.fromisoformat(example)
    assert in_chinese(refusal.value.expected or "") == f"{quarter} 结束之后的日期，如 {example}"


def test_a_notice_that_was_issued_before_signatories_were_kept_is_read(settings: Settings) -> None:
    issue = approve(settings)
    told = files.read_json(issue.folder / "issue.json")
    del told["signatory"]
    files.write_json(issue.folder / "issue.json", told)
    assert public.issued(settings.public, SCOPE, 1) == issue


def test_issue_json_names_every_file_with_its_hash_and_what_the_figures_are(settings: Settings) -> None:
    issue = approve(settings)
    written = files.read_json(issue.folder / "issue.json")
    assert written["files"] == {
        name: files.sha256_of(issue.folder / name) for name in ("charts/satisfaction.svg", "notice.html")
    }
    assert written["content_hash"] == decide.served_release(settings, SCOPE).content_hash
    assert (written["approved_by"], written["approved_at"], written["supersedes"]) == ("值班长", AT, None)


def test_the_release_itself_is_not_touched(settings: Settings) -> None:
    before = contents(settings.releases / "330109" / "2018Q1" / "r1")
    approve(settings)
    assert contents(settings.releases / "330109" / "2018Q1" / "r1") == before


def test_a_correction_replaces_the_notice_and_leaves_the_earlier_one_as_it_was(settings: Settings) -> None:
    first = approve(settings)
    before = contents(first.folder)
    correct(settings)
    second = approve(settings, 2, Heading("跑改办", "跑改办〔2018〕9号", DAY), reason=WHY)
    after = contents(first.folder)
    del after["replaced.json"]
    assert after == before
    assert second.supersedes == {"revision": 1, "number": "跑改办〔2018〕5号", "dated_on": "2018-06-07"}
    assert os.readlink(folder(settings) / "current") == "r2"
    assert journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)[-1].details["supersedes"] == "r1"


def test_an_approval_of_what_is_not_served_any_more_issues_nothing(settings: Settings) -> None:
    correct(settings)
    with pytest.raises(ApprovalOutdated, match="r1 was approved, but readers now see r2") as raised:
        approve(settings, 1)
    assert "--dry-run" in str(raised.value)
    assert not settings.public.exists()
    assert acts(settings) == []


def test_a_revision_that_is_frozen_and_not_served_cannot_be_issued(settings: Settings) -> None:
    freeze(settings, 2, rate="80")
    with pytest.raises(ApprovalOutdated, match="readers now see r1"):
        approve(settings, 2)


def test_after_a_rollback_the_earlier_notice_holds_again_as_it_was(settings: Settings) -> None:
    first = approve(settings)
    before = contents(first.folder)
    correct(settings)
    approve(settings, 2, NEXT, run_id="run-2", reason=WHY)
    serve(settings, freeze_again(settings))
    assert approve(settings, 1, Heading(), run_id="run-3", reason="r2 有误") == first
    assert contents(first.folder) == before
    assert os.readlink(folder(settings) / "current") == "r1"
    last = journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)[-1]
    assert (last.act, last.revision, last.details["supersedes"]) == ("issued", 1, "r2")


def test_a_first_revision_that_was_never_issued_can_be_after_readers_went_back_to_it(settings: Settings) -> None:
    correct(settings)
    approve(settings, 2)
    serve(settings, freeze_again(settings))
    issue = approve(settings, 1, NEXT, run_id="run-3", reason=WHY)
    assert (issue.revision, issue.number) == (1, "跑改办〔2018〕9号")
    assert issue.supersedes == {"revision": 2, "number": "跑改办〔2018〕5号", "dated_on": "2018-06-07"}
    assert os.readlink(folder(settings) / "current") == "r1"


def freeze_again(settings: Settings) -> Any:
    from callback_survey import releases

    return releases.revisions(settings.releases, SCOPE)[0]


def test_the_same_approval_again_changes_nothing(settings: Settings) -> None:
    first = approve(settings)
    before = contents(settings.home)
    assert approve(settings) == first
    assert approve(settings, heading=Heading(), run_id="another") == first
    assert contents(settings.home) == before


@pytest.mark.parametrize(
    "heading",
    [
        Heading("跑改办", "跑改办〔2018〕6号", DAY),
        Heading("别的单位"),
        fields.heading_of("2018Q1", dated_on="2018-06-08"),
    ],
)
def test_a_heading_that_is_printed_cannot_be_changed_by_approving_again(settings: Settings, heading: Heading) -> None:
    approve(settings)
    before = contents(settings.home)
    with pytest.raises(UsageError, match="was already issued as 跑改办〔2018〕5号（2018-06-07） by 值班长"):
        approve(settings, heading=heading)
    assert contents(settings.home) == before


def test_a_withdrawn_notice_can_be_issued_under_another_heading(settings: Settings, tmp_path: Path) -> None:
    approve(settings)
    withdraw(settings, tmp_path / "kept")
    assert (
        approve(settings, heading=Heading("跑改办", "跑改办〔2018〕6号", DAY), run_id="run-2").number
        == "跑改办〔2018〕6号"
    )
    assert [act for act, _, _ in acts(settings)] == ["approved", "issued", "approved", "issued"]


class Killed(BaseException):
    """What comes after it does not happen."""


def die_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed

    append = journal.append
    if step == "issued":
        monkeypatch.setattr(
            journal, "append", lambda root, entry: die() if entry.act == "issued" else append(root, entry)
        )
    else:
        module: Any = {"write_apart": write, "rename": os, "swap_symlink": files}[step]
        monkeypatch.setattr(module, step, die)


@pytest.mark.parametrize("step", ["write_apart", "rename", "swap_symlink", "issued"])
def test_killed_while_issuing_and_done_again_it_ends_as_if_nothing_had_happened(settings: Settings, step: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        die_at(monkeypatch, step)
        with pytest.raises(Killed):
            approve(settings)
    assert public.current(settings.public, SCOPE) is None or step == "issued"
    issue = approve(settings)
    assert acts(settings) == [("approved", 1, "值班长"), ("issued", 1, "值班长")]
    assert public.current(settings.public, SCOPE) == issue
    assert sorted(path.name for path in folder(settings).iterdir()) == ["current", "r1"]


def test_a_correction_that_is_served_while_the_documents_are_made_is_seen_before_they_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def served_meanwhile(*given: Any, **named: Any) -> None:
        print_heading(*given, **named)
        correct(settings)

    monkeypatch.setattr(write, "write_apart", served_meanwhile)
    with pytest.raises(ApprovalOutdated, match="readers now see r2; nothing was issued"):
        approve(settings)
    assert acts(settings) == []
    assert list(folder(settings).iterdir()) == []


def test_a_notice_of_other_figures_under_the_same_number_is_not_taken_for_this_one(settings: Settings) -> None:
    """Older releases were restored beside a newer public folder, or a folder was moved by hand."""
    issued = approve(settings)
    path = settings.releases / "330109" / "2018Q1" / "r1" / "release.json"
    files.write_json(path, {**files.read_json(path), "content_hash": "other"})
    files.remove_tree(settings.releases / "330109" / "2018Q1" / "journal")
    files.write_json(settings.serving / "current" / "served.json", [["330109|2018Q1", "other"]])
    with pytest.raises(DamagedFile, match="another notice was issued under 330109 2018Q1 r1") as caught:
        approve(settings)
    assert issued.content_hash[:16] in caught.value.what and "other" in caught.value.what


def public_faults(settings: Settings) -> list[Fault]:
    return [fault for part in look_over(settings) if part.name == "public" for fault in part.faults]


@pytest.mark.parametrize("decision", [approve, reject])
def test_what_a_killed_process_left_half_written_is_told_and_removed_by_any_decision(
    settings: Settings, decision: Callable[[Settings], object]
) -> None:
    left = folder(settings) / ".r1-99999999"
    left.mkdir(parents=True)
    assert [fault.path for fault in public_faults(settings)] == [left]
    decision(settings)
    assert not left.exists()
    assert public_faults(settings) == []


def test_a_notice_is_nobody_else_s_to_read_before_it_is_issued(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    place = public.place

    def looked_at(folder: Path, issue: public.Issue) -> public.Issue:
        seen.append(issue.folder.stat().st_mode & 0o777)
        return place(folder, issue)

    monkeypatch.setattr(public, "place", looked_at)
    approve(settings)
    assert seen == [0o700]
    assert approve(settings).folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_an_approval_killed_before_its_notice_holds_is_ended_by_itself_or_by_a_withdrawal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, is_withdrawn: bool
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(public, "show", die)
        with pytest.raises(KeyboardInterrupt):
            approve(settings)
    assert [fault.what for fault in public_faults(settings)] == [
        "its approval was interrupted before it was made the notice that holds"
    ]
    with pytest.raises(UsageError, match="the approval of 330109 2018Q1 r1 by 值班长 was interrupted"):
        reject(settings)
    if is_withdrawn:
        # also once another revision is served, so that it cannot be approved again
        correct(settings)
        approve(settings, 2, NEXT, run_id="run-2")
        later = "2018-06-20T01:00:00+00:00"
        withdrawal.withdraw(settings, SCOPE, 1, by="主任", reason="误签", at=later, run_id="run-3")
        assert os.readlink(folder(settings) / "current") == "r2", "which is another one"
        assert [act for act, _, _ in acts(settings)] == ["approved", "approved", "issued", "withdrawn"]
    else:
        approve(settings)
        assert os.readlink(folder(settings) / "current") == "r1"
        assert [act for act, _, _ in acts(settings)] == ["approved", "issued"]
    assert public_faults(settings) == []


def test_a_number_that_another_notice_bears_is_refused_until_that_one_is_withdrawn(settings: Settings) -> None:
    approve(settings)
    correct(settings)
    with pytest.raises(UsageError, match="跑改办〔2018〕5号 is the number of the notice of 330109 2018Q1 r1"):
        approve(settings, 2, run_id="run-2", reason=WHY)
    withdrawal.withdraw(settings, SCOPE, 1, by="主任", reason="x", at="2018-06-08T01:00:00+00:00", run_id="run-2")
    later = "2018-06-20T01:00:00+00:00"
    assert (
        decide.approve(settings, SCOPE, 2, HEADING, by="主任", at=later, run_id="run-3").number == "跑改办〔2018〕5号"
    )


def test_a_notice_that_comes_back_gives_way_to_who_has_its_number_now(settings: Settings) -> None:
    approve(settings)
    withdrawal.withdraw(settings, SCOPE, 1, by="主任", reason="x", at="2018-06-08T01:00:00+00:00", run_id="run-2")
    correct(settings)
    later = ("2018-06-20T01:00:00+00:00", "2018-06-21T01:00:00+00:00")
    decide.approve(settings, SCOPE, 2, HEADING, by="主任", at=later[0], run_id="run-3")
    serve(settings, freeze_again(settings))
    with pytest.raises(UsageError, match="is the number of the notice of 330109 2018Q1 r2"):
        decide.approve(settings, SCOPE, 1, HEADING, by="主任", at=later[1], run_id="run-4", reason=WHY)


def test_a_notice_that_cannot_be_read_keeps_no_other_from_being_issued(settings: Settings) -> None:
    for name, text in (("r1", "{"), ("r1.old", '{"strange": 1}')):
        damaged = settings.public / "330109" / "2017Q4" / name / "issue.json"
        damaged.parent.mkdir(parents=True)
        damaged.write_text(text, encoding="utf-8")
    assert approve(settings).number == HEADING.number


def test_what_a_rollback_is_about_to_take_back_is_not_issued(settings: Settings) -> None:
    correct(settings)
    again = Decision("rolled_back", "330109", "2018Q1", 1, "值班长", "核实", details={"instead_of": "r2"})
    journal.append(settings.releases, again)
    assert decide.served_release(settings, SCOPE).revision == 1, "which a request is about, too"
    with pytest.raises(ApprovalOutdated, match="readers now see r1"):
        approve(settings, 2)


def test_documents_that_cannot_be_made_leave_nothing_in_the_public_folder(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_font(release: Any, folder: Path, **options: Any) -> None:
        files.write_text(folder / "notice.html", "half a notice")
        raise OSError("no font")

    monkeypatch.setattr(write, "write_apart", no_font)
    with pytest.raises(OSError, match="no font"):
        approve(settings)
    assert list(folder(settings).iterdir()) == []


def test_two_who_approve_at_once_issue_one_notice(settings: Settings) -> None:
    def press(number: int) -> str:
        try:
            return approve(settings, heading=Heading("跑改办", f"{number}号", DAY), run_id=f"run-{number}").number
        except UsageError as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(4) as people:
        said = list(people.map(press, range(4)))
    assert said.count("UsageError") == 3
    assert [act for act, _, _ in acts(settings)] == ["approved", "issued"]


def test_a_damaged_release_is_not_issued(settings: Settings) -> None:
    damage(decide.served_release(settings, SCOPE))
    with pytest.raises(DamagedFile):
        approve(settings)
    assert acts(settings) == [] and not settings.public.exists()


def test_a_rejection_says_why_and_issues_nothing(settings: Settings) -> None:
    reject(settings)
    reject(settings)
    entry = journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)
    assert [(one.act, one.by, one.reason) for one in entry] == [("rejected", "值班长", "数字待核实")]
    assert not settings.public.exists()


def test_who_rejected_may_think_again_until_the_notice_is_out(settings: Settings) -> None:
    reject(settings)
    approve(settings, run_id="run-2")
    with pytest.raises(UsageError, match="already issued by 值班长"):
        reject(settings)
    assert [act for act, _, _ in acts(settings)] == ["rejected", "approved", "issued"]


@pytest.mark.parametrize("what", ["approved", "approved long ago", "rejected", "replaced"])
def test_what_was_decided_elsewhere_or_replaced_is_not_told_as_undecided(settings: Settings, what: str) -> None:
    said = {"by": "值班长", "at": datetime.now(UTC).isoformat(), "run_id": "cli-1"}
    if what.startswith("approved"):
        decide.approve(settings, SCOPE, 1, HEADING, **({**said, "at": AT} if "ago" in what else said))
    elif what == "rejected":
        decide.reject(settings, SCOPE, 1, reason="数字待核实", **said)
    else:
        correct(settings)
    before = acts(settings)
    assert not decide.record_unanswered(settings, SCOPE, 1, waited_hours=72, run_id="run-9")
    assert acts(settings) == before


def test_an_answer_to_an_earlier_question_answers_no_later_one(settings: Settings) -> None:
    reject(settings)
    assert decide.record_unanswered(settings, SCOPE, 1, waited_hours=72, run_id="run-9")


def test_that_nobody_decided_is_written_down_once_a_run(settings: Settings) -> None:
    for run_id in ("run-1", "run-1", "run-1 (cleared 1)"):
        decide.record_unanswered(settings, SCOPE, 1, waited_hours=72, run_id=run_id)
    entries = journal.entries(settings.releases, SCOPE.region_code, SCOPE.quarter)
    assert [(one.act, one.by, one.details) for one in entries] == [("unanswered", "nobody", {"waited_hours": "72"})] * 2


def test_nothing_can_be_decided_about_what_is_not_there(settings: Settings) -> None:
    with pytest.raises(UsageError, match="has no revision r7"):
        reject(settings, 7)
    with pytest.raises(UsageError, match="330109 2018Q2 was never released"):
        decide.reject(settings, Scope("330109", "2018Q2"), 1, by="值班长", reason="x", at=AT)
    files.write_json(settings.serving / "current" / "served.json", [])
    with pytest.raises(UsageError, match="330109 2018Q1 is not served"):
        approve(settings)


def test_the_office_that_issued_last_is_known(settings: Settings) -> None:
    assert public.last(settings.public, "330109") is None
    approve(settings)
    last = public.last(settings.public, "330109")
    assert last is not None and last.issuer == "跑改办"
    assert public.last(settings.public, "330110") is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"number": "5号\n附件"}, "number"),
        ({"issuer": "办" * 61}, "issuer"),
        ({"issuer": "办公室 13800138000"}, "contains a phone or identity number"),
        ({"dated_on": "6月7日"}, "such as 2018-05-12"),
        ({"dated_on": "2018-03-31"}, "after the end of 2018Q1"),
    ],
)
def test_what_cannot_be_printed_as_given_is_refused(given: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        fields.heading_of("2018Q1", **given)


def test_the_heading_is_taken_without_the_space_around_it() -> None:
    assert fields.heading_of("2018Q1", issuer=" 跑改办 ", dated_on="2018-04-01") == Heading(
        "跑改办", "", fields.heading_of("2018Q1", dated_on="2018-04-01").dated_on
    )
    assert fields.revision_of(" r12 ") == fields.revision_of("12") == 12
    with pytest.raises(UsageError, match="not a revision"):
        fields.revision_of("r0")
