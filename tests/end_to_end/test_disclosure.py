"""What a few people said is not published, and cannot be computed from what is: whatever they said, every byte of a reader's
files is the same. Sums, averages, ranks, intervals, tests, lists, pages and charts are all in this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from homes import REGION
from masked_quarters import FEW, OPEN, QUARTER, SMALL, Published, otherwise, published


@pytest.fixture(scope="module")
def satisfied(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Iterator[Published]:
    yield published(tmp_path_factory.mktemp("satisfied"), privacy_key, *OPEN, FEW, SMALL)


def test_what_masked_people_said_changes_nothing_that_anybody_can_read(
    satisfied: Published, tmp_path: Path, privacy_key: str
) -> None:
    other = otherwise(tmp_path, privacy_key)
    assert other.release() == satisfied.release()
    assert other.served() == satisfied.served()


def test_masked_rows_keep_their_counts_and_are_said_to_be_masked(satisfied: Published) -> None:
    rows = satisfied.home.query(
        "select department_name, answered_count, success_count, rate_pct, rate_rank, suppression_reason, reliability "
        "from department_rates where is_suppressed and measure = 'satisfaction' order by all"
    )
    assert rows == [
        ("区司法局", 15, None, None, None, "small_frame", "not_rated"),
        ("区民政局", 9, None, None, None, "few_answers", "not_rated"),
    ]
    # 90.00, 80.00 and 100.00: the masked ones are in no average
    averages = satisfied.home.query(
        "select average_pct::text, rated_department_count from region_rates where measure = 'satisfaction'"
    )
    assert averages == [("90.00", 3)]
    assert satisfied.home.query("select is_exempt, fewest_answers_count from disclosure_rules") == [(False, 10)]


def test_documents_print_a_star_and_say_why(satisfied: Published) -> None:
    folder = satisfied.home.path / "releases" / REGION / QUARTER / "r1" / "notice"
    notice, companion = (
        folder.joinpath(name).read_text(encoding="utf-8") for name in ("notice.html", "companion.html")
    )
    assert "为保护答复人，回答情况不予公布：区民政局、区司法局" in notice.replace(
        "区司法局、区民政局", "区民政局、区司法局"
    )
    assert "为保护答复人，不公布" in companion
    masked: dict[str, str] = dict(
        satisfied.home.query(
            "select department_code, department_name from department_rates where measure = 'satisfaction' and is_suppressed"
        )
    )
    assert set(masked.values()) == {"区民政局", "区司法局"}
    for code in masked:
        page = (folder / "departments" / f"{code}.html").read_text(encoding="utf-8")
        assert "满意率：人数少，为保护答复人不公布。" in page and "满意 " not in page.split("实现率")[0]


def test_a_revision_masks_what_the_one_before_masked(satisfied: Published, tmp_path: Path) -> None:
    """Of 10 answers that are all 满意, 9 were too: published, the correction would give the first revision away."""
    later = Published(satisfied.home.copy(tmp_path / "home", exports=tmp_path / "exports"))
    later.run(
        replace(OPEN[0], satisfied=35), *OPEN[1:], replace(FEW, called=10, satisfied=10), replace(SMALL, frame=30)
    )
    masked = later.home.query(
        "select department_name, answered_count, rate_pct from department_rates "
        "where is_suppressed and measure = 'satisfaction' order by all"
    )
    assert masked == [("区司法局", 15, None), ("区民政局", 10, None)]
    # what an open department says does change the files
    assert later.release(2) != satisfied.release()
