"""A folder of mixed files for two regions, as docs/deliveries.md goes through it: run, read, mend one file, run again; a
correction without a manifest; another privacy key.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from callback_survey.checks.overrides import Decision
from callback_survey.landing import ledger
from callback_survey.storage import files
from homes import QUARTER, REGION, Home, Outcome, contents
from mixed_exports import (
    ARCHIVE,
    AVERAGES,
    CALLS_PART,
    FRAME_PARTS,
    NEIGHBOUR,
    NOTICE,
    OFFICES,
    WORKBOOK,
    add_neighbour,
    write_archive_delivery,
    write_as_csv,
    write_workbook_delivery,
)
from personal_data import PERSONAL, found_in

OTHER_KEY = "another key of thirty-two characters or more"


@dataclass(frozen=True)
class Walked:
    """A home after a command, and what the command said."""

    home: Home
    outcome: Outcome

    @property
    def said(self) -> str:
        return self.outcome.out + self.outcome.err


def released(home: Home, region_code: str, revision: int = 1) -> dict[str, Any]:
    path = home.path / "releases" / region_code / QUARTER / f"r{revision}" / "release.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Home:
    """The folder as it comes: a workbook and a notice of one region, an archive with a renamed column of the other."""
    folder = tmp_path_factory.mktemp("mixed")
    write_workbook_delivery(folder / "exports" / REGION / QUARTER)
    write_archive_delivery(folder / "exports" / NEIGHBOUR / QUARTER, case_header="办件编码")
    project = str(add_neighbour(folder / "dbt_project"))
    return Home(folder / "home", folder / "exports", privacy_key).with_settings(DBT_PROJECT=project)


@pytest.fixture(scope="module")
def first(start: Home) -> Walked:
    return Walked(start, start.run("run", "--quarter", QUARTER))


@pytest.fixture(scope="module")
def mended(first: Walked, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The archive sent again, the rest as it was."""
    folder = tmp_path_factory.mktemp("mended")
    shutil.copytree(first.home.exports, folder / "exports")
    write_archive_delivery(folder / "exports" / NEIGHBOUR / QUARTER)
    home = first.home.copy(folder / "home", exports=folder / "exports")
    return Walked(home, home.run_quarter_here())


@pytest.fixture(scope="module")
def corrected(mended: Walked, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """区民政局 called two more people, and the sender forgot the manifest: refused, then taken on purpose."""
    folder = tmp_path_factory.mktemp("mixed-corrected")
    offices = [replace(office, called=42, satisfied=40) if office.name == "区民政局" else office for office in OFFICES]
    write_workbook_delivery(folder / "exports" / REGION / QUARTER, offices, is_sealed=False)
    home = mended.home.copy(folder / "home", exports=folder / "exports")
    refused = home.run_quarter_here("--region", REGION)
    assert refused.code == 3 and "there is no manifest.json" in refused.err
    return Walked(home, home.run_quarter_here("--region", REGION, "--without-manifest"))


def test_the_sound_region_is_released_and_the_other_refused(first: Walked) -> None:
    assert first.outcome.code == 3
    assert first.home.query("select region_code, revision from releases") == [(REGION, 1)]
    assert first.home.averages(REGION) == AVERAGES[REGION]
    assert [path.name for path in (first.home.path / "releases").iterdir()] == [REGION]


def test_the_refusal_names_file_part_column_and_what_came_close(first: Walked) -> None:
    assert (
        f"{ARCHIVE}: {FRAME_PARTS[1]}: 没有找到 case_id（办件编号、办件号、业务流水号）；最接近的列: 办件编码"
        in first.outcome.err
    )
    assert str(first.home.exports / NEIGHBOUR / QUARTER) in first.outcome.err


def test_the_refused_delivery_is_on_record_and_nothing_of_it_in_the_lake(first: Walked) -> None:
    listed = first.home.run_here("deliveries", "--region", NEIGHBOUR).out
    assert "refused" in listed and "cannot be read" in listed
    assert list((first.home.path / "lake" / "raw").glob(f"*/region={NEIGHBOUR}")) == []
    assert first.home.run_here("rejects", "--region", NEIGHBOUR, "--quarter", QUARTER).code == 2


def test_the_summary_tells_of_every_table_and_of_what_was_left_unread(mended: Walked) -> None:
    for words in (
        f"{WORKBOOK}#样本框: frame, 232 read, 2 rejected",
        f"{WORKBOOK}#回访: calls, 121 read, 1 rejected",
        f"{NOTICE}#附件1: published, 3 read, 0 rejected",
        f"{NOTICE}#附件2: published, 3 read, 0 rejected",
        f"{WORKBOOK}: hidden sheet「草稿」was not read",
        f"{WORKBOOK}: sheet「说明」was not read, it holds no known table",
        f"{ARCHIVE}/{FRAME_PARTS[0]}: frame, 100 read, 0 rejected",
        f"{ARCHIVE}/{FRAME_PARTS[1]}: frame, 132 read, 2 rejected",
        f"{ARCHIVE}/{CALLS_PART}: calls, 121 read, 1 rejected",
        "gb18030, separated by commas, header on line 2; lines below the table: 2",
    ):
        assert words in mended.outcome.out


def test_after_mending_one_file_both_regions_have_their_figures(mended: Walked) -> None:
    assert mended.outcome.code == 0, mended.outcome.err
    assert {region: mended.home.averages(region) for region in AVERAGES} == AVERAGES
    states = re.findall(rf"{NEIGHBOUR}.*?(refused|current)", mended.home.run_here("deliveries").out)
    assert states == ["refused", "current"]


def test_the_same_rows_as_csv_give_the_same_marts(
    mended: Walked, privacy_key: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("as-csv")
    home = replace(mended.home, path=folder / "home", exports=write_as_csv(folder / "exports"))
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    for region in AVERAGES:
        assert released(home, region)["content_hash"] == released(mended.home, region)["content_hash"]


def test_rejects_are_shown_and_exported_for_the_sender_with_nothing_that_names_a_person(
    mended: Walked, tmp_path: Path
) -> None:
    asked = ("rejects", "--region", REGION, "--quarter", QUARTER)
    shown = mended.home.run_here(*asked).out
    assert "case_id_is_personal 1" in shown and "unreadable_date 1" in shown and "unknown_answer 1" in shown
    assert re.search(rf"{re.escape(WORKBOOK)}#回访 +123  ", shown)
    path = tmp_path / "rejects.csv"
    assert "3 rejected rows" in mended.home.run_here(*asked, "--export", str(path)).out
    exported = path.read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(exported.splitlines()))) == 4
    assert PERSONAL.search(shown + exported) is None


def test_a_correction_is_a_revision_that_names_rows_and_departments(corrected: Walked) -> None:
    assert corrected.outcome.code == 0, corrected.outcome.err
    difference = released(corrected.home, REGION, 2)["difference"]
    rows = {
        row["dataset"]: (row["added_count"], row["removed_count"], row["changed_count"]) for row in difference["rows"]
    }
    assert difference["against"] == f"{REGION} {QUARTER} r1"
    assert rows == {"calls": (2, 0, 4), "published": (0, 0, 2)}
    moved = {
        (row["department_name"], row["measure"]): (row["rate_pct_before"], row["rate_pct_after"])
        for row in difference["departments"]
    }
    assert moved["区民政局", "satisfaction"] == ("90.00", "95.24")
    # its own rate stands still, but the average has passed it
    assert moved["区教育局", "satisfaction"] == ("95.00", "95.00")
    assert "calls: 2 added, 0 removed, 4 changed" in corrected.outcome.out
    assert "区民政局（满意率）: 90.00 → 95.24" in corrected.outcome.out
    assert "区教育局（满意率）: 95.00 → 95.00，现在低于平均" in corrected.outcome.out


def test_the_earlier_revision_and_delivery_stay_as_they_were(mended: Walked, corrected: Walked) -> None:
    assert contents(corrected.home.revisions / "r1") == contents(mended.home.revisions / "r1")
    earlier = released(mended.home, REGION)["delivery_id"]
    listed = corrected.home.run_here("deliveries", "--region", REGION).out
    assert re.search(rf"{earlier} .* superseded", listed)
    shown = corrected.home.run_here("rejects", "--region", REGION, "--quarter", QUARTER, "--delivery", earlier).out
    assert f"delivery {earlier}: 3 rows rejected" in shown


def test_a_delivery_taken_without_a_manifest_says_so_ever_after(corrected: Walked) -> None:
    assert "warn manifest_present" in corrected.outcome.out
    assert "without manifest" in corrected.home.run_here("deliveries", "--region", REGION).out
    assert corrected.home.query(
        "select outcome from check_results "
        f"where check_id = 'manifest_present' and region_code = '{REGION}' and is_served"
    ) == [("warn",)]


def test_another_privacy_key_is_refused_until_it_is_put_in_the_place_of_the_first(
    mended: Walked, tmp_path: Path
) -> None:
    home = mended.home.copy(tmp_path / "home")
    other = replace(home, key=OTHER_KEY)
    refused, rehearsed = other.run_quarter_here(), other.run_here("rotate-key", "--dry-run")
    assert refused.code == 2 and "rotate-key" in refused.err
    assert other.run_quarter_here("--dry-run").code == 2
    assert "nothing was written" in rehearsed.out
    assert home.run_quarter_here("--dry-run").out.count("already landed and current") == 2

    (before, *_) = (entry.report for entry in ledger.entries(home.path / "lake", REGION) if entry.state == "current")
    assert before is not None
    said = ("值班长", "已核实", "2018-04-20T00:00:00+00:00")
    accepted = Decision("accepted", "reject_share", REGION, QUARTER, before.delivery_id, *said)
    files.write_json(home.path / "overrides" / REGION / QUARTER / "0001-accepted-reject_share.json", asdict(accepted))
    rotated = other.run_here("rotate-key")
    assert rotated.code == 0 and "0 deliveries were not changed" in rotated.out
    assert "  reject_share, accepted by 值班长 for it, has to be accepted again" in rotated.out
    assert other.run_quarter_here("--dry-run").out.count("already landed and current") == 2
    assert home.run_quarter_here("--dry-run").code == 2
    assert contents(home.serving) == contents(mended.home.serving)


def test_nothing_of_a_person_is_left_on_any_of_these_paths(first: Walked, mended: Walked, corrected: Walked) -> None:
    for walked in (first, mended, corrected):
        assert found_in(walked.home.path) == []
        assert PERSONAL.search(walked.said) is None
        assert list((walked.home.path / "lake").glob(".landing-*")) == []
    assert PERSONAL.search(corrected.home.run_here("deliveries", "--files").out) is None


def test_the_exports_do_hold_what_must_not_pass(start: Home) -> None:
    """Otherwise the test above would prove nothing."""
    notice = (start.exports / REGION / QUARTER / NOTICE).read_text(encoding="gb18030")
    assert len(PERSONAL.findall(notice)) == 2  # a name and a number
