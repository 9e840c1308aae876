"""A person accepts a failed check of one delivery: it is released and says so everywhere; nothing else is let through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from deliveries import FRAME_HEADER, Office, Rows, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, Home, Outcome, contents

CHECK = "unknown_department_share"
KEYS = ("--region", REGION, "--quarter", QUARTER)
REASON = "某新局不属于本次回访对象"


@dataclass(frozen=True)
class Accepted:
    """A delivery that failed, was accepted, and was run again; with what each command said."""

    home: Home
    failed: Outcome
    waiting: dict[str, str]
    accepted: Outcome
    released: Outcome


def with_unknown_office(offices: tuple[Office, ...], exports: Path) -> Path:
    """A delivery of which one case belongs to an office that no register knows: 3 % of the frame."""
    files: dict[str, Rows] = rows_of(offices)
    case = ["BJ99-0001", "某新局", "2018-02-14", "15409990001", "样例事项", "样例申请人"]
    assert len(case) == len(FRAME_HEADER)
    write_delivery(exports / REGION / QUARTER, {**files, "frame.csv": [*files["frame.csv"], case]})
    return exports


@pytest.fixture(scope="module")
def accepted(small: Home, tmp_path_factory: pytest.TempPathFactory) -> Accepted:
    folder = tmp_path_factory.mktemp("accepted")
    exports = with_unknown_office(with_office("区民政局", called=8, satisfied=6), folder / "exports")
    home = small.copy(folder / "home", exports=exports)
    failed = home.run_quarter_here()
    waiting = contents(home.serving)
    decided = home.run_here("accept", *KEYS, "--check", CHECK, "--reason", REASON, "--by", "张三")
    return Accepted(home, failed, waiting, decided, home.run_quarter_here())


def test_the_failure_names_the_command_that_accepts_it_and_nothing_new_is_served(
    accepted: Accepted, small: Home
) -> None:
    assert accepted.failed.code == 3
    assert f"accept --region {REGION} --quarter {QUARTER} --check {CHECK}" in accepted.failed.err
    assert accepted.waiting == contents(small.serving)


def test_the_command_says_what_was_accepted_and_for_what_it_holds(accepted: Accepted) -> None:
    assert accepted.accepted.code == 0
    for words in (f"accepted by 张三: {CHECK}", "1 of 31 frame rows (3.23 %)", REASON, "It applies only to delivery"):
        assert words in accepted.accepted.out


def test_the_quarter_is_released_and_the_summary_says_with_what(accepted: Accepted) -> None:
    assert accepted.released.code == 0, accepted.released.err
    assert "0 failed, 1 failed and accepted" in accepted.released.out
    assert f"fail {CHECK}" in accepted.released.out
    assert REASON in accepted.released.out and "accepted by 张三, 20" in accepted.released.out


def test_release_notice_and_tables_say_who_accepted_what_and_why(accepted: Accepted) -> None:
    document = json.loads((accepted.home.revisions / "r2" / "release.json").read_text(encoding="utf-8"))
    [decision] = document["accepted"]
    assert (decision["check_id"], decision["by"], decision["reason"]) == (CHECK, "张三", REASON)
    notice = (accepted.home.revisions / "r2" / "notice" / "notice.html").read_text(encoding="utf-8")
    assert f"检查项 {CHECK} 未通过" in notice and REASON in notice
    first, second = accepted.home.query("select accepted_checks from releases order by revision")
    assert (first[0], second[0]) == (None, f"{CHECK}（张三：{REASON}）")
    found = accepted.home.query(
        f"select outcome, is_accepted, accepted_by, accepted_reason from check_results where check_id = '{CHECK}' and is_served"
    )
    assert found == [("fail", True, "张三", REASON)]


def test_results_of_the_failed_run_joined_the_history(accepted: Accepted) -> None:
    history = accepted.home.query(
        # not by time: two runs of so small a delivery can check within one second
        f"select revision, outcome, is_accepted from check_results where check_id = '{CHECK}' "
        "order by is_accepted, revision nulls last"
    )
    assert history == [(1, "pass", False), (None, "fail", False), (2, "fail", True)]
    assert accepted.home.query(
        "select count(*) from check_results where checked_at is null or delivery_id is null"
    ) == [(0,)]


def test_the_pages_of_both_runs_show_it(accepted: Accepted) -> None:
    pages = [path.read_text(encoding="utf-8") for path in accepted.home.path.glob("checks/*/index.html")]
    assert len(pages) == 3
    assert sum(f'class="failed" id="{REGION}-{QUARTER}-{CHECK}"' in page for page in pages) == 1
    assert sum(f'class="accepted" id="{REGION}-{QUARTER}-{CHECK}"' in page for page in pages) == 1


def test_the_list_of_runs_leads_to_the_pages(accepted: Accepted) -> None:
    listed = accepted.home.run_here("checks", *KEYS)
    assert listed.code == 0
    assert f"failed: {CHECK}; warned: spellings_known" in listed.out
    assert f"passed; accepted: {CHECK}; warned: spellings_known" in listed.out
    for path in accepted.home.path.glob("checks/*/index.html"):
        assert str(path) in listed.out


def test_another_delivery_needs_a_new_decision(accepted: Accepted, tmp_path: Path) -> None:
    exports = with_unknown_office(with_office("区民政局", called=7, satisfied=6), tmp_path / "exports")
    home = accepted.home.copy(tmp_path / "home", exports=exports)
    outcome = home.run_quarter_here()
    assert outcome.code == 3
    assert CHECK in outcome.err
    assert contents(home.serving) == contents(accepted.home.serving)


def test_a_withdrawn_decision_stops_the_delivery_again_and_leaves_the_release(
    accepted: Accepted, tmp_path: Path
) -> None:
    home = accepted.home.copy(tmp_path / "home")
    withdrawn = home.run_here("accept", *KEYS, "--check", CHECK, "--withdraw", "--by", "李四")
    assert withdrawn.code == 0
    assert home.run_quarter_here().code == 3
    assert contents(home.serving) == contents(accepted.home.serving)
    listed = home.run_here("accept", "--list").out
    assert "accepted by 张三 (past)" in listed and "withdrawn by 李四" in listed
