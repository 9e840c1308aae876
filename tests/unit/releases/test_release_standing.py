"""What is served, and where a revision stands, follow what people decided; the revisions themselves never change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callback_survey import releases
from callback_survey.errors import DamagedFile
from callback_survey.releases import Standing, comparison, journal
from callback_survey.releases.earlier import earlier_rates
from callback_survey.releases.freeze import _reason_of_comparison
from callback_survey.releases.journal import Act, Decision
from callback_survey.sample_plan import history
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage.files import read_json, write_json
from callback_survey.watch import problems
from published import make_release

Decide = Callable[..., None]


@pytest.fixture
def decide(tmp_path: Path) -> Decide:
    """Write a decision down about a revision of 330109 2018Q1."""

    def append(
        act: Act, revision: int, *, quarter: str = "2018Q1", at: str = "2018-06-07T00:00:00+00:00", **details: str
    ) -> None:
        journal.append(tmp_path, Decision(act, "330109", quarter, revision, "值班长", f"{act}!", at, "run-1", details))

    return append


def make(
    root: Path, revision: int, rate: float = 90.0, *, quarter: str = "2018Q1", compared_with: int | None = None
) -> None:
    """A revision with the rate of one department; `compared_with` is a revision of 2018Q1."""
    figures = (
        f"select '330109' as region_code, '{quarter}' as quarter, 'd1' as department_code, '区档案局' as department_name, "
        f"'satisfaction' as measure, '满意率' as measure_name, 'top_box' as measure_definition, 'cases' as source_grain, "
        f"200 as valid_frame_count, 120 as sample_count, 100::bigint as answered_count, {rate}::bigint as success_count, "
        f"{rate} / 100 as rate, {rate}::decimal(5, 2) as rate_pct"
    )
    made = make_release(
        root, quarter=quarter, revision=revision, marker=str(rate), tables={"department_rates": figures}
    )
    if compared_with is not None:
        document = {
            **read_json(made.folder / "release.json"),
            "compared_with": {"quarter": "2018Q1", "revision": compared_with},
        }
        write_json(made.folder / "release.json", document)


def served(root: Path) -> list[str]:
    return [release.name for release in releases.served(root)]


def test_without_a_decision_the_latest_is_served(tmp_path: Path) -> None:
    for revision in (1, 2):
        make_release(tmp_path, revision=revision)
    make_release(tmp_path, region="330110")
    assert served(tmp_path) == ["330109 2018Q1 r2", "330110 2018Q1 r1"]
    assert releases.served(tmp_path, "330108") == []


def test_a_rollback_holds_for_its_quarter_alone_until_a_newer_revision(tmp_path: Path, decide: Decide) -> None:
    for revision in (1, 2, 3):
        make_release(tmp_path, revision=revision)
        make_release(tmp_path, quarter="2018Q2", revision=revision)
    decide("rolled_back", 1, instead_of="r3")
    assert served(tmp_path) == ["330109 2018Q1 r1", "330109 2018Q2 r3"]
    decide("rolled_back", 2, instead_of="r3")
    assert served(tmp_path)[0] == "330109 2018Q1 r2", "the last decision counts"
    decide("approved", 2)
    assert served(tmp_path)[0] == "330109 2018Q1 r2", "other decisions do not"
    make_release(tmp_path, revision=4)
    assert served(tmp_path)[0] == "330109 2018Q1 r4"


def test_a_rollback_can_be_taken_back(tmp_path: Path, decide: Decide) -> None:
    for revision in (1, 2):
        make_release(tmp_path, revision=revision)
    decide("rolled_back", 1, instead_of="r2")
    decide("rolled_back", 2, instead_of="r2")
    assert served(tmp_path) == ["330109 2018Q1 r2"]
    assert not releases.take(tmp_path).standings["330109 2018Q1 r2"].is_rolled_back


def test_a_lost_revision_is_not_quietly_replaced_by_the_one_somebody_took_out(tmp_path: Path, decide: Decide) -> None:
    make_release(tmp_path, revision=2)
    decide("rolled_back", 1, instead_of="r2")
    with pytest.raises(DamagedFile, match="r1 of 330109 2018Q1, which is served instead of r2, is lost"):
        releases.served(tmp_path)


def standing(root: Path, revision: int) -> Standing:
    """Of a revision that is made where there is none yet."""
    folder = root / "330109" / "2018Q1" / f"r{revision}"
    release = releases.Release.read(folder) if folder.is_dir() else make_release(root, revision=revision)
    return releases.standing(journal.entries(root, "330109", "2018Q1"), release)


def test_a_revision_is_a_draft_until_somebody_decides(tmp_path: Path) -> None:
    assert standing(tmp_path, 1) == Standing()
    assert Standing().approval_status == "draft"


def test_an_approval_says_who_when_and_under_which_number(tmp_path: Path, decide: Decide) -> None:
    decide("unanswered", 1)
    assert standing(tmp_path, 1).approval_status == "unanswered"
    decide("rejected", 1)
    assert (standing(tmp_path, 1).approval_status, standing(tmp_path, 1).approved_by) == ("rejected", None)
    decide("approved", 1, at="2018-06-07T01:00:00+00:00", number="萧跑改办〔2018〕5号")
    assert standing(tmp_path, 1) == Standing("approved", "值班长", "2018-06-07T01:00:00+00:00", "萧跑改办〔2018〕5号")
    decide("issued", 1)
    assert standing(tmp_path, 1) == Standing("issued", "值班长", "2018-06-07T01:00:00+00:00", "萧跑改办〔2018〕5号")
    assert standing(tmp_path, 2) == Standing(), "of another revision nothing was decided"


@pytest.mark.parametrize("act", ["unanswered", "rejected"])
def test_what_was_issued_stays_issued_when_somebody_is_asked_again(tmp_path: Path, decide: Decide, act: Act) -> None:
    for done in ("approved", "issued", act):
        decide(done, 1, number="5号")
    found = standing(tmp_path, 1)
    assert (found.approval_status, found.approved_by, found.notice_number) == ("issued", "值班长", "5号")


def test_a_rejection_after_an_approval_takes_its_name_away(tmp_path: Path, decide: Decide) -> None:
    decide("approved", 1, number="5号")
    decide("rejected", 1)
    assert standing(tmp_path, 1) == Standing("rejected")


def test_what_was_rolled_back_is_what_came_after_the_one_served_again(tmp_path: Path, decide: Decide) -> None:
    decide("rolled_back", 1, instead_of="r3")
    told = [standing(tmp_path, revision).is_rolled_back for revision in (1, 2, 3, 4)]
    assert told == [False, True, True, False], "of r4 nobody could know"
    found = standing(tmp_path, 3)
    assert (found.rolled_back_by, found.rolled_back_reason) == ("值班长", "rolled_back!")
    decide("rolled_back", 2, instead_of="r3")
    assert [standing(tmp_path, revision).is_rolled_back for revision in (1, 2, 3)] == [False, False, True]


def test_changes_are_compared_with_the_served_revision(tmp_path: Path, decide: Decide) -> None:
    for revision, rate in ((1, 90), (2, 80), (3, 80)):
        make(tmp_path, revision, rate)

    def compared() -> int:
        found = comparison.comparison_for(tmp_path, Scope("330109", "2018Q2"))
        assert found is not None
        assert found.path == tmp_path / "330109/2018Q1" / f"r{found.revision}" / "marts/department_rates.parquet"
        return found.revision

    assert compared() == 2, "since r2 the figures are what they are"
    decide("rolled_back", 1, instead_of="r3")
    assert compared() == 1
    decide("rolled_back", 2, instead_of="r3")
    assert compared() == 2


def test_a_rollback_makes_the_quarter_after_it_outdated(tmp_path: Path, decide: Decide) -> None:
    for revision, rate in ((1, 90), (2, 80)):
        make(tmp_path, revision, rate)
    make(tmp_path, 1, quarter="2018Q2", compared_with=2)

    def outdated() -> list[str]:
        return [release.name for release in comparison.outdated(tmp_path, [Scope("330109", "2018Q1")])]

    assert outdated() == []
    decide("rolled_back", 1, instead_of="r2")
    assert outdated() == ["330109 2018Q2 r1"]


def test_what_is_made_anew_is_the_served_revision_not_one_that_was_rolled_back(tmp_path: Path, decide: Decide) -> None:
    """Its delivery goes into the new revision: that of r2 may be the reason why r2 was rolled back."""
    make(tmp_path, 1)
    make(tmp_path, 1, quarter="2018Q2")
    make(tmp_path, 2, quarter="2018Q2")
    decide("rolled_back", 1, quarter="2018Q2", instead_of="r2")
    found = comparison.outdated(tmp_path, [Scope("330109", "2018Q1")])
    assert [release.name for release in found] == ["330109 2018Q2 r1"]


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (2, 1, "2018Q1, which it is compared with, was rolled back to r1"),
        (1, 2, "2018Q1, which it is compared with, was corrected"),
        (1, None, "another quarter to compare with"),
    ],
)
def test_a_revision_made_because_of_a_rollback_says_so(before: int, now: int | None, reason: str) -> None:
    compared = [{"quarter": "2018Q1", "revision": revision} if revision else None for revision in (before, now)]
    assert _reason_of_comparison(*compared) == reason


def test_drift_is_measured_and_samples_are_planned_on_what_is_served(tmp_path: Path, decide: Decide) -> None:
    for revision, rate in ((1, 90), (2, 80)):
        make(tmp_path, revision, rate)
    decide("rolled_back", 1, instead_of="r2")
    assert earlier_rates(tmp_path, Scope("330109", "2018Q2")) == [
        tmp_path / "330109/2018Q1/r1/marts/department_rates.parquet"
    ]
    planned = history.latest_before(tmp_path, Scope("330109", "2018Q2"))
    assert planned is not None and planned.name == "2018Q1 r1"


def test_the_watch_does_not_miss_what_somebody_took_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path, "1GB", (), None, None)
    monkeypatch.setattr(problems, "_can_be_opened", lambda marts: True)
    first, second = (make_release(settings.releases, revision=revision) for revision in (1, 2))
    write_json(settings.serving / "current" / "served.json", [[first.key, first.content_hash]])

    def told() -> list[str]:
        now = datetime(2018, 4, 21, tzinfo=UTC)
        return [problem.facts["names"] for problem in problems.served(settings, now)]

    assert told() == [second.name]
    entry = Decision("rolled_back", "330109", "2018Q1", 1, "值班长", details={"instead_of": "r2"})
    journal.append(settings.releases, entry)
    assert told() == []
