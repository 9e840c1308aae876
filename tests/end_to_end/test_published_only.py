"""Quarters of which only the printed annexes are left: as CSV files, in a notice's text, in its DOCX. All give one result."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deliveries import Rows, copy_region, seal
from homes import QUARTER, REGION, REPOSITORY, SAMPLE_EXPORTS, Home, Served
from mixed_exports import notice_text, write_notice_document
from personal_data import PERSONAL, found_in
from printed_lists import BELOW_AVERAGE

BY_TEXT, BY_DOCUMENT = "330112", "330113"
PRINTED = {"satisfaction": "published-satisfaction.csv", "realisation": "published-realisation.csv"}


@pytest.fixture(scope="module")
def published_only(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Served:
    """The annexes of 2018Q1 as printed, and nothing else: as two CSV files, in a notice's text, in its DOCX."""
    folder = tmp_path_factory.mktemp("published-only")
    project = folder / "dbt_project"
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    for code, name in ((BY_TEXT, "余杭区"), (BY_DOCUMENT, "富阳区")):
        copy_region(project, REGION, code, name)
    annexes = {title: printed(measure) for title, measure in (("附件 1", "satisfaction"), ("附件 2", "realisation"))}
    writers: dict[str, Callable[[Path], dict[str, int]]] = {
        REGION: copy_annexes,
        BY_TEXT: lambda target: write_text(target, annexes),
        BY_DOCUMENT: lambda target: write_document(target, annexes),
    }
    for region, write in writers.items():
        target = folder / "exports" / region / QUARTER
        target.mkdir(parents=True)
        seal(target, write(target))
    home = Home(folder / "home", folder / "exports", privacy_key).with_settings(DBT_PROJECT=str(project))
    return Served(home, home.run_quarter_here())


def printed(measure: str) -> Rows:
    path = SAMPLE_EXPORTS / REGION / QUARTER / PRINTED[measure]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def copy_annexes(target: Path) -> dict[str, int]:
    for name in PRINTED.values():
        shutil.copy(SAMPLE_EXPORTS / REGION / QUARTER / name, target)
    return dict.fromkeys(PRINTED.values(), 35)


def write_text(target: Path, annexes: dict[str, Rows]) -> dict[str, int]:
    (target / "notice.txt").write_text(notice_text(annexes), encoding="utf-8")
    return {"notice.txt": 70}


def write_document(target: Path, annexes: dict[str, Rows]) -> dict[str, int]:
    write_notice_document(target / "notice.docx", annexes)
    return {"notice.docx": 70}


every_form = pytest.mark.parametrize("region", [REGION, BY_TEXT, BY_DOCUMENT], ids=["CSV", "text", "DOCX"])


@every_form
def test_annexes_alone_give_the_published_averages_and_lists(published_only: Served, region: str) -> None:
    assert published_only.outcome.code == 0, published_only.outcome.err
    assert published_only.home.averages(region) == {"satisfaction": "94.77", "realisation": "92.53"}
    for measure, expected in BELOW_AVERAGE.items():
        found = published_only.home.query(
            "select department_name from below_average "
            f"where region_code = '{region}' and measure = '{measure}' order by list_position"
        )
        assert "、".join(name for (name,) in found) == expected


@every_form
def test_annexes_alone_leave_the_unknown_counts_unknown(published_only: Served, region: str) -> None:
    found = published_only.home.query(
        "select source_grain, count(*), count(valid_frame_count), count(sample_count), count(answered_count), "
        f"count(success_count), count(rate_pct) from department_rates where region_code = '{region}' group by all"
    )
    assert found == [("published", 70, 70, 70, 0, 0, 68)]


@every_form
def test_the_annex_tables_repeat_what_was_printed(published_only: Served, region: str) -> None:
    for measure, share in (("satisfaction", "satisfied_pct"), ("realisation", "within_one_visit_pct")):
        found = published_only.home.query(
            f"select row_number::text, valid_frame_count::text, sample_count::text, coalesce({share}, 0)::text "
            f"from annex_{measure} where region_code = '{region}' order by row_number"
        )
        # of the department nobody was asked about, 0.00 is printed
        expected = [(row[0], *row[2:5]) for row in printed(measure)[1:]]
        assert [(*row[:3], f"{float(row[3]):.2f}") for row in found] == expected


def test_a_notice_leaves_nothing_of_a_person_behind(published_only: Served) -> None:
    assert PERSONAL.search((published_only.home.exports / BY_TEXT / QUARTER / "notice.txt").read_text(encoding="utf-8"))
    assert found_in(published_only.home.path) == []
    assert PERSONAL.search(published_only.outcome.out + published_only.outcome.err) is None


def test_annexes_alone_show_what_they_show_beside_cases(published_only: Served) -> None:
    """Nobody knows who answered: the four departments are named because their samples are that small."""
    found = published_only.home.query(
        "select region_code, department_name, measure, evidence from findings where finding_code = 'flagged_with_few_answers'"
    )
    flagged = {
        ("区招管办", "satisfaction", "answered at most 27"),
        ("区教育局", "satisfaction", "answered at most 25"),
        ("区招管办", "realisation", "answered at most 27"),
        ("区教育局", "realisation", "answered at most 25"),
        ("区农水局", "realisation", "answered at most 11"),
        ("区安监局", "realisation", "answered at most 11"),
    }
    assert {(name, measure, text.split(",")[0]) for region, name, measure, text in found if region == REGION} == flagged
    inconsistent = published_only.home.query(
        "select department_name, measure from findings where finding_code = 'row_inconsistent' and region_code = '330109'"
    )
    assert set(inconsistent) == {
        ("区民政局", "satisfaction"),
        ("区财政地税局", "satisfaction"),
        ("区交通局", "satisfaction"),
        ("区卫计局", "realisation"),
        ("区环保局", "realisation"),
        ("区交通局", "realisation"),
    }
