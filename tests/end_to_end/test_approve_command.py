"""Approving and rejecting on the command line, for installations without Airflow."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from callback_survey.releases import journal
from callback_survey.storage import files
from homes import QUARTER, REGION, Home, contents
from notice_marts import Page

SCOPE = ("--region", REGION, "--quarter", QUARTER)
DECIDED = (*SCOPE, "--revision", "r1", "--by", "值班长")


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    return small.copy(tmp_path / "home")


def test_the_dry_run_shows_what_there_is_to_decide_on_and_writes_nothing(small: Home) -> None:
    before = contents(small.path)
    outcome = small.run_here("approve", *SCOPE, "--dry-run")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith(
        "签发：杭州市萧山区：关于2018年第一季度“最多跑一次”满意率、实现率第三方电话回访情况的通报 第1版\n"
    )
    assert "| 满意率 | 75.00 |" in outcome.out
    assert contents(small.path) == before


def test_an_approved_notice_is_issued_and_what_is_served_stays(home: Home) -> None:
    before = home.averages()
    without = home.run_here("approve", *DECIDED, "--number", "跑改办〔2018〕5号")
    assert without.code == 2 and "the notice has no 成文日期; nothing was issued" in without.err
    assert not (home.path / "public").exists()
    outcome = home.run_here(
        "approve", *DECIDED, "--issuer", "萧山区跑改办", "--number", "跑改办〔2018〕5号", "--date", "2018-06-07"
    )
    assert outcome.code == 0, outcome.err
    folder = home.path / "public" / REGION / QUARTER
    assert outcome.out.splitlines()[:3] == [
        f"issued: {REGION} {QUARTER} r1, approved by 值班长",
        "  notice  跑改办〔2018〕5号（2018-06-07）",
        f"  folder  {folder / 'r1'}",
    ]
    assert (folder / "current" / "notice.html").is_file()
    assert home.averages() == before
    again = home.run_here("approve", *DECIDED, "--number", "跑改办〔2018〕6号")
    assert again.code == 2 and "already issued" in again.err


def test_whoever_lets_a_withdrawn_notice_out_again_is_named_and_whoever_changes_nothing_is_not(home: Home) -> None:
    assert home.run_here("approve", *DECIDED, "--blank").out.splitlines()[0] == (
        f"issued: {REGION} {QUARTER} r1, approved by 值班长"
    )
    by_another = ("approve", *DECIDED[:-1], "主任", "--blank")
    assert home.run_here(*by_another).out.splitlines()[0] == (
        f"already issued: {REGION} {QUARTER} r1, approved by 值班长; nothing was changed"
    )
    assert home.run_here("withdraw", *DECIDED, "--reason", "数字待核实").code == 0
    assert home.run_here(*by_another).out.splitlines()[:3] == [
        f"issued: {REGION} {QUARTER} r1, approved by 主任",
        "  out again as it was signed, when 值班长 approved it",
        f"  folder  {home.path / 'public' / REGION / QUARTER / 'r1'}",
    ]


# What the first version of the package did not keep in a release; it kept nothing that is not kept now.
FIRST_KEPT_NO_TABLE = (
    *("assessment_contributions", "assessment_points", "call_outcomes", "department_successions", "finding_codes"),
    *("findings", "footnotes", "measure_definitions", "region_call_outcomes", "disclosure_rules", "inference_settings"),
    "annexes",
)
FIRST_KEPT = {
    "below_average": "region_code, quarter, measure, list_position, department_code, department_name, rate_pct, average_pct",
    "department_rates": (
        "region_code, quarter, department_code, department_name, measure, measure_name, measure_definition, "
        "valid_frame_count, sample_count, answered_count, success_count, rate, rate_pct, average_pct, rate_rank, "
        "is_below_average, is_below_threshold, source_grain"
    ),
    "region_rates": (
        "region_code, quarter, measure, measure_name, department_count, rated_department_count, average_pct, "
        "benchmark_label, benchmark_year, benchmark_pct, gap_to_benchmark_pct, below_average_count, lowest_department_name"
    ),
    "regions": "region_code, region_name, parent_region_code, region_level",
}


def as_first_frozen(folder: Path) -> None:
    """A release as the first version of the package would have frozen it."""
    path = folder / "release.json"
    release = files.read_json(path)
    for name in set(FIRST_KEPT_NO_TABLE) & set(release["tables"]):
        del release["tables"][name]
        (folder / "marts" / f"{name}.parquet").unlink()
    for name, columns in FIRST_KEPT.items():
        mart = folder / "marts" / f"{name}.parquet"
        aside = mart.with_suffix(".aside")
        kept = f"columns(name -> name in ({', '.join(map(repr, columns.split(', ')))}))"
        duckdb.sql(f"copy (select {kept} from '{mart}') to '{aside}' (format parquet)")
        aside.rename(mart)
        told = release["tables"][name]
        told["parquet_sha256"] = files.sha256_of(mart)
        told["column_descriptions"] = {
            column: text for column, text in told["column_descriptions"].items() if column in columns.split(", ")
        }
    later = ("accepted", "code_version", "compared_with", "difference", "files")
    files.write_json(path, {name: value for name, value in release.items() if name not in later})


def test_a_release_of_the_first_version_of_the_package_is_approved(home: Home) -> None:
    release = home.path / "releases" / REGION / QUARTER / "r1"
    annexes = Page((release / "notice" / "notice.html").read_text(encoding="utf-8")).tables[-2:]
    as_first_frozen(release)
    shown = home.run_here("approve", *SCOPE, "--dry-run")
    assert shown.code == 0 and "| 满意率 | 75.00 |" in shown.out, shown.err
    outcome = home.run_here("approve", *DECIDED, "--number", "跑改办〔2018〕5号", "--date", "2018-06-07")
    assert outcome.code == 0, outcome.err
    issued = home.path / "public" / REGION / QUARTER / "r1"
    assert Page((issued / "notice.html").read_text(encoding="utf-8")).tables[-2:] == annexes
    assert "75.00" in (issued / "companion.html").read_text(encoding="utf-8")


def test_a_rejection_stands_in_the_journal(home: Home) -> None:
    outcome = home.run_here("reject", *DECIDED, "--reason", "数字待核实")
    assert outcome.code == 0, outcome.err
    assert "rejected by 值班长" in outcome.out
    entries = journal.entries(home.path / "releases")
    assert [(entry.act, entry.by, entry.reason) for entry in entries] == [("rejected", "值班长", "数字待核实")]
    assert not (home.path / "public").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("approve", *SCOPE), "missing: --revision, --by"),
        (("approve", *SCOPE, "--by", "值班长", "--revision", "first"), "not a revision: 'first'"),
        (("approve", *DECIDED[:-1], "admin"), "'admin' is an account and not a person; nothing was decided"),
        (("approve", *DECIDED, "--date", "2018-03-01"), "a date after the end of 2018Q1"),
        (("approve", "--region", REGION, "--quarter", "2018Q2", "--dry-run"), "330109 2018Q2 is not served"),
        (("reject", *DECIDED, "--reason", " "), "the reason is empty"),
        (("reject", *DECIDED), "--reason"),
        (
            ("reject", *SCOPE, "--reason", "x"),
            f"next: callback-survey approve {' '.join(SCOPE)} --dry-run shows the request",
        ),
        (
            ("withdraw", *SCOPE, "--reason", "x"),
            f"next: callback-survey releases list {' '.join(SCOPE)} shows which notice is out",
        ),
    ],
)
def test_a_decision_without_what_it_needs_is_a_wrong_argument(
    small: Home, arguments: tuple[str, ...], said: str
) -> None:
    before = contents(small.path)
    outcome = small.run_here(*arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert contents(small.path) == before
