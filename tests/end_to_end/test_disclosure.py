"""What a few people said is not published, and cannot be computed from what is: whatever they said, every byte of a reader's
files is the same. Sums, averages, ranks, intervals, tests, lists, pages and charts are all in this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deliveries import Office, rows_of, write_delivery
from homes import REGION, Home, contents

# The exemption of the sample's quarters has ended here: the general rule holds.
QUARTER = "2019Q2"
OPEN = (
    Office("区经信局", frame=60, called=40, satisfied=36, one_visit=30),
    Office("区教育局", frame=60, called=30, satisfied=24, one_visit=29),
    Office("区商务局", frame=60, called=30, satisfied=30, one_visit=27),
)
# 9 answers are fewer than 10, a frame of 15 is smaller than 20.
FEW = Office("区民政局", frame=40, called=9, satisfied=9, one_visit=2)
SMALL = Office("区司法局", frame=15, called=15, satisfied=15, one_visit=1)
# What a delivery is called by, and what a check says of a delivery's cases: nothing that is made of answers.
_OF_A_RUN = ("release.json", "SHA256SUMS", "checks/")


@dataclass(frozen=True)
class Published:
    home: Home

    def run(self, *offices: Office) -> None:
        folder = self.home.exports / REGION / QUARTER
        write_delivery(folder, rows_of(offices, completed_on="2019-05-14", called_on="2019-07-10"))
        outcome = self.home.run_here("run", "--region", REGION, "--quarter", QUARTER)
        assert outcome.code == 0, outcome.err

    def release(self, revision: int = 1) -> dict[str, str]:
        """Every file of a revision that shows figures, by its hash: tables, CSV, notice, companion, charts, the data in pages."""
        found = contents(self.home.path / "releases" / REGION / QUARTER / f"r{revision}")
        return {name: value for name, value in found.items() if not name.startswith(_OF_A_RUN)}

    def served(self) -> dict[str, list[tuple[object, ...]]]:
        """Every served table, as BI tools and the copy in PostgreSQL have them."""
        tables = [name for (name,) in self.home.query("select table_name from duckdb_tables() order by 1")]
        return {
            name: self.home.query(f"from {name} order by all")
            for name in tables
            if name not in ("releases", "check_results")
        }


def published(folder: Path, privacy_key: str, *offices: Office) -> Published:
    found = Published(Home(folder / "home", folder / "exports", privacy_key))
    found.run(*offices)
    return found


@pytest.fixture(scope="module")
def satisfied(tmp_path_factory: pytest.TempPathFactory, privacy_key: str) -> Iterator[Published]:
    yield published(tmp_path_factory.mktemp("satisfied"), privacy_key, *OPEN, FEW, SMALL)


def test_what_masked_people_said_changes_nothing_that_anybody_can_read(
    satisfied: Published, tmp_path: Path, privacy_key: str
) -> None:
    other = published(
        tmp_path,
        privacy_key,
        *OPEN,
        replace(FEW, satisfied=0, one_visit=8),
        replace(SMALL, satisfied=3, one_visit=15),
    )
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
